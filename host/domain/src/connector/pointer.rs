//! JSON pointers (RFC 6901), read once.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

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

    /// The value that it refers to in a document.
    pub fn of_value<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |node, token| match node {
            Value::Object(members) => members.get(token),
            Value::Array(items) => items.get(index(token)?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
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
    use serde_json::json;

    use super::*;

    #[test]
    fn the_examples_of_the_rfc() {
        let document = json!({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, " ": 7});
        for (text, expected) in [
            ("", document.clone()),
            ("/foo", json!(["bar", "baz"])),
            ("/foo/0", json!("bar")),
            ("/", json!(0)),
            ("/a~1b", json!(1)),
            ("/c%d", json!(2)),
            ("/m~0n", json!(8)),
            ("/ ", json!(7)),
        ] {
            let pointer: Pointer = text.parse().unwrap();
            assert_eq!((pointer.of_value(&document), pointer.to_string().as_str()), (Some(&expected), text));
        }
        for absent in ["/foo/01", "/foo/2", "/foo/-", "/bar", "/foo/0/x"] {
            assert_eq!(absent.parse::<Pointer>().unwrap().of_value(&document), None, "{absent}");
        }
        for wrong in ["foo", "/a~", "/a~2b"] {
            assert!(wrong.parse::<Pointer>().is_err(), "{wrong}");
        }
    }
}
