//! Archives that are written, and archives that nobody should take.

use std::collections::BTreeMap;

use ::bytes::Bytes;

use super::*;

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entries: BTreeMap<_, _> =
        entries.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect();
    write(&entries).unwrap()
}

fn opened(bytes: Vec<u8>) -> Result<Archive, ArchiveRefused> {
    Archive::open(Bytes::from(bytes))
}

/// Replaces a text of the same length everywhere: in headers and in the directory.
fn renamed(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<_> = (0..bytes.len()).filter(|place| bytes[*place..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "{from}");
    places.into_iter().for_each(|place| bytes[place..place + from.len()].copy_from_slice(to.as_bytes()));
    bytes
}

/// Where the directory's first entry is.
fn directory(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap()
}

#[track_caller]
fn says(refused: Result<Archive, ArchiveRefused>, text: &str) {
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains(text), "{refused}");
}

#[test]
fn what_is_written_is_read_and_has_the_same_bytes_each_time() {
    let long = "a line that comes again\n".repeat(1000);
    let entries: [(&str, &[u8]); 3] = [("group.yaml", long.as_bytes()), ("scripts/a.ts", b"x"), ("plugins/a", b"")];
    let bytes = archive(&entries);
    assert_eq!(bytes, archive(&entries));
    assert!(bytes.len() < 1000);
    let read = opened(bytes).unwrap();
    let names: Vec<_> = read.entries().iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["group.yaml", "plugins/a", "scripts/a.ts"]);
    assert_eq!(read.read(&read.entries()[0], 1 << 20).unwrap(), long.as_bytes());
    assert_eq!(
        (read.read(&read.entries()[1], 0).unwrap(), read.read(&read.entries()[2], 1).unwrap()),
        (vec![], vec![b'x'])
    );
    let large = read.read(&read.entries()[0], 10).unwrap_err();
    assert!(large.is_size() && large.to_string().contains("expected at most 10"), "{large}");
    assert!(opened(archive(&[])).unwrap().entries().is_empty());
    let long = format!("a-group/plugins/{}.wasm", "0".repeat(200));
    assert_eq!(opened(archive(&[(&long, b"x")])).unwrap().entries()[0].name, long);
}

#[test]
fn names_stay_below_the_folder() {
    let bytes = archive(&[("aaaaaaaaaa", b"x")]);
    for (name, text) in [
        ("../../pass", "`..`"),
        ("/etc/passw", "absolute"),
        ("a\\b\\c\\d\\ef", "backslash"),
        ("a//bbbbbbb", "empty part"),
        ("./aaaaaaaa", "`.`"),
        ("a/..//bbbb", "`..`"),
        ("C:aaaaaaaa", "absolute"),
        ("a b aaaaaa", "other characters"),
        ("a\0aaaaaaaa", "other characters"),
        ("a\u{1b}[31maaaa", "other characters"),
        ("a/../../bb", "`..`"),
        ("aaaaaaaaa\u{7f}", "other characters"),
    ] {
        says(opened(renamed(&bytes, "aaaaaaaaaa", name)), text);
    }
    // A folder whose mode says that it is a file; one with bytes; and one as tools write it.
    says(opened(renamed(&bytes, "aaaaaaaaaa", "aaaaaaaaa/")), "no links");
    let folder = |content: &[u8]| {
        let mut bytes = renamed(&archive(&[("aaa", content), ("b", b"x")]), "aaa", "aa/");
        let at = directory(&bytes);
        bytes[at + 38..at + 42].copy_from_slice(&(0o040_755_u32 << 16).to_le_bytes());
        opened(bytes)
    };
    says(folder(b"x"), "a folder with bytes");
    assert_eq!(folder(b"").unwrap().entries().len(), 1);
}

#[test]
fn names_that_come_twice_are_refused() {
    let bytes = archive(&[("scripts/a", b"1"), ("scripts/b", b"2")]);
    says(opened(renamed(&bytes, "scripts/b", "scripts/a")), "twice");
    says(opened(renamed(&bytes, "scripts/b", "scripts/A")), "twice");
}

