//! The body of an answer as text, by the encoding that its content type names (WHATWG Encoding).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};

/// Why a body is no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoText {
    /// Nobody knows the encoding.
    #[error(
        "its content type names the encoding `{0}`, which is not known: expected one of the WHATWG Encoding standard"
    )]
    Unknown(String),
    /// The bytes are of another encoding.
    #[error("it is not {0}: its content type has to name its `charset`, or expect `format: base64`")]
    Malformed(&'static str),
}

/// Decodes a body. A byte order mark says more than the content type, and is taken out; without both, it is UTF-8.
pub(super) fn decoded<'b>(body: &'b [u8], content_type: Option<&str>) -> Result<Cow<'b, str>, NoText> {
    let encoding = match content_type.and_then(charset) {
        Some(label) => Encoding::for_label(label.as_bytes())
            .ok_or_else(|| NoText::Unknown(label.chars().take(40).flat_map(char::escape_debug).collect()))?,
        None => UTF_8,
    };
    let (text, used, malformed) = encoding.decode(body);
    if malformed { Err(NoText::Malformed(used.name())) } else { Ok(text) }
}

/// The same of JSON, which is UTF-8 (RFC 8259 section 8.1) unless it can't be.
pub(super) fn json<'b>(body: &'b [u8], content_type: Option<&str>) -> Result<Cow<'b, str>, NoText> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text))),
        Err(_) => decoded(body, content_type),
    }
}

/// What a person is shown of a body in any case.
pub(super) fn shown<'b>(body: &'b [u8], content_type: Option<&str>) -> Cow<'b, str> {
    decoded(body, content_type).unwrap_or_else(|_| String::from_utf8_lossy(body))
}

/// The parameter `charset` of a media type (RFC 9110 section 8.3.2).
fn charset(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').trim();
        (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_by_its_encoding_or_not_at_all() {
        for (body, content_type, expected) in [
            (b"Caf\xe9 \x80".as_slice(), Some("text/plain; charset=windows-1252"), Some("Café €")),
            (b"Caf\xe9", Some("text/plain;charset=\"ISO-8859-1\""), Some("Café")),
            (b"\x82\xa0", Some("text/plain; format=flowed; Charset=Shift_JIS"), Some("あ")),
            ("Café".as_bytes(), Some("text/plain"), Some("Café")),
            ("Café".as_bytes(), None, Some("Café")),
            (b"\xef\xbb\xbfa", Some("text/csv"), Some("a")),
            (b"\xff\xfea\0", Some("text/csv; charset=utf-8"), Some("a")),
            (b"", None, Some("")),
            (b"Caf\xe9", Some("text/plain; charset=utf-8"), None),
            (b"Caf\xe9", None, None),
            (b"abc", Some("text/plain; charset=klingon"), None),
        ] {
            assert_eq!(decoded(body, content_type).ok().as_deref(), expected, "{content_type:?}");
        }
        let unknown = decoded(b"", Some("text/plain; charset=klingon")).unwrap_err().to_string();
        assert!(unknown.contains("`klingon`"), "{unknown}");
    }

    #[test]
    fn json_is_utf_8_with_or_without_a_mark_unless_it_can_not_be() {
        assert_eq!(json(b"\xef\xbb\xbf{}", None).unwrap(), "{}");
        assert_eq!(json("\"é\"".as_bytes(), Some("application/json; charset=iso-8859-1")).unwrap(), "\"é\"");
        assert_eq!(json(b"\"\xe9\"", Some("application/json; charset=iso-8859-1")).unwrap(), "\"é\"");
        assert_eq!(json(b"\xff\xfe{\0}\0", None).unwrap(), "{}");
        assert!(json(b"\"\xe9\"", Some("application/json")).is_err());
    }
}
