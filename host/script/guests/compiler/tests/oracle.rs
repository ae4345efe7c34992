//! `ts-blank-space` as the oracle of the strip: both make the same text of TypeScript files of npm packages, but for where a
//! parenthesis stands, and for a `;` that changes nothing. `tests/scripts.sh` prepares the files; a part of them is
//! compared in every run, all of them in the long one.

use std::path::Path;
use std::process::Command;

use lockgate_script_compiler::erased;
use serde::Deserialize;

/// Files that are compared in every run.
const PART: usize = 150;
/// At least so many are there.
const ALL: usize = 1_000;

#[derive(Deserialize)]
struct Case {
    file: String,
    source: String,
    /// None where the oracle can't erase the types.
    blank: Option<String>,
}

#[test]
fn types_become_the_same_blanks() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../..");
    let prepared = Command::new(root.join("tests/scripts.sh")).status().unwrap();
    assert!(prepared.success(), "tests/scripts.sh could not prepare the files");
    let text = std::fs::read_to_string(root.join("target/scripts/oracle.jsonl")).unwrap();
    let mut cases: Vec<Case> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= ALL, "{}", cases.len());
    if std::env::var_os("LOCKGATE_TEST_LONG").is_none() {
        let every = cases.len() / PART;
        cases = cases.into_iter().step_by(every).collect();
    }
    let different: Vec<String> = cases.iter().filter_map(difference).collect();
    assert!(different.is_empty(), "{} of {}:\n{}", different.len(), cases.len(), different.join("\n"));
}

/// What is different in meaning, if anything is.
fn difference(case: &Case) -> Option<String> {
    let own = erased(&case.source);
    let (own, blank) = match (&own, &case.blank) {
        (None, None) => return None,
        (Some(own), Some(blank)) => (written(own, &case.source), written(blank, &case.source)),
        // That no script imports while it runs is another rule than that of types.
        (None, Some(_)) if case.source.contains("import(") => return None,
        (None, Some(_)) => return Some(format!("{}: refused by us", case.file)),
        (Some(_), None) => return Some(format!("{}: refused by the oracle", case.file)),
    };
    let mut left = own.iter().peekable();
    for expected in &blank {
        // The oracle ends every statement that a type has ended, we those alone that would go on in the next line.
        let goes_on = |next: &&Written| matches!(next.character, '(' | '[' | '`');
        if expected.is_new
            && expected.character == ';'
            && left.peek().is_none_or(|next| !goes_on(next) && next.character != ';')
        {
            continue;
        }
        // An end that was made by us alone does no harm.
        while left.next_if(|one| one.character == ';' && one.is_new && one.character != expected.character).is_some() {}
        match left.next() {
            Some(found) if found.character == expected.character => {}
            found => {
                return Some(format!("{}: line {}: expected {expected:?}, found {found:?}", case.file, expected.line));
            }
        }
    }
    let rest = left.find(|one| !(one.character == ';' && one.is_new));
    rest.map(|one| format!("{}: more than expected: {one:?}", case.file))
}

/// A character that is no blank.
#[derive(Debug)]
struct Written {
    character: char,
    line: usize,
    /// Whether the source has another one in its place.
    is_new: bool,
}

/// What is left of a source. Everything but a few characters that are new is where it was.
fn written(text: &str, source: &str) -> Vec<Written> {
    let (text, source): (Vec<u16>, Vec<u16>) = (text.encode_utf16().collect(), source.encode_utf16().collect());
    assert_eq!(text.len(), source.len());
    let (mut found, mut line) = (Vec::new(), 1);
    for (own, before) in text.into_iter().zip(source) {
        let character = char::from_u32(own.into()).unwrap_or('\u{fffd}');
        line += usize::from(character == '\n');
        let is_new = own != before;
        assert!(!is_new || matches!(character, ' ' | ';' | '(' | ')'), "line {line}: {character:?} is new");
        if !character.is_whitespace() {
            found.push(Written { character, line, is_new });
        }
    }
    found
}
