//! JSON pointers (RFC 6901), read once.

use std::fmt;
use std::str::FromStr;

use crate::schema::{DocumentValue, Kind};

/// Upper bound of the reference tokens of a pointer; far more than documents are deep.
const TOKENS_MAX: usize = 64;

/// A JSON pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer(Vec<String>);

/// A text that is not a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a JSON pointer (RFC 6901): empty, or names with `/` before each, such as /data/items; `~` only as `~0` or `~1`"
)]
pub struct InvalidPointer;

impl FromStr for Pointer {
    type Err = InvalidPointer;

    fn from_str(text: &str) -> Result<Self, InvalidPointer> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        let inside = text.strip_prefix('/').ok_or(InvalidPointer)?;
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        let tokens: Vec<_> = inside.split('/').map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
        if escapes && tokens.len() <= TOKENS_MAX { Ok(Self(tokens)) } else { Err(InvalidPointer) }
    }
}

impl Pointer {
    pub(super) fn of<'t>(tokens: impl Iterator<Item = &'t str>) -> Self {
        Self(tokens.map(str::to_owned).collect())
    }

    /// Its reference tokens, unescaped.
    pub fn tokens(&self) -> &[String] {
        &self.0
    }

    /// What a document has there.
    pub fn of_value<'v>(&self, value: DocumentValue<'v>) -> Option<DocumentValue<'v>> {
        self.0.iter().try_fold(value, |at, token| match at.kind() {
            Kind::Object => at.member(token),
            Kind::List => at.item(index(token)?),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => None,
        })
    }
}

/// The index of an item: digits without a leading zero.
pub(super) fn index(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit()) && (token.len() == 1 || !token.starts_with('0'));
    token.parse().ok().filter(|_| digits)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Document;

    #[test]
    fn the_examples_of_the_rfc() {
        let text = r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8," ":7}"#;
        let document = Document::parse(text).unwrap();
        for (text, expected) in [
            ("", text),
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", "\"bar\""),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/m~0n", "8"),
            ("/ ", "7"),
        ] {
            let pointer: Pointer = text.parse().unwrap();
            let found = pointer.of_value(document.root()).map(|value| value.to_json());
            assert_eq!((found.as_deref(), pointer.to_string().as_str()), (Some(expected), text));
        }
        for absent in ["/foo/01", "/foo/2", "/foo/-", "/bar", "/foo/0/x"] {
            assert!(absent.parse::<Pointer>().unwrap().of_value(document.root()).is_none(), "{absent}");
        }
        for wrong in ["foo", "/a~", "/a~2b"] {
            assert!(wrong.parse::<Pointer>().is_err(), "{wrong}");
        }
    }
}
