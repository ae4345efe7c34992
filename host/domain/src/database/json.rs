//! Values as JSON, for connectors without code and for who tests one. What JSON has no form for is text: decimals, moments,
//! bytes in base64 (RFC 4648), numbers that are none.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;

use super::{Array, ArrayRefused, Scalar, Value};
use crate::schema::is_number;

impl Value {
    /// Writes it as JSON text. Whole numbers and JSON keep their digits.
    pub fn write_json(&self, text: &mut String) {
        match self {
            Self::Scalar(scalar) => scalar.write_json(text),
            Self::Array(array) => array.write_json(text),
        }
    }

    /// The JSON of it, as far as it is JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let mut text = String::new();
        self.write_json(&mut text);
        serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text))
    }
}

impl Scalar {
    fn write_json(&self, text: &mut String) {
        // Writing into a `String` does not fail.
        let _ = match self {
            Self::Null => write!(text, "null"),
            Self::Boolean(value) => write!(text, "{value}"),
            Self::Int64(value) => write!(text, "{value}"),
            Self::Unsigned64(value) => write!(text, "{value}"),
            Self::Float64(value) if value.is_nan() => write!(text, "\"NaN\""),
            Self::Float64(value) if value.is_infinite() => {
                write!(text, "\"{}Infinity\"", if *value < 0.0 { "-" } else { "" })
            }
            Self::Float64(value) => return text.push_str(&serde_json::Value::from(*value).to_string()),
            Self::Bytes(bytes) => return quoted(&STANDARD.encode(bytes), text),
            Self::Json(own) => return text.push_str(own),
            Self::Decimal(own)
            | Self::Text(own)
            | Self::Date(own)
            | Self::Time(own)
            | Self::Timestamp(own)
            | Self::TimestampTz(own)
            | Self::Interval(own)
            | Self::Uuid(own)
            | Self::Other { text: own, .. } => return quoted(own, text),
        };
    }

    /// It as an item of a list that becomes JSON.
    fn to_json_item(&self) -> Result<Self, ArrayRefused> {
        match self {
            Self::Decimal(digits) if is_number(digits) => Ok(Self::Json(digits.clone())),
            Self::Decimal(_) => Err(ArrayRefused::Number),
            Self::Float64(value) if !value.is_finite() => Err(ArrayRefused::Number),
            Self::Bytes(_) => Err(ArrayRefused::Bytes),
            Self::Null
            | Self::Boolean(_)
            | Self::Int64(_)
            | Self::Unsigned64(_)
            | Self::Float64(_)
            | Self::Text(_)
            | Self::Date(_)
            | Self::Time(_)
            | Self::Timestamp(_)
            | Self::TimestampTz(_)
            | Self::Interval(_)
            | Self::Uuid(_)
            | Self::Json(_)
            | Self::Other { .. } => Ok(self.clone()),
        }
    }
}

impl Array {
    /// The JSON that a list is where a parameter is JSON: a decimal is a number there, with its digits.
    ///
    /// # Errors
    /// Its dimensions are none, or JSON has no form for an item: the server would keep another value than was given.
    pub fn to_json_parameter(&self) -> Result<String, ArrayRefused> {
        let lengths = self.lengths()?;
        if self.items.is_empty() && lengths.first().is_some_and(|outermost| *outermost > 0) {
            return Err(ArrayRefused::Empty);
        }
        let items: Vec<Scalar> = self.items.iter().map(Scalar::to_json_item).collect::<Result<_, _>>()?;
        let mut text = String::new();
        level(&lengths, &items, &mut text);
        Ok(text)
    }

    fn write_json(&self, text: &mut String) {
        // One whose dimensions are none is sent nowhere; where it is shown it is a plain list.
        let lengths = self.lengths().unwrap_or_else(|_| vec![self.items.len()]);
        level(&lengths, &self.items, text);
    }
}

/// One list. It is as deep as an array has dimensions.
fn level(lengths: &[usize], items: &[Scalar], text: &mut String) {
    let (length, inner) = lengths.split_first().map_or((0, &[][..]), |(length, inner)| (*length, inner));
    let each = items.len().checked_div(length).unwrap_or(0).max(1);
    text.push('[');
    for (index, part) in items.chunks(each).enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        match part {
            [one] if inner.is_empty() => one.write_json(text),
            part => level(inner, part, text),
        }
    }
    text.push(']');
}

/// A text of JSON. It can't fail: every text of Rust is one.
fn quoted(own: &str, text: &mut String) {
    text.push_str(&serde_json::Value::from(own).to_string());
}

