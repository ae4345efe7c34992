//! Timestamps (RFC 3339) and durations as texts. Nanoseconds are written with 0, 3, 6 or 9 digits.

/// Seconds and nanoseconds, as both messages have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) seconds: i64,
    pub(crate) nanos: i32,
}

const NANOS: i32 = 1_000_000_000;
const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// Ten thousand years.
const DURATION_MAX: i64 = 315_576_000_000;

/// Days since 1970-01-01 of a date in the Gregorian calendar. Years begin in March here, so that the leap day is the last
/// of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of such days.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (0, month + 3) } else { (1, month - 9) };
    (year + year_of_era + era * 400, month, day)
}

fn fraction(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        nanos if nanos.is_multiple_of(1_000_000) => format!(".{:03}", nanos / 1_000_000),
        nanos if nanos.is_multiple_of(1_000) => format!(".{:06}", nanos / 1_000),
        nanos => format!(".{nanos:09}"),
    }
}

/// The text of a timestamp; none if it is outside of the years 1 to 9999.
pub(crate) fn write_timestamp(Moment { seconds, nanos }: Moment) -> Option<String> {
    if !SECONDS.contains(&seconds) || !(0..NANOS).contains(&nanos) {
        return None;
    }
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = fraction(nanos.unsigned_abs());
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"))
}

/// Reads digits from the front.
fn number(text: &str, digits: usize) -> Option<(i64, &str)> {
    let (own, rest) = text.split_at_checked(digits)?;
    own.bytes().all(|byte| byte.is_ascii_digit()).then(|| own.parse().ok())?.map(|own| (own, rest))
}

/// Reads up to nine digits of a second's fraction.
fn nanos(digits: &str) -> Option<i32> {
    let valid = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| format!("{digits:0<9}").parse().ok())?
}

pub(crate) fn parse_timestamp(text: &str) -> Option<Moment> {
    let (year, rest) = number(text, 4)?;
    let (month, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = number(rest.strip_prefix('-')?, 2)?;
    let (hour, rest) = number(rest.strip_prefix('T')?, 2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = number(rest.strip_prefix(':')?, 2)?;
    let (own_nanos, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let (digits, zone) = rest.split_at_checked(rest.bytes().take_while(u8::is_ascii_digit).count())?;
            (nanos(digits)?, zone)
        }
        None => (0, rest),
    };
    let offset = match rest.strip_prefix(['+', '-']) {
        Some(zone) => {
            let (hours, zone) = number(zone, 2)?;
            let (minutes, zone) = number(zone.strip_prefix(':')?, 2)?;
            let offset = hours * 3600 + minutes * 60;
            let valid = zone.is_empty() && hours < 24 && minutes < 60;
            valid.then_some(if rest.starts_with('-') { -offset } else { offset })?
        }
        None if rest == "Z" => 0,
        None => return None,
    };
    // A date that does not exist comes back as another one.
    let day_number = days(year, month, day);
    let valid = (1..=12).contains(&month) && date(day_number) == (year, month, day);
    let seconds = day_number * DAY + hour * 3600 + minute * 60 + second - offset;
    let valid = valid && hour < 24 && minute < 60 && second < 60 && SECONDS.contains(&seconds);
    valid.then_some(Moment { seconds, nanos: own_nanos })
}

/// The text of a duration; none if it is longer than ten thousand years or its parts have different signs.
pub(crate) fn write_duration(Moment { seconds, nanos }: Moment) -> Option<String> {
    let valid = seconds.unsigned_abs() <= DURATION_MAX.unsigned_abs() && nanos.unsigned_abs() < NANOS.unsigned_abs();
    let agree = seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0);
    if !valid || !agree {
        return None;
    }
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    Some(format!("{sign}{}{}s", seconds.unsigned_abs(), fraction(nanos.unsigned_abs())))
}

pub(crate) fn parse_duration(text: &str) -> Option<Moment> {
    let text = text.strip_suffix('s')?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (seconds, own_nanos) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, nanos(fraction)?),
        None => (text, 0),
    };
    let valid = (1..=12).contains(&seconds.len()) && seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: i64 = valid.then(|| seconds.parse().ok())?.filter(|seconds| *seconds <= DURATION_MAX)?;
    Some(if negative { Moment { seconds: -seconds, nanos: -own_nanos } } else { Moment { seconds, nanos: own_nanos } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_come_back() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
            ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
            ("2024-02-29T12:30:45.120Z", 1_709_209_845, 120_000_000),
            ("1969-12-31T23:59:59.000001Z", -1, 1_000),
            ("2000-03-01T00:00:00Z", 951_868_800, 0),
        ] {
            let moment = Moment { seconds, nanos };
            assert_eq!(parse_timestamp(text), Some(moment), "{text}");
            assert_eq!(write_timestamp(moment).as_deref(), Some(text));
        }
        assert_eq!(parse_timestamp("1970-01-01T01:30:00+01:30"), Some(Moment { seconds: 0, nanos: 0 }));
        assert_eq!(parse_timestamp("1969-12-31T16:00:00.1-08:00"), Some(Moment { seconds: 0, nanos: 100_000_000 }));
        for text in [
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01T00:00:00",
            "1970-01-01 00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-02-30T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.0123456789Z",
            "0000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "1970-1-01T00:00:00Z",
            "1970-01-01T00:00:00+25:00",
            "é970-01-01T00:00:00Z",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert_eq!(write_timestamp(Moment { seconds: 0, nanos: -1 }), None);
        assert_eq!(write_timestamp(Moment { seconds: i64::MAX, nanos: 0 }), None);
    }

    #[test]
    fn durations_come_back() {
        for (text, seconds, nanos) in [
            ("0s", 0, 0),
            ("1.500s", 1, 500_000_000),
            ("-0.500s", 0, -500_000_000),
            ("-1.000000001s", -1, -1),
            ("315576000000s", 315_576_000_000, 0),
        ] {
            let moment = Moment { seconds, nanos };
            assert_eq!(parse_duration(text), Some(moment), "{text}");
            assert_eq!(write_duration(moment).as_deref(), Some(text));
        }
        assert_eq!(parse_duration("1.5s"), Some(Moment { seconds: 1, nanos: 500_000_000 }));
        for text in ["1", "s", "1.s", ".5s", "+1s", "1 s", "315576000001s", "1.0000000001s", "1e3s", "-s", "--1s"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(write_duration(Moment { seconds: 1, nanos: -1 }), None);
        assert_eq!(write_duration(Moment { seconds: i64::MIN, nanos: 0 }), None);
        assert_eq!(write_duration(Moment { seconds: 0, nanos: i32::MIN }), None);
    }
}
