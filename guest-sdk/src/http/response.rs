//! Answers.

use super::charset::decoded;
use crate::{
    Failure,
    host::http::{Answer, Incoming},
    pointer,
};
use serde::de::DeserializeOwned;
use serde_json::json;
use std::{io, time::Duration};

/// Bytes of a body that a failure shows.
const SHOWN: usize = 1024;

/// An answer. Every status is one.
#[derive(Debug)]
pub struct Response {
    answer: Answer,
    /// What was asked for, for messages.
    request: String,
}

impl Response {
    pub(super) fn new(answer: Answer, request: String) -> Self {
        Self { answer, request }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.answer.status()
    }

    /// Whether the status says that it worked (200 to 299).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status())
    }

    /// The first value of a header. The name's case does not matter.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/me").answer(Answer::new(200).header("x-ratelimit-remaining", "59"));
    /// let reply = http::get("/me").send().unwrap();
    /// assert_eq!(reply.header("X-RateLimit-Remaining").as_deref(), Some("59"));
    /// ```
    pub fn header(&self, name: &str) -> Option<String> {
        self.answer.header(name)
    }

    /// All headers, names in lower case; bytes that are no UTF-8 are replaced.
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned();
        self.answer.headers().into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    /// The target of a `Link` header (RFC 8288), such as that of the `next` page.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # let link = r#"<https://api.example/issues?page=1>; rel="prev", <https://api.example/issues?page=3>; rel="next""#;
    /// # on("GET", "/issues?page=2").answer(Answer::new(200).header("link", link));
    /// let reply = http::get("/issues?page=2").send().unwrap();
    /// assert_eq!(reply.link("next").as_deref(), Some("https://api.example/issues?page=3"));
    /// assert_eq!(reply.link("last"), None);
    /// # on("GET", "/two").answer(Answer::new(200).header("link", "<https://a/1>; rel=prev").header("link", "<https://a/3>; rel=next"));
    /// # assert_eq!(http::get("/two").send().unwrap().link("next").as_deref(), Some("https://a/3"));
    /// ```
    pub fn link(&self, rel: &str) -> Option<String> {
        // Several lines of the header are one list (RFC 9110 section 5.3).
        let lines = self.headers().into_iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
        let links = lines.map(|(_, value)| value).collect::<Vec<_>>().join(", ");
        let link = links.split('<').skip(1).find(|link| {
            let parameters = link.split_once('>').map(|(_, rest)| rest).unwrap_or_default();
            parameters.split([';', ',']).any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                let mut rels = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel") && rels.any(|one| one.eq_ignore_ascii_case(rel))
            })
        })?;
        link.split_once('>').map(|(target, _)| target.trim().to_owned())
    }

    /// Makes a failure of every status but success. Its code is `http_` with the status; message and details show the
    /// beginning of the body. It is retryable for 408, 425, 429, 502, 503 and 504, after what `Retry-After` says.
    ///
    /// ```
    /// # use lockgate_sdk::{http, prelude::json, testing::http::{Answer, on}};
    /// # on("GET", "/issues/9").answer(Answer::new(404).json(json!({ "message": "Not Found" })));
    /// # on("GET", "/busy").answer(Answer::new(429).header("retry-after", "30"));
    /// let failure = http::get("/issues/9").send().unwrap().error_for_status().unwrap_err();
    /// assert_eq!(failure.to_string(), r#"http_404: GET /issues/9 answered 404: {"message":"Not Found"}"#);
    ///
    /// let failure = http::get("/busy").send().unwrap().error_for_status().unwrap_err();
    /// assert_eq!(failure.wait().unwrap().as_secs(), 30);
    /// ```
    ///
    /// # Errors
    /// The status is none of 200 to 299.
    pub fn error_for_status(self) -> Result<Self, Failure> {
        if self.is_success() {
            return Ok(self);
        }
        let (status, wait, request) = (self.status(), self.header("retry-after"), self.request.clone());
        let body = self.text().unwrap_or_default();
        let shown = start_of(&body);
        let colon = if shown.is_empty() { "" } else { ": " };
        let message = format!("{request} answered {status}{colon}{shown}");
        let body = serde_json::from_str(&body).unwrap_or_else(|_| json!(shown));
        let failure =
            Failure::new(format!("http_{status}"), message).details(json!({ "status": status, "body": body }));
        Err(match status {
            408 | 425 | 429 | 502 | 503 | 504 => match wait.and_then(|wait| wait.trim().parse().ok()) {
                Some(seconds) => failure.retry_after(Duration::from_secs(seconds)),
                None => failure.retryable(),
            },
            _ => failure,
        })
    }

    /// The body as bytes.
    ///
    /// # Errors
    /// It is broken, too large or too slow.
    pub fn bytes(self) -> Result<Vec<u8>, Failure> {
        self.answer.body().read_all()
    }

    /// The body as text: UTF-8, or what a byte order mark or the `charset` of its type says, of which Latin-1,
    /// windows-1252 and UTF-16 are known. Bytes that are not of it are replaced.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/me").answer(Answer::new(200).text("\u{feff}Zoe"));
    /// assert_eq!(http::get("/me").send().unwrap().text().unwrap(), "Zoe");
    /// ```
    ///
    /// # Errors
    /// As for [`bytes`](Self::bytes).
    pub fn text(self) -> Result<String, Failure> {
        let content_type = self.header("content-type");
        Ok(decoded(self.bytes()?, content_type.as_deref()))
    }

    /// The body as JSON, read as [`text`](Self::text).
    ///
    /// ```
    /// # use lockgate_sdk::{http, prelude::*, testing::http::{Answer, on}};
    /// # on("GET", "/issues").answer(Answer::new(200).text("[{\"id\": 1},\n {\"id\": \"2\"}]"));
    /// #[derive(Debug, Deserialize)]
    /// struct Issue {
    ///     id: u64,
    /// }
    ///
    /// let failure = http::get("/issues").send().unwrap().json::<Vec<Issue>>().unwrap_err();
    /// assert_eq!(failure.code(), "invalid_response");
    /// assert_eq!(failure.details_value().unwrap(), &json!({ "pointer": "/1/id", "line": 2, "column": 11 }));
    /// ```
    ///
    /// # Errors
    /// As for [`bytes`](Self::bytes); the code `invalid_response`, with its JSON pointer, for what does not fit the type.
    pub fn json<T: DeserializeOwned>(self) -> Result<T, Failure> {
        let request = self.request.clone();
        let text = self.text()?;
        serde_json::from_str(&text).map_err(|error| {
            let pointer = pointer::at(&text, error.line(), error.column());
            let at = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
            Failure::new("invalid_response", format!("the answer to {request} does not fit{at}: {error}"))
                .details(json!({ "pointer": pointer, "line": error.line(), "column": error.column() }))
        })
    }

    /// Reads the body as it comes.
    ///
    /// ```
    /// # use lockgate_sdk::{http, testing::http::{Answer, on}};
    /// # on("GET", "/lines").answer(Answer::new(200).text("one\ntwo\n"));
    /// use std::io::{BufRead, BufReader};
    ///
    /// let lines = BufReader::new(http::get("/lines").start().get().unwrap().reader()).lines();
    /// assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["one", "two"]);
    /// ```
    pub fn reader(self) -> Reader {
        Reader { body: self.answer.body(), rest: io::Cursor::default() }
    }
}

/// A body that is read as it comes.
#[derive(Debug)]
pub struct Reader {
    body: Incoming,
    rest: io::Cursor<Vec<u8>>,
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.rest.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.body.read(buffer.len()) {
                Ok(Some(bytes)) => self.rest = io::Cursor::new(bytes),
                Ok(None) => return Ok(0),
                Err(failure) => return Err(io::Error::other(failure.to_string())),
            }
        }
    }
}

/// The beginning of a body, as much of it as a failure shows. Ends before a character that is cut.
fn start_of(body: &str) -> &str {
    let end = (0..=SHOWN.min(body.len())).rev().find(|end| body.is_char_boundary(*end));
    body.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_body_ends_with_a_character() {
        assert_eq!(start_of(""), "");
        assert_eq!(start_of("\u{e9}"), "\u{e9}");
        assert_eq!(start_of(&"a".repeat(SHOWN + 1)), "a".repeat(SHOWN));
        // Of two, three and four bytes, from an odd place.
        for (character, whole) in [("\u{e9}", 511), ("\u{20ac}", 341), ("\u{1f600}", 255)] {
            let body = format!("a{}", character.repeat(SHOWN));
            assert_eq!(start_of(&body), format!("a{}", character.repeat(whole)));
        }
    }
}
