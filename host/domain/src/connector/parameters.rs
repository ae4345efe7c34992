//! Names with values: the query of a URL, the fields of a form.

use serde_json::Value;

use super::fill::{Unfit, encode, plain, scalar};
use super::template::Text;
use crate::reader::Node;
use crate::schema::{DocumentValue, Kind};

/// Upper bound of the parameters of one definition.
pub(crate) const MAX: usize = 128;
/// Upper bound of the values of one name.
pub(crate) const VALUES_MAX: usize = 128;

/// Names and value templates, in the order of the definition.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Parameters(Vec<(String, Text)>);

impl Parameters {
    /// Reads `name: value`, or `name: [value, …]` for a name that stands there several times.
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut found = Vec::new();
        for (name, node) in node.entries::<String>(MAX) {
            let line = (1..=256).contains(&name.len()) && !name.chars().any(char::is_control);
            if !line {
                node.wrong("name", "expected a name of 1 to 256 bytes without control characters");
            }
            let values = if node.value.is_array() { node.items(VALUES_MAX) } else { vec![node] };
            for value in values {
                found.push((name.clone(), text(&value)?));
            }
        }
        Some(Self(found))
    }

    /// The templates, each under its name.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text))
    }

    /// Whether a name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Names and values for an input. A field that has no value is left out with its name, a list gives the name once
    /// for each of its items.
    pub(super) fn fill(&self, input: DocumentValue<'_>, max: usize) -> Result<Vec<(&str, String)>, Unfit> {
        let mut pairs = Vec::with_capacity(self.0.len());
        for (name, text) in &self.0 {
            match text.whole().and_then(|field| Some((field, field.of(input)?))) {
                Some((field, list)) if list.kind() == Kind::List => {
                    for item in list.items() {
                        pairs.push((name.as_str(), scalar(field, item)?.to_owned()));
                    }
                }
                Some(_) | None => pairs.extend(plain(text, input, max)?.map(|value| (name.as_str(), value))),
            }
            if pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > max {
                return Err(Unfit::TooLarge(max));
            }
        }
        Ok(pairs)
    }
}

/// A constant of a definition may be a number or a flag.
fn text(node: &Node<'_>) -> Option<Text> {
    match node.value {
        Value::Number(_) | Value::Bool(_) => node.value.to_string().parse().ok(),
        _ => node.parse("template"),
    }
}

/// Appends parameters to a query, percent-encoded.
pub(super) fn query(pairs: &[(&str, String)], out: &mut String) {
    for (index, (name, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push('&');
        }
        encode(name, out);
        out.push('=');
        encode(value, out);
    }
}

/// A form's body: as a query, with `+` for a blank.
pub(super) fn form(pairs: &[(&str, String)]) -> String {
    let mut out = String::new();
    query(pairs, &mut out);
    out.replace("%20", "+")
}
