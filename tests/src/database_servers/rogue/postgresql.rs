//! Rogues that speak the protocol of PostgreSQL 3.0, which Redshift speaks too:
//! <https://www.postgresql.org/docs/15/protocol-message-formats.html>.

mod session;

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use self::session::{Session, data_row, error, message, text};
use super::{RogueDatabase, Talk};
use crate::Authority;

// Kinds of authentication that a server asks for.
const OK: i32 = 0;
const CLEARTEXT: i32 = 3;
const MD5: i32 = 5;
const SASL: i32 = 10;
const SASL_CONTINUE: i32 = 11;

/// Answers the wish for TLS with `N`, and goes on in plain text: asks whoever stays for the password.
pub fn without_tls(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        talk.take(8)?;
        talk.send(b"N")?;
        startup(talk)?;
        talk.send(&authentication(CLEARTEXT, &[]))?;
        talk.listen()
    })
}

/// Answers the wish for TLS with these bytes, which are neither `S` nor `N`, and then hears what the client says.
pub fn answering_tls_with(authority: &Authority, bytes: impl Into<Vec<u8>>) -> RogueDatabase {
    let bytes = bytes.into();
    RogueDatabase::start(authority, move |talk| {
        talk.take(8)?;
        talk.send(&bytes)?;
        talk.listen()
    })
}

/// Agrees to TLS, and sends these bytes in plain text together with its agreement: a client that reads on in what it has
/// read takes them for bytes from inside of TLS.
pub fn injecting_before_tls(authority: &Authority, bytes: impl AsRef<[u8]>) -> RogueDatabase {
    let bytes = [b"S", bytes.as_ref()].concat();
    RogueDatabase::start(authority, move |talk| {
        talk.take(8)?;
        talk.send(&bytes)?;
        talk.start_tls()?;
        talk.listen()
    })
}

/// Wants the password stretched by so many rounds; `1 << 31` is the most that a 32-bit number with a sign does not hold.
pub fn scram_with_iterations(authority: &Authority, iterations: u64) -> RogueDatabase {
    RogueDatabase::start(authority, move |talk| {
        greet(talk)?;
        talk.send(&authentication(SASL, b"SCRAM-SHA-256\0\0"))?;
        let first = session::next(talk)?.1;
        let first = String::from_utf8_lossy(&first).into_owned();
        let nonce = first.split("r=").last().unwrap_or_default();
        let salt = BASE64_STANDARD.encode([7; 16]);
        let challenge = format!("r={nonce}rogue,s={salt},i={iterations}");
        talk.send(&authentication(SASL_CONTINUE, challenge.as_bytes()))?;
        talk.listen()
    })
}

/// Over TLS, asks for the password as it is, or over plain TCP with [`without_tls`].
pub fn asking_for_cleartext(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        greet(talk)?;
        talk.send(&authentication(CLEARTEXT, &[]))?;
        talk.listen()
    })
}

/// Over TLS, asks for the MD5 of password and name.
pub fn asking_for_md5(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        greet(talk)?;
        talk.send(&authentication(MD5, &[1, 2, 3, 4]))?;
        talk.listen()
    })
}

/// Never ends to tell its settings, before the session is ready.
pub fn endless_parameters(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        greet(talk)?;
        talk.send(&authentication(OK, &[]))?;
        talk.send_endlessly(&message(b'S', &[text("application_name"), text(&"x".repeat(1000))].concat()))
    })
}

/// Never ends to warn, in place of rows.
pub fn endless_notices(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        let notice = error(b'N', "NOTICE", "00000", &"x".repeat(1000));
        session.talk.send_endlessly(&notice)
    })
}

/// Never ends to give rows of some 100 bytes.
pub fn endless_rows(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        session.talk.send_endlessly(&data_row(&[Some(b"1"), Some(&[b'x'; 80])]))
    })
}

/// A row with fewer values than there are columns.
pub fn short_row(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| session.rows(&[data_row(&[Some(b"1")])]))
}

/// A row with more values than there are columns.
pub fn long_row(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| session.rows(&[data_row(&[Some(b"1"), Some(b"2"), Some(b"3")])]))
}

