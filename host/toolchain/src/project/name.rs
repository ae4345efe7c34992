//! Names of plugins.

use crate::Error;

/// A plugin's name is also a folder, a crate and, with `_` for `-`, a connector.
pub(super) fn check(name: &str) -> Result<(), Error> {
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
