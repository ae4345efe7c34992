//! When the host repeats a request.

use serde::Serialize;
use std::time::Duration;

/// When the host repeats a request by itself, within the call's deadline. What is not said has the host's default: three
/// attempts, after 429, 502, 503, 504 and errors of the connection.
///
/// Only requests that can be repeated are: `GET`, `HEAD`, `PUT`, `DELETE` and `OPTIONS`, with a body that is no stream.
///
/// ```
/// use lockgate_sdk::http::Retry;
/// use std::time::Duration;
///
/// let rules = Retry::new().attempts(4).statuses([429, 503]).backoff(Duration::from_millis(100), Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Retry {
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    statuses: Option<Vec<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_errors: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backoff_max_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    any_method: Option<bool>,
}

impl Retry {
    /// With the host's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often it is sent in all, from 1 to 10.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// The statuses after which it is sent again.
    #[must_use]
    pub fn statuses(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.statuses = Some(statuses.into_iter().collect());
        self
    }

    /// Whether it is sent again after an error of the connection.
    #[must_use]
    pub fn connection_errors(mut self, repeat: bool) -> Self {
        self.connection_errors = Some(repeat);
        self
    }

    /// The wait before the second time, which doubles each time, and the longest one.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        let ms = |time: Duration| Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        (self.backoff_ms, self.backoff_max_ms) = (ms(first), ms(longest));
        self
    }

    /// Repeats methods that have an effect too, such as `POST`: for upstreams that know a repeated request.
    #[must_use]
    pub fn any_method(mut self) -> Self {
        self.any_method = Some(true);
        self
    }

    pub(crate) fn to_json(&self) -> String {
        // Numbers, booleans and a list always have a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }
}
