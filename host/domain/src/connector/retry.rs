//! When a request is sent again.

use super::status::Statuses;
use crate::reader::Node;

/// Statuses by which a server asks for a later attempt.
const STATUSES: [u16; 4] = [429, 502, 503, 504];
/// Upper bound of `attempts`.
pub(crate) const ATTEMPTS_MAX: u64 = 5;
/// Upper bound of `wait_ms`, in milliseconds.
pub(crate) const WAIT_MAX_MS: u64 = 10_000;
/// The default of `wait_ms`, in milliseconds.
const WAIT_MS: u64 = 200;

/// The rule. Connections that fail are tried again as well; `Retry-After` is obeyed; pauses double.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryRule {
    /// The number of requests, the first one included.
    pub attempts: u32,
    /// Statuses after which the request is sent again.
    pub statuses: Statuses,
    /// The wait before the second request, in milliseconds; it doubles with each further one.
    pub wait_ms: u64,
}

impl RetryRule {
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let attempts = object.required("attempts").and_then(|node| node.number(2, ATTEMPTS_MAX));
        let statuses =
            object.optional("statuses").map_or_else(|| Statuses::of(&STATUSES), |node| Statuses::read(&node));
        let wait_ms = object.optional("wait_ms").and_then(|node| node.number(1, WAIT_MAX_MS)).unwrap_or(WAIT_MS);
        object.end();
        Some(Self { attempts: u32::try_from(attempts?).ok()?, statuses, wait_ms })
    }
}
