//! Where a redirect leads, and as what (RFC 9110 section 15.4).

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, COOKIE, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use lockgate_domain::destination::Target;

use super::query;

/// What a redirect asks for next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) target: Target,
    pub(super) method: Method,
    /// Whether the body goes along again.
    pub(super) body: bool,
}

/// Whether an answer is one that is followed.
pub(super) fn is_redirect(status: StatusCode, headers: &HeaderMap) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) && headers.contains_key(LOCATION)
}

/// Reads a redirect. Parameters that the auth method placed in the query are taken out: it places them again where they
/// belong.
pub(super) fn next(
    status: StatusCode,
    headers: &HeaderMap,
    method: &Method,
    target: &Target,
    placed: &[&str],
) -> Result<Next, String> {
    let location = headers.get(LOCATION).map(HeaderValue::as_bytes).unwrap_or_default();
    let url = without(&target.join(location), placed);
    let next = Target::parse_with(&url, target.slashes())
        .map_err(|refused| format!("its `location` is refused: {refused}"))?;
    // A POST becomes a GET as browsers and everyone else have it; only 307 and 308 keep it as it is.
    let as_get = match status.as_u16() {
        303 => *method != Method::HEAD,
        301 | 302 => *method == Method::POST,
        _ => false,
    };
    Ok(Next { target: next, method: if as_get { Method::GET } else { method.clone() }, body: !as_get })
}

fn without(url: &str, placed: &[&str]) -> String {
    match url.split_once('?') {
        Some((before, own)) if !placed.is_empty() => match query::without(own, placed) {
            rest if rest.is_empty() => before.to_owned(),
            rest => format!("{before}?{rest}"),
        },
        Some(_) | None => url.to_owned(),
    }
}

/// Whether two addresses are of one origin (RFC 6454).
pub(super) fn same_origin(one: &Target, other: &Target) -> bool {
    one.scheme() == other.scheme() && one.host() == other.host() && one.port() == other.port()
}

/// Takes out what does not go along: what describes a body that is not sent, and what another origin must not see.
pub(super) fn prepare(headers: &mut HeaderMap, body: bool, same_origin: bool) {
    if !body {
        headers.remove(CONTENT_TYPE);
        headers.remove(CONTENT_ENCODING);
    }
    if !same_origin {
        headers.remove(COOKIE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(url).unwrap()
    }

    fn lead(status: u16, method: Method, location: &str, placed: &[&str]) -> Result<(String, String, bool), String> {
        let base = target("https://a.example/x/y?key=old");
        let headers = [(LOCATION, HeaderValue::from_bytes(location.as_bytes()).unwrap())].into_iter().collect();
        let next = next(StatusCode::from_u16(status).unwrap(), &headers, &method, &base, placed)?;
        let query = next.target.query().map_or(String::new(), |query| format!("?{query}"));
        Ok((format!("{}{query}", next.target), next.method.to_string(), next.body))
    }

    #[test]
    fn references_are_resolved_where_they_were_found() {
        for (location, expected) in [
            ("https://b.example/z", "https://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z", "https://a.example/z"),
            ("z", "https://a.example/x/z"),
            ("../z?q=1#f", "https://a.example/z?q=1"),
            ("?q=1", "https://a.example/x/y?q=1"),
            ("", "https://a.example/x/y?key=old"),
            ("http://a.example/", "http://a.example/"),
            ("z?u=http://b.example/", "https://a.example/x/z?u=http://b.example/"),
            ("/y/ä", "https://a.example/y/%C3%A4"),
            ("https://b.example/ä?ü", "https://b.example/%C3%A4?%C3%BC"),
        ] {
            assert_eq!(lead(302, Method::GET, location, &[]).unwrap().0, expected, "{location}");
        }
        assert_eq!(lead(302, Method::GET, "", &["key"]).unwrap().0, "https://a.example/x/y");
        assert_eq!(lead(302, Method::GET, "/z?a=1&k%65y=2", &["key"]).unwrap().0, "https://a.example/z?a=1");
        for wrong in [
            "https://user@b.example/",
            "https://b.example\\@c.example/",
            "/%2e%2e/",
            "ftp://a.example/",
            "//",
            "https://ä.example/",
        ] {
            assert!(lead(302, Method::GET, wrong, &[]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn methods_and_bodies_go_along_as_everyone_has_it() {
        for (status, method, expected, body) in [
            (301, Method::POST, "GET", false),
            (302, Method::POST, "GET", false),
            (303, Method::POST, "GET", false),
            (303, Method::PUT, "GET", false),
            (303, Method::HEAD, "HEAD", true),
            (301, Method::PUT, "PUT", true),
            (302, Method::GET, "GET", true),
            (307, Method::POST, "POST", true),
            (308, Method::DELETE, "DELETE", true),
        ] {
            let (_, found, along) = lead(status, method.clone(), "/z", &[]).unwrap();
            assert_eq!((found.as_str(), along), (expected, body), "{status} {method}");
        }
    }
}
