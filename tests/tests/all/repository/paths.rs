//! Files that the documentation names exist.

use std::fs;
use std::path::{Path, PathBuf};

use lockgate_tests::root;

/// A page, and the folders that its paths begin in, in the order in which they are tried.
const PAGES: [(&str, &[&str]); 3] = [
    ("docs/architecture.md", &["host", ""]),
    ("CONTRIBUTING.md", &["", "tests/tests"]),
    ("SECURITY.md", &["tests/tests/all", ""]),
];
/// What makes a name without a folder the name of a file.
const KINDS: [&str; 8] = [".rs", ".md", ".toml", ".json", ".yaml", ".wit", ".wat", ".sh"];

/// The code spans of a page that are paths: outside of blocks, and within one line.
fn paths(page: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            found.extend(line.split('`').skip(1).step_by(2).filter(|span| is_path(span)));
        }
    }
    found
}

/// Routes and places of the machine begin with a slash, commands have spaces, interfaces and URLs have a colon.
fn is_path(span: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let named = span.contains('/') || KINDS.iter().any(|kind| span.ends_with(kind));
    named && span.bytes().all(plain) && !span.starts_with(['/', '.'])
}

/// Every file and folder below this one, but what is built.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                open.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

/// The package that holds a path: the crate of the host, or the folder beside it.
fn package(path: &Path) -> PathBuf {
    let relative = path.strip_prefix(root()).unwrap();
    let depth = if relative.starts_with("host") { 2 } else { 1 };
    root().join(relative.iter().take(depth).collect::<PathBuf>())
}

/// Names of a page that are the path of nothing. A path begins in one of the page's folders; a shorter one ends the path of
/// a file in the package of the path before it.
fn missing(page: &str, folders: &[&str]) -> Vec<String> {
    let mut missing = Vec::new();
    let mut last: Option<PathBuf> = None;
    for path in paths(page) {
        let whole = folders.iter().map(|folder| root().join(folder).join(path)).find(|path| path.exists());
        let short = || {
            let files = below(&package(last.as_ref()?));
            files.into_iter().find(|file| file.ends_with(path))
        };
        match whole.or_else(short) {
            Some(path) if path.starts_with(root()) && path != root() => last = Some(path),
            _ => missing.push(path.to_owned()),
        }
    }
    missing
}

#[test]
fn every_file_that_a_page_names_exists() {
    let mut all = Vec::new();
    for (name, folders) in PAGES {
        let page = fs::read_to_string(root().join(name)).unwrap();
        all.extend(missing(&page, folders).into_iter().map(|path| format!("{name}: {path}")));
    }
    assert!(all.is_empty(), "pages name what does not exist: {all:#?}");
}

#[test]
fn other_code_is_no_path() {
    let page = "`server/src/listen.rs`, `tls.rs` and `auth/`; `GET /v1/groups`, `/proc/self/exe`, `wasi:http/types`\n\
                ```sh\ncat `a/b.rs`\n```\n`docs/api.md`, `Outcome`, `https://api.example/public`, `./dev run`";
    assert_eq!(paths(page), ["server/src/listen.rs", "tls.rs", "auth/", "docs/api.md"]);
}

#[test]
fn a_missing_file_is_found() {
    let page = "`domain/src/limits.rs`, `consent/compare.rs`, `domain/src/nothing.rs`, `listen.rs`, `store/src/lib.rs`";
    assert_eq!(missing(page, &["host", ""]), ["domain/src/nothing.rs", "listen.rs"]);
}

/// The tests that `SECURITY.md` names, each with its file: they stand behind it, `file.rs` `one`, `another`.
fn proofs(page: &str) -> Vec<(PathBuf, &str)> {
    let (mut found, mut file) = (Vec::new(), None);
    let spans: Vec<&str> = page.split('`').collect();
    for pair in spans.chunks_exact(2) {
        let [between, span] = pair else { continue };
        let follows = matches!(between.trim(), "" | ",");
        if is_path(span) {
            let places = ["tests/tests/all", ""].map(|folder| root().join(folder).join(span));
            file = places.into_iter().find(|path| path.is_file());
        } else if !follows {
            file = None;
        } else if let Some(file) = &file {
            found.push((PathBuf::clone(file), *span));
        }
    }
    found
}

#[test]
fn every_test_that_security_md_names_exists() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let proofs = proofs(&page);
    let exists = |(file, name): &(PathBuf, &str)| {
        let text = fs::read_to_string(file).unwrap();
        // A name that ends with `…` stands for all that begin so.
        match name.strip_suffix('…') {
            Some(start) => text.contains(&format!("fn {start}")),
            None => text.contains(&format!("fn {name}(")),
        }
    };
    let missing: Vec<_> = proofs.iter().filter(|proof| !exists(proof)).collect();
    assert!(missing.is_empty(), "tests that SECURITY.md names and nobody has: {missing:#?}");
    assert!(proofs.len() >= 45, "SECURITY.md names {} tests", proofs.len());
}
