//! Reading a request's body: never more of it than the route takes.

use std::fmt::Display;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lockgate_domain::{Code, Problem, written};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::response::Refusal;

/// Bytes of a definition.
const DEFINITION_MAX: usize = 1024 * 1024;

/// Reads at most `max` bytes; `too_large` makes the refusal from the size that was announced or reached.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    max: usize,
    too_large: impl FnOnce(usize) -> Refusal,
) -> Result<Bytes, Refusal> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    if let Some(found) = announced.filter(|found| *found > max) {
        return Err(too_large(found));
    }
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(max.saturating_add(1))),
        Err(_) => Err(Refusal::malformed("the body ended before its announced length")),
    }
}

/// Reads a JSON object.
pub(crate) async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    let value = value(headers, body).await?;
    if !value.is_object() {
        return Err(refused(&"expected a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| refused(&error))
}

/// Reads any JSON document.
pub(crate) async fn value(headers: &HeaderMap, body: Body) -> Result<Value, Refusal> {
    expect_json(headers)?;
    let too_large = |found| {
        let detail = format!("the body has {found} bytes or more: expected at most {DEFINITION_MAX}");
        Problem::new(Code::InputTooLarge, detail).into()
    };
    let bytes = read(headers, body, DEFINITION_MAX, too_large).await?;
    let text = std::str::from_utf8(&bytes).map_err(|error| refused(&error))?;
    // As a value first: a member twice and a number that can't be kept are refused, whatever is read of it.
    written::definition_json(text).map_err(|error| refused(&error))
}

fn refused(error: &dyn Display) -> Refusal {
    Refusal::malformed(format!("the body is not as expected: {error}"))
}

/// Bytes of a text without the byte order mark that some clients write in front of it.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// `application/json`, a `+json` type, or no type at all.
pub(crate) fn expect_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || essence.ends_with("+json") {
        return Ok(());
    }
    let detail = format!("`Content-Type: {}`: expected `application/json`", essence.escape_debug());
    Err(Problem::new(Code::UnsupportedMediaType, detail).into())
}
