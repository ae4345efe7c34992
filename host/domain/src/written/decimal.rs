//! Whether a number of a value is the number that was written.

use serde_json::Number;

/// The number of a JSON number's digits; none if 64 bits have only one that is close to it.
pub(super) fn exact(digits: &str) -> Option<Number> {
    let number: Number = digits.parse().ok()?;
    (normal(&number.to_string())? == normal(digits)?).then_some(number)
}

/// Sign, significant digits, and the power of ten of the last of them: the same for every spelling of one number.
fn normal(text: &str) -> Option<(bool, String, i64)> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i64 = exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let significant = digits.trim_end_matches('0');
    if significant.is_empty() {
        return Some((false, String::new(), 0));
    }
    let zeros = i64::try_from(digits.len() - significant.len()).ok()?;
    Some((negative, significant.to_owned(), exponent.checked_add(zeros)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_64_bits_have_is_exact() {
        for text in
            ["0", "-0", "1", "7.10", "0.1", "1e3", "1E+3", "-2.50e-7", "18446744073709551615", "100000000000000000000"]
        {
            assert!(exact(text).is_some(), "{text}");
        }
        for text in ["18446744073709551616", "0.1234567890123456789", "1e400", "9007199254740993.5", "1e-400"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }
}
