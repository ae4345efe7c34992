//! The numbers of a JSON text. Nothing else of it is read: whether it is JSON is for its parser to say.

/// Digits from which a whole number may be larger than 2^53 - 1.
const LONG_DIGITS: usize = 16;
/// Bytes from the `e` of a number on; more of them alone may make it larger than every double.
const EXPONENT_BYTES: usize = 3;
/// Digits before the point from which a number may be so, also with a shorter exponent: 10^308 is the last that is not, and
/// two digits of an exponent stand for 99 more.
const RANGE_DIGITS: usize = 309 - 99;
/// How much of a number a message shows.
const SHOWN: usize = 24;

/// A number that is larger than every double; its beginning.
#[derive(Debug)]
pub(crate) struct OutOfRange(pub(crate) String);

/// How many whole numbers of a text in UTF-8 are long: doubles may have other digits.
pub(crate) fn long_integers(text: &[u8]) -> Result<usize, OutOfRange> {
    let mut count = 0;
    let mut rest = text;
    while let [first, behind @ ..] = rest {
        rest = match first {
            b'"' => behind_string(behind),
            b'0'..=b'9' => {
                let end = rest.iter().position(|byte| !in_number(*byte)).unwrap_or(rest.len());
                let (number, after) = rest.split_at(end);
                count += usize::from(is_long_integer(number)?);
                after
            }
            _ => behind,
        };
    }
    Ok(count)
}

fn in_number(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')
}

/// What is behind the text that has just begun.
fn behind_string(mut rest: &[u8]) -> &[u8] {
    while let [first, behind @ ..] = rest {
        rest = match first {
            b'"' => return behind,
            b'\\' => behind.get(1..).unwrap_or_default(),
            _ => behind,
        };
    }
    rest
}

fn is_long_integer(number: &[u8]) -> Result<bool, OutOfRange> {
    let whole = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let exponent = number.iter().position(|byte| matches!(byte, b'e' | b'E'));
    if whole >= RANGE_DIGITS || exponent.is_some_and(|at| number.len() - at > EXPONENT_BYTES) {
        let text = str::from_utf8(number).unwrap_or_default();
        if text.parse::<f64>().is_ok_and(f64::is_infinite) {
            let more = if text.len() > SHOWN { "…" } else { "" };
            return Err(OutOfRange(format!("{}{more}", text.get(..SHOWN).unwrap_or(text))));
        }
    }
    Ok(whole == number.len() && whole >= LONG_DIGITS)
}
