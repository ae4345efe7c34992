//! When a token ends.

use lockgate_domain::{Code, Problem, Violation};

use crate::response::Refusal;

/// The end of a token in milliseconds since 1970, from the seconds until then or from a time; none without both.
pub(super) fn read(seconds: Option<u32>, at: Option<&str>) -> Result<Option<i64>, Refusal> {
    match (seconds, at) {
        (Some(_), Some(_)) => Err(invalid("/expires_in", "expected `expires_in` or `expires_at`, not both".to_owned())),
        (Some(seconds), None) => {
            let now = jiff::Timestamp::now().as_millisecond();
            Ok(Some(now.saturating_add(i64::from(seconds) * 1000)))
        }
        (None, Some(text)) => match text.parse::<jiff::Timestamp>() {
            Ok(at) => Ok(Some(at.as_millisecond())),
            Err(_) => Err(invalid("/expires_at", "expected a time such as 2030-01-31T12:00:00Z".to_owned())),
        },
        (None, None) => Ok(None),
    }
}

pub(super) fn invalid(pointer: &str, detail: String) -> Refusal {
    let violation = Violation::new(pointer, "value", detail.clone());
    Problem::new(Code::DefinitionInvalid, format!("{pointer}: {detail}")).errors(vec![violation]).into()
}
