//! What came back over HTTP.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("a whole body") }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    #[track_caller]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{self:#?}");
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:#?}"))
    }

    /// The output of a call that worked.
    #[track_caller]
    pub fn output(self) -> Value {
        self.status(200).json()["output"].take()
    }

    /// A problem document (RFC 9457) of this status and code, with every member that each of them has.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let answer = self.status(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let document = answer.json();
        assert_eq!(document["code"], code, "{document:#}");
        assert_eq!(document["status"], status);
        assert!(document["type"].as_str().is_some_and(|url| url.starts_with("https://") && url.contains(code)));
        assert!(document["title"].is_string() && document["detail"].is_string() && document["retryable"].is_boolean());
        assert!(matches!(document["fault"].as_str(), Some("caller" | "plugin" | "upstream" | "host")), "{document:#}");
        document
    }

    /// A limit that was reached: the answer names it, its value and where it is set.
    #[track_caller]
    pub fn limit(self, status: u16, code: &str, name: &str, value: u64) -> Value {
        let document = self.problem(status, code);
        let expected = serde_json::json!({
            "name": name, "value": value, "setting": format!("limits.{name} of the group"),
        });
        assert_eq!(document["limit"], expected, "{document:#}");
        document
    }
}
