//! A server of PostgreSQL's protocol that says what a test has it say, and otherwise what an honest one would.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the first message of a connection is called here, and one that cancels.
pub(super) const STARTUP: u8 = b'u';
pub(super) const CANCEL: u8 = b'!';
const CANCEL_REQUEST: u32 = 80_877_102;
const PROCESS: &[u8] = b"\0\0\0\x07\0\0\0\x09";

/// A message of a client: its kind and its body.
pub(super) type Heard = (u8, Vec<u8>);
/// What a test has the server say to messages that want an answer; none for what an honest server says.
pub(super) type Answers = dyn Fn(&[Heard], bool) -> Option<Vec<u8>> + Send + Sync;

pub(super) struct Scripted {
    pub(super) address: SocketAddr,
    heard: watch::Sender<Vec<Heard>>,
}

/// A message with its length.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind][..], &length.to_be_bytes(), body].concat()
}

/// The end of an answer, with where the session is: `I`, `T` or `E`.
pub(super) fn ready(status: u8) -> Vec<u8> {
    message(b'Z', &[status])
}

/// Descriptions of columns, each with a name and the number of its type.
pub(super) fn columns(columns: &[(&str, u32)]) -> Vec<u8> {
    let mut body = u16::try_from(columns.len()).unwrap().to_be_bytes().to_vec();
    for (name, oid) in columns {
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(&[0; 7]);
        body.extend_from_slice(&oid.to_be_bytes());
        body.extend_from_slice(b"\xFF\xFF\xFF\xFF\xFF\xFF\0\0");
    }
    message(b'T', &body)
}

/// A row of one value.
pub(super) fn row(value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap();
    message(b'D', &[&b"\0\x01"[..], &length.to_be_bytes(), value].concat())
}

/// An error with its SQLSTATE.
pub(super) fn error(sqlstate: &str) -> Vec<u8> {
    message(b'E', format!("SERROR\0C{sqlstate}\0Mrefused\0\0").as_bytes())
}

/// The answer to a statement that is prepared.
pub(super) fn described(of: &[(&str, u32)], in_transaction: bool) -> Vec<u8> {
    let status = if in_transaction { b'T' } else { b'I' };
    [message(b'1', b""), message(b't', &[0; 2]), columns(of), ready(status)].concat()
}

/// Whether some messages prepare a statement.
pub(super) fn prepares(heard: &[Heard]) -> bool {
    heard.iter().any(|(kind, _)| *kind == b'D')
}

/// Whether some messages run one.
pub(super) fn executes(heard: &[Heard]) -> bool {
    heard.iter().any(|(kind, _)| *kind == b'E')
}

impl Scripted {
    pub(super) async fn new(answers: impl Fn(&[Heard], bool) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), answers)
    }

    pub(super) fn on(
        listener: TcpListener,
        answers: impl Fn(&[Heard], bool) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let (address, heard) = (listener.local_addr().unwrap(), watch::Sender::default());
        let server = Self { address, heard: heard.clone() };
        let answers: Arc<Answers> = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, heard) = (Arc::clone(&answers), heard.clone());
                tokio::spawn(async move { serve(stream, &*answers, &heard).await });
            }
        });
        server
    }

    /// All messages so far.
    pub(super) fn heard(&self) -> Vec<Heard> {
        self.heard.borrow().clone()
    }

    /// Whether a part of a message was heard.
    pub(super) fn heard_of(&self, text: &str) -> bool {
        self.heard().iter().any(|(_, body)| body.windows(text.len()).any(|part| part == text.as_bytes()))
    }

    /// Waits for a message that is one of some.
    pub(super) async fn hears(&self, wanted: impl Fn(&Heard) -> bool) {
        let mut heard = self.heard.subscribe();
        heard.wait_for(|heard| heard.iter().any(&wanted)).await.unwrap();
    }
}

