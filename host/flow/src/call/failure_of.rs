//! What the code of a connector sees of a call that it made and that failed.

use lockgate_domain::{CallId, Code, Failure, JsonText, Problem};
use serde_json::{Map, Value};

/// Violations that the details of a failure list: a person reads the first few.
const VIOLATIONS_MAX: usize = 10;

/// The failure that the connector returned, in its own words; else a word for the stage at which the call failed. The
/// details have the code of the error in any case, and the id of the call if there was one.
pub(crate) fn failure_of(problem: &Problem, call: Option<CallId>) -> Failure {
    let mut details = Map::new();
    details.insert("code".to_owned(), problem.code.as_str().into());
    details.extend(call.map(|call| ("call".to_owned(), Value::from(call.to_string()))));
    let errors: Vec<_> = problem.errors.iter().take(VIOLATIONS_MAX).collect();
    if !errors.is_empty() {
        details.insert("errors".to_owned(), serde_json::to_value(errors).unwrap_or_default());
    }
    let (code, message, wait) = match &problem.failure {
        Some(own) => {
            let inner = own.details.as_ref().and_then(|text| serde_json::from_str(text.text()).ok());
            details.extend(inner.map(|inner: Value| ("details".to_owned(), inner)));
            (own.code.clone(), own.message.clone(), own.retry_after_ms)
        }
        None => {
            let wait = problem.retry_after_s.map(|seconds| seconds.saturating_mul(1000));
            (word(problem.code).to_owned(), problem.detail.clone(), wait)
        }
    };
    Failure {
        code,
        message,
        retryable: problem.retryable,
        retry_after_ms: wait,
        details: JsonText::parse(&Value::Object(details).to_string()).ok(),
    }
}

/// Words for code to decide by, with the codes that they stand for.
const WORDS: [(&str, &[Code]); 5] = [
    ("invalid-input", &[Code::InputInvalid, Code::InputTooLarge]),
    ("unknown-connector", &[Code::NotFound]),
    ("denied", &[Code::Forbidden, Code::Disabled, Code::ScopeDisabled, Code::TenantDisabled, Code::TenantUnknown]),
    (
        "connection",
        &[
            Code::NoActivation,
            Code::ConnectionRequired,
            Code::NoConnection,
            Code::SeveralConnections,
            Code::TenantConnection,
            Code::ConnectionPending,
            Code::NeedsReauth,
            Code::NeedsReview,
            Code::NoCredential,
        ],
    ),
    ("busy", &[Code::TooManyCalls, Code::PoolExhausted, Code::MemoryExhausted]),
];

/// The word of a code; most calls just failed.
fn word(code: Code) -> &'static str {
    WORDS.iter().find(|(_, codes)| codes.contains(&code)).map_or("call-failed", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_connector_keeps_its_words() {
        let details = JsonText::parse(r#"{"left": 3}"#).ok();
        let own = Failure {
            code: "out_of_stock".to_owned(),
            message: "3 left".to_owned(),
            retryable: true,
            retry_after_ms: Some(1500),
            details,
        };
        let id = CallId::new();
        let made = failure_of(&Problem::new(Code::ConnectorFailure, "3 left").failure(own), Some(id));
        assert_eq!((made.code.as_str(), made.message.as_str()), ("out_of_stock", "3 left"));
        assert_eq!((made.retryable, made.retry_after_ms), (true, Some(1500)));
        let details = made.details.unwrap().value();
        assert_eq!(details, serde_json::json!({"code": "LG3001", "call": id.to_string(), "details": {"left": 3}}));
    }

    #[test]
    fn everything_else_has_a_word_and_its_code() {
        for (code, word) in [
            (Code::InputInvalid, "invalid-input"),
            (Code::TooManyCalls, "busy"),
            (Code::NeedsReview, "connection"),
            (Code::ConnectFailed, "call-failed"),
        ] {
            let made = failure_of(&Problem::new(code, "why").retryable(Some(2)), None);
            assert_eq!((made.code.as_str(), made.retry_after_ms), (word, Some(2000)));
            assert_eq!(made.details.unwrap().value()["code"], code.as_str());
        }
    }
}
