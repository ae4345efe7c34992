//! `new`: a project that builds and passes its own test as it is, on a machine that has Rust and nothing of ours.

use crate::Error;
use include_dir::{Dir, include_dir};
use std::{
    fs,
    path::{Path, PathBuf},
};

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/template/rust");

/// The SDK's parts, by their path in `.lockgate/sdk`, without its tests and build folders.
static SDK: [(&str, Dir<'_>); 3] = [
    ("src", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/src")),
    ("macros/src", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/macros/src")),
    ("wit", include_dir!("$CARGO_MANIFEST_DIR/../../guest-sdk/wit")),
];
static SDK_FILES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../../../guest-sdk/Cargo.toml")),
    ("README.md", include_str!("../../../guest-sdk/README.md")),
    ("macros/Cargo.toml", include_str!("../../../guest-sdk/macros/Cargo.toml")),
];

/// A project that was just written.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// The plugin's name.
    pub name: String,
    /// The name of its one connector.
    pub connector: String,
}

/// Writes a project into a new folder `name` of `parent`.
///
/// # Errors
/// [`Error::Name`], [`Error::Exists`], [`Error::File`].
pub fn create(parent: &Path, name: &str) -> Result<Project, Error> {
    check_name(name)?;
    let folder = parent.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Error::Exists { path: folder });
    }
    let connector = name.replace('-', "_");
    for file in files(&TEMPLATE) {
        let text = file.contents_utf8().unwrap_or_default();
        let text = text.replace("{{name}}", name).replace("{{connector}}", &connector);
        let path = file.path().with_extension("");
        let path = if path.ends_with("gitignore") { PathBuf::from(".gitignore") } else { path };
        write(&folder.join(path), text.as_bytes())?;
    }
    let sdk = folder.join(".lockgate/sdk");
    for (place, part) in &SDK {
        for file in files(part) {
            write(&sdk.join(place).join(file.path()), file.contents())?;
        }
    }
    for (place, text) in SDK_FILES {
        write(&sdk.join(place), text.as_bytes())?;
    }
    Ok(Project { folder, name: name.to_owned(), connector })
}

/// A plugin's name is also a folder, a crate and, with `_` for `-`, a connector.
fn check_name(name: &str) -> Result<(), Error> {
    let refuse = |rule| Err(Error::Name { name: name.to_owned(), rule });
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_-".contains(letter);
    if !name.starts_with(|letter: char| letter.is_ascii_lowercase()) || !name.chars().all(allowed) {
        return refuse("use a-z, 0-9, - and _, and start with a letter, as in `acme-issues`");
    }
    if name.len() > 63 {
        return refuse("use at most 63 letters");
    }
    if RESERVED.contains(&name) {
        return refuse("Rust uses the word itself; add another one, as in `acme-match`");
    }
    Ok(())
}

/// Keywords of edition 2024, and crates that a project sees anyway.
const RESERVED: [&str; 58] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "lockgate-sdk",
    "lockgate_sdk",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "schemars",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "unsafe",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

fn files<'a>(folder: &'a Dir<'a>) -> Vec<&'a include_dir::File<'a>> {
    folder.files().chain(folder.dirs().flat_map(files)).collect()
}

fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    fs::write(path, contents).map_err(Error::file("write", path))
}
