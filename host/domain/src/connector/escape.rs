//! How a value is written into a text body, so that it can't end what it stands in.

use super::field::Field;
use super::fill::{Unfit, encode};
use crate::schema::write_text;

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// No form: a value is written as it is.
    None,
    /// Within a string of JSON.
    Json,
    /// In a text or a quoted attribute of XML or HTML.
    Xml,
    /// A name or value of a form.
    Form,
}

/// The words of a definition.
pub(crate) const ESCAPES: [(&str, Escape); 4] =
    [("none", Escape::None), ("json", Escape::Json), ("xml", Escape::Xml), ("form", Escape::Form)];

impl Escape {
    /// What a content type says of the form; none if it says nothing.
    pub(super) fn of(content_type: &str) -> Option<Self> {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Some(Self::Json),
            "application/xml" | "text/xml" | "text/html" => Some(Self::Xml),
            "application/x-www-form-urlencoded" => Some(Self::Form),
            other if other.ends_with("+json") => Some(Self::Json),
            other if other.ends_with("+xml") => Some(Self::Xml),
            _ => None,
        }
    }

    /// Writes a value.
    pub(super) fn put(self, field: &Field, value: &str, out: &mut String) -> Result<(), Unfit> {
        match self {
            Self::None => out.push_str(value),
            Self::Json => {
                let mut quoted = Vec::new();
                write_text(value, &mut quoted);
                let quoted = String::from_utf8(quoted).unwrap_or_default();
                out.push_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default());
            }
            Self::Xml => {
                for one in value.chars() {
                    match one {
                        '&' => out.push_str("&amp;"),
                        '<' => out.push_str("&lt;"),
                        '>' => out.push_str("&gt;"),
                        '"' => out.push_str("&quot;"),
                        '\'' => out.push_str("&#39;"),
                        // XML 1.0 has no other control characters, not even escaped (section 2.2).
                        one if (one.is_ascii_control() && !"\t\n\r".contains(one))
                            || "\u{fffe}\u{ffff}".contains(one) =>
                        {
                            return Err(Unfit::value(
                                field,
                                "xml",
                                "this value has a character that XML does not have",
                            ));
                        }
                        one => out.push(one),
                    }
                }
            }
            Self::Form => {
                let mut encoded = String::new();
                encode(value, &mut encoded);
                out.push_str(&encoded.replace("%20", "+"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_in_its_place() {
        let put = |escape: Escape, value: &str| {
            let mut out = String::new();
            escape.put(&"id".parse().unwrap(), value, &mut out).map(|()| out).ok()
        };
        let value = "a\",\"b\":\"<x y='1'>&é\n";
        assert_eq!(put(Escape::None, value).as_deref(), Some(value));
        assert_eq!(put(Escape::Json, value).as_deref(), Some(r#"a\",\"b\":\"<x y='1'>&é\n"#));
        assert_eq!(
            put(Escape::Xml, value).as_deref(),
            Some("a&quot;,&quot;b&quot;:&quot;&lt;x y=&#39;1&#39;&gt;&amp;é\n")
        );
        assert_eq!(put(Escape::Form, "a b&c=d").as_deref(), Some("a+b%26c%3Dd"));
        assert_eq!(put(Escape::Xml, "a\u{0}"), None);
        for (kind, expected) in [
            ("application/json; charset=utf-8", Some(Escape::Json)),
            ("application/soap+xml", Some(Escape::Xml)),
            ("application/graphql+json", Some(Escape::Json)),
            ("text/plain", None),
        ] {
            assert_eq!(Escape::of(kind), expected, "{kind}");
        }
    }
}
