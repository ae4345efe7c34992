//! Putting a value into a JSON text at a pointer, as pages do whose cursor belongs into the body.

use super::fill::Unfit;
use super::pointer::Pointer;
use crate::Violation;
use crate::schema::{Document, DocumentValue, Kind, write_text};

impl Pointer {
    /// The JSON text with a value here, in place of what may be here. Objects on the way are made where there is nothing.
    ///
    /// # Errors
    /// What is on the way is no object.
    pub fn put(&self, text: &[u8], value: &str) -> Result<Vec<u8>, Unfit> {
        let text = if text.is_empty() { b"null" } else { text };
        let document = Document::parse_bytes(text).map_err(|_| self.refused())?;
        let mut out = Vec::with_capacity(text.len() + value.len() + 16);
        self.write(Some(document.root()), self.tokens(), value, &mut out)?;
        Ok(out)
    }

    fn write(
        &self,
        at: Option<DocumentValue<'_>>,
        way: &[String],
        value: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), Unfit> {
        let Some((next, rest)) = way.split_first() else {
            out.extend_from_slice(value.as_bytes());
            return Ok(());
        };
        match at.map(|at| at.kind()) {
            None | Some(Kind::Null | Kind::Object) => {}
            Some(Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::List) => return Err(self.refused()),
        }
        out.push(b'{');
        for (key, member) in at.iter().flat_map(|at| at.members()).filter(|(key, _)| key != next) {
            write_text(key, out);
            out.push(b':');
            member.write(out);
            out.push(b',');
        }
        write_text(next, out);
        out.push(b':');
        self.write(at.and_then(|at| at.member(next)), rest, value, out)?;
        out.push(b'}');
        Ok(())
    }

    fn refused(&self) -> Unfit {
        let detail = format!("the body can't have the page's value at `{self}`: expected objects on the way to it");
        Unfit::Value(Violation::new("", "body", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_replaces_or_joins_what_is_there() {
        let put = |pointer: &str, text: &str| {
            let pointer: Pointer = pointer.parse().unwrap();
            pointer.put(text.as_bytes(), "\"x\"").map(|text| String::from_utf8(text).unwrap()).ok()
        };
        for (pointer, text, expected) in [
            ("/c", r#"{"a":1.10}"#, Some(r#"{"a":1.10,"c":"x"}"#)),
            ("/c", r#"{"c":null,"a":1}"#, Some(r#"{"a":1,"c":"x"}"#)),
            ("/page/c", "{}", Some(r#"{"page":{"c":"x"}}"#)),
            ("/page/c", r#"{"page":{"size":5}}"#, Some(r#"{"page":{"size":5,"c":"x"}}"#)),
            ("/c", "", Some(r#"{"c":"x"}"#)),
            ("/c", "[]", None),
            ("/a/c", r#"{"a":7}"#, None),
            ("/c", "no json", None),
        ] {
            assert_eq!(put(pointer, text).as_deref(), expected, "{pointer} {text}");
        }
    }
}
