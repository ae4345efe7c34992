//! Options of a request as the JSON text of the contract.

use super::{Outgoing, Retry};
use serde::Serialize;
use std::time::Duration;

/// `wit/http/options.schema.json`.
#[derive(Default, Serialize)]
struct Options<'o> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_byte_timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_redirects: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<&'o Retry>,
}

impl Outgoing {
    /// None when nothing was set, as for most requests.
    pub(crate) fn options(&self) -> Option<String> {
        let Self { method: _, url: _, headers: _, body: _, connect, first_byte, idle, total, redirects, retry } = self;
        let ms = |time: &Option<Duration>| time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        let times = [connect, first_byte, idle, total];
        if times.iter().all(|time| time.is_none()) && *redirects == 0 && retry.is_none() {
            return None;
        }
        let options = Options {
            connect_timeout_ms: ms(connect),
            first_byte_timeout_ms: ms(first_byte),
            idle_timeout_ms: ms(idle),
            total_timeout_ms: ms(total),
            follow_redirects: (*redirects > 0).then_some(*redirects),
            retry: retry.as_ref(),
        };
        // Numbers, booleans and lists always have a JSON form.
        serde_json::to_string(&options).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn what_was_set_is_said_in_the_words_of_the_contract() {
        assert_eq!(Outgoing::default().options(), None);
        let time = |ms| Some(Duration::from_millis(ms));
        let outgoing = Outgoing {
            connect: time(1),
            first_byte: time(2),
            idle: time(3),
            total: time(4),
            redirects: 5,
            retry: Some(Retry::new().attempts(6)),
            ..Outgoing::default()
        };
        let options: Value = serde_json::from_str(&outgoing.options().unwrap()).unwrap();
        let expected = json!({
            "connect_timeout_ms": 1, "first_byte_timeout_ms": 2, "idle_timeout_ms": 3, "total_timeout_ms": 4,
            "follow_redirects": 5, "retry": {"attempts": 6},
        });
        assert_eq!(options, expected);
        let text = std::fs::read_to_string("../wit/http/options.schema.json").unwrap();
        let schema: Value = serde_json::from_str(&text).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&options), keys(&schema["properties"]), "a key of the schema has no method here");
    }
}
