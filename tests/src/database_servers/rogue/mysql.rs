//! Rogues that speak the protocol of MySQL, with the packets of version 4.1 and the capabilities of MySQL 5.5:
//! <https://mariadb.com/kb/en/clientserver-protocol/>.

mod session;

use std::io;

use self::session::{LOCAL_INFILE, SSL, Session, error, greeting, length_encoded, text_row};
use super::{RogueDatabase, Talk};
use crate::Authority;

/// The largest packet.
const LARGEST: usize = 0xff_ffff;
/// Asks a client to log in by another method.
const SWITCH: u8 = 0xfe;

/// Offers no TLS, and asks whoever comes without it for the password as it is.
pub fn without_tls(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        let mut session = Session::new(talk);
        session.send(&greeting(!SSL))?;
        session.next()?;
        session.send(&switch("mysql_clear_password"))?;
        session.talk.listen()
    })
}

/// Offers TLS, and answers the client's beginning of it with these bytes.
pub fn answering_tls_with(authority: &Authority, bytes: impl Into<Vec<u8>>) -> RogueDatabase {
    let bytes = bytes.into();
    RogueDatabase::start(authority, move |talk| {
        let mut session = Session::new(talk);
        session.send(&greeting(u32::MAX))?;
        session.next()?;
        session.talk.send(&bytes)?;
        session.talk.listen()
    })
}

/// Over TLS, asks for the password as it is.
pub fn asking_for_cleartext(authority: &Authority) -> RogueDatabase {
    asking_for(authority, "mysql_clear_password")
}

/// Over TLS, asks for a login by the method of this name.
pub fn asking_for(authority: &Authority, method: &'static str) -> RogueDatabase {
    RogueDatabase::start(authority, move |talk| {
        let mut session = Session::greet(talk)?;
        session.send(&switch(method))?;
        session.talk.listen()
    })
}

/// Asks for the same login again and again.
pub fn endless_logins(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        let mut session = Session::greet(talk)?;
        loop {
            session.send(&switch("mysql_native_password"))?;
            session.next()?;
        }
    })
}

/// Answers a statement with the wish for a file of the client's, and ends the connection after it came.
pub fn asking_for_file(authority: &Authority, file: impl Into<String>) -> RogueDatabase {
    let wish = [b"\xfb", file.into().as_bytes()].concat();
    answering(authority, move |session| session.take_file(&wish))
}

/// The same as the answer to the first statement of the session, whatever it is.
pub fn asking_for_file_at_once(authority: &Authority, file: impl Into<String>) -> RogueDatabase {
    let wish = [b"\xfb", file.into().as_bytes()].concat();
    RogueDatabase::start(authority, move |talk| {
        let mut session = Session::begin(talk)?;
        session.next()?;
        session.take_file(&wish)
    })
}

/// Never ends to give rows of some 100 bytes.
pub fn endless_rows(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        let row = session.row(&[Some(b"1"), Some(&[b'x'; 80])]);
        loop {
            session.send(&row)?;
        }
    })
}

/// A row with fewer values than there are columns.
pub fn short_row(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        let row = session.row(&[Some(b"1")]);
        session.rows(&[row])
    })
}

/// A row in which the first value is said to have so many bytes, and has one.
pub fn value_of_length(authority: &Authority, length: u64) -> RogueDatabase {
    answering(authority, move |session| {
        let mut row = session.row(&[]);
        row.push(0xfe);
        row.extend_from_slice(&length.to_le_bytes());
        row.push(b'1');
        session.rows(&[row])
    })
}

/// A value of 2 GB, in packets that are as large as can be and each say that another follows.
pub fn huge_value(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        let mut first = session.row(&[]);
        first.push(0xfe);
        first.extend_from_slice(&(1_u64 << 31).to_le_bytes());
        first.resize(LARGEST, b'x');
        session.send(&first)?;
        let next = vec![b'x'; LARGEST];
        loop {
            session.send(&next)?;
        }
    })
}

/// Sends so many packets, and then none: 1 is the greeting.
pub fn stalling_after(authority: &Authority, packets: usize) -> RogueDatabase {
    RogueDatabase::start(authority, move |talk| {
        talk.most = packets;
        Session::begin(talk)?.serve(&|session| {
            let row = session.row(&[Some(b"1"), Some(b"one")]);
            session.rows(&[row])
        })
    })
}

/// Ends the connection in the middle of the second row.
pub fn closing_in_a_row(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        let row = session.row(&[Some(b"1"), Some(&[b'x'; 80])]);
        session.send(&row)?;
        session.send_half(&row)?;
        Err(io::ErrorKind::ConnectionAborted.into())
    })
}

/// An answer with 65,535 columns, and no row.
pub fn many_columns(authority: &Authority) -> RogueDatabase {
    RogueDatabase::start(authority, |talk| {
        let mut session = Session::begin(talk)?;
        session.columns = vec!["column".to_owned(); usize::from(u16::MAX)];
        session.serve(&|session| session.rows(&[]))
    })
}

/// An answer that is said to have so many columns, of which none comes.
pub fn column_count(authority: &Authority, count: u64) -> RogueDatabase {
    let count = length_encoded(count);
    answering(authority, move |session| {
        session.send(&count)?;
        session.talk.stall()
    })
}

/// A text that is not UTF-8.
pub fn invalid_utf8(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        let row = session.row(&[Some(b"1"), Some(b"\xff\xfe\x80")]);
        session.rows(&[row])
    })
}

/// Gives a row, but never the end of the rows.
pub fn never_ready(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| {
        session.describe()?;
        let row = session.row(&[Some(b"1"), Some(b"one")]);
        session.send(&row)?;
        session.talk.stall()
    })
}

/// Refuses with a message that has this text in it.
pub fn error_with(authority: &Authority, echo: impl Into<String>) -> RogueDatabase {
    let refusal = error(&echo.into());
    answering(authority, move |session| session.send(&refusal))
}

/// An error as the greeting, with this text in it: before TLS, so that anybody on the way can have written it.
pub fn refusing_with(authority: &Authority, echo: impl Into<String>) -> RogueDatabase {
    let refusal = error(&echo.into());
    RogueDatabase::start(authority, move |talk| Session::new(talk).send(&refusal))
}

/// A row of the protocol of text for a prepared statement, whose rows are binary.
pub fn text_for_binary(authority: &Authority) -> RogueDatabase {
    answering(authority, |session| session.rows(&[text_row(&[Some(b"1"), Some(b"one")])]))
}

/// Lets everybody in, and plays a trick as the answer to a statement. It says that it takes files.
fn answering(
    authority: &Authority,
    trick: impl Fn(&mut Session<'_, '_>) -> io::Result<()> + Send + Sync + 'static,
) -> RogueDatabase {
    const { assert!(session::CAPABILITIES & LOCAL_INFILE != 0) };
    RogueDatabase::start(authority, move |talk: &mut Talk<'_>| Session::begin(talk)?.serve(&trick))
}

fn switch(method: &str) -> Vec<u8> {
    [&[SWITCH], method.as_bytes(), b"\0abcdefghijklmnopqrst\0"].concat()
}
