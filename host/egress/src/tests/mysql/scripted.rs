//! A server of MySQL's protocol that says what a test has it say, and otherwise what an honest one would.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a message is, by its first byte. A login has none of its own.
pub(super) const LOGIN: u8 = 0xFF;
pub(super) const PING: u8 = 0x0E;
pub(super) const PREPARE: u8 = 0x16;
pub(super) const EXECUTE: u8 = 0x17;
pub(super) const QUERY: u8 = 0x03;
const CLOSE: u8 = 0x19;

/// Outside of a transaction.
pub(super) const OK: &[u8] = b"\0\0\0\x02\0\0\0";
const OK_IN_TRANSACTION: &[u8] = b"\0\0\0\x03\0\0\0";
pub(super) const END: &[u8] = b"\xFE\0\0\x02\0";
/// One of texts.
pub(super) const COLUMN: &[u8] = b"\x03def\0\0\0\x01c\0\x0C\x2D\0\0\0\0\0\xFD\0\0\0\0\0";
const ROW: &[u8] = b"\0\0\x01a";
const PREPARED: &[u8] = b"\0\x01\0\0\0\x01\0\0\0\0\0\0";
const NONCE: &[u8] = b"abcdefghijklmnopqrst";
/// All but MULTI_STATEMENTS and what is newer than EOF packets.
const CAPABILITIES: u32 = 0x00BE_FFFF;
const SSL: u32 = 1 << 11;

/// What a test has the server say to a message; none for what an honest server says.
pub(super) type Answers = dyn Fn(u8, &[u8]) -> Option<Vec<Vec<u8>>> + Send + Sync;

/// A single message.
pub(super) fn one(message: Vec<u8>) -> Option<Vec<Vec<u8>>> {
    Some(vec![message])
}

/// An error message.
pub(super) fn error(number: u16, state: &str, text: &str) -> Vec<u8> {
    [&[0xFF][..], &number.to_le_bytes(), b"#", state.as_bytes(), text.as_bytes()].concat()
}

pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    heard: watch::Sender<Vec<Vec<u8>>>,
    tls: Arc<AtomicBool>,
}

impl Scripted {
    pub(super) async fn new(answers: impl Fn(u8, &[u8]) -> Option<Vec<Vec<u8>>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (heard, tls) = (watch::Sender::default(), Arc::new(AtomicBool::new(true)));
        let server = Self { address, heard: heard.clone(), tls: Arc::clone(&tls) };
        let answers: Arc<Answers> = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, heard) = (Arc::clone(&answers), heard.clone());
                let capabilities = if tls.load(Ordering::Relaxed) { CAPABILITIES } else { CAPABILITIES & !SSL };
                tokio::spawn(async move { serve(stream, capabilities, &*answers, &heard).await });
            }
        });
        server
    }

    pub(super) fn without_tls(self) -> Self {
        self.tls.store(false, Ordering::Relaxed);
        self
    }

    /// All messages so far.
    pub(super) fn heard(&self) -> Vec<Vec<u8>> {
        self.heard.borrow().clone()
    }

    /// Waits for a message that is one of some.
    pub(super) async fn hears(&self, wanted: impl Fn(&[u8]) -> bool) {
        let mut heard = self.heard.subscribe();
        heard.wait_for(|heard| heard.iter().any(|message| wanted(message))).await.unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    capabilities: u32,
    answers: &Answers,
    heard: &watch::Sender<Vec<Vec<u8>>>,
) -> std::io::Result<()> {
    let [one, two, three, four] = capabilities.to_le_bytes();
    let (first, second) = NONCE.split_at(8);
    let greeting = [
        &b"\x0A8.4.0\0\x07\0\0\0"[..],
        first,
        &[0, one, two, 45, 2, 0, three, four, 21],
        &[0; 10],
        second,
        b"\0mysql_native_password\0",
    ];
    say(&mut stream, 0, &greeting.concat()).await?;
    let (mut is_login, mut in_transaction) = (true, false);
    loop {
        let header = stream.read_u32_le().await?;
        let mut message = vec![0; (header & 0xFF_FFFF) as usize];
        stream.read_exact(&mut message).await?;
        let kind = if is_login { LOGIN } else { message.first().copied().unwrap_or_default() };
        heard.send_modify(|heard| heard.push(message.clone()));
        let said = answers(kind, &message).unwrap_or_else(|| {
            let begins = message.get(1..).is_some_and(|text| text.starts_with(b"START TRANSACTION"));
            let ends = message.get(1..).is_some_and(|text| text == b"COMMIT" || text == b"ROLLBACK");
            in_transaction = (in_transaction || begins) && !ends;
            let ok = if in_transaction { OK_IN_TRANSACTION } else { OK };
            let end = if in_transaction { b"\xFE\0\0\x03\0" } else { END };
            match kind {
                CLOSE => Vec::new(),
                PREPARE => vec![PREPARED.to_vec(), COLUMN.to_vec(), end.to_vec()],
                // No role is on.
                QUERY if message.ends_with(b"SELECT CURRENT_ROLE()") => {
                    vec![vec![1], COLUMN.to_vec(), end.to_vec(), vec![0xFB], end.to_vec()]
                }
                EXECUTE => vec![vec![1], COLUMN.to_vec(), end.to_vec(), ROW.to_vec(), end.to_vec()],
                _ => vec![ok.to_vec()],
            }
        });
        // What goes on with a login is no command.
        is_login &= said.iter().all(|said| said.first() != Some(&0));
        let [.., mut sequence] = header.to_le_bytes();
        for message in said {
            sequence = sequence.wrapping_add(1);
            say(&mut stream, sequence, &message).await?;
        }
    }
}

async fn say(stream: &mut TcpStream, sequence: u8, message: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(message.len()).unwrap() | u32::from(sequence) << 24;
    stream.write_all(&[&length.to_le_bytes(), message].concat()).await
}
