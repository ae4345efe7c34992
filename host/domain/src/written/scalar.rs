//! Plain scalars by the core schema of YAML 1.2.2 (section 10.3.2).

use serde_json::Value;

use super::decimal::exact;
use super::{inexact, shown};

/// The value of a plain scalar.
///
/// # Errors
/// In a sentence: JSON has no such value.
pub(super) fn plain(text: &str) -> Result<Value, String> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => return Ok(Value::Bool(true)),
        "false" | "False" | "FALSE" => return Ok(Value::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(format!("`{text}` is a number that JSON has not: put it in quotes if it is a text"));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text.strip_prefix(prefix).filter(|digits| digits.chars().all(|digit| digit.is_digit(radix)));
        if let Some(digits) = digits.filter(|digits| !digits.is_empty()) {
            return u64::from_str_radix(digits, radix).map(Value::from).map_err(|_| inexact(text));
        }
    }
    let Some(json) = json(text, unsigned) else { return Ok(Value::String(text.to_owned())) };
    let whole = unsigned.split(['.', 'e', 'E']).next().unwrap_or_default();
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(format!("`{0}` would be the number {json}: write \"{0}\" in quotes if it is a text", shown(text)));
    }
    exact(&json).map(Value::Number).ok_or_else(|| inexact(text))
}

/// A number in JSON's spelling; none if the text is none.
fn json(text: &str, unsigned: &str) -> Option<String> {
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(one, two)| (one, Some(two)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(whole) && digits(fraction)) || whole.len() + fraction.len() == 0 {
        return None;
    }
    let power = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    if power.is_some_and(|power| power.is_empty() || !digits(power)) {
        return None;
    }
    let mut json = String::from(if text.starts_with('-') { "-" } else { "" });
    let whole = whole.trim_start_matches('0');
    json.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        json.push('.');
        json.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    Some(json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_core_schema_and_nothing_of_1_1() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("TRUE", json!(true)),
            ("false", json!(false)),
            ("0", json!(0)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("0o14", json!(12)),
            ("0x1F", json!(31)),
            ("7.10", json!(7.1)),
            (".5", json!(0.5)),
            ("1.", json!(1)),
            ("1e3", json!(1000.0)),
            ("-1.5E-3", json!(-0.0015)),
        ] {
            assert_eq!(plain(text), Ok(expected), "{text}");
        }
        for text in [
            "NO",
            "yes",
            "y",
            "on",
            "Off",
            "1_000",
            "12:30:45",
            "2021-01-11",
            "0b1",
            "nULL",
            "0x",
            "1e",
            ".",
            "-",
            "+",
            "e5",
            "1.2.3",
            "- 1",
            "0xG",
            "=",
            "<<",
        ] {
            assert_eq!(plain(text), Ok(json!(text)), "{text}");
        }
        for text in ["01234", "-007", "00.5", ".inf", "-.INF", ".nan", "18446744073709551616", "0x1ffffffffffffffff"] {
            assert!(plain(text).is_err(), "{text}");
        }
        assert!(plain("01234").unwrap_err().contains("write \"01234\" in quotes"));
    }
}
