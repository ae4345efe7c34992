//! How long tokens are good: what providers say of it, and how much of that is used.

use jiff::Timestamp;
use serde_json::Value;

/// What the value at `expires_in` is. A number may also be the text of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// A lifetime in seconds (RFC 6749 section 5.1).
    Seconds,
    /// A lifetime in milliseconds.
    Milliseconds,
    /// The end, in seconds since 1970.
    Unix,
    /// The end, in milliseconds since 1970.
    UnixMilliseconds,
    /// The end, as a date and time of RFC 3339.
    Date,
}

pub(crate) const EXPIRIES: [(&str, Expiry); 5] = [
    ("seconds", Expiry::Seconds),
    ("milliseconds", Expiry::Milliseconds),
    ("unix", Expiry::Unix),
    ("unix_milliseconds", Expiry::UnixMilliseconds),
    ("date", Expiry::Date),
];

/// A longer life is one without an end that anybody plans for: ten years, in milliseconds.
pub const LIFETIME_LONGEST_MS: i64 = 3660 * 24 * 3600 * 1000;
/// A token is renewed so long before its end, or after half of its life.
const MARGIN_MS: i64 = 15 * 60 * 1000;

impl Expiry {
    /// The lifetime that a value means, in milliseconds from `now` (milliseconds since 1970). None when there is no
    /// value, or one that says nothing: `0` and less are what providers send for tokens that don't end by themselves, and
    /// a token that was issued this moment is not over. More than ten years is ten years.
    pub fn lifetime_ms(self, value: Option<&Value>, now: i64) -> Option<i64> {
        let value = value?;
        let lifetime = match self {
            Self::Seconds => number(value)? * 1000.0,
            Self::Milliseconds => number(value)?,
            Self::Unix => number(value)? * 1000.0 - now as f64,
            Self::UnixMilliseconds => number(value)? - now as f64,
            Self::Date => {
                let end: Timestamp = value.as_str()?.trim().parse().ok()?;
                end.as_millisecond().saturating_sub(now) as f64
            }
        };
        // Less than a millisecond is nothing too. A comparison with NaN is false.
        (lifetime >= 1.0).then(|| lifetime.min(LIFETIME_LONGEST_MS as f64) as i64)
    }
}

/// How long before its end a token of this lifetime is renewed, both in milliseconds.
pub fn margin_ms(lifetime: i64) -> i64 {
    MARGIN_MS.min(lifetime / 2)
}

/// A number, or the text of one.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}
