//! Numbers of JSON and numbers in texts, digit by digit: a 64-bit integer does not go through a float.

use lockgate_domain::schema::is_number;

/// Digits of the largest 64-bit integer.
const DIGITS_MAX: i64 = 20;

/// A whole number, also one that is written with an exponent or with zeros after the point; none if it is none or has more
/// digits than 64 bits.
pub(crate) fn integer(text: &str) -> Option<i128> {
    if !is_number(text) {
        return None;
    }
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    let leading = all().take_while(|digit| *digit == b'0').count();
    let len = all().count();
    if leading == len {
        return Some(0);
    }
    let trailing = all().rev().take_while(|digit| *digit == b'0').count();
    // Exponents beyond 64 bits are as large as they need to be.
    let exponent = exponent.trim_start_matches('+').parse::<i64>().unwrap_or(if exponent.starts_with('-') {
        i64::MIN / 2
    } else {
        i64::MAX / 2
    });
    // Places between the last digit that counts and the point.
    let zeros = exponent.saturating_sub(fraction.len() as i64).saturating_add(trailing as i64);
    let digits = (len - leading - trailing) as i64;
    if zeros < 0 || digits.saturating_add(zeros) > DIGITS_MAX {
        return None;
    }
    let mut value = 0_i128;
    for digit in all().skip(leading).take(len - leading - trailing) {
        value = value * 10 + i128::from(digit - b'0');
    }
    for _ in 0..zeros {
        value *= 10;
    }
    Some(if negative { -value } else { value })
}

/// A number of 64 bits, also `NaN` and the infinities where a text may have them; none if it is too large.
pub(crate) fn double(text: &str, is_text: bool) -> Option<f64> {
    match text {
        "NaN" if is_text => return Some(f64::NAN),
        "Infinity" if is_text => return Some(f64::INFINITY),
        "-Infinity" if is_text => return Some(f64::NEG_INFINITY),
        _ => {}
    }
    is_number(text).then(|| text.parse().ok())?.filter(|value: &f64| value.is_finite())
}

/// The same of 32 bits.
pub(crate) fn float(text: &str, is_text: bool) -> Option<f32> {
    match double(text, is_text)? {
        value if value.is_finite() => text.parse().ok().filter(|value: &f32| value.is_finite()),
        value => Some(value as f32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_their_digits() {
        for (text, expected) in [
            ("0", 0),
            ("-0", 0),
            ("0.000", 0),
            ("0e999999999999999999999", 0),
            ("9007199254740993", 9_007_199_254_740_993),
            ("18446744073709551615", u64::MAX.into()),
            ("-9223372036854775808", i64::MIN.into()),
            ("1e5", 100_000),
            ("1E+5", 100_000),
            ("100000.000", 100_000),
            ("1.5e1", 15),
            ("1500e-2", 15),
            ("-120e-1", -12),
        ] {
            assert_eq!(integer(text), Some(expected), "{text}");
        }
        for text in [
            "",
            " 1",
            "1 ",
            "+1",
            "01",
            "1.",
            ".5",
            "0.5",
            "15e-1",
            "1e21",
            "1e99999999999999999999",
            "0x1",
            "1e",
            "--1",
            "NaN",
            "1_0",
            "1e-99999999999999999999",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn floats_are_as_large_as_their_bits() {
        assert_eq!(double("1.5", false), Some(1.5));
        assert!(double("NaN", true).is_some_and(f64::is_nan));
        assert_eq!(float("-Infinity", true), Some(f32::NEG_INFINITY));
        assert_eq!(float("3.4028235e38", false), Some(f32::MAX));
        assert_eq!(float("0.1", false), Some(0.1));
        for text in ["NaN", "Infinity", "3.502823e+38", "1e400", "nan", "inf", "1f"] {
            assert_eq!(float(text, false), None, "{text}");
        }
        for text in ["1.89769e+308", "inf", "-nan", ""] {
            assert_eq!(double(text, true), None, "{text}");
        }
    }
}
