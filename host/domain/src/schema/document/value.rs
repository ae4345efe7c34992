//! One value of a document, as who looks for something in it sees it.

use std::fmt;

use serde_json::Value;

use super::{Document, Entry};

/// A value of a document. Numbers are the digits that the text has.
#[derive(Clone, Copy)]
pub struct DocumentValue<'d> {
    document: &'d Document<'d>,
    at: usize,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'d> {
    /// `null`.
    Null,
    /// A flag.
    Bool(bool),
    /// A number, as it is written.
    Number(&'d str),
    /// A string, without its escapes.
    Text(&'d str),
    /// An array.
    List,
    /// An object.
    Object,
}

impl Document<'_> {
    /// The document's one value.
    pub fn root(&self) -> DocumentValue<'_> {
        DocumentValue { document: self, at: 0 }
    }
}

impl<'d> DocumentValue<'d> {
    /// What it is.
    pub fn kind(&self) -> Kind<'d> {
        match self.document.entry(self.at) {
            Entry::Null => Kind::Null,
            Entry::Bool(value) => Kind::Bool(*value),
            Entry::Number { digits, .. } => Kind::Number(digits),
            Entry::Text(text) => Kind::Text(text),
            Entry::Array { .. } => Kind::List,
            Entry::Object { .. } => Kind::Object,
        }
    }

    /// The member of an object.
    pub fn member(&self, key: &str) -> Option<Self> {
        let Entry::Object { len, index, .. } = self.document.entry(self.at) else { return None };
        let at = self.document.member(self.at, *len, *index, key)?;
        Some(Self { at, ..*self })
    }

    /// The item of an array.
    pub fn item(&self, index: usize) -> Option<Self> {
        self.items().nth(index)
    }

    /// The items of an array; none of anything else.
    pub fn items(&self) -> impl Iterator<Item = Self> + use<'d> {
        let len = match self.document.entry(self.at) {
            Entry::Array { len, .. } => *len,
            Entry::Null | Entry::Bool(_) | Entry::Number { .. } | Entry::Text(_) | Entry::Object { .. } => 0,
        };
        let (document, mut next) = (self.document, self.at + 1);
        (0..len).map(move |_| {
            let at = next;
            next = document.after(at);
            Self { document, at }
        })
    }

    /// The members of an object; none of anything else.
    pub fn members(&self) -> impl Iterator<Item = (&'d str, Self)> + use<'d> {
        let len = match self.document.entry(self.at) {
            Entry::Object { len, .. } => *len,
            Entry::Null | Entry::Bool(_) | Entry::Number { .. } | Entry::Text(_) | Entry::Array { .. } => 0,
        };
        let (document, mut next) = (self.document, self.at + 1);
        (0..len).map(move |_| {
            let at = next + 1;
            let key = document.text(next);
            next = document.after(at);
            (key, Self { document, at })
        })
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.kind() == Kind::Null
    }

    /// Its text, if it is a string.
    pub fn as_text(&self) -> Option<&'d str> {
        match self.kind() {
            Kind::Text(text) => Some(text),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List | Kind::Object => None,
        }
    }

    /// As a tree, whose numbers have what 64 bits have of their digits.
    pub fn to_value(&self) -> Value {
        self.document.value(self.at)
    }

    /// Writes it as JSON: without white space, and with every digit.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self.kind() {
            Kind::Null => out.extend_from_slice(b"null"),
            Kind::Bool(true) => out.extend_from_slice(b"true"),
            Kind::Bool(false) => out.extend_from_slice(b"false"),
            Kind::Number(digits) => out.extend_from_slice(digits.as_bytes()),
            Kind::Text(text) => write_text(text, out),
            Kind::List => {
                out.push(b'[');
                for (index, item) in self.items().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Kind::Object => {
                out.push(b'{');
                for (index, (key, value)) in self.members().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write_text(key, out);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }

    /// As JSON with line breaks, for people.
    pub fn to_indented(&self) -> String {
        let mut out = Vec::new();
        self.indent(0, &mut out);
        String::from_utf8(out).unwrap_or_default()
    }

    fn indent(&self, depth: usize, out: &mut Vec<u8>) {
        let (open, close, keys) = match self.kind() {
            Kind::List => (b'[', b']', false),
            Kind::Object => (b'{', b'}', true),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => return self.write(out),
        };
        let line = |depth: usize, out: &mut Vec<u8>| {
            out.push(b'\n');
            out.extend(std::iter::repeat_n(b' ', 2 * depth));
        };
        out.push(open);
        let values = self.items().map(|item| ("", item)).chain(self.members());
        let mut count = 0;
        for (key, value) in values {
            if count > 0 {
                out.push(b',');
            }
            count += 1;
            line(depth + 1, out);
            if keys {
                write_text(key, out);
                out.extend_from_slice(b": ");
            }
            value.indent(depth + 1, out);
        }
        if count > 0 {
            line(depth, out);
        }
        out.push(close);
    }

    /// The same as a text.
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}

/// Writes a string with its quotes and escapes.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing a text to a vector can't fail.
    let _ = serde_json::to_writer(out, text);
}

impl fmt::Debug for DocumentValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_was_read_to_the_last_digit() {
        let text = r#"{"a":[18446744073709551616,0.1234567890123456789,-0,1E+2,7.10],"b":{"c":"é\"\n"},"d":null,"e":[{}],"f":[true,false]}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(document.root().to_json(), text);
        let value: Value = serde_json::from_str(r#"{"a":[1,[],{}],"b":{"c":"x"}}"#).unwrap();
        let indented = Document::parse(&value.to_string()).unwrap().root().to_indented();
        assert_eq!(indented, serde_json::to_string_pretty(&value).unwrap());
        let spaced = text.replace(',', " , ").replace(':', " :\n");
        assert_eq!(Document::parse(&spaced).unwrap().root().to_json(), text);
        let second = document.root().member("a").and_then(|list| list.item(1));
        assert_eq!(second.map(|value| value.kind()), Some(Kind::Number("0.1234567890123456789")));
        assert!(document.root().member("z").is_none() && document.root().item(0).is_none());
    }
}