#[cfg(test)]
mod tests {
    use super::super::Dimension;
    use super::*;

    fn json(value: impl Into<Value>) -> String {
        let mut text = String::new();
        value.into().write_json(&mut text);
        text
    }

    #[test]
    fn values_keep_what_they_say() {
        assert_eq!(json(Scalar::Int64(i64::MIN)), "-9223372036854775808");
        assert_eq!(json(Scalar::Unsigned64(u64::MAX)), "18446744073709551615");
        assert_eq!(json(Scalar::Float64(f64::NEG_INFINITY)), "\"-Infinity\"");
        assert_eq!(json(Scalar::Float64(0.1)), "0.1");
        assert_eq!(json(Scalar::Decimal("1.10".to_owned())), "\"1.10\"");
        assert_eq!(json(Scalar::Text("a\"\u{1}".to_owned())), "\"a\\\"\\u0001\"");
        assert_eq!(json(Scalar::Json("{\"a\": 1.10}".to_owned())), "{\"a\": 1.10}");
        for (bytes, text) in [(&b""[..], "\"\""), (b"f", "\"Zg==\""), (b"fo", "\"Zm8=\""), (b"foo", "\"Zm9v\"")] {
            assert_eq!(json(Scalar::Bytes(bytes.to_vec())), text);
        }
    }

    #[test]
    fn decimals_of_a_parameter_are_numbers() {
        let items = ["1.10", "123456789012345678901234567890", "-1e400"].map(|text| Scalar::Decimal(text.to_owned()));
        let array = Array { element: String::new(), dimensions: Vec::new(), items: items.to_vec() };
        assert_eq!(array.to_json_parameter().unwrap(), "[1.10,123456789012345678901234567890,-1e400]");
        assert!(json(Value::Array(array)).starts_with(r#"["1.10","#));
    }

    #[test]
    fn a_parameter_is_the_list_that_was_given() {
        let list = |lengths: &[u32], items: &[Scalar]| {
            let dimensions = lengths.iter().map(|length| Dimension { length: *length, first: 1 }).collect();
            Array { element: String::new(), dimensions, items: items.to_vec() }.to_json_parameter()
        };
        let texts = [1, 2, 3].map(|number| Scalar::Text(number.to_string()));
        assert_eq!(list(&[3, 1], &texts).unwrap(), r#"[["1"],["2"],["3"]]"#);
        assert_eq!(list(&[2, 1], &texts), Err(ArrayRefused::Items));
        for none in [&[][..], &[0], &[0, 2]] {
            assert_eq!(list(none, &[]).unwrap(), "[]");
        }
        for empty in [&[1, 0][..], &[2, 0], &[u32::MAX, u32::MAX, 0], &[2, 0, 2]] {
            assert_eq!(list(empty, &[]), Err(ArrayRefused::Empty));
        }
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(list(&[], &[Scalar::Float64(number), Scalar::Int64(1)]), Err(ArrayRefused::Number));
        }
        for decimal in ["NaN", "-Infinity", "1 2", "1,2", "", "-", "+1", ".5", "5.", "1 ", "true", "\"1\""] {
            assert_eq!(list(&[], &[Scalar::Decimal(decimal.to_owned())]), Err(ArrayRefused::Number), "{decimal}");
        }
        assert_eq!(list(&[1, 1], &[Scalar::Bytes(vec![1])]), Err(ArrayRefused::Bytes));
    }

    #[test]
    fn arrays_are_lists_of_lists() {
        let dimensions = [2, 2].map(|length| Dimension { length, first: 1 }).to_vec();
        let items = [1, 2, 3, 4].map(Scalar::Int64).to_vec();
        let array = Value::Array(Array { element: "int4".to_owned(), dimensions, items });
        assert_eq!(json(array), "[[1,2],[3,4]]");
        let empty = Value::Array(Array { element: "int4".to_owned(), dimensions: Vec::new(), items: Vec::new() });
        assert_eq!(json(empty), "[]");
    }

    #[test]
    fn dimensions_that_are_none_take_no_depth() {
        for dimensions in [vec![Dimension { length: 1, first: 1 }; 1_000_000], vec![Dimension { length: 2, first: 1 }]]
        {
            let array = Array { element: String::new(), dimensions, items: [1, 2, 3].map(Scalar::Int64).to_vec() };
            assert_eq!(json(Value::Array(array)), "[1,2,3]");
        }
    }
}