/// What an honest server says to messages.
fn honest(asked: &[Heard], status: &mut u8) -> Vec<u8> {
    let (mut says, mut bound) = (Vec::new(), Vec::new());
    for (kind, body) in asked {
        match kind {
            b'P' => says.extend(message(b'1', b"")),
            b'D' => says.extend([message(b't', &[0; 2]), columns(&[("c", 25)])].concat()),
            b'B' => {
                bound = body.split(|byte| *byte == 0).nth(1).unwrap_or_default().to_vec();
                says.extend(message(b'2', b""));
            }
            b'E' if bound == b"lockgate_look" => {
                let values = ["1", "UTF8", "ISO, MDY", "iso_8601", "on", "3", "hex"];
                says.extend([values_row(&values), message(b'C', b"SELECT 1\0")].concat());
            }
            b'E' if bound.starts_with(b"lockgate_") && !bound.last().is_some_and(u8::is_ascii_digit) => {
                says.extend(message(b'C', b"SET\0"));
            }
            b'E' => says.extend([row(b"a"), message(b'C', b"SELECT 1\0")].concat()),
            b'Q' => {
                let tag: &[u8] = match body.as_slice() {
                    [b'B', ..] => b"BEGIN\0",
                    [b'C', b'O', ..] => b"COMMIT\0",
                    [b'R', b'O', ..] => b"ROLLBACK\0",
                    _ => b"SET\0",
                };
                match tag {
                    b"BEGIN\0" => *status = b'T',
                    b"COMMIT\0" | b"ROLLBACK\0" => *status = b'I',
                    _ => {}
                }
                says.extend(message(b'C', tag));
            }
            _ => {}
        }
    }
    says.extend(ready(*status));
    says
}

/// What a test has the server say to a statement, with the answers to what stands around it in its batch.
fn around(asked: &[Heard], says: Vec<u8>) -> Vec<u8> {
    let bound = |name: &[u8]| asked.iter().filter(|(kind, body)| *kind == b'B' && body[1..].starts_with(name)).count();
    let begin = [message(b'2', b""), message(b'C', b"BEGIN\0")].concat();
    if bound(b"lockgate_begin") == 0 || says.starts_with(&begin) {
        return says;
    }
    let (mut kinds, mut rest) = (Vec::new(), says.as_slice());
    while let [kind, a, b, c, d, ..] = *rest {
        kinds.push(kind);
        rest = rest.get(1 + u32::from_be_bytes([a, b, c, d]) as usize..).unwrap_or_default();
    }
    if kinds.last() != Some(&b'Z') || kinds.contains(&b'E') {
        return [begin, says].concat();
    }
    let (own, end) = says.split_at(says.len() - 6);
    let behind: Vec<Heard> = asked.iter().skip_while(|(kind, _)| *kind != b'E').skip(1).cloned().collect();
    let behind =
        behind.into_iter().skip_while(|(kind, body)| *kind != b'B' || !body[1..].starts_with(b"lockgate_look"));
    let tail = honest(&behind.collect::<Vec<_>>(), &mut b'I');
    [&begin, own, &tail[..tail.len() - 6], end].concat()
}

/// A row of texts.
fn values_row(values: &[&str]) -> Vec<u8> {
    let mut body = u16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
    for value in values {
        body.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
        body.extend(value.as_bytes());
    }
    message(b'D', &body)
}

async fn serve(mut stream: TcpStream, answers: &Answers, heard: &watch::Sender<Vec<Heard>>) -> std::io::Result<()> {
    let mut body = vec![0; stream.read_u32().await? as usize - 4];
    stream.read_exact(&mut body).await?;
    let cancels = body.starts_with(&CANCEL_REQUEST.to_be_bytes());
    let first = (if cancels { CANCEL } else { STARTUP }, body);
    heard.send_modify(|heard| heard.push(first.clone()));
    if cancels {
        return Ok(());
    }
    let says = answers(&[first], false);
    let welcome = || [message(b'R', &[0; 4]), message(b'K', PROCESS), ready(b'I')].concat();
    stream.write_all(&says.unwrap_or_else(welcome)).await?;
    let (mut asked, mut in_transaction): (Vec<Heard>, bool) = (Vec::new(), false);
    loop {
        let kind = stream.read_u8().await?;
        let mut body = vec![0; stream.read_u32().await? as usize - 4];
        stream.read_exact(&mut body).await?;
        heard.send_modify(|heard| heard.push((kind, body.clone())));
        asked.push((kind, body));
        if ![b'Q', b'S', b'p'].contains(&kind) {
            continue;
        }
        let mut status = if in_transaction { b'T' } else { b'I' };
        let own = honest(&asked, &mut status);
        in_transaction = status == b'T';
        let says = answers(&asked, in_transaction).map_or(own, |says| around(&asked, says));
        let closed = asked.iter().filter(|(kind, body)| *kind == b'C' && body.first() == Some(&b'P')).count();
        stream.write_all(&message(b'3', b"").repeat(closed)).await?;
        stream.write_all(&says).await?;
        asked.clear();
    }
}
