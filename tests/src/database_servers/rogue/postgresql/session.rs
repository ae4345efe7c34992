//! A session that does as it should, up to the statement for which the trick is played.

use std::collections::HashMap;
use std::io;

use super::super::{Talk, is_query, names_table};
use super::{OK, authentication, greet};

/// The type `text`.
const TEXT: i32 = 25;

pub(super) struct Session<'a, 'b> {
    pub(super) talk: &'a mut Talk<'b>,
    /// Names of the columns of an answer; all are text.
    pub(super) columns: Vec<String>,
    /// They get a byte that no UTF-8 has.
    pub(super) spoiled_name: bool,
    /// What is run.
    statement: String,
    /// What is prepared, by name.
    prepared: HashMap<String, String>,
    /// A portal of it is described already, by the message for that.
    described: bool,
    /// Messages are dropped until the next Sync, after an error.
    failed: bool,
}

type Trick<'t> = &'t dyn Fn(&mut Session<'_, '_>) -> io::Result<()>;

impl<'a, 'b> Session<'a, 'b> {
    /// Lets the client in.
    pub(super) fn begin(talk: &'a mut Talk<'b>) -> io::Result<Self> {
        greet(talk)?;
        talk.send(&authentication(OK, &[]))?;
        for (name, value) in [
            ("server_version", "15.0"),
            ("server_encoding", "UTF8"),
            ("client_encoding", "UTF8"),
            ("integer_datetimes", "on"),
            ("standard_conforming_strings", "on"),
            ("TimeZone", "UTC"),
            ("DateStyle", "ISO, MDY"),
        ] {
            talk.send(&message(b'S', &[text(name), text(value)].concat()))?;
        }
        talk.send(&message(b'K', &[0, 0, 0, 1, 0, 0, 0, 2]))?;
        talk.send(&message(b'Z', b"I"))?;
        let columns = vec!["id".to_owned(), "note".to_owned()];
        let (statement, prepared) = (String::new(), HashMap::new());
        Ok(Self { talk, columns, spoiled_name: false, statement, prepared, described: false, failed: false })
    }

    /// Answers until the client ends the session.
    pub(super) fn serve(mut self, trick: Trick<'_>) -> io::Result<()> {
        loop {
            let (kind, body) = next(self.talk)?;
            match kind {
                b'X' => return Ok(()),
                b'S' => {
                    self.failed = false;
                    self.talk.send(&message(b'Z', b"I"))?;
                }
                b'Q' => {
                    (self.statement, self.described) = (first_text(&body), false);
                    self.answer(trick)?;
                    self.failed = false;
                    self.talk.send(&message(b'Z', b"I"))?;
                }
                _ if self.failed => {}
                b'P' => {
                    let after_name = body.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1);
                    (self.statement, self.described) = (first_text(&body[after_name..]), false);
                    self.prepared.insert(first_text(&body), self.statement.clone());
                    self.talk.send(&message(b'1', &[]))?;
                }
                b'D' => {
                    if body.first() == Some(&b'S') {
                        let parameters = self.parameters();
                        let types = vec![TEXT.to_be_bytes(); parameters].concat();
                        let count = i16::try_from(parameters).unwrap_or_default().to_be_bytes();
                        self.talk.send(&message(b't', &[count.as_slice(), &types].concat()))?;
                    }
                    self.describe()?;
                }
                b'B' => {
                    // Behind the name of the portal.
                    let name = body.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1);
                    self.statement = self.prepared.get(&first_text(&body[name..])).cloned().unwrap_or_default();
                    self.talk.send(&message(b'2', &[]))?;
                }
                b'C' => self.talk.send(&message(b'3', &[]))?,
                b'E' => {
                    self.described = true;
                    self.answer(trick)?;
                }
                // Flush, and what no session here asks for.
                _ => {}
            }
        }
    }

    fn answer(&mut self, trick: Trick<'_>) -> io::Result<()> {
        if names_table(&self.statement) {
            trick(self)?;
        } else if is_query(&self.statement) {
            self.describe()?;
        }
        if self.failed { Ok(()) } else { self.complete() }
    }

    /// Describes the answer of the statement, unless it is described.
    pub(super) fn describe(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.described, false) {
            return Ok(());
        }
        if !is_query(&self.statement) {
            return self.talk.send(&message(b'n', &[]));
        }
        let count = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let mut body = count.to_be_bytes().to_vec();
        for name in &self.columns {
            body.extend_from_slice(name.as_bytes());
            if self.spoiled_name {
                body.push(0xff);
            }
            // No table and no column of one; the type, its size and modifier; as text.
            body.extend_from_slice(&[0; 7]);
            body.extend_from_slice(&TEXT.to_be_bytes());
            body.extend_from_slice(&(-1_i16).to_be_bytes());
            body.extend_from_slice(&(-1_i32).to_be_bytes());
            body.extend_from_slice(&[0, 0]);
        }
        self.talk.send(&message(b'T', &body))
    }

    pub(super) fn rows(&mut self, rows: &[Vec<u8>]) -> io::Result<()> {
        self.describe()?;
        rows.iter().try_for_each(|row| self.talk.send(row))
    }

    pub(super) fn complete(&mut self) -> io::Result<()> {
        self.talk.send(&message(b'C', &text("SELECT 1")))
    }

    /// The answer is an error.
    pub(super) fn fail(&mut self, error: &[u8]) -> io::Result<()> {
        self.failed = true;
        self.talk.send(error)
    }

    /// How many the statement has.
    fn parameters(&self) -> usize {
        (1..100).take_while(|number| self.statement.contains(&format!("${number}"))).count()
    }
}

/// A message of the client: its kind and what is in it.
pub(super) fn next(talk: &mut Talk<'_>) -> io::Result<(u8, Vec<u8>)> {
    let [kind] = talk.number()?;
    let length = i32::from_be_bytes(talk.number()?);
    Ok((kind, talk.take(usize::try_from(length - 4).map_err(io::Error::other)?)?))
}

pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len() + 4).expect("a short message");
    [&[kind], length.to_be_bytes().as_slice(), body].concat()
}

pub(super) fn text(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

pub(super) fn data_row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut body = i16::try_from(values.len()).expect("few values").to_be_bytes().to_vec();
    for value in values {
        let length = value.map_or(-1, |value| i32::try_from(value.len()).expect("a short value"));
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(value.unwrap_or_default());
    }
    message(b'D', &body)
}

/// An error or a notice, with its text in every field that has any.
pub(super) fn error(kind: u8, severity: &str, code: &str, words: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for (field, value) in [("S", severity), ("V", severity), ("C", code)] {
        body.extend(text(&format!("{field}{value}")));
    }
    // Message, detail, hint, inner statement, context, table, constraint.
    for field in ["M", "D", "H", "q", "W", "t", "n"] {
        body.extend(text(&format!("{field}{words}")));
    }
    body.push(0);
    message(kind, &body)
}

fn first_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}
