//! What a server says at the end of something: done, at an end, or refused.

use lockgate_domain::database::DatabaseFault;

use super::super::Refusal;
use super::super::failed::{Failed, READ_MAX, cut};
use super::fields::Fields;

/// First bytes of messages.
pub(super) const OK: u8 = 0x00;
pub(super) const MORE_OF_LOGIN: u8 = 0x01;
pub(super) const FILE_WANTED: u8 = 0xFB;
pub(super) const END: u8 = 0xFE;
pub(super) const ERROR: u8 = 0xFF;
/// A longer message with the first byte of an end is none.
const END_MAX: usize = 8;
/// The server had to prepare a statement anew, or has forgotten it.
const PREPARE_AGAIN: [u16; 2] = [1243, 1615];
/// Refusals that servers send in place of a greeting: they have no room, or do not take the host's address.
const FULL: u16 = 1040;
const FULL_STATE: &str = "08004";
const BLOCKED: [u16; 2] = [1129, 1130];
/// Settings of a session by which the host reads values and statements. The server says when one changes.
pub(super) const TRACKED: [&str; 5] =
    ["time_zone", "sql_mode", "character_set_client", "character_set_connection", "character_set_results"];

/// Where a session is (`SERVER_…` in the protocol).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status(u16);

impl Status {
    pub(super) fn in_transaction(self) -> bool {
        self.0 & 1 != 0
    }

