//! A session that does as it should, up to the statement for which the trick is played.

use std::io;

use super::super::{Talk, is_query, names_table};

// Capabilities of a client and a server.
pub(super) const SSL: u32 = 1 << 11;
pub(super) const LOCAL_INFILE: u32 = 1 << 7;
/// Long passwords and flags, databases, transactions, 4.1, login methods, secure connections, several results. Rows end
/// with a packet of their own (`CLIENT_DEPRECATE_EOF` is off).
pub(super) const CAPABILITIES: u32 =
    1 | 4 | 8 | LOCAL_INFILE | 1 << 9 | SSL | 1 << 13 | 1 << 15 | 1 << 17 | 1 << 18 | 1 << 19;
/// utf8mb4_general_ci.
const UTF8: u8 = 45;
const VAR_STRING: u8 = 0xfd;
const STATUS: [u8; 2] = [2, 0];
const OK: [u8; 7] = [0, 0, 0, 2, 0, 0, 0];
const END: [u8; 5] = [0xfe, 0, 0, 2, 0];

// Commands.
const QUIT: u8 = 1;
const QUERY: u8 = 3;
const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;
/// These have no answer.
const LONG_DATA: u8 = 0x18;
const CLOSE: u8 = 0x19;

pub(super) struct Session<'a, 'b> {
    pub(super) talk: &'a mut Talk<'b>,
    /// Names of the columns of an answer; all are text.
    pub(super) columns: Vec<String>,
    /// Of the next packet.
    sequence: u8,
    /// What is run, and whether its rows are in the form of prepared statements.
    statement: String,
    binary: bool,
    /// What was prepared last.
    kept: String,
}

type Trick<'t> = &'t dyn Fn(&mut Session<'_, '_>) -> io::Result<()>;

impl<'a, 'b> Session<'a, 'b> {
    pub(super) fn new(talk: &'a mut Talk<'b>) -> Self {
        let columns = vec!["id".to_owned(), "note".to_owned()];
        Self { talk, columns, sequence: 0, statement: String::new(), binary: false, kept: String::new() }
    }

    /// Begins TLS, and hears who comes.
    pub(super) fn greet(talk: &'a mut Talk<'b>) -> io::Result<Self> {
        let mut session = Self::new(talk);
        session.send(&greeting(u32::MAX))?;
        session.next()?;
        session.talk.start_tls()?;
        session.next()?;
        Ok(session)
    }

    /// Lets the client in.
    pub(super) fn begin(talk: &'a mut Talk<'b>) -> io::Result<Self> {
        let mut session = Self::greet(talk)?;
        session.send(&OK)?;
        Ok(session)
    }

    /// Answers until the client ends the session.
    pub(super) fn serve(mut self, trick: Trick<'_>) -> io::Result<()> {
        loop {
            let packet = self.next()?;
            let Some((command, rest)) = packet.split_first() else { continue };
            match *command {
                QUIT => return Ok(()),
                LONG_DATA | CLOSE => {}
                QUERY => {
                    (self.statement, self.binary) = (String::from_utf8_lossy(rest).into_owned(), false);
                    self.answer(trick)?;
                }
                PREPARE => {
                    self.statement = String::from_utf8_lossy(rest).into_owned();
                    self.kept.clone_from(&self.statement);
                    self.prepared()?;
                }
                EXECUTE => {
                    self.statement.clone_from(&self.kept);
                    self.binary = true;
                    self.answer(trick)?;
                }
                // Ping, another database, and the end of what the session has.
                _ => self.send(&OK)?,
            }
        }
    }

    fn answer(&mut self, trick: Trick<'_>) -> io::Result<()> {
        if names_table(&self.statement) {
            trick(self)
        } else if self.statement == "SELECT CURRENT_ROLE()" {
            // No role is on.
            let columns = std::mem::replace(&mut self.columns, vec!["role".to_owned()]);
            let row = self.row(&[None]);
            let told = self.rows(&[row]);
            self.columns = columns;
            told
        } else if is_query(&self.statement) {
            self.rows(&[])
        } else {
            self.send(&OK)
        }
    }

    fn prepared(&mut self) -> io::Result<()> {
        let columns = if is_query(&self.statement) { self.columns.clone() } else { Vec::new() };
        let parameters = vec!["?".to_owned(); self.statement.matches('?').count()];
        let count = |names: &[String]| u16::try_from(names.len()).unwrap_or(u16::MAX).to_le_bytes();
        let mut body = vec![0, 1, 0, 0, 0];
        body.extend_from_slice(&count(&columns));
        body.extend_from_slice(&count(&parameters));
        body.extend_from_slice(&[0, 0, 0]);
        self.send(&body)?;
        for names in [parameters, columns] {
            self.define(&names)?;
        }
        Ok(())
    }

