//! Numbers without an exponent.

/// The digits of a number of JSON without an exponent, such as `150` for `1.5e2`; none if it is no number or has more than
/// `max` digits then.
pub fn plain(text: &str, max: usize) -> Option<String> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|one| one.is_ascii_digit());
    if !is_number || whole.len() + fraction.len() > max {
        return None;
    }
    let digits = format!("{whole}{fraction}");
    // Where the point is, counted from the first digit.
    let point = i64::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let length = i64::try_from(digits.len()).ok()?;
    let (before, after) = match point {
        point if point <= 0 => {
            let zeros = usize::try_from(-point).ok().filter(|zeros| zeros + digits.len() < max)?;
            ("0".to_owned(), format!("{}{digits}", "0".repeat(zeros)))
        }
        point if point >= length => {
            let zeros = usize::try_from(point - length).ok().filter(|zeros| zeros + digits.len() <= max)?;
            (format!("{digits}{}", "0".repeat(zeros)), String::new())
        }
        point => {
            let (before, after) = digits.split_at_checked(usize::try_from(point).ok()?)?;
            (before.to_owned(), after.to_owned())
        }
    };
    Some(if after.is_empty() { format!("{sign}{before}") } else { format!("{sign}{before}.{after}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_move_the_point() {
        for (text, expected) in [
            ("0", "0"),
            ("-1.50", "-1.50"),
            ("1e5", "100000"),
            ("1.5E+2", "150"),
            ("-12.34e1", "-123.4"),
            ("100e-2", "1.00"),
            ("1e-3", "0.001"),
            ("12.5e-4", "0.00125"),
            ("0e9", "0000000000"),
        ] {
            assert_eq!(plain(text, 20).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_too_long_or_no_number_is_none() {
        for text in
            ["1e20", "1e-20", "1e999999999999", "1e-999999999999", "1e9223372036854775807", "123456789012345678901"]
        {
            assert_eq!(plain(text, 20), None, "{text}");
        }
        for text in ["", "-", ".", ".5", "e5", "1e", "1e5.0", "NaN", "Infinity", "1 ", "--1", "1.2.3"] {
            assert_eq!(plain(text, 20), None, "{text}");
        }
    }
}
