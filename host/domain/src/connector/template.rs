//! Texts and JSON with `{{field}}` in them, read when a connector is saved and filled in by each call. Plain
//! substitution: there are no functions and no conditions.

use serde_json::Value;

use super::field::Field;
use crate::reader::Node;
use crate::schema::Document;

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text(Vec<Part>);

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    /// Text that is copied.
    Literal(String),
    /// The value of a field of the input.
    Field(Field),
}

/// JSON with placeholders.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// JSON text without placeholders.
    Constant(String),
    /// A value that is one placeholder: it keeps its JSON type.
    Whole(Field),
    /// A text with placeholders in it.
    Text(Text),
    /// A list.
    List(Vec<Tree>),
    /// An object; keys are JSON texts.
    Map(Vec<(String, Tree)>),
}

/// Why a text is not a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TextRefused {
    /// A placeholder has no end.
    #[error("`{{{{` without `}}}}` behind it: write `\\{{{{` for the braces themselves")]
    Open,
    /// It names no field.
    #[error(transparent)]
    Field(#[from] super::field::InvalidField),
}

impl std::str::FromStr for Text {
    type Err = TextRefused;

    fn from_str(text: &str) -> Result<Self, TextRefused> {
        let (mut parts, mut literal, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, behind)) = rest.split_once("{{") {
            // A backslash takes the meaning of the braces behind it, or of a backslash that stands before them.
            let plain = before.trim_end_matches('\\');
            let backslashes = before.len() - plain.len();
            literal.push_str(plain);
            literal.extend(std::iter::repeat_n('\\', backslashes / 2));
            if backslashes % 2 == 1 {
                literal.push_str("{{");
                rest = behind;
                continue;
            }
            let (name, after) = behind.split_once("}}").ok_or(TextRefused::Open)?;
            parts.extend((!literal.is_empty()).then(|| Part::Literal(std::mem::take(&mut literal))));
            parts.push(Part::Field(name.trim().parse()?));
            rest = after;
        }
        literal.push_str(rest);
        parts.extend((!literal.is_empty()).then_some(Part::Literal(literal)));
        Ok(Self(parts))
    }
}

impl Text {
    /// Its parts in order.
    pub(super) fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The fields that it names.
    pub(super) fn fields(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(field) => Some(field),
            Part::Literal(_) => None,
        })
    }

    /// What stands between them.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Field(_) => None,
        })
    }

    /// The one field that it is, without any text around it.
    pub(super) fn whole(&self) -> Option<&Field> {
        match self.0.as_slice() {
            [Part::Field(field)] => Some(field),
            _ => None,
        }
    }

    /// The text, if it has no placeholder.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with `x` in the place of every field.
    pub(super) fn sample(&self) -> String {
        let part = |part: &Part| match part {
            Part::Literal(text) => text.clone(),
            Part::Field(_) => "x".to_owned(),
        };
        self.0.iter().map(part).collect()
    }
}

impl Tree {
    /// Reads a value of a definition.
    pub(super) fn read(node: &Node<'_>) -> Option<Self> {
        let tree = match node.value {
            Value::String(_) => {
                let text: Text = node.parse("template")?;
                match (text.whole(), text.constant()) {
                    (Some(field), _) => Self::Whole(field.clone()),
                    (None, Some(text)) => Self::Constant(Value::from(text).to_string()),
                    (None, None) => Self::Text(text),
                }
            }
            Value::Array(items) => {
                let items: Option<Vec<_>> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| Self::read(&node.child(&index.to_string(), item)))
                    .collect();
                Self::List(items?)
            }
            Value::Object(members) => {
                let member = |(key, value): (&String, _)| {
                    let value = Self::read(&node.child(key, value))?;
                    Some((Value::String(key.clone()).to_string(), value))
                };
                Self::Map(members.iter().map(member).collect::<Option<_>>()?)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Constant(node.value.to_string()),
        };
        Some(tree.folded())
    }

    /// Becomes a constant if it has no placeholders.
    fn folded(self) -> Self {
        let constant = |tree: &Self| matches!(tree, Self::Constant(_));
        let whole = match &self {
            Self::List(items) => items.iter().all(constant),
            Self::Map(members) => members.iter().all(|(_, value)| constant(value)),
            Self::Constant(_) | Self::Whole(_) | Self::Text(_) => false,
        };
        if !whole {
            return self;
        }
        let mut text = Vec::new();
        // Nothing is looked up in it, so it fits any input and any size that a definition has.
        match super::fill::json(&self, Document::default().root(), usize::MAX, &mut text) {
            Ok(true) => Self::Constant(String::from_utf8_lossy(&text).into_owned()),
            Ok(false) | Err(_) => self,
        }
    }

    /// Calls `see` with each placeholder, and whether it is a value of its own.
    pub(super) fn each_field(&self, see: &mut dyn FnMut(&Field, bool)) {
        match self {
            Self::Constant(_) => {}
            Self::Whole(field) => see(field, true),
            Self::Text(text) => text.fields().for_each(|field| see(field, false)),
            Self::List(items) => items.iter().for_each(|item| item.each_field(see)),
            Self::Map(members) => members.iter().for_each(|(_, value)| value.each_field(see)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_in_pieces() {
        let text: Text = "/a/{{ id }}/b{{user.name}}".parse().unwrap();
        let fields: Vec<_> = text.fields().map(Field::to_string).collect();
        assert_eq!((fields, text.sample().as_str()), (vec!["id".to_owned(), "user.name".to_owned()], "/a/x/bx"));
        assert!("{{id}}".parse::<Text>().unwrap().whole().is_some());
        assert_eq!("plain {text}".parse::<Text>().unwrap().constant(), Some("plain {text}"));
        for wrong in ["{{a", "{{}}", "{{ a b }}", "{{upper(a)}}"] {
            assert!(wrong.parse::<Text>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn braces_can_be_meant_as_they_are() {
        for (text, expected) in [
            ("query { viewer { login }}", "query { viewer { login }}"),
            (r"\{{name}}", "{{name}}"),
            (r"Hello \{{ name }}, {{id}}}}", "Hello {{ name }}, x}}"),
            (r"\\{{id}}", r"\x"),
            (r"\\\{{id}}", r"\{{id}}"),
            (r"C:\dir\{id}", r"C:\dir\{id}"),
            ("{{a}}}}", "x}}"),
        ] {
            assert_eq!(text.parse::<Text>().unwrap().sample(), expected, "{text}");
        }
        assert!("{{a".parse::<Text>().unwrap_err().to_string().contains(r"write `\{{`"));
    }
}
