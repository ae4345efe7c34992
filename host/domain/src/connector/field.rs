//! A field of a connector's input, as a placeholder names it: `user.name`, `labels.0`, or the JSON pointer
//! `/user/name`.

use std::fmt;
use std::str::FromStr;

use super::pointer::Pointer;
use crate::schema::DocumentValue;

/// The part of the input that a placeholder names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field(Pointer);

/// A placeholder that names no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{{{{{0}}}}}` is no placeholder: expected the name of a field of the input, such as `{{{{id}}}}`, \
     `{{{{user.name}}}}` or `{{{{/user/name}}}}`; write `\\{{{{` for braces that are meant as they are"
)]
pub struct InvalidField(String);

impl FromStr for Field {
    type Err = InvalidField;

    fn from_str(text: &str) -> Result<Self, InvalidField> {
        let shown = || InvalidField(text.chars().take(80).flat_map(char::escape_debug).collect());
        if text.starts_with('/') {
            return text.parse().map(Self).map_err(|_not_a_pointer| shown());
        }
        let named = |token: &str| {
            let name = |one: char| one.is_alphanumeric() || "_-$@".contains(one);
            !token.is_empty() && token.chars().all(name)
        };
        if text.split('.').all(named) { Ok(Self(Pointer::of(text.split('.')))) } else { Err(shown()) }
    }
}

impl Field {
    /// What an input has there.
    pub fn of<'v>(&self, input: DocumentValue<'v>) -> Option<DocumentValue<'v>> {
        self.0.of_value(input)
    }

    /// The member names and indexes from the root to the field.
    pub(super) fn tokens(&self) -> &[String] {
        self.0.tokens()
    }

    /// The field as a JSON pointer (RFC 6901).
    pub fn pointer(&self) -> String {
        self.0.to_string()
    }
}

/// As a definition has it, without the braces.
impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |token: &String| token.parse::<Self>().is_ok_and(|field| field.tokens().len() == 1);
        if self.tokens().iter().all(plain) { f.write_str(&self.tokens().join(".")) } else { self.0.fmt(f) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Document;

    #[test]
    fn names_dots_and_pointers_lead_to_a_value() {
        let document = Document::parse(r#"{"a": {"b": [10, 20], "c.d": true}, "$id": 1}"#).unwrap();
        let input = document.root();
        for (text, shown, expected) in
            [("a.b.1", "a.b.1", "20"), ("/a/b/0", "a.b.0", "10"), ("/a/c.d", "/a/c.d", "true"), ("$id", "$id", "1")]
        {
            let field: Field = text.parse().unwrap();
            let found = field.of(input).map(|value| value.to_json());
            assert_eq!((found.as_deref(), field.to_string().as_str()), (Some(expected), shown));
        }
        assert_eq!("a.x".parse::<Field>().unwrap().of(input).map(|value| value.to_json()), None);
        for wrong in ["", " a", "a b", "a.", ".a", "a..b", "a(b)", "/a~2", "a}"] {
            assert!(wrong.parse::<Field>().is_err(), "{wrong:?}");
        }
    }
}
