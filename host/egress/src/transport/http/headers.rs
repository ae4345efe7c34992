//! Which headers a connector may set, and which it gets to see.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use lockgate_domain::auth::{Location, Placement};

use crate::EgressError;

/// What the host alone sets: the framing of messages (RFC 9110 section 7.6.1, RFC 9112 section 6), the host that the
/// URL names, what answers may be encoded in, and credentials.
const HOST_SETS: [HeaderName; 15] = [
    ACCEPT_ENCODING,
    AUTHORIZATION,
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    HTTP2_SETTINGS,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];
const HTTP2_SETTINGS: HeaderName = HeaderName::from_static("http2-settings");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");

/// What concerns one connection and not the answer (RFC 9110 section 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    KEEP_ALIVE,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    PROXY_CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// More than any request needs; servers refuse larger heads.
const HEADERS_MAX: usize = 100;
const HEADERS_MAX_BYTES: usize = 32 * 1024;

/// Checks what a connector sets against what the host and the auth method set.
pub(crate) fn check(headers: &HeaderMap, placements: &[Placement]) -> Result<(), EgressError> {
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if headers.len() > HEADERS_MAX || bytes > HEADERS_MAX_BYTES {
        let detail = format!(
            "it has {} headers with {bytes} bytes: expected at most {HEADERS_MAX} with \
                              {HEADERS_MAX_BYTES} bytes",
            headers.len()
        );
        return Err(EgressError::Request(detail));
    }
    for name in headers.keys() {
        if HOST_SETS.iter().any(|own| same(own.as_str(), name.as_str())) {
            return Err(EgressError::Request(format!("header `{name}` is set by the host: leave it out")));
        }
        let placed = |placement: &Placement| match &placement.location {
            Location::Header(own) => same(own, name.as_str()),
            Location::Query(_)
            | Location::Cookie(_)
            | Location::Body(_)
            | Location::User
            | Location::Password
            | Location::Option(_)
            | Location::Certificate => false,
        };
        if placements.iter().any(placed) {
            return Err(EgressError::Request(format!("header `{name}` is set by the auth method: leave it out")));
        }
    }
    for placement in placements {
        if let Location::Cookie(own) = &placement.location
            && cookies(headers).any(|name| name == own.as_bytes())
        {
            return Err(EgressError::Request(format!("cookie `{own}` is set by the auth method: leave it out")));
        }
    }
    Ok(())
}

/// Whether some server takes two names for one: many read `_` as `-`.
fn same(own: &str, name: &str) -> bool {
    let plain = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    own.len() == name.len() && own.bytes().map(plain).eq(name.bytes().map(plain))
}

/// The names of the cookies that are set, whatever bytes their values have.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = values.flat_map(|value| value.split(|byte| matches!(byte, b';' | b',')));
    pairs.filter_map(|pair| pair.split(|byte| *byte == b'=').next()).map(<[u8]>::trim_ascii)
}

/// Takes out what concerns the connection, also what `connection` names.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    fn placements(locations: &[Location]) -> Vec<Placement> {
        let value: lockgate_domain::auth::Template = "{{key}}".parse().unwrap();
        locations.iter().map(|location| Placement { location: location.clone(), value: value.clone() }).collect()
    }

    #[test]
    fn what_the_host_sets_is_refused_in_every_spelling() {
        for name in [
            "Host",
            "host",
            "HOST",
            "Content-Length",
            "content_length",
            "Connection",
            "Keep-Alive",
            "keep_alive",
            "Proxy-Connection",
            "Transfer-Encoding",
            "transfer_encoding",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "HTTP2-Settings",
            "Accept-Encoding",
            "accept_encoding",
            "Authorization",
            "AUTHORIZATION",
            "aUTHORIZATION",
            "Proxy-Authorization",
            "proxy_authorization",
            "Proxy-Authenticate",
        ] {
            let refused = check(&map(&[("x-fine", "1"), (name, "x")]), &[]).unwrap_err();
            assert!(refused.to_string().contains("set by the host"), "{name}: {refused}");
        }
    }

    #[test]
    fn what_the_auth_method_sets_is_refused_in_every_spelling() {
        let own = placements(&[Location::Header("x-api-key".into()), Location::Cookie("session".into())]);
        for name in ["X-Api-Key", "x-api-key", "x_api_key", "X-API_KEY"] {
            assert!(check(&map(&[(name, "x")]), &own).is_err(), "{name}");
            assert!(check(&map(&[(name, "x")]), &[]).is_ok(), "{name}");
        }
        for value in ["session=1", "a=b; session=1", "a=b;session =1", "session", "a=b, session=1", "session=1; x=é"] {
            assert!(check(&map(&[("cookie", value)]), &own).is_err(), "{value}");
            assert!(check(&map(&[("cookie", value)]), &[]).is_ok(), "{value}");
        }
        for fine in [("x-api-keys", "1"), ("cookie", "sessions=1; other=session"), ("content-type", "text/plain")] {
            assert!(check(&map(&[fine]), &own).is_ok(), "{fine:?}");
        }
    }

    #[test]
    fn the_head_is_bounded() {
        let many: Vec<String> = (0..101).map(|number| format!("x-{number}")).collect();
        let pairs: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "1")).collect();
        assert!(check(&map(&pairs), &[]).is_err());
        assert!(check(&map(pairs.get(..100).unwrap()), &[]).is_ok());
        // Name and value with what is written around them (RFC 9112 section 5): `: ` and CRLF.
        let most = 32 * 1024 - "x-long".len() - 4;
        assert!(check(&map(&[("x-long", &"x".repeat(most))]), &[]).is_ok());
        assert!(check(&map(&[("x-long", &"x".repeat(most + 1))]), &[]).is_err());
    }

    #[test]
    fn what_concerns_the_connection_is_taken_out() {
        let mut headers = map(&[
            ("connection", "close, X-Secret-Hop"),
            ("x-secret-hop", "1"),
            ("keep-alive", "5"),
            ("te", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("trailer", "x"),
            ("etag", "\"1\""),
        ]);
        strip(&mut headers);
        assert_eq!(headers, map(&[("etag", "\"1\"")]));
        // A byte beyond ASCII makes no name of the line absent.
        let mut headers = map(&[("x-secret-hop", "1"), ("etag", "1")]);
        headers.insert(CONNECTION, HeaderValue::from_bytes(b"x-\xe4, X-Secret-Hop").unwrap());
        strip(&mut headers);
        assert_eq!(headers, map(&[("etag", "1")]));
    }
}