    /// Describes the answer.
    pub(super) fn describe(&mut self) -> io::Result<()> {
        let columns = self.columns.clone();
        self.send(&length_encoded(columns.len() as u64))?;
        self.define(&columns)
    }

    fn define(&mut self, names: &[String]) -> io::Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            let mut body = Vec::new();
            // Catalog, schema, table and its own name, the column and its own name.
            for text in ["def", "", "", "", name, name] {
                body.extend(length_encoded(text.len() as u64));
                body.extend_from_slice(text.as_bytes());
            }
            body.extend_from_slice(&[12, UTF8, 0, 255, 0, 0, 0, VAR_STRING, 0, 0, 0, 0, 0]);
            self.send(&body)?;
        }
        self.send(&END)
    }

    /// A row in the form that the client expects now.
    pub(super) fn row(&self, values: &[Option<&[u8]>]) -> Vec<u8> {
        if !self.binary {
            return text_row(values);
        }
        // A bit for each column, after two that are free.
        let mut row = vec![0; 1 + (self.columns.len() + 9) / 8];
        for (number, value) in values.iter().enumerate() {
            match value {
                Some(value) => {
                    row.extend(length_encoded(value.len() as u64));
                    row.extend_from_slice(value);
                }
                None => row[1 + (number + 2) / 8] |= 1 << ((number + 2) % 8),
            }
        }
        row
    }

    pub(super) fn rows(&mut self, rows: &[Vec<u8>]) -> io::Result<()> {
        self.describe()?;
        rows.iter().try_for_each(|row| self.send(row))?;
        self.send(&END)
    }

    /// Sends the wish for a file. It ends with an empty packet, which is all that comes from a client that sends none.
    pub(super) fn take_file(&mut self, wish: &[u8]) -> io::Result<()> {
        self.send(wish)?;
        while !self.next()?.is_empty() {}
        Err(io::ErrorKind::ConnectionAborted.into())
    }

    /// The next packet of the client, without its head.
    pub(super) fn next(&mut self) -> io::Result<Vec<u8>> {
        let [low, middle, high, sequence] = self.talk.number()?;
        self.sequence = sequence.wrapping_add(1);
        self.talk.take(usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16)
    }

    pub(super) fn send(&mut self, body: &[u8]) -> io::Result<()> {
        let packet = [&self.head(body), body].concat();
        self.talk.send(&packet)
    }

    /// The head of a packet, and half of it.
    pub(super) fn send_half(&mut self, body: &[u8]) -> io::Result<()> {
        let packet = [&self.head(body), &body[..body.len() / 2]].concat();
        self.talk.send(&packet)
    }

    fn head(&mut self, body: &[u8]) -> [u8; 4] {
        let [low, middle, high, ..] = body.len().to_le_bytes();
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        [low, middle, high, sequence]
    }
}

/// What a server says first, with those of its capabilities that are also here.
pub(super) fn greeting(capabilities: u32) -> Vec<u8> {
    let [one, two, three, four] = (CAPABILITIES & capabilities).to_le_bytes();
    let mut body = vec![10];
    body.extend_from_slice(b"5.5.5-10.11.0-MariaDB\0");
    body.extend_from_slice(&[1, 0, 0, 0]);
    // Twenty bytes that a login by password is mixed with, in two parts.
    body.extend_from_slice(b"abcdefgh\0");
    body.extend_from_slice(&[one, two, UTF8, STATUS[0], STATUS[1], three, four, 21]);
    body.extend_from_slice(&[0; 10]);
    body.extend_from_slice(b"ijklmnopqrst\0mysql_native_password\0");
    body
}

pub(super) fn text_row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut row = Vec::new();
    for value in values {
        match value {
            Some(value) => {
                row.extend(length_encoded(value.len() as u64));
                row.extend_from_slice(value);
            }
            None => row.push(0xfb),
        }
    }
    row
}

pub(super) fn error(words: &str) -> Vec<u8> {
    // 1105, ER_UNKNOWN_ERROR.
    [b"\xff\x51\x04#HY000", words.as_bytes()].concat()
}

pub(super) fn length_encoded(number: u64) -> Vec<u8> {
    let bytes = number.to_le_bytes();
    match number {
        0..=250 => vec![bytes[0]],
        251..=0xffff => [&[0xfc], &bytes[..2]].concat(),
        0x1_0000..=0xff_ffff => [&[0xfd], &bytes[..3]].concat(),
        _ => [&[0xfe], bytes.as_slice()].concat(),
    }
}
