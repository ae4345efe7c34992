//! A message of a method as JSON, by the descriptors of the group.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Limit, LimitHit, Limits};
use lockgate_egress::EgressError;
use lockgate_egress::grpc::ShowMessage;
use lockgate_protobuf::{Descriptors, Method, NotDecoded};
use serde_json::Value;

use super::types::Failure;

/// How much JSON of one message is shown to who tests a connector.
const SHOWN_MAX: usize = 64 * 1024;

/// The types of a method.
#[derive(Debug, Clone)]
pub(super) struct Typed(Method);

impl Typed {
    /// The types of a method, if the group has descriptors of it.
    pub(super) fn of(descriptors: Option<&Descriptors>, method: &str) -> Result<Self, Failure> {
        let descriptors = descriptors.ok_or_else(|| {
            let message = "the group has no descriptors of its gRPC services, so messages can't be JSON: give it `protos`, \
                           ask its server for them by `lockgate grpc refresh`, or send bytes";
            failure("no-descriptors", message.to_owned())
        })?;
        descriptors.method(method).map(Self).ok_or_else(|| unknown(method))
    }

    /// The bytes of a request.
    pub(super) fn encode(&self, json: &str) -> Result<Bytes, Failure> {
        let message = self.0.encode(json);
        message.map_err(|wrong| failure("invalid-request", format!("the request does not fit: {wrong}")))
    }

    /// The JSON of a message of the answer, as large as the message itself may be.
    pub(super) fn decode(&self, message: &[u8], limits: &Limits) -> Result<String, Failure> {
        let most = usize::try_from(limits.upstream_body_bytes).unwrap_or(usize::MAX);
        self.0.decode(message, most).map_err(|wrong| match wrong {
            NotDecoded::TooLarge { .. } => {
                let limit = LimitHit::new(Limit::UpstreamBody, limits.upstream_body_bytes);
                Failure::from(&EgressError::TooLarge { what: "JSON of a message", limit })
            }
            NotDecoded::Invalid { .. } => failure("invalid-answer", wrong.to_string()),
        })
    }

    /// What shows its messages to who tests a connector.
    pub(super) fn shown(self) -> Arc<dyn ShowMessage> {
        Arc::new(self)
    }
}

impl ShowMessage for Typed {
    fn request(&self, message: &[u8]) -> Option<Value> {
        serde_json::from_str(&self.0.decode_request(message, SHOWN_MAX).ok()?).ok()
    }

    fn response(&self, message: &[u8]) -> Option<Value> {
        serde_json::from_str(&self.0.decode(message, SHOWN_MAX).ok()?).ok()
    }
}

/// The descriptors lack a method.
pub(super) fn unknown(method: &str) -> Failure {
    let shown: String = method.chars().take(200).flat_map(char::escape_default).collect();
    let message = format!(
        "the group's descriptors have no method `{shown}`: expected `package.Service/Method` of one of its services; \
         `lockgate grpc list` shows them"
    );
    failure("no-descriptors", message)
}

/// A failure that no retry helps.
pub(super) fn failure(code: &str, message: String) -> Failure {
    Failure { code: code.to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_descriptors_the_failure_says_how_to_have_some() {
        let none = Typed::of(None, "a.B/C").unwrap_err();
        assert!(none.code == "no-descriptors" && none.message.contains("`protos`"), "{none:?}");
        let builtin = Descriptors::builtin().unwrap();
        let none = Typed::of(Some(&builtin), "a.B/\u{1b}C").unwrap_err();
        assert!(none.code == "no-descriptors" && none.message.contains("no method `a.B/\\u{1b}C`"), "{none:?}");
    }
}
