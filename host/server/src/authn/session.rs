//! The session of a person who has signed in to the console: a cookie, which browsers send by themselves. So a request must
//! show that the console's own page sends it: it comes from the host's own origin, and whatever may change something has a
//! value that only that page knows.

use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use lockgate_domain::{Code, Digest, Problem};
use lockgate_vault::TokenHash;

use super::Shown;
use crate::peer::Peer;
use crate::response::Refusal;
use crate::{App, cookie, single};

/// Has the value that only the console's page knows.
pub(crate) const CSRF: &str = "x-lockgate-csrf";
/// What a browser says of where a request comes from; no page can set it (Fetch Metadata).
const SITE: &str = "sec-fetch-site";
/// Hex digits of the value of a cookie.
const SECRET_LEN: usize = 64;

/// The name of the cookie. With TLS, it is one that browsers take from this host alone (RFC 6265bis, section 4.1.3). Without,
/// the listener is on loopback, and not every browser would keep such a cookie there.
pub(crate) fn cookie_name(peer: Option<&Peer>) -> &'static str {
    if peer.is_some_and(|peer| peer.secure) { "__Host-lockgate-session" } else { "lockgate-session" }
}

/// The cookie of a request. One that no host has given counts as none.
pub(super) fn read(request: &Parts) -> Option<Result<Shown, Refusal>> {
    Some(Ok(Shown::Session(secret(request)?.to_owned())))
}

/// The value of the cookie of a request.
pub(crate) fn secret(request: &Parts) -> Option<&str> {
    let value = cookie::value(&request.headers, cookie_name(request.extensions.get()))?;
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    Some(value).filter(|value| value.len() == SECRET_LEN && value.bytes().all(hex))
}

/// The value that the pages of a session know. It is made of the cookie's, and does not lead back to it.
pub(crate) fn csrf(secret: &str) -> String {
    Digest::of(format!("lockgate console csrf {secret}").as_bytes()).hex()
}

/// Refuses a request with a session that another page can have sent.
pub(super) fn check_origin(app: &App, request: &Parts, secret: &str) -> Result<(), Refusal> {
    if is_safe(&request.method) {
        // A person may open an address; a page of another site may not.
        return match single::value(&request.headers, SITE)?.map(|site| site.as_bytes()) {
            None | Some(b"same-origin" | b"none") => Ok(()),
            Some(_) => Err(foreign("it comes from a page of another site")),
        };
    }
    check_own(app, request)?;
    let sent = single::value(&request.headers, CSRF)?.and_then(|value| value.to_str().ok());
    // By their hashes, so that the time of the comparison says nothing.
    if sent.map(TokenHash::of) == Some(TokenHash::of(&csrf(secret))) {
        return Ok(());
    }
    Err(foreign("expected the header `x-lockgate-csrf` with the `csrf` of the session"))
}

/// Refuses a request that does not come from a page of the host.
pub(crate) fn check_own(app: &App, request: &Parts) -> Result<(), Refusal> {
    let headers = &request.headers;
    let (site, origin) = (single::value(headers, SITE)?, single::value(headers, ORIGIN.as_str())?);
    if site.is_none() && origin.is_none() {
        return Err(foreign("expected the header `Origin` or `Sec-Fetch-Site` of a browser"));
    }
    if site.is_some_and(|site| site != "same-origin") {
        return Err(foreign("it comes from a page of another site"));
    }
    match origin.map(|origin| origin.to_str().unwrap_or_default()) {
        Some(origin) if !is_own(app, request, origin) => Err(foreign(
            "its `Origin` is not this host: open the console by its own address, or set `public_url` to the one in use",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Whether an origin is this host's: as the operator says, or as the request itself was addressed.
fn is_own(app: &App, request: &Parts, origin: &str) -> bool {
    if app.public("").is_some_and(|own| own == origin) {
        return true;
    }
    let scheme = if request.extensions.get::<Peer>().is_some_and(|peer| peer.secure) { "https" } else { "http" };
    let asked = origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
    asked.is_some_and(|asked| authority(request).is_some_and(|own| own.eq_ignore_ascii_case(asked)))
}

/// The address by which a request came: HTTP/2 has it in the place of the URL.
fn authority(request: &Parts) -> Option<&str> {
    let of_url = request.uri.authority().map(|authority| authority.as_str());
    of_url.or_else(|| host(&request.headers))
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(HOST)?.to_str().ok()
}

/// Methods that change nothing (RFC 9110 section 9.2.1).
fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

fn foreign(why: &str) -> Refusal {
    Problem::new(Code::ForeignPage, format!("the request was not sent by the console's own page: {why}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_one_value_for_its_pages() {
        let (one, two) = (csrf(&"a".repeat(64)), csrf(&"b".repeat(64)));
        assert!(one.len() == 64 && one != two && one == csrf(&"a".repeat(64)));
    }
}
