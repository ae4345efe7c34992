//! Parameters in PostgreSQL's text format. The server reads them as values of the type that the statement gives them.

use std::fmt::Write as _;

use lockgate_domain::database::{Array, ArrayRefused, Scalar, Value};

use super::super::failed::Failed;
use super::types::{Kind, Type};

/// A parameter's text, or none for NULL.
pub(super) fn parameter(own: &Type, value: &Value) -> Result<Option<String>, Failed> {
    match value {
        Value::Scalar(scalar) => self::scalar(own, scalar),
        // A list where JSON is expected is JSON.
        Value::Array(array) if own.kind == Kind::Json && !own.array => {
            array.to_json_parameter().map(Some).map_err(refused)
        }
        // The server would take the text of the list for the value.
        Value::Array(_) if !own.array && Type::known(own.oid).is_some() => {
            let shown = own.shown();
            Err(Failed::Invalid(format!("a list can't be a parameter of type `{shown}`: write `:name::{shown}[]`")))
        }
        Value::Array(array) => self::array(own, array).map(Some),
    }
}

fn scalar(own: &Type, value: &Scalar) -> Result<Option<String>, Failed> {
    // The server would take the characters of anything else for bytes.
    if own.kind == Kind::Bytes && !matches!(value, Scalar::Null | Scalar::Bytes(_)) {
        let detail = "only bytes can be a parameter of type `bytea`: of a base64 text write decode(:name, 'base64')";
        return Err(Failed::Invalid(detail.to_owned()));
    }
    Ok(Some(match value {
        Scalar::Null => return Ok(None),
        Scalar::Boolean(value) => value.to_string(),
        Scalar::Int64(value) => value.to_string(),
        Scalar::Unsigned64(value) => value.to_string(),
        // The shortest digits that give the same number; the words are those of PostgreSQL.
        Scalar::Float64(value) if value.is_infinite() => if *value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Scalar::Float64(value) => value.to_string(),
        Scalar::Bytes(bytes) => {
            // As a text the bytes would be their digits.
            if own.kind != Kind::Bytes {
                return Err(Failed::Invalid(format!("bytes can't be a parameter of type `{}`", own.shown())));
            }
            let mut text = String::with_capacity(2 + 2 * bytes.len());
            text.push_str("\\x");
            for byte in bytes {
                // Writing into a `String` does not fail.
                let _ = write!(text, "{byte:02x}");
            }
            text
        }
        // It could be JSON already, or a text of it.
        Scalar::Text(_) if own.kind == Kind::Json => {
            let detail = "a text can't be a parameter of type `json`: give JSON, or write to_jsonb(:name::text)";
            return Err(Failed::Invalid(detail.to_owned()));
        }
        Scalar::Decimal(text)
        | Scalar::Text(text)
        | Scalar::Date(text)
        | Scalar::Time(text)
        | Scalar::Timestamp(text)
        | Scalar::TimestampTz(text)
        | Scalar::Interval(text)
        | Scalar::Uuid(text)
        | Scalar::Json(text)
        | Scalar::Other { text, .. } => {
            if text.contains('\0') {
                return Err(Failed::Invalid("a text of PostgreSQL has no NUL".to_owned()));
            }
            text.clone()
        }
    }))
}

fn array(own: &Type, array: &Array) -> Result<String, Failed> {
    let lengths = array.lengths().map_err(refused)?;
    let mut text = String::new();
    if array.dimensions.iter().any(|one| one.first != 1) {
        for one in &array.dimensions {
            let last = i64::from(one.first) + i64::from(one.length) - 1;
            let _ = write!(text, "[{}:{last}]", one.first);
        }
        text.push('=');
    }
    let item = Type { array: false, ..own.clone() };
    level(&item, &lengths, &array.items, &mut text)?;
    Ok(text)
}

fn refused(refused: ArrayRefused) -> Failed {
    Failed::Invalid(refused.to_string())
}

fn level(own: &Type, lengths: &[usize], items: &[Scalar], text: &mut String) -> Result<(), Failed> {
    text.push('{');
    let (length, inner) = lengths.split_first().map_or((0, &[][..]), |(length, inner)| (*length, inner));
    let each = items.len().checked_div(length).unwrap_or(0).max(1);
    for (index, part) in items.chunks(each).enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        match part {
            _ if !inner.is_empty() => level(own, inner, part, text)?,
            [one] => match scalar(own, one)? {
                None => text.push_str("NULL"),
                Some(item) => quoted(&item, text),
            },
            _ => return Err(Failed::Invalid("an array has another number of items than it says".to_owned())),
        }
    }
    text.push('}');
    Ok(())
}

