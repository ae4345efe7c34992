//! Headers of which a request has one. With two that differ, whoever stands before the host may have meant the other.

use axum::http::{HeaderMap, HeaderValue};

use crate::response::Refusal;

/// The value of a header. Equal ones count as one.
pub(crate) fn value<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        return Err(Refusal::malformed(format!(
            "the header `{name}` is there twice with different values: expected one"
        )));
    }
    Ok(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_differ_are_none() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x", HeaderValue::from_static(value));
            }
            value(&headers, "x").map(|found| found.map(|value| value.to_str().unwrap().to_owned())).ok()
        };
        assert_eq!(
            (of(&[]), of(&["a"]), of(&["a", "a"])),
            (Some(None), Some(Some("a".into())), Some(Some("a".into())))
        );
        assert_eq!((of(&["a", "b"]), of(&["a", "a", "A"]), of(&["", "a"])), (None, None, None));
    }
}
