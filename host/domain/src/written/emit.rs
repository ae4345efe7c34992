//! A value as YAML, always in the same bytes: members of groups and connectors in the order in which people write them, all
//! others by name, texts of several lines as literal blocks. What is read from it is the same value.

use std::fmt::Write;

use serde_json::{Map, Value};

/// The keys of groups, of connectors and of their parts, in the order in which people write them. Keys that are not here
/// come behind these in the order of their names, but for [`LAST`].
const FIRST: [&str; 20] = [
    "apiVersion",
    "kind",
    "slug",
    "group",
    "name",
    "title",
    "description",
    "image_url",
    "documentation_url",
    "resource_type",
    "type",
    "tags",
    "enabled",
    "hints",
    "base_url",
    "activation",
    "destinations",
    "certificate_authorities",
    "protos",
    "settings",
];
/// The keys behind all others.
const LAST: [&str; 9] =
    ["limits", "uses", "input_schema", "output_schema", "examples", "version", "plugins", "needs", "connectors"];

/// Characters of a key that may stand in front of its colon without a mark (YAML 1.2.2 section 7.4.2: 1024).
const KEY_MAX: usize = 256;
/// Words that are texts in YAML 1.2 and something else to many a reader.
const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];

/// Where a collection stands, which decides the order of its members.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The document, or a connector of it: keys have meanings.
    Written,
    /// The list of connectors.
    Connectors,
    /// Anything below: keys are names.
    ByName,
}

/// Writes a map as one YAML document.
pub(super) fn yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => map(&mut text, members, 0, false, Order::Written),
        other => inline(&mut text, other, 0),
    }
    text
}

fn sorted(members: &Map<String, Value>, order: Order) -> Vec<(&String, &Value)> {
    let mut all: Vec<_> = members.iter().collect();
    let rank = |key: &str| {
        let first = FIRST.iter().position(|own| *own == key);
        let last = LAST.iter().position(|own| *own == key).map(|place| FIRST.len() + 1 + place);
        first.or(last).unwrap_or(FIRST.len())
    };
    match order {
        Order::Written => all.sort_by(|(one, _), (other, _)| (rank(one), one).cmp(&(rank(other), other))),
        Order::Connectors | Order::ByName => all.sort_by_key(|(key, _)| *key),
    }
    all
}

/// The members of a map, a line or more for each. The first one continues a line that is begun if `begun`.
fn map(text: &mut String, members: &Map<String, Value>, indent: usize, mut begun: bool, order: Order) {
    for (key, value) in sorted(members, order) {
        if !begun {
            blanks(text, indent);
        }
        begun = false;
        let long = key.chars().count() > KEY_MAX;
        if long {
            text.push_str("? ");
        }
        scalar(text, key);
        if long {
            text.push('\n');
            blanks(text, indent);
        }
        text.push(':');
        let below = if order == Order::Written && key == "connectors" { Order::Connectors } else { Order::ByName };
        behind(text, value, indent, below);
    }
}

/// A value behind its key.
fn behind(text: &mut String, value: &Value, indent: usize, order: Order) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            text.push('\n');
            map(text, members, indent + 2, false, order);
        }
        Value::Array(items) if !items.is_empty() => {
            text.push('\n');
            list(text, items, indent + 2, order);
        }
        other => {
            text.push(' ');
            inline(text, other, indent + 2);
        }
    }
}

fn list(text: &mut String, items: &[Value], indent: usize, order: Order) {
    for item in items {
        blanks(text, indent);
        match item {
            Value::Object(members) if !members.is_empty() => {
                text.push_str("- ");
                let order = if order == Order::Connectors { Order::Written } else { Order::ByName };
                map(text, members, indent + 2, true, order);
            }
            Value::Array(items) if !items.is_empty() => {
                text.push_str("-\n");
                list(text, items, indent + 2, Order::ByName);
            }
            other => {
                text.push_str("- ");
                inline(text, other, indent + 2);
            }
        }
    }
}

/// A value that fits behind what is begun, and the end of its line.
fn inline(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(own) if is_block(own) => return block(text, own, indent),
        Value::String(own) => scalar(text, own),
        Value::Array(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
    text.push('\n');
}

fn blanks(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

/// Whether a text can be a literal block (YAML 1.2.2 section 8.1.2): it ends a line, and all of it can be shown.
fn is_block(text: &str) -> bool {
    let lines = text.contains('\n') && !text.trim_end_matches('\n').is_empty();
    lines && text.chars().all(|one| one == '\n' || one == '\t' || is_shown(one))
}

/// What stands in a YAML text as it is (section 5.1), without what some readers take for a line break or leave out.
fn is_shown(one: char) -> bool {
    !one.is_control() && !matches!(one, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn block(text: &mut String, own: &str, indent: usize) {
    text.push('|');
    // How far it is indented can't be seen where its first line begins with a blank or is empty.
    if own.starts_with([' ', '\n', '\t']) {
        text.push('2');
    }
    let body = own.trim_end_matches('\n');
    match own.len() - body.len() {
        0 => text.push('-'),
        1 => {}
        _ => text.push('+'),
    }
    text.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            blanks(text, indent);
            text.push_str(line);
        }
        text.push('\n');
    }
    (body.len() + 1..own.len()).for_each(|_| text.push('\n'));
}

/// A text on one line: as it is where it can't be anything else, or in double quotes.
fn scalar(text: &mut String, own: &str) {
    if is_plain(own) {
        return text.push_str(own);
    }
    text.push('"');
    for one in own.chars() {
        match one {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            shown if is_shown(shown) => text.push(shown),
            // `is_shown` refuses nothing beyond U+FFFF.
            other => drop(write!(text, "\\u{:04x}", u32::from(other))),
        }
    }
    text.push('"');
}

fn is_plain(own: &str) -> bool {
    let begins = own.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_');
    let fits = |one: char| one.is_ascii_alphanumeric() || "_-./ ".contains(one);
    let lower = own.to_ascii_lowercase();
    begins
        && own.len() <= KEY_MAX
        && own.chars().all(fits)
        && !own.ends_with(' ')
        && !own.contains("  ")
        && !WORDS.contains(&lower.as_str())
        && lower != "null"
}

#[cfg(test)]
mod tests;
