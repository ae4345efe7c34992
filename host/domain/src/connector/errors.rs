//! Which answers are errors, and the failure that the caller then gets, in the form that a plugin's failure has.

use serde_json::Value;

use super::pointer::Pointer;
use super::status::Statuses;
use crate::Failure;
use crate::reader::Node;

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
            statuses: object.optional("statuses").map_or(standard.statuses, |node| Statuses::read(&node)),
            when: object.optional("when").and_then(|node| When::read(&node)),
            code: object.optional("code").and_then(|node| node.parse("pointer")),
            message: object.optional("message").and_then(|node| node.parse("pointer")),
            retryable: object.optional("retryable").map_or(standard.retryable, |node| Statuses::read(&node)),
        };
        object.end();
        Some(rule)
    }

    /// Whether an answer is an error. `body` is what it has, as far as it is JSON.
    pub fn is_error(&self, status: u16, body: Option<&Value>) -> bool {
        self.statuses.has(status) || self.when.as_ref().zip(body).is_some_and(|(when, body)| when.holds(body))
    }

    /// Whether the decision needs the body as JSON.
    pub fn looks_inside(&self) -> bool {
        self.when.is_some()
    }

    /// The failure that the caller gets for such an answer.
    pub fn failure(&self, status: u16, body: Option<&Value>, retry_after_ms: Option<u64>) -> Failure {
        let value_at =
            |pointer: &Option<Pointer>| pointer.as_ref().zip(body).and_then(|(pointer, body)| pointer.of_value(body));
        let text = |value: &Value, max: usize| -> Option<String> {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            Some(text.chars().take(max).filter(|one| !one.is_control()).collect())
                .filter(|text: &String| !text.is_empty())
        };
        let message = value_at(&self.message).and_then(|value| text(value, MESSAGE_MAX));
        let shown = body.filter(|body| body.to_string().len() <= DETAILS_MAX);
        let mut details = serde_json::json!({"status": status});
        if let (Some(body), Some(members)) = (shown, details.as_object_mut()) {
            members.insert("body".to_owned(), body.clone());
        }
        Failure {
            code: value_at(&self.code)
                .and_then(|value| text(value, CODE_MAX))
                .unwrap_or_else(|| format!("http_{status}")),
            message: message.unwrap_or_else(|| format!("the server answered with status {status}")),
            retryable: self.retryable.has(status),
            retry_after_ms,
            details: Some(details),
        }
    }
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
    fn holds(&self, body: &Value) -> bool {
        match (self.pointer.of_value(body), &self.equals) {
            (found, Some(expected)) => found == Some(expected),
            (None | Some(Value::Null | Value::Bool(false)), None) => false,
            (Some(_), None) => true,
        }
    }
}
