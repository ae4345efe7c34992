//! Dates and times: those of rows, and moments as a session's time zone has them.

use jiff::tz::{Offset, TimeZone};

use super::super::failed::Failed;
use super::fields::Fields;

/// Digits that microseconds have.
const DIGITS_MAX: u8 = 6;

/// Date and time as text.
pub(super) struct DateTime {
    pub(super) text: String,
    /// Whether it is a day of the calendar: MySQL has month and day 0 too.
    pub(super) is_real: bool,
}

/// Reads a date.
pub(super) fn date(fields: &mut Fields<'_>) -> Result<String, Failed> {
    Ok(parts(fields)?.date())
}

/// Reads date and time, with so many digits behind the point.
pub(super) fn date_time(fields: &mut Fields<'_>, decimals: u8) -> Result<DateTime, Failed> {
    let parts = parts(fields)?;
    let is_real = parts.month > 0 && parts.day > 0;
    let Parts { hour, minute, second, .. } = parts;
    // RFC 3339 has no day 0, so that such a date stays as the server writes it.
    let between = if is_real { 'T' } else { ' ' };
    let fraction = fraction(parts.micros, decimals);
    let text = format!("{}{between}{hour:02}:{minute:02}:{second:02}{fraction}", parts.date());
    Ok(DateTime { text, is_real })
}

/// Reads a time, which can be negative and longer than a day.
pub(super) fn time(fields: &mut Fields<'_>, decimals: u8) -> Result<String, Failed> {
    let length = fields.u8()?;
    let (mut sign, mut hours, mut minute, mut second, mut micros) = ("", 0_u64, 0, 0, 0);
    match length {
        0 => {}
        8 | 12 => {
            sign = if fields.u8()? == 0 { "" } else { "-" };
            hours = u64::from(fields.u32()?) * 24 + u64::from(fields.u8()?);
            (minute, second) = (fields.u8()?, fields.u8()?);
            micros = if length == 12 { fields.u32()? } else { 0 };
        }
        _ => return Err(wrong()),
    }
    Ok(format!("{sign}{hours:02}:{minute:02}:{second:02}{}", fraction(micros, decimals)))
}

#[derive(Default)]
struct Parts {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    micros: u32,
}

impl Parts {
    fn date(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// What is zero is left out at the end.
fn parts(fields: &mut Fields<'_>) -> Result<Parts, Failed> {
    let length = fields.u8()?;
    let mut parts = Parts::default();
    if ![0, 4, 7, 11].contains(&length) {
        return Err(wrong());
    }
    if length >= 4 {
        (parts.year, parts.month, parts.day) = (fields.u16()?, fields.u8()?, fields.u8()?);
    }
    if length >= 7 {
        (parts.hour, parts.minute, parts.second) = (fields.u8()?, fields.u8()?, fields.u8()?);
    }
    if length >= 11 {
        parts.micros = fields.u32()?;
    }
    Ok(parts)
}

/// The digits behind the point that a column has. Where it does not say how many those are, all that are not 0.
fn fraction(micros: u32, decimals: u8) -> String {
    let digits = if micros > 0 && !(1..DIGITS_MAX).contains(&decimals) { DIGITS_MAX } else { decimals };
    match digits {
        1..=DIGITS_MAX => {
            let all = format!("{micros:06}");
            format!(".{}", all.get(..digits.into()).unwrap_or(&all))
        }
        _ => String::new(),
    }
}

/// A moment in the offset of a session, as the server reads it; the text is one of RFC 3339.
pub(super) fn in_session(text: &str, offset: Option<Offset>) -> Result<String, Failed> {
    let Some(offset) = offset else {
        return Err(Failed::Invalid(
            "a moment with a zone is a parameter only where `time_zone` of the destination is an offset, such as `+00:00`"
                .to_owned(),
        ));
    };
    // The last day that MySQL has is beyond the moments of the library.
    let utc = text.strip_suffix('Z').or_else(|| text.strip_suffix("+00:00")).filter(|_| offset == Offset::UTC);
    if let Some(civil) = utc {
        return Ok(civil.replacen('T', " ", 1));
    }
    let moment: jiff::Timestamp = text.parse().map_err(|_| {
        Failed::Invalid("a parameter is no moment: expected one such as `2026-11-29T10:20:30Z`".to_owned())
    })?;
    let civil = TimeZone::fixed(offset).to_datetime(moment);
    Ok(civil.to_string().replacen('T', " ", 1))
}

fn wrong() -> Failed {
    Failed::Broken("the server sent a date or time of a length that none has".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_column() {
        for (micros, decimals, expected) in [
            (0, 0, ""),
            (0, 3, ".000"),
            (500_000, 1, ".5"),
            (123_456, 6, ".123456"),
            (1, 6, ".000001"),
            // 31 and 39 are no number of digits.
            (0, 31, ""),
            (1, 39, ".000001"),
            (1, 0, ".000001"),
        ] {
            assert_eq!(fraction(micros, decimals), expected);
        }
    }

    #[test]
    fn moments_are_written_in_the_offset_of_the_session() {
        let east = Offset::from_seconds(5 * 3_600 + 1_800).unwrap();
        for (text, offset, expected) in [
            ("2026-11-29T10:20:30.5Z", Offset::UTC, "2026-11-29 10:20:30.5"),
            ("2026-11-29T10:20:30+02:00", Offset::UTC, "2026-11-29 08:20:30"),
            ("2026-11-29T23:00:00Z", east, "2026-11-30 04:30:00"),
            ("9999-12-31T23:59:59.999999Z", Offset::UTC, "9999-12-31 23:59:59.999999"),
        ] {
            assert_eq!(in_session(text, Some(offset)).unwrap(), expected);
        }
        assert!(in_session("2026-11-29 10:20:30", Some(Offset::UTC)).is_err());
        assert!(in_session("2026-11-29T10:20:30Z", None).is_err());
    }
}
