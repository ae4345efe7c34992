//! How the validator reads a [`Document`].

use std::borrow::Cow;

use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::{Number, Value};

use super::document::{Document, Entry};

/// The representation, as a type.
#[derive(Debug)]
pub(super) struct Text;

/// One value of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextNode<'a> {
    document: &'a Document<'a>,
    at: usize,
}

impl<'a> TextNode<'a> {
    pub(super) fn root(document: &'a Document<'a>) -> Self {
        Self { document, at: 0 }
    }

    fn entry(&self) -> &'a Entry<'a> {
        self.document.read(self.at)
    }
}

impl Json for Text {
    type Node<'a> = TextNode<'a>;
    type PreparedKey = String;
    type StringBuffer = ();

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(_: &mut (), string: &str, f: impl FnOnce(TextNode<'_>) -> T) -> T {
        let document = Document { entries: vec![Entry::Text(Cow::Borrowed(string))], ..Document::default() };
        f(TextNode::root(&document))
    }
}

impl<'a> Node<'a, Text> for TextNode<'a> {
    type Object = Container<'a>;
    type Array = Container<'a>;
    type Number = TextNumber<'a>;

    fn as_object(&self) -> Option<Container<'a>> {
        match self.entry() {
            Entry::Object { len, index, .. } => Some(Container { node: *self, len: *len, index: *index }),
            _ => None,
        }
    }

    fn as_array(&self) -> Option<Container<'a>> {
        match self.entry() {
            Entry::Array { len, .. } => Some(Container { node: *self, len: *len, index: None }),
            _ => None,
        }
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        match self.entry() {
            Entry::Text(text) => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }

    fn as_number(&self) -> Option<TextNumber<'a>> {
        match self.entry() {
            Entry::Number { digits, value } => Some(TextNumber { digits, value }),
            _ => None,
        }
    }

    fn as_boolean(&self) -> Option<bool> {
        match self.entry() {
            Entry::Bool(value) => Some(*value),
            _ => None,
        }
    }

    fn is_null(&self) -> bool {
        matches!(self.entry(), Entry::Null)
    }

    fn json_type(&self) -> JsonType {
        match self.entry() {
            Entry::Null => JsonType::Null,
            Entry::Bool(_) => JsonType::Boolean,
            Entry::Number { .. } => JsonType::Number,
            Entry::Text(_) => JsonType::String,
            Entry::Array { .. } => JsonType::Array,
            Entry::Object { .. } => JsonType::Object,
        }
    }

    fn to_value(&self) -> Cow<'a, Value> {
        Cow::Owned(self.document.value(self.at))
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.document.entry(self.at)).addr()))
    }
}

/// A number as it was parsed.
pub(super) struct TextNumber<'a> {
    digits: &'a str,
    value: &'a Number,
}

impl JsonNumber for TextNumber<'_> {
    fn as_u64(&self) -> Option<u64> {
        self.value.as_u64()
    }

    fn as_i64(&self) -> Option<i64> {
        self.value.as_i64()
    }

    fn as_f64(&self) -> Option<f64> {
        self.value.as_f64()
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.digits)
    }

    fn to_number(&self) -> Cow<'_, Number> {
        Cow::Borrowed(self.value)
    }
}

/// An array or an object.
pub(super) struct Container<'a> {
    node: TextNode<'a>,
    len: usize,
    index: Option<usize>,
}

/// Walks the values of a container; in an object from key to key.
pub(super) struct Values<'a> {
    next: TextNode<'a>,
    left: usize,
}

pub(super) struct Members<'a>(Values<'a>);

impl<'a> Iterator for Values<'a> {
    type Item = TextNode<'a>;

    fn next(&mut self) -> Option<TextNode<'a>> {
        self.left = self.left.checked_sub(1)?;
        let value = self.next;
        self.next.at = value.document.after(value.at);
        Some(value)
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, TextNode<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.next()?;
        let value = TextNode { at: key.at + 1, ..key };
        self.0.next.at = key.document.after(value.at);
        Some((key.document.text(key.at), value))
    }
}

impl<'a> Container<'a> {
    fn values(&self) -> Values<'a> {
        Values { next: TextNode { at: self.node.at + 1, ..self.node }, left: self.len }
    }
}

impl<'a> Array<'a, Text> for Container<'a> {
    type Node = TextNode<'a>;
    type ElementsIter = Values<'a>;

    fn len(&self) -> usize {
        self.len
    }

    fn elements(&self) -> Values<'a> {
        self.values()
    }
}

impl<'a> Object<'a, Text> for Container<'a> {
    type Node = TextNode<'a>;
    type MemberName = &'a str;
    type MembersIter = Members<'a>;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, key: &String) -> Option<TextNode<'a>> {
        let at = self.node.document.member(self.node.at, self.len, self.index, key)?;
        Some(TextNode { at, ..self.node })
    }

    fn members(&self) -> Members<'a> {
        Members(self.values())
    }
}

#[cfg(test)]
mod tests {
    use jsonschema::json::conformance;

    use super::*;

    #[test]
    fn the_representation_keeps_the_validator_s_contract() {
        let text = conformance::document().to_string();
        let document = Document::parse(&text).unwrap();
        conformance::assert_conformance::<Text>(&TextNode::root(&document));
    }
}