#[test]
fn links_devices_and_encrypted_entries_are_refused() {
    let good = archive(&[("a", b"target")]);
    let at = directory(&good);
    for mode in [0o120_777_u32, 0o020_666, 0o010_666, 0o140_777, 0o040_755] {
        let mut bytes = good.clone();
        bytes[at + 38..at + 42].copy_from_slice(&(mode << 16).to_le_bytes());
        says(opened(bytes), "no links and no devices");
    }
    for flags in [1_u16, 1 << 6, 1 << 13] {
        let mut bytes = good.clone();
        bytes[at + 8..at + 10].copy_from_slice(&flags.to_le_bytes());
        says(opened(bytes), "encrypted");
    }
    let mut bytes = good.clone();
    bytes[at + 10] = 12;
    says(opened(bytes), "another method");
}

#[test]
fn headers_say_what_the_directory_says() {
    let good = archive(&[("a", b"one"), ("b", b"two")]);
    let at = directory(&good);
    for (place, value) in [(0, b'X'), (30, b'c'), (14, 1), (18, 9), (22, 9), (8, 8)] {
        let mut bytes = good.clone();
        bytes[place] = value;
        assert!(opened(bytes).is_err(), "{place}");
    }
    // The second entry at the place of the first.
    let mut bytes = good.clone();
    let second = at + 46 + 1;
    bytes[second + 42..second + 46].copy_from_slice(&0_u32.to_le_bytes());
    says(opened(bytes), "its own header says something else");
    // Bytes before the first entry move everything.
    says(opened([b"MZ", good.as_slice()].concat()), "directory is not where");
    let mut bytes = good.clone();
    let changed = bytes.iter().position(|byte| *byte == b'o').unwrap();
    bytes[changed] = b'x';
    let read = opened(bytes).unwrap();
    assert!(read.read(&read.entries()[0], 10).unwrap_err().to_string().contains("checksum"));
}

#[test]
fn two_entries_share_no_bytes() {
    let good = archive(&[("a", b"x"), ("a-", b"y")]);
    let at = directory(&good);
    // The first one's size reaches over the second.
    let mut bytes = good.clone();
    for place in [18, 22, at + 20, at + 24] {
        bytes[place] = 20;
    }
    says(opened(bytes), "another entry");
}

#[test]
fn every_cut_is_refused() {
    let good = archive(&[("a", b"one"), ("b", "two".repeat(100).as_bytes())]);
    for length in 0..good.len() {
        assert!(opened(good[..length].to_vec()).is_err(), "{length}");
    }
}

#[test]
fn no_changed_byte_ends_in_a_panic() {
    let good = archive(&[("group.yaml", "abc".repeat(50).as_bytes()), ("b", b"two")]);
    for place in 0..good.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff, good[place].wrapping_add(1)] {
            let mut bytes = good.clone();
            bytes[place] = value;
            if let Ok(archive) = opened(bytes) {
                archive.entries().iter().for_each(|entry| drop(archive.read(entry, 1000)));
            }
        }
    }
}

#[test]
fn bombs_end_at_their_limits() {
    let zeros = vec![0; 16 << 20];
    let bomb = opened(archive(&[("a", &zeros)])).unwrap();
    let refused = bomb.read(&bomb.entries()[0], 1 << 30).unwrap_err();
    assert!(refused.is_size() && refused.to_string().contains("200 times"), "{refused}");
    // A directory that says less than there is.
    let mut lie = archive(&[("a", &zeros)]);
    let at = directory(&lie);
    for place in [22, at + 24] {
        lie[place..place + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let lie = opened(lie).unwrap();
    assert!(lie.read(&lie.entries()[0], 1 << 30).is_err());
    // And one that says more in all than may be unpacked.
    let mut large = archive(&[("a", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]);
    let at = directory(&large);
    for place in [22, at + 24] {
        large[place..place + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    }
    assert!(matches!(opened(large), Err(ArchiveRefused::Unpacked(_))));
    let names: BTreeMap<_, _> = (0..=ENTRIES_MAX).map(|number| (format!("f{number}"), Vec::new())).collect();
    assert_eq!(opened(write(&names).unwrap()).unwrap_err(), ArchiveRefused::Entries(ENTRIES_MAX + 1));
    // A format of 100,000 entries has a number that only zip64 can tell.
    let mut many = archive(&[("a", b"x")]);
    let end = many.len() - 22;
    many[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
    assert!(opened(many).unwrap_err().is_size());
}
