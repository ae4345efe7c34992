//! Database servers that keep to no rule: each speaks its protocol up to the place where it plays its trick.

pub mod mysql;
pub mod postgresql;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;

use super::Certificate;
use crate::{Authority, Rogue, Visit};

/// Longer than any test.
const FOREVER: Duration = Duration::from_hours(1);

/// The statement for which tricks are played that come with its answer: every one that names this table. Others are
/// answered well.
pub const TABLE: &str = "orders";

/// The server. Ended when dropped.
#[derive(Debug)]
pub struct RogueDatabase {
    rogue: Rogue,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl RogueDatabase {
    fn start(authority: &Authority, script: impl Fn(&mut Talk<'_>) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let (own, config) = (Arc::clone(&heard), Arc::new(Certificate::Right.of(authority).config()));
        let rogue = Rogue::start(move |visit| {
            script(&mut Talk { visit, config: &config, heard: &own, sent: 0, most: usize::MAX })
        });
        Self { rogue, heard }
    }

    pub fn port(&self) -> u16 {
        self.rogue.address().port()
    }

    /// Connections so far.
    pub fn visits(&self) -> usize {
        self.rogue.visits()
    }

    /// Connections that the client has not ended.
    pub fn open(&self) -> usize {
        self.rogue.open()
    }

    /// Everything that clients said, without TLS around it.
    pub fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether these bytes are in what clients said.
    pub fn heard_of(&self, text: &str) -> bool {
        self.heard().windows(text.len()).any(|part| part == text.as_bytes())
    }
}

/// One connection.
struct Talk<'a> {
    visit: &'a mut Visit,
    config: &'a Arc<ServerConfig>,
    heard: &'a Mutex<Vec<u8>>,
    /// Messages so far.
    sent: usize,
    /// After so many nothing is sent any more.
    most: usize,
}

impl Talk<'_> {
    fn take(&mut self, bytes: usize) -> io::Result<Vec<u8>> {
        let bytes = self.visit.take(bytes)?;
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&bytes);
        Ok(bytes)
    }

    fn number<const BYTES: usize>(&mut self) -> io::Result<[u8; BYTES]> {
        self.take(BYTES)?.try_into().map_err(|_| io::ErrorKind::UnexpectedEof.into())
    }

    /// Sends a message, or stalls for good.
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        if self.sent == self.most {
            return self.stall();
        }
        self.sent += 1;
        self.visit.send(message)
    }

    /// Sends the same until the client goes away.
    fn send_endlessly(&mut self, message: &[u8]) -> io::Result<()> {
        // In larger pieces, since it is the client that is to be kept busy.
        let piece = message.repeat(1 + 65_536 / message.len().max(1));
        loop {
            self.visit.send(&piece)?;
        }
    }

    fn start_tls(&mut self) -> io::Result<()> {
        self.visit.start_tls(self.config)
    }

    /// Says nothing until the client goes away, which is an error.
    fn stall(&mut self) -> io::Result<()> {
        self.visit.silence(FOREVER)?;
        Err(io::ErrorKind::TimedOut.into())
    }

    /// Hears what the client says until it goes away.
    fn listen(&mut self) -> io::Result<()> {
        loop {
            self.take(1)?;
        }
    }
}

/// Whether a statement is one that tricks are played for.
fn names_table(statement: &str) -> bool {
    statement.to_lowercase().contains(TABLE)
}

/// Whether a statement has rows as its answer.
fn is_query(statement: &str) -> bool {
    let word = statement.trim_start().split(|other: char| !other.is_ascii_alphabetic()).next().unwrap_or_default();
    ["select", "with", "show", "table", "values"].contains(&word.to_lowercase().as_str())
}
