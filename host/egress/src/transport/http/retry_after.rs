//! `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date in one of the three forms that HTTP knows.

use std::time::Duration;

use http::HeaderMap;
use http::header::RETRY_AFTER;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A date says when; a day of the week that does not belong to it says no less.
const DATES: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// The time that an answer asks to wait; none if it does not ask.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX / 1000)));
    }
    let now = Timestamp::now();
    let date = date(text, now)?;
    Some(Duration::try_from(date - now).unwrap_or(Duration::ZERO))
}

/// RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
fn date(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(date) = DATES.parse_timestamp(text) {
        return Some(date);
    }
    // The day of the week is left out of what is read, as it may be wrong.
    let (_, rest) = text.split_once([',', ' '])?;
    let utc = |date: DateTime| date.to_zoned(TimeZone::UTC).map(|date| date.timestamp()).ok();
    let read = |format| strtime::parse(format, rest.trim()).and_then(|read| read.to_datetime()).ok();
    if let Some(date) = read("%d-%b-%y %H:%M:%S GMT") {
        // Two digits of a year that lie more than fifty years ahead are those of the last century.
        let date = utc(date)?;
        let latest = now.to_zoned(TimeZone::UTC).checked_add(50.years()).ok()?.timestamp();
        return if date > latest {
            utc(read("%d-%b-%y %H:%M:%S GMT")?.checked_sub(100.years()).ok()?)
        } else {
            Some(date)
        };
    }
    utc(read("%b %e %H:%M:%S %Y")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: &str) -> Option<Duration> {
        retry_after(&[(RETRY_AFTER, value.parse().unwrap())].into_iter().collect())
    }

    #[test]
    fn dates_of_all_three_forms_are_read() {
        let now = Timestamp::now();
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(date(text, now).map(|date| date.to_string()).as_deref(), Some("1994-11-06T08:49:37Z"), "{text}");
            assert_eq!(asked(text), Some(Duration::ZERO), "{text}");
        }
        let ahead = now.to_zoned(TimeZone::UTC).checked_add(90.seconds()).unwrap();
        for format in ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"] {
            let wait = asked(&ahead.strftime(format).to_string()).unwrap();
            assert!(wait > Duration::from_secs(80) && wait <= Duration::from_secs(90), "{format} {wait:?}");
        }
    }

    #[test]
    fn seconds_are_read_and_nonsense_is_not() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("99999999999999999999"), Some(Duration::from_secs(u64::MAX / 1000)));
        for text in ["", "-1", "soon", "1.5", "Sunday, 06-Nov-94", "Sun Nov 6 1994"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