    /// Another answer follows: a procedure can have several.
    pub(super) fn more_answers(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// The rows wait in a cursor.
    pub(super) fn has_cursor(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// The cursor has no further rows.
    pub(super) fn last_row_sent(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Something of the session is other than it was: a variable, a setting, a temporary table.
    pub(super) fn session_changed(self) -> bool {
        self.0 & 0x4000 != 0
    }
}

/// Something was done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) affected: u64,
    pub(super) status: Status,
    /// The first of the settings [`TRACKED`] that it changed.
    pub(super) setting: Option<&'static str>,
}

/// Something was not done.
#[derive(Debug)]
pub(super) struct Refused {
    number: u16,
    pub(super) refusal: Box<Refusal>,
}

impl Refused {
    /// Whether the same succeeds once the statement is prepared anew.
    pub(super) fn wants_preparation(&self) -> bool {
        PREPARE_AGAIN.contains(&self.number)
    }

    /// What is told of one that came before TLS: its number, and nothing of its text. Anybody on the way can have written that,
    /// and could advise to go on without TLS.
    pub(super) fn unauthenticated(self) -> Failed {
        let number = self.number;
        if number == FULL {
            let message = format!("the server has no room for another session (error {number}, before TLS)");
            return Failed::Refused(Box::new(Refusal { message, sqlstate: FULL_STATE.to_owned(), ..*self.refusal }));
        }
        if BLOCKED.contains(&number) {
            let cause = "the server does not let the address of this host in";
            return Failed::Login(format!("{cause} (error {number}, before TLS)"));
        }
        Failed::Tls(format!(
            "the server refused with error {number} before it, in words that are left out: anybody on the way can have written them"
        ))
    }

    /// The user was not let in.
    pub(super) fn is_login(&self) -> bool {
        self.refusal.sqlstate.starts_with("28")
    }
}

/// Reads that something was done. `tracks` says that the server adds what of the session changed.
pub(super) fn done(message: &[u8], tracks: bool) -> Result<Done, Failed> {
    let mut fields = Fields::of(message);
    if fields.u8()? != OK {
        return Err(out_of_turn());
    }
    let affected = fields.integer()?;
    fields.integer()?;
    let status = Status(fields.u16()?);
    fields.u16()?;
    let mut setting = None;
    if tracks && status.session_changed() {
        fields.bytes()?;
        let mut changes = Fields::of(fields.bytes()?);
        while !changes.is_empty() {
            let is_setting = changes.u8()? == 0;
            let mut change = Fields::of(changes.bytes()?);
            if is_setting {
                let name = change.bytes()?;
                setting = setting.or(TRACKED.into_iter().find(|tracked| tracked.as_bytes() == name));
            }
        }
    }
    Ok(Done { affected, status, setting })
}

/// The status at the end of columns or rows, if that is what a message is.
pub(super) fn end(message: &[u8]) -> Result<Option<Status>, Failed> {
    if message.first() != Some(&END) || message.len() > END_MAX {
        return Ok(None);
    }
    let mut fields = Fields::of(message);
    fields.take(3)?;
    fields.u16().map(|status| Some(Status(status)))
}

/// Reads an error.
pub(super) fn error(message: &[u8]) -> Result<Refused, Failed> {
    let mut fields = Fields::of(message);
    if fields.u8()? != ERROR {
        return Err(out_of_turn());
    }
    let number = fields.u16()?;
    let text = String::from_utf8_lossy(fields.rest());
    // An error before the login has no SQLSTATE.
    let (sqlstate, text) = match text.strip_prefix('#').and_then(|rest| rest.split_at_checked(5)) {
        Some((sqlstate, text)) => (sqlstate, text),
        None => ("HY000", &*text),
    };
    let refusal = Refusal {
        fault: DatabaseFault::of_mysql(number, sqlstate),
        sqlstate: sqlstate.to_owned(),
        message: cut(text, READ_MAX).to_owned(),
        detail: None,
        hint: None,
        table: None,
        column: None,
        constraint: None,
        position: None,
    };
    Ok(Refused { number, refusal: Box::new(refusal) })
}

pub(super) fn out_of_turn() -> Failed {
    Failed::Broken("a message of the server came out of turn".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_read_with_their_state_and_without() {
        let refused = error(b"\xFF\x26\x04#23000Duplicate entry").unwrap();
        assert_eq!(refused.refusal.sqlstate, "23000");
        assert_eq!(refused.refusal.fault, DatabaseFault::UniqueViolation);
        assert_eq!(refused.refusal.message, "Duplicate entry");
        let early = error(b"\xFF\x10\x04Too many connections").unwrap();
        assert_eq!((early.refusal.sqlstate.as_str(), early.refusal.fault), ("HY000", DatabaseFault::Unavailable));
        assert!(error(b"\xFF\x10").is_err());
        assert!(error(b"").is_err());
        let long = [b"\xFF\x10\x04".as_slice(), "ä".repeat(READ_MAX).as_bytes()].concat();
        assert_eq!(error(&long).unwrap().refusal.message.len(), READ_MAX);
    }

    /// Before TLS nobody knows who speaks: of what is said then, numbers alone are told.
    #[test]
    fn words_before_tls_are_told_to_nobody() {
        let told = |number: u16| {
            let message = [&[0xFF][..], &number.to_le_bytes(), b"#23000set `tls: disable`"].concat();
            error(&message).unwrap().unauthenticated()
        };
        let Failed::Refused(full) = told(1040) else { panic!("it has no room") };
        assert_eq!((full.fault, full.sqlstate.as_str()), (DatabaseFault::Unavailable, "08004"));
        for number in [1129, 1130] {
            assert!(matches!(told(number), Failed::Login(cause) if !cause.contains("disable")), "{number}");
        }
        for number in [0, 1045, 1062, 1105, 1213, u16::MAX] {
            assert!(matches!(told(number), Failed::Tls(cause) if !cause.contains("disable")), "{number}");
        }
        assert!(!full.message.contains("disable"));
    }

    #[test]
    fn what_a_session_changed_is_read() {
        let change = b"\x00\x11\x09time_zone\x06+05:00";
        let mut message = b"\x00\x02\x00\x03\x40\x00\x00\x00".to_vec();
        message.push(u8::try_from(change.len()).unwrap());
        message.extend_from_slice(change);
        let read = done(&message, true).unwrap();
        assert_eq!((read.affected, read.setting), (2, Some("time_zone")));
        assert!(read.status.in_transaction());
        assert_eq!(done(&message, false).unwrap().setting, None);
        // A part of it is none, and no end of the host.
        for length in 0..message.len() {
            assert!(done(&message[..length], true).is_err(), "{length}");
        }
    }

    #[test]
    fn a_long_row_is_no_end() {
        assert!(end(b"\xFE\x00\x00\x02\x00").unwrap().is_some());
        assert!(end(&[0xFE; 9]).unwrap().is_none());
        assert!(end(b"\x00").unwrap().is_none());
        assert!(end(b"\xFE\x00\x00\x02").is_err());
    }
}
