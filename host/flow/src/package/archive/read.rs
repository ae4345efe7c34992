//! Reading: the directory first, whole, and entries by it. Nothing is unpacked beyond the size that the directory says.

use std::collections::BTreeSet;
use std::io::Read;

use bytes::Bytes;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::header::Header;
use super::name::{refusal, shown};
use crate::package_error::{ArchiveRefused, ENTRIES_MAX, RATIO_FROM, RATIO_MAX, UNPACKED_MAX};

/// Bytes of the record at the end.
const END: usize = 22;
/// The longest comment behind it.
const COMMENT_MAX: usize = 0xffff;
/// The bits of the kind in a Unix mode, and the kinds of files and folders.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;
/// What an entry may say of itself: its level of packing, that its sizes are behind it, and that its name is UTF-8.
const FLAGS: u16 = 0b110 | 1 << 3 | 1 << 11;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its path: parts of ASCII letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// Bytes when unpacked.
    pub size: u64,
    is_packed: bool,
    crc: u32,
    /// Where its own header is.
    header: usize,
    /// Where its bytes are.
    begins: usize,
    ends: usize,
}

/// An archive whose directory is read and believed as far as it can be checked without unpacking.
#[derive(Debug, Clone)]
pub struct Archive {
    bytes: Bytes,
    entries: Vec<Entry>,
}

/// An entry of the directory.
struct Listed<'b> {
    name: &'b [u8],
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    offset: u32,
}

impl Archive {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    /// Whatever is not as packages have it.
    pub fn open(bytes: Bytes) -> Result<Self, ArchiveRefused> {
        let end = end(&bytes)?;
        let mut record = Header::at(&bytes, end + 4)?;
        let (disk, first) = (record.two()?, record.two()?);
        let (here, count) = (record.two()?, record.two()?);
        let (size, begins) = (record.four()?, record.four()?);
        if (disk, first) != (0, 0) || here != count {
            return Err(ArchiveRefused::Damaged("it is a part of an archive on several disks"));
        }
        if count == u16::MAX || begins == u32::MAX || size == u32::MAX {
            return Err(ArchiveRefused::Entries(count.into()));
        }
        if usize::from(count) > ENTRIES_MAX {
            return Err(ArchiveRefused::Entries(count.into()));
        }
        let (begins, size) = (begins as usize, size as usize);
        if begins.checked_add(size) != Some(end) {
            return Err(ArchiveRefused::Damaged("its directory is not where its end says"));
        }
        let mut header = Header::at(bytes.get(..end).unwrap_or_default(), begins)?;
        let (mut entries, mut names, mut unpacked) = (Vec::new(), BTreeSet::new(), 0_u64);
        for _ in 0..count {
            let listed = listed(&mut header)?;
            // Some systems have one file for names that differ in case.
            if !names.insert(listed.name.to_ascii_lowercase()) {
                return Err(wrong(&listed, "its name is there twice"));
            }
            unpacked = unpacked.saturating_add(listed.size.into());
            if let Some(entry) = located(&bytes, begins, &listed)? {
                entries.push(entry);
            }
        }
        if header.left() != 0 {
            return Err(ArchiveRefused::Damaged("its directory has more entries than its end says"));
        }
        if unpacked > UNPACKED_MAX {
            return Err(ArchiveRefused::Unpacked(unpacked));
        }
        apart(&entries)?;
        Ok(Self { bytes, entries })
    }

    /// Its files, in the order of the directory.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes of an entry, of at most `max`.
    ///
    /// # Errors
    /// It is larger, or not what the directory says.
    pub fn read(&self, entry: &Entry, max: u64) -> Result<Vec<u8>, ArchiveRefused> {
        let refused = |why| ArchiveRefused::Entry { name: entry.name.clone(), why };
        if entry.size > max {
            return Err(ArchiveRefused::Large { name: entry.name.clone(), found: entry.size, max });
        }
        let packed = self.bytes.get(entry.begins..entry.ends).unwrap_or_default();
        if entry.size > RATIO_FROM && entry.size / RATIO_MAX > packed.len() as u64 {
            return Err(ArchiveRefused::Ratio(entry.name.clone()));
        }
        let content = if entry.is_packed {
            let mut decoder = DeflateDecoder::new(packed);
            let mut content = Vec::new();
            let read = decoder.by_ref().take(entry.size + 1).read_to_end(&mut content);
            read.map_err(|_| refused("its packed bytes are damaged"))?;
            if decoder.total_in() != packed.len() as u64 {
                return Err(refused("it has other bytes than its packed ones"));
            }
            content
        } else {
            packed.to_vec()
        };
        if content.len() as u64 != entry.size {
            return Err(refused("it has another size than the directory says"));
        }
        let mut crc = Crc::new();
        crc.update(&content);
        if crc.sum() == entry.crc { Ok(content) } else { Err(refused("its checksum is another one")) }
    }
}

