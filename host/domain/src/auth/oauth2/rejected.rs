//! By which answers of its API a provider says that a token is not good any more.

use serde_json::Value;

use super::reply::WORDS_MAX;
use crate::auth::login::pointer;
use crate::auth::verify::STATUSES_MAX;
use crate::reader::Node;

/// What refuses a token before its end: a status alone, or an answer of one of these statuses with one of these texts at a
/// place of its JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Statuses that refuse a token whatever the body says.
    pub statuses: Vec<u16>,
    /// A JSON pointer into the body of any other answer, and the texts that refuse a token there.
    pub body: Option<(String, Vec<String>)>,
}

impl Default for Rejected {
    fn default() -> Self {
        Self { statuses: vec![401], body: None }
    }
}

impl Rejected {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let status = |node: &Node<'_>| node.number(100, 599).and_then(|status| u16::try_from(status).ok());
        let statuses = object.optional("statuses").map(|node| node.items(STATUSES_MAX));
        let place = object.optional("pointer").and_then(|node| pointer(&node));
        let values = object.optional("values").map(|node| node.items(WORDS_MAX));
        object.end();
        let statuses = statuses.map(|nodes| nodes.iter().filter_map(status).collect());
        let values = values.map(|nodes| nodes.iter().filter_map(|node| node.prose(256)).collect());
        let body = match (place, values) {
            (Some(place), Some(values)) => Some((place, values)),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                node.wrong("required", "`pointer` and `values` belong together");
                None
            }
        };
        Some(Self { statuses: statuses.unwrap_or_else(|| Self::default().statuses), body })
    }

    /// Whether a body refuses the token.
    pub fn in_body(&self, body: &Value) -> bool {
        let Some((place, values)) = &self.body else { return false };
        match body.pointer(place) {
            Some(Value::String(text)) => values.contains(text),
            Some(Value::Number(number)) => values.contains(&number.to_string()),
            Some(Value::Bool(flag)) => values.contains(&flag.to_string()),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
        }
    }
}
