//! Which answers are errors, and the failure that the caller then gets, in the form that a plugin's failure has.

use serde_json::Value;

use super::pointer::Pointer;
use super::status::Statuses;
use crate::reader::Node;
use crate::schema::{DocumentValue, Kind, write_text};
use crate::{Failure, JsonText, is_control};

/// Statuses after which the same request may succeed later (RFC 9110 section 15.6, RFC 6585).
const RETRYABLE: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];
/// What a failure repeats of an answer, in bytes of JSON.
const DETAILS_MAX: usize = 16 * 1024;
/// Upper bound of a failure's message, in characters; an upstream chooses the text.
const MESSAGE_MAX: usize = 1000;
const CODE_MAX: usize = 100;

/// Which answers are failures, and where their code and message are.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRule {
    /// Statuses that are errors.
    pub statuses: Statuses,
    /// A condition on the body that makes an answer of any status an error.
    pub when: Option<When>,
    /// Pointer to the failure's code in the body.
    pub code: Option<Pointer>,
    /// Pointer to the failure's message in the body.
    pub message: Option<Pointer>,
    /// Statuses after which the same call may succeed later.
    pub retryable: Statuses,
}

/// A value that means an error inside of a success.
#[derive(Debug, Clone, PartialEq)]
pub struct When {
    pointer: Pointer,
    equals: Option<Value>,
}

impl Default for ErrorRule {
    fn default() -> Self {
        Self {
            statuses: Statuses::failures(),
            when: None,
            code: None,
            message: None,
            retryable: Statuses::of(&RETRYABLE),
        }
    }
}

impl ErrorRule {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let rule = Self {
            statuses: object.optional("statuses").map_or(standard.statuses, |node| Statuses::read_if_any(&node)),
            when: object.optional("when").and_then(|node| When::read(&node)),
            code: object.optional("code").and_then(|node| node.parse("pointer")),
            message: object.optional("message").and_then(|node| node.parse("pointer")),
            retryable: object.optional("retryable").map_or(standard.retryable, |node| Statuses::read_if_any(&node)),
        };
        object.end();
        Some(rule)
    }

    /// Whether an answer is an error. `body` is what it has, as far as it is JSON.
    pub fn is_error(&self, status: u16, body: Option<DocumentValue<'_>>) -> bool {
        self.statuses.has(status) || self.when.as_ref().zip(body).is_some_and(|(when, body)| when.holds(body))
    }

    /// Whether the decision needs the body as JSON.
    pub fn looks_inside(&self) -> bool {
        self.when.is_some()
    }

    /// How the error is described. `text` is the body where it is no JSON.
    pub fn failure(
        &self,
        status: u16,
        body: Option<DocumentValue<'_>>,
        text: Option<&str>,
        retry_after_ms: Option<u64>,
    ) -> Failure {
        let details = details(status, body, text);
        let value_at =
            |pointer: &Option<Pointer>| pointer.as_ref().zip(body).and_then(|(pointer, body)| pointer.of_value(body));
        let short = |value: DocumentValue<'_>, max: usize| -> Option<String> {
            let text = match value.kind() {
                Kind::Text(text) | Kind::Number(text) => text,
                Kind::Bool(true) => "true",
                Kind::Bool(false) => "false",
                Kind::Null | Kind::List | Kind::Object => return None,
            };
            Some(text.chars().take(max).filter(|one| !is_control(*one)).collect())
                .filter(|text: &String| !text.is_empty())
        };
        let message = value_at(&self.message).and_then(|value| short(value, MESSAGE_MAX));
        Failure {
            code: value_at(&self.code)
                .and_then(|value| short(value, CODE_MAX))
                .unwrap_or_else(|| format!("http_{status}")),
            message: message.unwrap_or_else(|| format!("the server answered with status {status}")),
            retryable: self.retryable.has(status),
            retry_after_ms,
            details,
        }
    }
}

/// Status and body: JSON as it is, anything else as a text, and of what is too long its beginning as a text.
fn details(status: u16, body: Option<DocumentValue<'_>>, text: Option<&str>) -> Option<JsonText> {
    let written = body.map(|body| body.to_json());
    let mut details = format!("{{\"status\":{status}").into_bytes();
    let text = match &written {
        Some(json) if json.len() <= DETAILS_MAX => {
            details.extend_from_slice(b",\"body\":");
            details.extend_from_slice(json.as_bytes());
            None
        }
        Some(json) => Some(json.as_str()),
        None => text.filter(|text| !text.is_empty()),
    };
    if let Some(text) = text {
        details.extend_from_slice(b",\"body\":");
        let (shown, _) = text.split_at_checked(text.floor_char_boundary(DETAILS_MAX)).unwrap_or((text, ""));
        write_text(shown, &mut details);
        if shown.len() < text.len() {
            details.extend_from_slice(b",\"truncated\":true");
        }
    }
    details.push(b'}');
    JsonText::parse(&String::from_utf8(details).ok()?).ok()
}

impl When {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let pointer = object.required("pointer").and_then(|node| node.parse("pointer"));
        let equals = object.optional("equals").map(|node| node.value.clone());
        object.end();
        Some(Self { pointer: pointer?, equals })
    }

    /// Without a value to compare with: whether there is anything but `null` and `false`.
    fn holds(&self, body: DocumentValue<'_>) -> bool {
        match (self.pointer.of_value(body), &self.equals) {
            (found, Some(expected)) => found.is_some_and(|found| found.to_value() == *expected),
            (None, None) => false,
            (Some(found), None) => !matches!(found.kind(), Kind::Null | Kind::Bool(false)),
        }
    }
}