/// A row in which the first value is said to have so many bytes, and has one.
pub fn value_of_length(authority: &Authority, length: i32) -> RogueDatabase {
    let row = message(b'D', &[&2_i16.to_be_bytes(), length.to_be_bytes().as_slice(), b"1"].concat());
    answering(authority, move |session| session.rows(std::slice::from_ref(&row)))
}

/// A row that is said to have so many bytes, and then bytes without end. `i32::MAX` is 2 GB, and a length below 4 is less
/// than its own.
pub fn message_of_length(authority: &Authority, length: i32) -> RogueDatabase {
    answering(authority, move |session| {
        session.describe()?;
        session.talk.send(&[b"D".as_slice(), &length.to_be_bytes(), &2_i16.to_be_bytes()].concat())?;
        // The second value is as long as it can be.
        session.talk.send_endlessly(&[b'x'; 1024])
    })
}

/// Sends so many messages, and then none: 1 is the agreement to TLS, 2 the answer to the first message inside of it.
pub fn stalling_after(authority: &Authority, messages: usize) -> RogueDatabase {
    RogueDatabase::start(authority, move |talk| {
        talk.most = messages;
        Session::begin(talk)?.serve(&|session| session.rows(&[data_row(&[Some(b"1"), Some(b"one")])]))
    })
}

/// Ends the connection in the middle of the second row.
pub fn closing_in_a_row(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        let row = data_row(&[Some(b"1"), Some(&[b'x'; 80])]);
        session.talk.send(&[row.as_slice(), &row[..row.len() / 2]].concat())?;
        Err(io::ErrorKind::ConnectionAborted.into())
    })
}

/// An answer with 65,535 columns of one name, and then no row.
pub fn many_columns(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        let mut session = Session::begin(talk)?;
        session.columns = vec!["column".to_owned(); usize::from(u16::MAX)];
        session.serve(&|session| session.rows(&[]))
    })
}

/// A text that is not UTF-8.
pub fn invalid_utf8(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| session.rows(&[data_row(&[Some(b"1"), Some(b"\xff\xfe\x80")])]))
}

/// The name of a column is not UTF-8.
pub fn invalid_column_name(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        let mut session = Session::begin(talk)?;
        session.spoiled_name = true;
        session.serve(&|session| session.rows(&[]))
    })
}

/// Gives the row and its end, but never says that it is ready for the next statement.
pub fn never_ready(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.rows(&[data_row(&[Some(b"1"), Some(b"one")])])?;
        session.complete()?;
        session.talk.stall()
    })
}

/// Refuses with a message, a detail, a hint and a statement that all have this text in them.
pub fn error_with(authority: &Authority, echo: impl Into<String>) -> RogueDatabase {
    let refusal = error(b'E', "ERROR", "XX000", &echo.into());
    answering(authority, move |session| session.fail(&refusal))
}

/// Asks the client to send the rows of a `COPY`, for a statement that is none.
pub fn asking_for_copy(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.talk.send(&message(b'G', &[0, 0, 0]))?;
        session.talk.listen()
    })
}

/// Lets everybody in without a password, and plays a trick as the answer to a statement.
fn answering(
    authority: &Authority,
    trick: impl Fn(&mut Session<'_, '_>) -> io::Result<()> + Send + Sync + 'static,
) -> RogueDatabase {
    RogueDatabase::start(authority, move |talk| Session::begin(talk)?.serve(&trick))
}

/// Agrees to TLS, and hears who comes.
fn greet(talk: &mut Talk<'_>) -> io::Result<()> {
    talk.take(8)?;
    talk.send(b"S")?;
    talk.start_tls()?;
    startup(talk)
}

fn startup(talk: &mut Talk<'_>) -> io::Result<()> {
    let length = i32::from_be_bytes(talk.number()?);
    talk.take(usize::try_from(length - 4).map_err(io::Error::other)?).map(drop)
}

fn authentication(kind: i32, rest: &[u8]) -> Vec<u8> {
    message(b'R', &[&kind.to_be_bytes(), rest].concat())
}
