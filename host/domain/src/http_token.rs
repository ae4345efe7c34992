//! Names of headers, cookies and methods, by the grammar of HTTP.

/// Whether a text is a `token` of RFC 9110 section 5.6.2, of at most 256 bytes.
pub(crate) fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=256).contains(&text.len()) && text.bytes().all(allowed)
}
