//! `ETag` and `If-Match` (RFC 9110 sections 8.8.3 and 13.1.1): the version of a stored row, quoted.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;

use lockgate_domain::Digest;

use crate::response::Refusal;
use crate::single;

pub(crate) fn text(version: i64) -> String {
    format!("\"{version}\"")
}

/// The tag of a text that has no version: its digest.
pub(crate) fn of_content(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// The version that a change expects; none when the request has no `If-Match` or `*`.
pub(crate) fn expected(headers: &HeaderMap) -> Result<Option<i64>, Refusal> {
    let Some(value) = single::value(headers, IF_MATCH.as_str())? else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let number = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|digits| digits.parse().ok());
    number.map(Some).ok_or_else(|| Refusal::malformed("`If-Match`: expected the `ETag` of an earlier answer, or `*`"))
}
