//! What compiles and does nothing in a plugin: the standard library of the target has the functions of a system, and no
//! system below them. The author's source is searched for them before it is compiled.

use crate::Error;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A use of something that no plugin has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// File and line, as `src/lib.rs:7`; none for a crate.
    pub place: Option<String>,
    /// What it is, and what to write instead.
    pub advice: String,
}

impl std::fmt::Display for Hint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(place) = &self.place {
            write!(out, "{place}: ")?;
        }
        out.write_str(&self.advice)
    }
}

const OUTPUT: &str = "nobody sees it: write `log::info!(…)`";
const FILES: &str =
    "a plugin has no files: take the data as input or as a setting, or compile it in with `include_str!`";
const SOCKETS: &str = "a plugin has no sockets: send requests with `lockgate_sdk::http`";
const CLOCK: &str = "a plugin has no such clock, and it panics: use `lockgate_sdk::clock`";
const THREADS: &str = "a plugin has one thread: send requests at one time with `lockgate_sdk::http::join`";

/// What is searched for, and what to do about it.
const USES: [(&str, &str); 21] = [
    ("println!", OUTPUT),
    ("print!", OUTPUT),
    ("eprintln!", OUTPUT),
    ("eprint!", OUTPUT),
    ("dbg!", OUTPUT),
    ("std::fs", FILES),
    ("File::open", FILES),
    ("File::create", FILES),
    ("fs::read", FILES),
    ("fs::read_to_string", FILES),
    ("fs::write", FILES),
    ("std::net", SOCKETS),
    ("TcpStream::connect", SOCKETS),
    ("TcpListener::bind", SOCKETS),
    ("UdpSocket::bind", SOCKETS),
    ("Instant::now", CLOCK),
    ("SystemTime::now", CLOCK),
    ("thread::spawn", THREADS),
    ("thread::sleep", THREADS),
    ("env::var", "a plugin has no environment: read a setting with `settings::get`, and leave secrets to the host"),
    ("std::process", "a plugin starts no programs"),
];

/// The uses in a crate's source, each file's first of a kind.
pub(crate) fn hints(manifest: &Path) -> Result<Vec<Hint>, Error> {
    let folder = manifest.parent().unwrap_or(Path::new("."));
    let mut files = Vec::new();
    collect(&folder.join("src"), &mut files)?;
    files.sort();
    let mut hints = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let shown = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        hints.extend(
            in_text(&text).into_iter().map(|(line, advice)| Hint { place: Some(format!("{shown}:{line}")), advice }),
        );
    }
    Ok(hints)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    // A crate may have its source elsewhere; then there is nothing to search.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Lines, counted from 1, with what is wrong there. Tests run on the author's machine, where all of it works: what follows
/// `#[cfg(test)]` is left out.
fn in_text(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, &str, &str)> = Vec::new();
    let code = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    for (index, line) in code.enumerate() {
        let line = line.split("//").next().unwrap_or_default();
        for (word, advice) in USES {
            if names(line, word) && !found.iter().any(|(_, _, known)| *known == advice) {
                found.push((index + 1, word, advice));
            }
        }
    }
    found.into_iter().map(|(line, word, advice)| (line, format!("`{word}`: {advice}"))).collect()
}

/// Whether a line has the word and not a longer one.
fn names(line: &str, word: &str) -> bool {
    let part_of_a_name = |one: char| one.is_alphanumeric() || one == '_';
    line.match_indices(word).any(|(start, _)| {
        let (before, rest) = line.split_at_checked(start).unwrap_or_default();
        let after = rest.strip_prefix(word).unwrap_or_default();
        !before.ends_with(part_of_a_name) && !after.starts_with(part_of_a_name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_found_once_a_kind_with_their_lines() {
        let text =
            "fn f() {\n    println!(\"1\"); // std::fs\n    eprintln!(\"2\");\n    let x = std::fs::read(\"a\");\n}\n";
        let lines: Vec<_> = in_text(text).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [2, 4]);
        assert!(in_text(text)[0].1.starts_with("`println!`: nobody sees it"));
    }

    #[test]
    fn longer_names_and_tests_are_left_out() {
        assert_eq!(in_text("my_println!(1); File::opened(); env!(\"A\"); env::vars_of()\n"), []);
        assert_eq!(in_text("fn f() {}\n#[cfg(test)]\nmod tests { fn g() { println!(); } }\n"), []);
    }
}
