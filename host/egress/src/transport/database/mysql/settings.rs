//! What a session is set to before its first statement: by these the host reads statements and values.

use jiff::tz::Offset;

use super::super::failed::Failed;
use super::super::opening::Opening;
use super::message::TRACKED;

/// The option of destinations, the only one that MySQL has.
const TIME_ZONE: &str = "time_zone";
const UTC: &str = "+00:00";
/// Strict: what does not fit is refused and not changed. Without ANSI_QUOTES and NO_BACKSLASH_ESCAPES, with which texts
/// would end elsewhere than the host reads.
const SQL_MODE: &str = "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
NO_ENGINE_SUBSTITUTION";
/// The name of a zone is not longer.
const ZONE_MAX: usize = 64;

/// The settings of one session.
#[derive(Debug)]
pub(super) struct Settings {
    zone: String,
    read_only: bool,
    /// The database to go back to; empty for none.
    pub(super) database: String,
    /// The offset of the time zone, if it is one.
    pub(super) offset: Option<Offset>,
}

impl Settings {
    /// Those of a destination and of the connection.
    pub(super) fn of(opening: &Opening<'_>) -> Result<Self, Failed> {
        let of_destination = opening.options.get(TIME_ZONE).map(String::as_str);
        let of_connection = opening.account.options().filter(|(name, _)| *name == TIME_ZONE).last();
        let zone = of_connection.map(|(_, zone)| zone).or(of_destination).unwrap_or(UTC);
        // It stands in a text: no quote, no backslash.
        let is_known = |one: u8| one.is_ascii_alphanumeric() || b"+-_:/".contains(&one);
        if zone.is_empty() || zone.len() > ZONE_MAX || !zone.bytes().all(is_known) {
            return Err(Failed::Invalid(
                "`time_zone` is none: expected an offset such as `+00:00`, or a name such as `Europe/Berlin`"
                    .to_owned(),
            ));
        }
        let zone = if zone.eq_ignore_ascii_case("UTC") { UTC } else { zone };
        let (offset, zone) = (offset(zone), zone.to_owned());
        Ok(Self { zone, read_only: opening.read_only, database: opening.database.to_owned(), offset })
    }

    /// The statements that make them. `tracks` says that the server can say when one changes.
    pub(super) fn statements(&self, tracks: bool) -> Vec<String> {
        let zone = &self.zone;
        let mut first = format!(
            "SET NAMES utf8mb4, time_zone = '{zone}', sql_mode = '{SQL_MODE}', autocommit = 1, sql_auto_is_null = 0"
        );
        if tracks {
            let tracked = TRACKED.join(",");
            first.push_str(&format!(", session_track_system_variables = '{tracked}', session_track_state_change = ON"));
        }
        let mut statements = vec![first];
        if self.read_only {
            statements.push("SET SESSION TRANSACTION READ ONLY".to_owned());
        }
        statements
    }

    /// Whether the time zone is that of the moments that a session gives.
    pub(super) fn is_utc(&self) -> bool {
        self.offset == Some(Offset::UTC)
    }
}

/// The offset of a zone such as `+05:30`.
fn offset(zone: &str) -> Option<Offset> {
    let (sign, rest) = zone.strip_prefix('-').map_or_else(|| (1, zone.strip_prefix('+')), |rest| (-1, Some(rest)));
    let (hours, minutes) = rest?.split_once(':')?;
    let (hours, minutes): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    Offset::from_seconds(sign * (i32::from(hours) * 3_600 + i32::from(minutes) * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_read() {
        assert_eq!(offset("+00:00"), Some(Offset::UTC));
        assert_eq!(offset("-00:00"), Some(Offset::UTC));
        assert_eq!(offset("+05:30").map(Offset::seconds), Some(19_800));
        assert_eq!(offset("-12:59").map(Offset::seconds), Some(-46_740));
        for named in ["Europe/Berlin", "SYSTEM", "+99:00", "05:30", "+5", ""] {
            assert_eq!(offset(named), None, "{named}");
        }
    }
}
