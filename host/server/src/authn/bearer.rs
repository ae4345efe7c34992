//! An access token in the header `Authorization` (RFC 6750, section 2.1).

use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use lockgate_vault::TokenHash;

use super::{Shown, unauthenticated};
use crate::response::Refusal;
use crate::single;

/// The token of a request; none if it has no such header.
pub(super) fn read(request: &Parts) -> Option<Result<Shown, Refusal>> {
    let shown = match single::value(&request.headers, AUTHORIZATION.as_str()) {
        Ok(shown) => shown?,
        Err(refused) => return Some(Err(refused)),
    };
    let token = shown.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let token = token.ok_or_else(|| unauthenticated("expected `Authorization: Bearer lg_…`"));
    Some(token.map(|token| Shown::Token(TokenHash::of(token))))
}