/// Where the record at the end begins: its comment reaches to the last byte.
fn end(bytes: &[u8]) -> Result<usize, ArchiveRefused> {
    let damaged = ArchiveRefused::Damaged("it is no zip archive, or its end is missing");
    let last = bytes.len().checked_sub(END).ok_or(damaged.clone())?;
    let first = last.saturating_sub(COMMENT_MAX);
    let is_end = |place: &usize| {
        let comment = bytes.get(place + END - 2..place + END).and_then(|two| two.try_into().ok());
        bytes.get(*place..place + 4) == Some(b"PK\x05\x06")
            && comment.is_some_and(|length| place + END + usize::from(u16::from_le_bytes(length)) == bytes.len())
    };
    (first..=last).rev().find(is_end).ok_or(damaged)
}

fn wrong(listed: &Listed<'_>, why: &'static str) -> ArchiveRefused {
    ArchiveRefused::Entry { name: shown(listed.name), why }
}

fn listed<'b>(header: &mut Header<'b>) -> Result<Listed<'b>, ArchiveRefused> {
    if header.take(4)? != b"PK\x01\x02" {
        return Err(ArchiveRefused::Damaged("its directory has something else than entries"));
    }
    let (made_by, _needed) = (header.two()?, header.two()?);
    let (flags, method) = (header.two()?, header.two()?);
    header.take(4)?;
    let (crc, packed, size) = (header.four()?, header.four()?, header.four()?);
    let (name, extra, comment) = (header.two()?, header.two()?, header.two()?);
    let (disk, _internal, attributes, offset) = (header.two()?, header.two()?, header.four()?, header.four()?);
    let name = header.take(name.into())?;
    header.take(extra.into())?;
    header.take(comment.into())?;
    let listed = Listed { name, flags, method, crc, packed, size, offset };
    let is_folder = name.ends_with(b"/");
    // Systems without modes leave them out.
    let kind = if made_by >> 8 == 3 { attributes >> 16 & KIND } else { 0 };
    if let Some(why) = refusal(name) {
        return Err(wrong(&listed, why));
    }
    if kind != 0 && kind != if is_folder { FOLDER } else { FILE } {
        return Err(wrong(&listed, "it is no file: expected no links and no devices"));
    }
    if flags & !FLAGS != 0 {
        return Err(wrong(&listed, "it is encrypted, or packed in a way that is not known"));
    }
    if !matches!(method, 0 | 8) {
        return Err(wrong(&listed, "it is packed by another method than `deflate`"));
    }
    if disk != 0 || packed == u32::MAX || size == u32::MAX || offset == u32::MAX {
        return Err(wrong(&listed, "it is of an archive on several disks, or of one that is too large"));
    }
    if is_folder && size != 0 {
        return Err(wrong(&listed, "it is a folder with bytes"));
    }
    if method == 0 && packed != size {
        return Err(wrong(&listed, "it has another size than the directory says"));
    }
    Ok(listed)
}

/// The place of an entry's bytes, whose own header says the same as the directory; none for a folder.
fn located(bytes: &Bytes, directory: usize, listed: &Listed<'_>) -> Result<Option<Entry>, ArchiveRefused> {
    let entries = bytes.get(..directory).unwrap_or_default();
    let mut header = Header::at(entries, listed.offset as usize)?;
    if header.take(4)? != b"PK\x03\x04" {
        return Err(wrong(listed, "it is not where the directory says"));
    }
    header.two()?;
    let (flags, method) = (header.two()?, header.two()?);
    header.take(4)?;
    let (crc, packed, size) = (header.four()?, header.four()?, header.four()?);
    let (name, extra) = (header.two()?, header.two()?);
    let name = header.take(name.into())?;
    header.take(extra.into())?;
    let sizes_behind = flags & 1 << 3 != 0;
    let same_sizes = (crc, packed, size) == (listed.crc, listed.packed, listed.size);
    let none = (crc, packed, size) == (0, 0, 0);
    if name != listed.name || flags != listed.flags || method != listed.method || !(same_sizes || sizes_behind && none)
    {
        return Err(wrong(listed, "its own header says something else than the directory"));
    }
    let begins = entries.len() - header.left();
    header.take(listed.packed as usize)?;
    if listed.name.ends_with(b"/") {
        return Ok(None);
    }
    Ok(Some(Entry {
        name: String::from_utf8_lossy(listed.name).into_owned(),
        size: listed.size.into(),
        is_packed: method == 8,
        crc: listed.crc,
        header: listed.offset as usize,
        begins,
        ends: begins + listed.packed as usize,
    }))
}

/// Entries that share bytes unpack to more than an archive could hold.
fn apart(entries: &[Entry]) -> Result<(), ArchiveRefused> {
    let mut places: Vec<_> = entries.iter().collect();
    places.sort_unstable_by_key(|entry| entry.header);
    let overlap = places.windows(2).find_map(|pair| match pair {
        [one, other] if other.header < one.ends => Some(other.name.clone()),
        _ => None,
    });
    match overlap {
        Some(name) => Err(ArchiveRefused::Entry { name, why: "its bytes are those of another entry too" }),
        None => Ok(()),
    }
}
