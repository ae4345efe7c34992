//! Calls of other connectors: those that the group's `uses` names, once an operator has granted them.
//!
//! ```
//! use lockgate_sdk::prelude::*;
//! # use lockgate_sdk::testing::connectors::on;
//! # on("create_document").reply(json!({ "url": "https://docs.example/1" }));
//! # on("send_message").reply(json!({ "ok": true }));
//!
//! #[derive(Deserialize)]
//! struct Document {
//!     url: String,
//! }
//!
//! fn announce(title: &str) -> Result<String, Failure> {
//!     let document: Document = connectors::call("create_document", json!({ "title": title }))?;
//!     let _: Value = connectors::call("send_message", json!({ "text": document.url }))?;
//!     Ok(document.url)
//! }
//! assert_eq!(announce("Plan").unwrap(), "https://docs.example/1");
//! ```
//!
//! With which connection a call runs says the entry of `uses`; code can name neither a connection nor a tenant. A failure of
//! the called connector arrives as it is, with its code, message and wait; every other one has a code such as `not-granted`,
//! `connection` or `busy`. Calls run one after the other, and share deadline, CPU time and host calls with the call that
//! makes them.

use crate::{Failure, host};
use serde::{Serialize, de::DeserializeOwned};

/// Calls a connector by its name in `uses`, and reads its output.
///
/// ```
/// # use lockgate_sdk::{connectors, prelude::{Value, json}, testing::connectors::on};
/// # on("price").reply(json!({ "net": 12 }));
/// let price: Value = connectors::call("price", json!({ "sku": "desk-oak" })).unwrap();
/// assert_eq!(price["net"], 12);
/// ```
///
/// # Errors
/// The connector's own failure, or one of the host; code `input` when the input has no JSON form, code `output` when the
/// output has another form than `T`.
pub fn call<T: DeserializeOwned>(connector: &str, input: impl Serialize) -> Result<T, Failure> {
    let input = serde_json::to_string(&input)
        .map_err(|error| Failure::new("input", format!("the input for `{connector}` has no JSON form: {error}")))?;
    let output = host::call_connector(connector, &input)?;
    serde_json::from_str(&output)
        .map_err(|error| Failure::new("output", format!("the output of `{connector}` is not as expected: {error}")))
}
