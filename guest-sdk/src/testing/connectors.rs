//! Answers to [`connectors`](crate::connectors) calls, and a record of what was called. No connector runs.
//!
//! ```
//! use lockgate_sdk::{connectors, prelude::{Failure, Value, json}, testing::connectors::{calls, on}};
//!
//! on("price").reply(json!({ "net": 12 }));
//! on("price").fail(Failure::new("not_found", "no such product"));
//!
//! let price: Value = connectors::call("price", json!({ "sku": "desk-oak" })).unwrap();
//! assert_eq!(price["net"], 12);
//! assert_eq!(connectors::call::<Value>("price", json!({})).unwrap_err().code(), "not_found");
//! assert_eq!(calls()[0], ("price".to_owned(), json!({ "sku": "desk-oak" })));
//! ```
//!
//! A call without an answer fails with the code `unexpected_call`, and says which answers there are.

use crate::{Failure, host::native};
use serde_json::Value;

/// Begins an answer to one call of a connector.
pub fn on(connector: &str) -> On {
    On(connector.to_owned())
}

/// A call that will have an answer.
#[derive(Debug)]
#[must_use = "without `reply` or `fail` nothing is set"]
pub struct On(String);

impl On {
    /// Sets the output. It is used once; several for one connector are used in the order in which they were set.
    pub fn reply(self, output: Value) {
        self.set(Ok(output));
    }

    /// Sets a failure: the connector's own, or one of the host, as `not-granted`.
    pub fn fail(self, failure: Failure) {
        self.set(Err(failure));
    }

    fn set(self, answer: Result<Value, Failure>) {
        native::STATE.with_borrow_mut(|state| state.connectors.answers.push_back((self.0, answer)));
    }
}

/// What was called in this thread, in order: names and inputs.
pub fn calls() -> Vec<(String, Value)> {
    native::STATE.with_borrow(|state| state.connectors.calls.clone())
}