fn quoted(item: &str, text: &mut String) {
    text.push('"');
    for one in item.chars() {
        if one == '"' || one == '\\' {
            text.push('\\');
        }
        text.push(one);
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use lockgate_domain::database::Dimension;

    use super::*;

    fn text(oid: u32, value: impl Into<Value>) -> Option<String> {
        parameter(&Type::known(oid).unwrap(), &value.into()).unwrap()
    }

    #[test]
    fn values_are_texts_that_the_server_reads() {
        assert_eq!(text(25, Scalar::Null), None);
        assert_eq!(text(701, Scalar::Float64(f64::NEG_INFINITY)).unwrap(), "-Infinity");
        assert_eq!(text(701, Scalar::Float64(1e300)).unwrap().parse(), Ok(1e300));
        assert_eq!(text(20, Scalar::Unsigned64(u64::MAX)).unwrap(), "18446744073709551615");
        assert_eq!(text(17, Scalar::Bytes(vec![0, 255])).unwrap(), "\\x00ff");
    }

    #[test]
    fn arrays_are_quoted_and_nested() {
        let items = ["a\"b\\", "NULL", "", "{,}"].map(|text| Scalar::Text(text.to_owned())).to_vec();
        let array = Array { element: "text".to_owned(), dimensions: Vec::new(), items };
        assert_eq!(text(1009, Value::Array(array)).unwrap(), r#"{"a\"b\\","NULL","","{,}"}"#);
        let items = (1..=6).map(Scalar::Int64).collect();
        let dimensions = vec![Dimension { length: 2, first: 0 }, Dimension { length: 3, first: 1 }];
        let array = Array { element: "int8".to_owned(), dimensions, items };
        assert_eq!(text(1016, Value::Array(array)).unwrap(), r#"[0:1][1:3]={{"1","2","3"},{"4","5","6"}}"#);
        let empty = Array { element: "int8".to_owned(), dimensions: Vec::new(), items: Vec::new() };
        assert_eq!(text(1016, Value::Array(empty)).unwrap(), "{}");
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        let text = Type::known(25).unwrap();
        assert!(parameter(&text, &Scalar::Bytes(vec![1]).into()).is_err());
        assert!(parameter(&text, &Scalar::Text("a\0b".to_owned()).into()).is_err());
        let list = Array { element: "text".to_owned(), dimensions: Vec::new(), items: vec![Scalar::Int64(1)] };
        let list = Value::Array(list);
        for oid in [25, 1043, 23, 17, 600] {
            let refused = parameter(&Type::known(oid).unwrap(), &list);
            assert!(matches!(&refused, Err(Failed::Invalid(why)) if why.contains("a list can't be")), "{refused:?}");
        }
        // What the host does not know may be an array.
        let named = Type::named(70_000, "mood[]".to_owned());
        assert_eq!(parameter(&named, &list).unwrap().unwrap(), r#"{"1"}"#);
        let dimensions = vec![Dimension { length: 2, first: 1 }];
        let array = Array { element: "text".to_owned(), dimensions, items: vec![Scalar::Null; 3] };
        assert!(parameter(&Type::known(1009).unwrap(), &Value::Array(array)).is_err());
        let dimensions = vec![Dimension { length: 1, first: 1 }; 1_000_000];
        let deep = Value::Array(Array { element: "text".to_owned(), dimensions, items: vec![Scalar::Null] });
        for oid in [1009, 114] {
            assert!(parameter(&Type::known(oid).unwrap(), &deep).is_err());
        }
    }

    #[test]
    fn bytes_alone_are_bytes() {
        let (one, list) = (Type::known(17).unwrap(), Type::known(1001).unwrap());
        let own = || "1".to_owned();
        for other in [
            Scalar::Boolean(true),
            Scalar::Int64(5),
            Scalar::Unsigned64(5),
            Scalar::Float64(0.5),
            Scalar::Decimal(own()),
            Scalar::Text(own()),
            Scalar::Date(own()),
            Scalar::Time(own()),
            Scalar::Timestamp(own()),
            Scalar::TimestampTz(own()),
            Scalar::Interval(own()),
            Scalar::Uuid(own()),
            Scalar::Json(own()),
            Scalar::Other { type_name: own(), text: own() },
        ] {
            let array =
                |item: Scalar| Value::Array(Array { element: own(), dimensions: Vec::new(), items: vec![item] });
            for (own, value) in [(&one, other.clone().into()), (&list, array(other))] {
                let refused = parameter(own, &value);
                assert!(matches!(&refused, Err(Failed::Invalid(why)) if why.contains("only bytes")), "{refused:?}");
            }
        }
        assert_eq!(parameter(&one, &Value::NULL).unwrap(), None);
    }
}
