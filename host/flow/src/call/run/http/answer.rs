//! What a connector takes out of an answer. JSON stays the text that came: only the members that are asked for are parsed.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, SET_COOKIE};
use lockgate_domain::connector::{Format, HttpDefinition, Pointer};
use lockgate_domain::schema::Document;
use lockgate_domain::{Failure, UNEXPECTED_ANSWER};
use lockgate_egress::retry_after;
use serde::Deserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::text;

/// An answer whose body has been read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// The failure that it describes, if it is an error by the connector's rule.
    pub(super) fn failure(&self, http: &HttpDefinition) -> Result<Option<Failure>, Failure> {
        let rule = &http.errors;
        let by_status = rule.statuses.has(self.status);
        if !by_status && !rule.looks_inside() {
            return Ok(None);
        }
        let kind = self.header(CONTENT_TYPE.as_str());
        let text = text::json(&self.body, kind.as_deref()).ok();
        let document = match text.as_deref().map(Document::parse) {
            Some(Ok(document)) => Some(document),
            // Two readers could see two values at the place that says whether it is an error.
            Some(Err(error)) if !by_status && error.is_ambiguous() => return Err(self.no_json(&error)),
            Some(Err(_)) | None => None,
        };
        let body = document.as_ref().map(Document::root);
        if !rule.is_error(self.status, body) {
            return Ok(None);
        }
        let wait = retry_after(&self.headers).map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        let shown = body.is_none().then(|| text::shown(&self.body, kind.as_deref()));
        Ok(Some(rule.failure(self.status, body, shown.as_deref(), wait)))
    }

    /// The output of a connector without pages.
    pub(super) fn output(&self, http: &HttpDefinition) -> Result<String, Failure> {
        let body = match http.response.format {
            Format::Json if http.response.is_required(false) => {
                self.part(&self.json()?, &http.response.pointer)?.get().to_owned()
            }
            Format::Json => {
                let json = self.json()?;
                self.find(&json, &http.response.pointer)?.unwrap_or(RawValue::NULL).get().to_owned()
            }
            Format::Text => {
                let kind = self.header(CONTENT_TYPE.as_str());
                let text = text::decoded(&self.body, kind.as_deref());
                let text = text.map_err(|wrong| unexpected(format!("the answer is no text: {wrong}")))?;
                Value::from(text.into_owned()).to_string()
            }
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
            let value = |name: &String| Some((name.clone(), self.header(name)?.into_owned().into()));
            let named = http.response.headers.iter().filter_map(value);
            members.push(format!("\"headers\":{}", Value::Object(named.collect())));
        }
        Ok(format!("{{{},\"body\":{body}}}", members.join(",")))
    }

    /// The body as JSON text, which is `null` when there is none.
    pub(super) fn json(&self) -> Result<Cow<'_, str>, Failure> {
        if self.body.is_empty() {
            return Ok(Cow::Borrowed("null"));
        }
        let kind = self.header(CONTENT_TYPE.as_str());
        text::json(&self.body, kind.as_deref()).map_err(|wrong| self.no_json(&wrong))
    }

    /// A part of the body; the body itself for an empty pointer.
    pub(super) fn part<'t>(&self, json: &'t str, pointer: &Pointer) -> Result<&'t RawValue, Failure> {
        let part = self.find(json, pointer)?;
        part.ok_or_else(|| unexpected(format!("the answer has nothing at `{pointer}`")))
    }

    /// The same, none when there is nothing: a member is absent, or `null` stands in place of what would have it.
    pub(super) fn find<'t>(&self, json: &'t str, pointer: &Pointer) -> Result<Option<&'t RawValue>, Failure> {
        let mut at: &RawValue = serde_json::from_str(json).map_err(|error| self.no_json(&error))?;
        for token in pointer.tokens() {
            match below(at, token).map_err(|error| self.no_json(&error))? {
                Some(found) => at = found,
                None if at.get().starts_with('{') || at.get() == "null" => return Ok(None),
                None => return Err(unexpected(format!("the answer has nothing at `{pointer}`"))),
            }
        }
        Ok(Some(at))
    }

    /// A header as text, bytes that are no UTF-8 replaced: all lines of one name as one list (RFC 9110 section 5.3). Of
    /// `set-cookie`, which is no list, the first.
    pub(super) fn header(&self, name: &str) -> Option<Cow<'_, str>> {
        let mut lines = self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let first = lines.next()?;
        if name == SET_COOKIE.as_str() {
            return Some(first);
        }
        Some(lines.fold(first, |list, line| format!("{list}, {line}").into()))
    }

    /// All lines of a header.
    pub(super) fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
        self.headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()))
    }

    fn no_json(&self, error: &dyn fmt::Display) -> Failure {
        not_json(error, self.header(CONTENT_TYPE.as_str()).as_deref().or(Some("none")))
    }
}

/// A member or item of a value that is still text.
fn below<'t>(value: &'t RawValue, token: &str) -> Result<Option<&'t RawValue>, serde_json::Error> {
    let text = value.get();
    if text.starts_with('{') {
        return serde_json::Deserializer::from_str(text).deserialize_map(Member(token));
    }
    if !text.starts_with('[') {
        return Ok(None);
    }
    let digits = token.bytes().all(|byte| byte.is_ascii_digit()) && (token.len() == 1 || !token.starts_with('0'));
    let items: Vec<&RawValue> = serde_json::from_str(text)?;
    Ok(token.parse::<usize>().ok().filter(|_| digits).and_then(|index| items.get(index).copied()))
}

/// The one member of this name.
struct Member<'n>(&'n str);

impl<'t> Visitor<'t> for Member<'_> {
    type Value = Option<&'t RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((key, value)) = members.next_entry::<Cow<'t, str>, &RawValue>()? {
            if key == self.0 && found.replace(value).is_some() {
                return Err(A::Error::custom(format_args!("key `{:.80}` twice in one object", key.escape_debug())));
            }
        }
        Ok(found)
    }
}

/// The upstream answered in another way than the connector's definition says.
pub(super) fn unexpected(message: String) -> Failure {
    Failure { code: UNEXPECTED_ANSWER.to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}

/// Its body is no JSON, or such that two readers would read it differently.
pub(super) fn not_json(error: &dyn fmt::Display, content_type: Option<&str>) -> Failure {
    let kind = content_type.map_or(String::new(), |kind| format!(" (its content type is {kind:.100})"));
    unexpected(format!("the answer is not JSON: {error}{kind}"))
}

#[cfg(test)]
mod tests;
