//! A document as YAML 1.2.

use std::fmt::Write;

use serde_json::Value;

/// Words that are no texts for some readers, without quotes.
const WORDS: [&str; 12] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];

/// The text of a document in block style: texts of several lines are literal blocks, and other texts have quotes unless they
/// are plain words.
pub(crate) fn text(document: &Value) -> String {
    let mut text = String::new();
    block(document, 0, &mut text);
    text
}

/// Writes a value that begins on a line of its own.
fn block(value: &Value, depth: usize, to: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                indent(depth, to);
                to.push_str(&scalar(name));
                to.push(':');
                behind(member, depth, to);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(depth, to);
                to.push('-');
                behind(item, depth, to);
            }
        }
        other => {
            indent(depth, to);
            behind(other, depth, to);
        }
    }
}

/// Writes a value behind its key or dash.
fn behind(value: &Value, depth: usize, to: &mut String) {
    match value {
        Value::Object(members) if members.is_empty() => to.push_str(" {}\n"),
        Value::Array(items) if items.is_empty() => to.push_str(" []\n"),
        Value::Object(_) | Value::Array(_) => {
            to.push('\n');
            block(value, depth.saturating_add(1), to);
        }
        Value::String(text) if is_literal(text) => literal(text, depth.saturating_add(1), to),
        Value::String(text) => {
            to.push(' ');
            to.push_str(&scalar(text));
            to.push('\n');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            // Writing to a string can't fail.
            let _ = writeln!(to, " {value}");
        }
    }
}

fn indent(depth: usize, to: &mut String) {
    for _ in 0..depth {
        to.push_str("  ");
    }
}

/// Whether a text is written as lines: it has several, and nothing that a reader of lines would change.
fn is_literal(text: &str) -> bool {
    let plain = |one: char| one == '\n' || (!is_escaped(one) && one != '\t');
    text.contains('\n')
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && text.chars().all(plain)
        && text.lines().all(|line| !line.ends_with(' ') && (line.is_empty() || !line.trim().is_empty()))
}

fn literal(text: &str, depth: usize, to: &mut String) {
    to.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.lines() {
        if !line.is_empty() {
            indent(depth, to);
            to.push_str(line);
        }
        to.push('\n');
    }
}

/// A text on one line.
fn scalar(text: &str) -> String {
    let word = |one: char| one.is_ascii_alphanumeric() || "_-./$".contains(one);
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || "_$/".contains(first))
        && text.chars().all(word)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('"');
    for one in text.chars() {
        match one {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // Writing to a string can't fail.
            one if is_escaped(one) => drop(write!(quoted, "\\u{:04x}", u32::from(one))),
            one => quoted.push(one),
        }
    }
    quoted.push('"');
    quoted
}

/// Characters that YAML does not print, or reads as the end of a line.
fn is_escaped(one: char) -> bool {
    one.is_control() || matches!(one, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use lockgate_domain::written;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_again() {
        let texts = [
            "",
            " ",
            "a",
            "a b",
            "a\nb",
            "a\nb\n",
            "a\n\nb",
            " a\nb",
            "a\n",
            "\na",
            "a\n b",
            "a \nb",
            "a\tb\nc",
            "a\n\n",
            "true",
            "Null",
            "~",
            "1",
            "1e3",
            "0x1f",
            "-",
            "- a",
            "a: b",
            "a #b",
            "#",
            "'",
            "\"",
            "\\",
            "{}",
            "[a]",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a`",
            "\u{7f}\u{85}\u{2028}\u{feff}",
            "\r\n",
            "\u{1f600}",
            "=",
            "<<",
            "a:",
            "2026-11-29",
            "no",
            "3.1.0",
            "#/components/schemas/A",
            "/v1/a",
            "$ref",
            "a\n \nb",
            "\u{0}",
        ];
        for text in texts {
            let document = json!({"text": text, text: [text, {"inner": [[], {}, [text]]}], "n": [1, -0.5, null, true]});
            let written = super::text(&document);
            assert_eq!(written::definition(&written), Ok(document), "{written}");
        }
    }
}
