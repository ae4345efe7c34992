//! Where a request goes: a path behind the group's `base_url`, or a whole URL whose host is fixed.

use super::field::Field;
use super::fill::{Unfit, encode, filled};
use super::template::{Part, Text};
use crate::Violation;
use crate::destination::{Target, resolve};
use crate::reader::{Node, Object};
use crate::schema::DocumentValue;

/// What a URL may have before its query; longer ones are refused when they are sent.
const PATH_MAX: usize = 8 * 1024;

/// Fields of one address that are whole segments.
pub(crate) const SEGMENTS_MAX: usize = 32;

/// An address without its query.
#[derive(Debug, Clone, PartialEq)]
pub struct Address {
    text: Text,
    /// Whether it names its host.
    absolute: bool,
    /// Fields that are a whole segment each, with any slashes in them encoded.
    segments: Vec<Field>,
}

impl Address {
    /// Reads `path` or `url` of a definition: one of them.
    pub(super) fn read(object: &mut Object<'_>) -> Option<Self> {
        let (path, url) = (object.optional("path"), object.optional("url"));
        let segments = object.optional("segments");
        let address = match (path, url) {
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
        }?;
        let items = segments.map(|at| at.items(SEGMENTS_MAX)).unwrap_or_default();
        let segments = items.iter().filter_map(|at| address.segment(at)).collect();
        Some(Self { segments, ..address })
    }

    /// A field that stands in the address as a whole segment, between two slashes.
    fn segment(&self, at: &Node<'_>) -> Option<Field> {
        let field: Field = at.parse("field")?;
        let parts = self.text.parts();
        let whole = |index: usize| {
            let before = index.checked_sub(1).and_then(|before| parts.get(before));
            let begins = matches!(before, Some(Part::Literal(text)) if text.ends_with('/'));
            let ends = match parts.get(index + 1) {
                None => true,
                Some(Part::Literal(text)) => text.starts_with('/'),
                Some(Part::Field(_)) => false,
            };
            begins && ends
        };
        let mut places = parts.iter().enumerate().filter(|(_, part)| **part == Part::Field(field.clone())).peekable();
        if places.peek().is_none() || !places.all(|(index, _)| whole(index)) {
            at.wrong(
                "segment",
                format!("expected `{{{{{field}}}}}` as a whole segment of the path, such as `/{{{{{field}}}}}/`"),
            );
        }
        Some(field)
    }

    fn relative(node: &Node<'_>) -> Option<Self> {
        let text: Text = node.parse("template")?;
        let sample = text.sample();
        match resolve(&sample) {
            // Two slashes begin the name of another host where URLs are put together (RFC 3986 section 4.2).
            Ok(resolved) if resolved == sample && !sample.starts_with("//") => {}
            Ok(_) => node.wrong("path", "expected a path that begins with one `/` and has no dot segments"),
            Err(_) if sample.contains('?') => {
                node.wrong("path", "`?` begins the parameters: expected them in `query`, or `%3F` for the character");
            }
            Err(_) if sample.contains('#') => {
                node.wrong("path", "`#` begins a fragment, which is never sent: expected `%23` for the character");
            }
            Err(error) => node.wrong("path", error.to_string()),
        }
        Some(Self { text, absolute: false, segments: Vec::new() })
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
        Some(Self { text, absolute: true, segments: Vec::new() })
    }

    /// Whether values of it may have slashes, which are sent encoded.
    pub fn has_segments(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Whether it names its host.
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    pub(super) fn text(&self) -> &Text {
        &self.text
    }

    /// The address for an input. A value is a part of one segment: it can't add another or lead upwards.
    pub(super) fn fill(&self, input: DocumentValue<'_>) -> Result<String, Unfit> {
        let filled = filled(&self.text, input, PATH_MAX, |field, value, out| {
            let segment = self.segments.contains(field);
            let refused = |one: char| one.is_control() || one == '\\' || (one == '/' && !segment);
            if value.is_empty() || value.chars().any(refused) {
                let detail = "this value becomes a part of a path: expected at least one character, and no slash (unless \
                              `segments` names the field), backslash or control character";
                return Err(Unfit::value(field, "path", detail));
            }
            if value.split('/').any(|piece| matches!(piece.split(';').next(), Some("." | ".."))) && segment {
                return Err(Unfit::value(field, "path", "no part of a path can be `.` or `..`"));
            }
            encode(value, out);
            Ok(())
        })?;
        let Some(filled) = filled else {
            let absent = |value: Option<DocumentValue<'_>>| value.is_none_or(|value| value.is_null());
            return Err(self.refusal(input, absent, "this value stands in a path: expected one"));
        };
        // The template has no dot segments, so one that is here comes from a value.
        if filled.split('/').any(|segment| matches!(segment.split("%3B").next(), Some("." | ".."))) {
            let dotted = |value: Option<DocumentValue<'_>>| {
                value.and_then(|value| value.as_text()).is_some_and(|text| text.contains('.'))
            };
            return Err(self.refusal(input, dotted, "a segment of a path can't be `.` or `..`"));
        }
        Ok(filled)
    }

    /// Names the first field whose value is wrong.
    fn refusal(
        &self,
        input: DocumentValue<'_>,
        wrong: impl Fn(Option<DocumentValue<'_>>) -> bool,
        detail: &str,
    ) -> Unfit {
        match self.text.fields().find(|field| wrong(field.of(input))) {
            Some(field) => Unfit::value(field, "path", detail),
            None => Unfit::Value(Violation::new("", "path", detail)),
        }
    }
}
