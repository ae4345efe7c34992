//! Texts of guests and outside systems on their way to people: to a terminal, to a log, into a sentence.

use std::borrow::Cow;

/// Whether a character does something to what shows it, instead of being shown: it moves a terminal's cursor or changes
/// its colours (the control characters C0 and C1), begins another line where none was meant, or turns the direction of
/// what stands around it (Unicode Standard Annex 9). A line break and a tab do so too.
pub fn is_control(one: char) -> bool {
    one.is_control()
        || matches!(
            one,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}'
        )
}

/// A text on one line: every such character but the tab is escaped as in Rust (`\n`, `\u{1b}`).
pub fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |one| is_control(one) && one != '\t', |one| one.escape_default().to_string())
}

/// A text on several lines, for a terminal: the same, and line breaks stay.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |one| is_control(one) && !matches!(one, '\t' | '\n'), |one| one.escape_default().to_string())
}

/// JSON text of the same value, in which every such character of a string is escaped (`\u009b`). Line breaks between its
/// parts stay.
pub fn printable_json(text: &str) -> Cow<'_, str> {
    // JSON has no others in its strings (RFC 8259, section 7).
    escaped(text, |one| is_control(one) && one >= '\u{7f}', |one| format!("\\u{:04x}", u32::from(one)))
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool, escape: impl Fn(char) -> String) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for one in text.chars() {
        if is_escaped(one) {
            out.push_str(&escape(one));
        } else {
            out.push(one);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "a\tb\n\r\u{1b}[2J\u{7f}\u{9b}31m\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{fff9}é😀";

    #[test]
    fn nothing_of_a_text_does_anything_to_what_shows_it() {
        let shown = printable(ALL);
        assert!(!shown.chars().any(|one| is_control(one) && one != '\t'), "{shown:?}");
        assert!(
            shown.starts_with("a\tb\\n\\r\\u{1b}[2J\\u{7f}\\u{9b}31m\\u{61c}") && shown.ends_with("é😀"),
            "{shown}"
        );
        assert!(printable_lines(ALL).starts_with("a\tb\n\\r\\u{1b}"));
        for one in '\u{2066}'..='\u{2069}' {
            assert_eq!(printable(&one.to_string()), format!("\\u{{{:x}}}", u32::from(one)));
        }
        for text in ["", "plain", "ünï 😀 \u{200d}"] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn a_json_text_keeps_its_value() {
        let json =
            serde_json::to_string_pretty(&serde_json::json!({"a\u{202e}": ["\u{9b}\u{7f}\u{2066}", ALL]})).unwrap();
        let shown = printable_json(&json);
        assert!(!shown.chars().any(|one| is_control(one) && one != '\n'), "{shown:?}");
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&shown), read(&json));
    }
}
