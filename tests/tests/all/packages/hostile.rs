//! Packages that nobody should take: each is refused with a code that says why, and nothing has changed.

use lockgate_domain::Digest;
use lockgate_tests::Host;
use serde_json::json;

use super::{apply, every_type, import_yaml, import_zip, make, plugin, state, zip};

const GROUP: &str = "slug: evil\nname: Evil\nresource_type: EXTERNAL\n";

/// Replaces a text by one of the same length everywhere: in headers and in the directory.
fn renamed(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<_> = (0..bytes.len()).filter(|place| bytes[*place..].starts_with(from.as_bytes())).collect();
    assert!(places.len() >= 2, "{from}");
    places.into_iter().for_each(|place| bytes[place..place + from.len()].copy_from_slice(to.as_bytes()));
    bytes
}

/// An archive of as many empty files; 65,535 and more need zip64.
fn many(count: u32) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("f{number:06}");
        let at = u32::try_from(archive.len()).unwrap();
        let common = [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &[0; 12], &[7, 0, 0, 0]].concat();
        archive.extend([&b"PK\x03\x04"[..], &common, name.as_bytes()].concat());
        directory
            .extend([&b"PK\x01\x02"[..], &[20, 3], &common, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let (begins, size) = (u32::try_from(archive.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let (end, written) = (u64::from(begins) + u64::from(size), u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes());
    archive.extend(directory);
    if count >= 0xffff {
        let count = u64::from(count).to_le_bytes();
        let sizes = [u64::from(size).to_le_bytes(), u64::from(begins).to_le_bytes()].concat();
        let length = 44_u64.to_le_bytes();
        archive.extend([&b"PK\x06\x06"[..], &length, &[45, 0, 45, 0], &[0; 8], &count, &count, &sizes].concat());
        archive.extend([&b"PK\x06\x07"[..], &[0; 4], &end.to_le_bytes(), &1_u32.to_le_bytes()].concat());
    }
    archive.extend(
        [&b"PK\x05\x06"[..], &[0; 4], &written, &written, &size.to_le_bytes(), &begins.to_le_bytes(), &[0, 0]].concat(),
    );
    archive
}

/// Where the directory of an archive begins.
fn directory(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap()
}

#[test]
fn hostile_archives_change_nothing() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let before = state(&host);
    let group = GROUP.as_bytes();
    let good = zip(&[("group.yaml", group), ("scripts/a.ts", b"x")]);
    let named = |name: &str| renamed(good.clone(), "scripts/a.ts", name);
    let linked = |mode: u32| {
        let mut bytes = zip(&[("group.yaml", group)]);
        let at = directory(&bytes);
        bytes[at + 38..at + 42].copy_from_slice(&(mode << 16).to_le_bytes());
        bytes
    };
    let component = plugin("1.0.0");
    let digest = Digest::of(&component);
    let with_plugin = |path: &str, bytes: &[u8], listed: &Digest| {
        let document = format!("{GROUP}plugins:\n  - {{name: shop, version: 1.0.0, digest: \"{listed}\"}}\n");
        zip(&[("group.yaml", document.as_bytes()), (path, bytes)])
    };
    let own = format!("plugins/{}.wasm", digest.hex());
    let zeros = vec![0; 48 << 20];
    let bomb_path = format!("plugins/{}.wasm", Digest::of(&zeros).hex());
    let mut flipped = good.clone();
    let place = flipped.len() - 30;
    flipped[place] ^= 0xff;
    for (what, bytes, status, code) in [
        ("nothing", Vec::new(), 422, "LG1040"),
        ("no archive", b"PK\x03\x04 and nothing else".to_vec(), 422, "LG1040"),
        ("an empty archive", zip(&[]), 422, "LG1040"),
        ("a cut one", good[..good.len() - 1].to_vec(), 422, "LG1040"),
        ("half of one", good[..good.len() / 2].to_vec(), 422, "LG1040"),
        ("a damaged one", flipped, 422, "LG1040"),
        ("a way out", named("../../../a.t"), 422, "LG1040"),
        ("a way out of a folder", named("a/../../b.ts"), 422, "LG1040"),
        ("an absolute path", named("/etc/cron.d/"), 422, "LG1040"),
        ("a backslash", named("scripts\\a.ts"), 422, "LG1040"),
        ("a drive", named("C:/scripts/a"), 422, "LG1040"),
        ("a NUL", named("scripts/a\0ts"), 422, "LG1040"),
        ("a name that a terminal obeys", named("scripts/\u{1b}[2J"), 422, "LG1040"),
        (
            "a file twice",
            renamed(zip(&[("group.yaml", group), ("group.yamx", b"")]), "group.yamx", "group.yaml"),
            422,
            "LG1040",
        ),
        ("a link", linked(0o120_777), 422, "LG1040"),
        ("a device", linked(0o060_666), 422, "LG1040"),
        ("no document", zip(&[("scripts/a.ts", b"x")]), 422, "LG1040"),
        ("a file that nothing names", good.clone(), 422, "LG1040"),
        ("a file of no kind", zip(&[("group.yaml", group), ("run.sh", b"rm")]), 422, "LG1040"),
        ("a document that is no text", zip(&[("group.yaml", b"\xff\xfe")]), 422, "LG1040"),
        ("a document that is a bomb", zip(&[("group.yaml", laughs().as_bytes())]), 422, "LG1040"),
        ("a plugin without a digest", with_plugin("plugins/shop.wasm", &component, &digest), 422, "LG1040"),
        (
            "a plugin that nothing lists",
            zip(&[("group.yaml", group), (own.as_str(), component.as_slice())]),
            422,
            "LG1040",
        ),
        ("a digest that lies", with_plugin(&own, b"\0asm other bytes", &digest), 422, "LG1044"),
        (
            "a plugin that is none",
            with_plugin(&format!("plugins/{}.wasm", Digest::of(b"x").hex()), b"x", &Digest::of(b"x")),
            422,
            "LG2001",
        ),
        (
            "a digest without bytes",
            zip(&[(
                "group.yaml",
                format!("{GROUP}plugins: [{{name: shop, version: \"1\", digest: \"{}\"}}]", Digest::of(b"y"))
                    .as_bytes(),
            )]),
            422,
            "LG1043",
        ),
        ("a bomb as a plugin", with_plugin(&bomb_path, &zeros, &Digest::of(&zeros)), 413, "LG1041"),
        ("a bomb as a script", zip(&[("group.yaml", group), ("scripts/a.ts", zeros.as_slice())]), 413, "LG1041"),
        ("60,000 entries", many(60_000), 413, "LG1041"),
        ("100,000 entries", many(100_000), 413, "LG1041"),
        ("bytes in front", [b"#!/bin/sh\n", good.as_slice()].concat(), 422, "LG1040"),
    ] {
        let answer = import_zip(&host, "", bytes.clone());
        let text = answer.body.clone();
        assert_eq!((answer.status, text.contains(code)), (status, true), "{what}: {text}");
        assert!(!text.contains('\u{1b}'), "{what}: {text}");
        // A plan of it is refused as well.
        assert_eq!(import_zip(&host, "dry_run", bytes).status, status, "{what}");
    }
    assert_eq!(state(&host), before);
    // The same entries in order are taken.
    import_zip(&host, "", zip(&[("group.yaml", group)])).status(200);
    import_zip(&host, "on_conflict=update", with_plugin(&own, &component, &digest)).problem(409, "LG1005");
}

/// Aliases of aliases of aliases.
fn laughs() -> String {
    let mut text =
        "slug: evil\nname: Evil\nresource_type: EXTERNAL\nsettings:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            .to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!("  a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    text
}

#[test]
fn hostile_documents_change_nothing() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let before = state(&host);
    let twice = format!("  - {{name: a, version: \"1\", digest: \"{}\"}}\n", Digest::of(b"x")).repeat(2);
    let long = format!("{GROUP}description: \"{}\"\n", "x".repeat(9 << 20));
    for (what, text, status, code) in [
        ("nothing", String::new(), 422, "LG1040"),
        ("a list", "- a\n".to_owned(), 422, "LG1040"),
        ("two documents", format!("{GROUP}---\n{GROUP}"), 422, "LG1040"),
        ("a key twice", format!("{GROUP}slug: other\n"), 422, "LG1040"),
        ("aliases of aliases", laughs(), 422, "LG1040"),
        ("lists in lists", format!("{GROUP}settings: {{a: {}}}\n", "[".repeat(100_000)), 422, "LG1040"),
        ("dashes in dashes", format!("{GROUP}settings:\n  a:\n    {}x\n", "- ".repeat(100_000)), 422, "LG1040"),
        ("a tag", format!("{GROUP}settings: !!python/object/apply:os.system [ls]\n"), 422, "LG1040"),
        ("too much", long, 413, "LG1041"),
        ("an unknown key", format!("{GROUP}id: 0190a6e4-0000-7000-8000-000000000000\n"), 422, "LG1010"),
        ("another kind", format!("{GROUP}kind: Installation\n"), 422, "LG1010"),
        (
            "a file of the host",
            format!(
                "{GROUP}connectors:\n  - {{name: a, type: function, script: {{language: javascript, file: scripts/../../../etc/passwd}}}}\n"
            ),
            422,
            "LG1010",
        ),
        ("a plugin twice", format!("{GROUP}plugins:\n{twice}"), 422, "LG1010"),
    ] {
        let answer = import_yaml(&host, "", text);
        assert_eq!((answer.status, answer.body.contains(code)), (status, true), "{what}: {}", answer.body);
    }
    assert_eq!(state(&host), before);
}

#[test]
fn hostile_folders_change_nothing() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let before = state(&host);
    let other = "slug: other\nname: Other\nresource_type: EXTERNAL\n";
    let installation = "apiVersion: lockgate/v1\nkind: Installation\ngroup: shop\n";
    for (what, files, status, code, says) in [
        ("a slug twice", vec![("a.yaml", GROUP), ("b.yaml", GROUP)], 422, "LG1040", "the same `slug`"),
        ("a slug in a folder too", vec![("a.yaml", GROUP), ("a/group.yaml", GROUP)], 422, "LG1040", "the same `slug`"),
        ("a file of no kind", vec![("a.yaml", GROUP), ("a.sh", "")], 422, "LG1040", "nothing names this file"),
        ("a folder without a document", vec![("a/scripts/a.ts", "")], 422, "LG1040", "nothing names this file"),
        (
            "an installation twice",
            vec![("a.yaml", installation), ("shop/installation.yaml", installation)],
            422,
            "LG1040",
            "for the same group",
        ),
        (
            "an installation of no group",
            vec![("a.yaml", "apiVersion: lockgate/v1\nkind: Installation\ngroup: nobody\n")],
            404,
            "LG1004",
            "nobody",
        ),
        (
            "a secret",
            vec![(
                "a.yaml",
                "apiVersion: lockgate/v1\nkind: Installation\ngroup: shop\noauth: {main: {client_secret: x}}\n",
            )],
            422,
            "LG1010",
            "client_secret",
        ),
        // The last of three is wrong, and the first two are not there.
        (
            "a mistake in the last",
            vec![("a.yaml", GROUP), ("b.yaml", other), ("c.yaml", "slug: c\nname: C\n")],
            422,
            "LG1010",
            "`c.yaml`",
        ),
        (
            "a mistake that shows late",
            vec![("a.yaml", GROUP), ("b.yaml", "slug: c\nname: Evil\nresource_type: EXTERNAL\n")],
            409,
            "LG1042",
            "`b.yaml`",
        ),
    ] {
        let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let answer = apply(&host, "prune", &files);
        assert_eq!(
            (answer.status, answer.body.contains(code), answer.body.contains(says)),
            (status, true, true),
            "{what}: {}",
            answer.body
        );
    }
    assert_eq!(state(&host), before);
}

#[test]
fn a_mistake_of_a_plugin_takes_the_whole_group_back() {
    let host = Host::start().with_scripts();
    let component = plugin("1.0.0");
    let digest = Digest::of(&component);
    let path = format!("plugins/{}.wasm", digest.hex());
    let document = |plugins: serde_json::Value| {
        let mut group = every_type("shop");
        group["plugins"] = plugins;
        group["capabilities"] = json!([]);
        group.to_string()
    };
    let before = state(&host);
    // The group does not grant what the plugin wants.
    let text = document(json!([{"name": "shop", "version": "1.0.0", "digest": digest.to_string()}]));
    let archive = zip(&[("group.yaml", text.as_bytes()), (path.as_str(), component.as_slice())]);
    let refused = import_zip(&host, "", archive).problem(409, "LG1005");
    assert!(refused["detail"].as_str().unwrap().contains("wants http"), "{refused}");
    // The package calls it something else than it does itself.
    let text = document(json!([{"name": "shop", "version": "2.0.0", "digest": digest.to_string()}]));
    let archive = zip(&[("group.yaml", text.as_bytes()), (path.as_str(), component.as_slice())]);
    let refused = import_zip(&host, "", archive).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/plugins/0");
    assert_eq!(state(&host), before);
}
