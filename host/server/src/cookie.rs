//! Cookies of the host's own pages (RFC 6265).

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// The value of a cookie that a request has.
pub(crate) fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    // One by one, since the cookies of others may have any bytes.
    let cookies = headers.get_all(COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut pairs = cookies.filter_map(|cookie| std::str::from_utf8(cookie).ok()?.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_counts() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; b=2".parse().unwrap());
        headers.append(COOKIE, "b=3;c=x=y".parse().unwrap());
        assert_eq!((value(&headers, "b"), value(&headers, "c"), value(&headers, "d")), (Some("2"), Some("x=y"), None));
    }
}
