//! Reading a request's body: never more of it than the route takes.

use std::error::Error;
use std::fmt::Display;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use lockgate_domain::{Code, ObjectsOnly, Problem, written};
use lockgate_flow::{EngineError, FlowError, Upload};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::peer::{BodyError, Working};
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
    if let Some(found) = announced(headers).filter(|found| *found > max) {
        return Err(too_large(found));
    }
    match Limited::new(body, max).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) => Err(unread(&*error, max, too_large)),
    }
}

/// The same, into a file.
pub(crate) async fn receive(
    request: &Parts,
    body: Body,
    max: usize,
    too_large: impl FnOnce(usize) -> Refusal,
    mut upload: Upload,
) -> Result<Bytes, Refusal> {
    let failed = |error: EngineError| Refusal::from(FlowError::from(error));
    if let Some(found) = announced(&request.headers).filter(|found| *found > max) {
        return Err(too_large(found));
    }
    if let Some(working) = request.extensions.get::<Working>() {
        working.to_disk();
    }
    let mut body = Limited::new(body, max);
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Err(unread(&*error, max, too_large)),
        };
        if let Ok(bytes) = frame.into_data() {
            upload.write(&bytes).await.map_err(failed)?;
        }
    }
    upload.finish().await.map_err(failed)
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok())
}

/// Why a body was not read to its end.
fn unread(error: &(dyn Error + 'static), max: usize, too_large: impl FnOnce(usize) -> Refusal) -> Refusal {
    if error.is::<LengthLimitError>() {
        return too_large(max.saturating_add(1));
    }
    match cause(error) {
        Some(BodyError::Slow) => {
            let detail = "the body did not arrive in time: expected some of it every 15 seconds, and 1 KiB a second";
            Problem::new(Code::BodyTooSlow, detail).retryable(None).into()
        }
        Some(BodyError::NoRoom) => no_room(),
        Some(BodyError::Broken(_)) | None => Refusal::malformed("the body ended before its announced length"),
    }
}

/// A request for which there is no room.
pub(crate) fn no_room() -> Refusal {
    let detail = "the bodies of other requests, and answers that their clients do not take, of this scope or of all, \
                  take all of the room for bodies: retry later";
    Problem::new(Code::TooManyBytes, detail).retryable(Some(1)).into()
}

/// The error of the body, which layers between may have wrapped.
fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e BodyError> {
    error.downcast_ref().or_else(|| error.source().and_then(cause))
}

/// Reads a JSON object.
pub(crate) async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    let value = value(headers, body).await?;
    if !value.is_object() {
        return Err(refused(&"expected a JSON object"));
    }
    ObjectsOnly::of_value(value).map_err(|error| refused(&error))
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

/// Takes the members of an object apart, whose values can be parts of the text. A list is none, though its items could be taken
/// for the members in their order. `shape` is what is expected, for people.
pub(crate) fn members<'b, T: Deserialize<'b>>(bytes: &'b [u8], shape: &str) -> Result<T, Refusal> {
    let text = without_mark(bytes);
    let refused = |why: &dyn Display| Refusal::malformed(format!("the body is not `{shape}`: {why}"));
    match text.trim_ascii_start().first() {
        Some(b'[') => Err(refused(&"expected an object")),
        Some(_) | None => ObjectsOnly::of_slice(text).map_err(|error| refused(&error)),
    }
}

fn refused(error: &dyn Display) -> Refusal {
    Refusal::malformed(format!("the body is not as expected: {error}"))
}

/// Bytes of a text without the byte order mark that some clients write in front of it.
fn without_mark(bytes: &[u8]) -> &[u8] {
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
