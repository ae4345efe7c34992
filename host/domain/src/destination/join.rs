//! References: an address that an upstream writes relative to the one that it answers.

use std::fmt::Write;

use super::Target;

impl Target {
    /// A reference in the place of this address (RFC 3986 section 5.2), without its fragment. Dot segments are resolved
    /// when the result is parsed. Bytes beyond ASCII are percent-encoded, as browsers do: a URL has none of them.
    pub fn join(&self, reference: &[u8]) -> String {
        let reference = encoded(reference);
        let reference = reference.split('#').next().unwrap_or_default();
        if has_scheme(reference) {
            return reference.to_owned();
        }
        let origin = format!("{}://{}:{}", self.scheme(), self.host(), self.port());
        match reference {
            "" => format!("{origin}{}{}", self.path(), self.query().map_or(String::new(), |query| format!("?{query}"))),
            rest if rest.starts_with("//") => format!("{}:{rest}", self.scheme()),
            rest if rest.starts_with('/') => format!("{origin}{rest}"),
            rest if rest.starts_with('?') => format!("{origin}{}{rest}", self.path()),
            rest => {
                let folder = self.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                format!("{origin}{folder}/{rest}")
            }
        }
    }
}

/// Whether a reference begins with a scheme (RFC 3986 section 3.1).
fn has_scheme(reference: &str) -> bool {
    reference.split_once(':').is_some_and(|(scheme, _)| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(inside)
    })
}

fn encoded(reference: &[u8]) -> String {
    let mut text = String::with_capacity(reference.len());
    for byte in reference {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_resolved_where_they_were_found() {
        let base = Target::parse("https://a.example/x/y?key=old").unwrap();
        for (reference, expected) in [
            ("https://b.example/z", "https://b.example/z"),
            ("//b.example/z", "https://b.example/z"),
            ("/z", "https://a.example:443/z"),
            ("z?page=2", "https://a.example:443/x/z?page=2"),
            ("../z?q=1#f", "https://a.example:443/x/../z?q=1"),
            ("?q=1", "https://a.example:443/x/y?q=1"),
            ("", "https://a.example:443/x/y?key=old"),
            ("z?u=http://b.example/", "https://a.example:443/x/z?u=http://b.example/"),
            ("/y/ä", "https://a.example:443/y/%C3%A4"),
            ("mailto:x", "mailto:x"),
        ] {
            assert_eq!(base.join(reference.as_bytes()), expected, "{reference}");
        }
        assert_eq!(base.join(b"/y/\xe4"), "https://a.example:443/y/%E4");
    }
}
