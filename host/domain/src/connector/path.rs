//! Where a request goes: a path behind the group's `base_url`, or a whole URL whose host is fixed.

use serde_json::Value;

use super::fill::{Unfit, encode, filled};
use super::template::{Part, Text};
use crate::Violation;
use crate::destination::{Target, resolve};
use crate::reader::{Node, Object};

/// What a URL may have before its query; longer ones are refused when they are sent.
const PATH_MAX: usize = 8 * 1024;

/// The address of a request, without its query.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    text: Text,
    /// Whether it names its host.
    absolute: bool,
}

impl Address {
    /// Reads `path` or `url` of a definition: one of them.
    pub(super) fn read(object: &mut Object<'_>) -> Option<Self> {
        let (path, url) = (object.optional("path"), object.optional("url"));
        match (path, url) {
            (Some(node), None) => Self::relative(&node),
            (None, Some(node)) => Self::whole(&node),
            (Some(_), Some(node)) => {
                node.wrong("oneOf", "expected either `path` or `url`");
                None
            }
            (None, None) => {
                object.node.wrong("required", "expected the key `path`, behind the group's `base_url`, or `url`");
                None
            }
        }
    }

    fn relative(node: &Node<'_>) -> Option<Self> {
        let text: Text = node.parse("template")?;
        let sample = text.sample();
        match resolve(&sample) {
            // Two slashes begin the name of another host where URLs are put together (RFC 3986 section 4.2).
            Ok(resolved) if resolved == sample && !sample.starts_with("//") => {}
            Ok(_) => node.wrong("path", "expected a path that begins with one `/` and has no dot segments"),
            Err(error) => node.wrong("path", error.to_string()),
        }
        Some(Self { text, absolute: false })
    }

    fn whole(node: &Node<'_>) -> Option<Self> {
        let text: Text = node.parse("template")?;
        match Target::parse(&text.sample()) {
            Ok(target) if !target.scheme().is_http() => node.wrong("url", "expected https:// or http://"),
            Ok(target) if target.query().is_some() => node.wrong("url", "expected the parameters in `query`"),
            Ok(_) => {}
            Err(error) => node.wrong("url", error.to_string()),
        }
        let fixed = match text.parts().first() {
            Some(Part::Literal(start)) => {
                let host = start.split_once("://").map(|(_, rest)| rest);
                host.is_some_and(|rest| rest.contains('/')) || text.constant().is_some()
            }
            Some(Part::Field(_)) | None => false,
        };
        if !fixed {
            node.wrong(
                "url",
                "a placeholder can't stand in scheme, host or port: whoever calls would choose the server",
            );
        }
        Some(Self { text, absolute: true })
    }

    /// Whether it names its host.
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    pub(super) fn text(&self) -> &Text {
        &self.text
    }

    /// The address for an input. A value is a part of one segment: it can't add another or lead upwards.
    pub(super) fn fill(&self, input: &Value) -> Result<String, Unfit> {
        let filled = filled(&self.text, input, PATH_MAX, |field, value, out| {
            if value.is_empty() || value.chars().any(|one| one.is_control() || matches!(one, '/' | '\\')) {
                let detail = "this value becomes a part of a path: expected at least one character, and no slash, \
                              backslash or control character";
                return Err(Unfit::value(field, "path", detail));
            }
            encode(value, out);
            Ok(())
        })?;
        let Some(filled) = filled else {
            let absent = |value: Option<&Value>| value.is_none_or(Value::is_null);
            return Err(self.refusal(input, absent, "this value stands in a path: expected one"));
        };
        // The template has no dot segments, so one that is here comes from a value.
        if filled.split('/').any(|segment| matches!(segment.split("%3B").next(), Some("." | ".."))) {
            let dotted = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|text| text.contains('.'));
            return Err(self.refusal(input, dotted, "a segment of a path can't be `.` or `..`"));
        }
        Ok(filled)
    }

    /// Names the first field whose value is wrong.
    fn refusal(&self, input: &Value, wrong: impl Fn(Option<&Value>) -> bool, detail: &str) -> Unfit {
        match self.text.fields().find(|field| wrong(field.of(input))) {
            Some(field) => Unfit::value(field, "path", detail),
            None => Unfit::Value(Violation::new("", "path", detail)),
        }
    }
}
