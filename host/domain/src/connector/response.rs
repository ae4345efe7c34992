//! What a connector gives of an answer.

use super::pointer::Pointer;
use crate::http_token::is_token;
use crate::reader::Node;

/// Upper bound of the headers that an output can have.
pub(crate) const HEADERS_MAX: usize = 32;

/// How an answer's body becomes JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// JSON; an answer without a body is `null`.
    #[default]
    Json,
    /// A text in UTF-8.
    Text,
    /// Any bytes, as text in base64.
    Base64,
}

pub(crate) const FORMATS: [(&str, Format); 3] =
    [("json", Format::Json), ("text", Format::Text), ("base64", Format::Base64)];

/// Which part of an answer becomes the output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResponseRule {
    /// How the body becomes JSON.
    pub format: Format,
    /// The part of the body that becomes the output.
    pub pointer: Pointer,
    /// Whether an answer without that part is an error; if the definition says so.
    pub required: Option<bool>,
    /// Whether the status is given beside it.
    pub status: bool,
    /// Headers that are given beside it, in lower case.
    pub headers: Vec<String>,
}

impl ResponseRule {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let format = object.optional("format").and_then(|node| node.choice(&FORMATS)).unwrap_or_default();
        let pointer = object.optional("pointer");
        if let (Some(node), Format::Text | Format::Base64) = (&pointer, format) {
            node.wrong("format", "a pointer leads into JSON: expected `format: json`");
        }
        let required = object.optional("required");
        if let (Some(node), None) = (&required, &pointer) {
            node.wrong("required", "this is said of what `pointer` names: expected `pointer` beside it");
        }
        let header = |node: &Node<'_>| {
            let name = node.text()?.to_ascii_lowercase();
            if !is_token(&name) {
                node.wrong("name", "expected the name of a header (RFC 9110)");
            }
            Some(name)
        };
        let headers =
            object.optional("headers").map(|node| node.items(HEADERS_MAX).iter().filter_map(header).collect());
        let rule = Self {
            format,
            pointer: pointer.and_then(|node| node.parse("pointer")).unwrap_or_default(),
            required: required.and_then(|node| node.flag()),
            status: object.flag("status"),
            headers: headers.unwrap_or_default(),
        };
        object.end();
        Some(rule)
    }

    /// Whether an answer must have what the pointer names. An absent list of rows is an empty one, unless the definition
    /// says otherwise.
    pub fn is_required(&self, rows: bool) -> bool {
        self.required.unwrap_or(!rows)
    }

    /// Whether the output is an object with the body in it, and not the body itself.
    pub fn wraps(&self) -> bool {
        self.status || !self.headers.is_empty()
    }
}
