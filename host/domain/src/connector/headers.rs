//! Headers of a request. Those that the transport and the credentials own can't be set.

use super::fill::{Unfit, filled};
use super::template::Text;
use crate::auth::OWNED;
use crate::http_token::is_token;
use crate::reader::Node;
use crate::schema::DocumentValue;

/// Upper bound of the headers of one definition.
pub(crate) const MAX: usize = 64;
/// Upper bound of a header's value in bytes: what common servers accept.
const VALUE_MAX: usize = 8 * 1024;

/// Header names in lower case, each with the template of its value.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Headers(Vec<(String, Text)>);

impl Headers {
    pub(super) fn read(node: &Node<'_>) -> Self {
        let mut found: Vec<(String, Text)> = Vec::new();
        for (name, node) in node.entries::<String>(MAX) {
            let name = name.to_ascii_lowercase();
            if !is_token(&name) {
                node.wrong("name", "expected the name of a header (RFC 9110)");
            } else if name == "authorization" || OWNED.contains(&name.as_str()) {
                node.wrong("name", format!("`{name}` is set by the host: credentials belong into `activation`"));
            } else if found.iter().any(|(own, _)| *own == name) {
                node.wrong("name", format!("`{name}` is there twice"));
            } else if let Some(text) = node.parse::<Text>("template") {
                if text.constant().is_some_and(|text| !fits(text)) {
                    node.wrong("text", "expected printable ASCII characters");
                }
                found.push((name, text));
            }
        }
        Self(found)
    }

    /// The templates, each under its name.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text))
    }

    /// The value of a header that has no placeholder.
    pub(super) fn constant(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).and_then(|(_, text)| text.constant())
    }

    /// Whether a name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }

    /// Names and values for an input; without those whose fields have no value.
    pub(super) fn fill(&self, input: DocumentValue<'_>) -> Result<Vec<(&str, String)>, Unfit> {
        let mut headers = Vec::with_capacity(self.0.len());
        for (name, text) in &self.0 {
            let value = filled(text, input, VALUE_MAX, |field, value, out| {
                if !fits(value) {
                    let detail = format!("this value becomes a part of the header `{name}`: expected printable ASCII");
                    return Err(Unfit::value(field, "header", detail));
                }
                out.push_str(value);
                Ok(())
            });
            headers.extend(value?.map(|value| (name.as_str(), value)));
        }
        Ok(headers)
    }
}

/// What a header can have without ending it or being read in two ways.
fn fits(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}
