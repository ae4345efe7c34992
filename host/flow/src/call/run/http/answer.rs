//! What a connector takes out of an answer. JSON stays the text that came: only the members that are asked for are parsed.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::RETRY_AFTER;
use lockgate_domain::Failure;
use lockgate_domain::connector::{Format, HttpDefinition, Pointer};
use serde_json::Value;
use serde_json::value::RawValue;

/// An answer whose body has been read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The failure that it tells, if it is an error by the connector's rule.
    pub(super) fn failure(&self, http: &HttpDefinition) -> Option<Failure> {
        let rule = &http.errors;
        let value = (rule.statuses.has(self.status) || rule.looks_inside())
            .then(|| serde_json::from_slice::<Value>(&self.body).ok())
            .flatten();
        if !rule.is_error(self.status, value.as_ref()) {
            return None;
        }
        let seconds = self.header(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse::<u64>().ok());
        Some(rule.failure(self.status, value.as_ref(), seconds.map(|seconds| seconds.saturating_mul(1000))))
    }

    /// The output of a connector without pages.
    pub(super) fn output(&self, http: &HttpDefinition) -> Result<String, Failure> {
        let body = match http.response.format {
            Format::Json => self.part(&http.response.pointer)?.get().to_owned(),
            Format::Text => Value::from(String::from_utf8_lossy(&self.body).into_owned()).to_string(),
            Format::Base64 => Value::from(STANDARD.encode(&self.body)).to_string(),
        };
        if !http.response.wraps() {
            return Ok(body);
        }
        let mut members = Vec::new();
        if http.response.status {
            members.push(format!("\"status\":{}", self.status));
        }
        if !http.response.headers.is_empty() {
            let named = http.response.headers.iter().filter_map(|name| Some((name.clone(), self.header(name)?.into())));
            members.push(format!("\"headers\":{}", Value::Object(named.collect())));
        }
        Ok(format!("{{{},\"body\":{body}}}", members.join(",")))
    }

    /// A part of the body; the body itself for an empty pointer, `null` for an empty body.
    pub(super) fn part(&self, pointer: &Pointer) -> Result<&RawValue, Failure> {
        let part = self.find(pointer)?;
        part.ok_or_else(|| unexpected(format!("the answer has nothing at `{pointer}`")))
    }

    /// The same, none when there is nothing.
    pub(super) fn find(&self, pointer: &Pointer) -> Result<Option<&RawValue>, Failure> {
        let body = if self.body.is_empty() { b"null" } else { self.body.as_ref() };
        let whole: &RawValue = serde_json::from_slice(body).map_err(|error| {
            let kind = self.header("content-type").unwrap_or("none");
            unexpected(format!("the answer is not JSON: {error} (its content type is {kind:.100})"))
        })?;
        Ok(pointer.tokens().iter().try_fold(whole, |at, token| below(at, token)))
    }

    /// A header as text; several of one name in a row.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// All headers of a name.
    pub(super) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }
}

/// A member or item of a value that is still text.
fn below<'t>(value: &'t RawValue, token: &str) -> Option<&'t RawValue> {
    let text = value.get();
    if text.starts_with('{') {
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
        return members.remove(token);
    }
    let digits = token.bytes().all(|byte| byte.is_ascii_digit()) && (token.len() == 1 || !token.starts_with('0'));
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    items.get(token.parse::<usize>().ok().filter(|_| digits)?).copied()
}

/// The upstream answered in another way than the connector's definition says.
pub(super) fn unexpected(message: String) -> Failure {
    Failure { code: "unexpected_answer".to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}
