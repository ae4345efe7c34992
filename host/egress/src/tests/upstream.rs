//! A server that does what a test says, byte by byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Do {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits.
    Wait(Duration),
    /// Sends bytes again and again, until nobody reads them.
    Repeat(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Closes it with a reset.
    Reset,
}

/// A request as it arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A server on a free port of loopback.
pub(super) struct Upstream {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    connections: Arc<AtomicUsize>,
    /// Those of them that are closed.
    ended: Arc<AtomicUsize>,
}

impl Upstream {
    /// Answers each request, by its number from 0, with what the function says.
    pub(super) async fn start(answer: impl Fn(usize, &Seen) -> Vec<Do> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let (connections, ended): (Arc<AtomicUsize>, Arc<AtomicUsize>) = Default::default();
        let (answer, all, opened) = (Arc::new(answer), Arc::clone(&seen), Arc::clone(&connections));
        let closed = Arc::clone(&ended);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                opened.fetch_add(1, Ordering::SeqCst);
                let (answer, all, closed) = (Arc::clone(&answer), Arc::clone(&all), Arc::clone(&closed));
                tokio::spawn(async move {
                    serve(stream, &*answer, &all).await;
                    closed.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen, connections, ended }
    }

    /// Answers every request with one text.
    pub(super) async fn says(text: &'static str) -> Self {
        Self::start(move |_, _| vec![Do::Send(ok(text))]).await
    }

    /// Answers with what was asked, as text.
    pub(super) async fn echoes() -> Self {
        Self::start(|_, seen| {
            let mut text = format!("{}\n", seen.line);
            seen.headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}: {value}\n")));
            text.push_str(&String::from_utf8_lossy(&seen.body));
            vec![Do::Send(ok(&text))]
        })
        .await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn last(&self) -> Seen {
        self.seen().pop().unwrap()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }
}

/// A plain answer.
pub(super) fn ok(text: &str) -> Vec<u8> {
    status("200 OK", &[], text)
}

pub(super) fn status(status: &str, headers: &[&str], text: &str) -> Vec<u8> {
    let headers: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{text}", text.len()).into_bytes()
}

async fn serve(
    mut stream: TcpStream,
    answer: &(dyn Fn(usize, &Seen) -> Vec<Do> + Send + Sync),
    all: &Mutex<Vec<Seen>>,
) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let seen = read(&mut stream, &mut buffer).await?;
        let number = {
            let mut all = all.lock().unwrap();
            all.push(seen.clone());
            all.len() - 1
        };
        for one in answer(number, &seen) {
            match one {
                Do::Send(bytes) => stream.write_all(&bytes).await.ok()?,
                Do::Wait(time) => tokio::time::sleep(time).await,
                Do::Repeat(bytes) => loop {
                    stream.write_all(&bytes).await.ok()?;
                },
                Do::Close => return None,
                Do::Reset => {
                    stream.set_zero_linger().ok()?;
                    return None;
                }
            }
        }
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Seen> {
    let head =
        until(stream, buffer, |buffer| buffer.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)).await?;
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut seen = Seen { line, headers: lines.filter_map(pair).collect(), body: Vec::new() };
    if let Some(length) = seen.header("content-length").map(|length| length.parse::<usize>().unwrap()) {
        seen.body = until(stream, buffer, |buffer| (buffer.len() >= length).then_some(length)).await?;
    } else if seen.header("transfer-encoding").is_some() {
        loop {
            let size =
                until(stream, buffer, |buffer| buffer.windows(2).position(|end| end == b"\r\n").map(|at| at + 2))
                    .await?;
            let size = usize::from_str_radix(String::from_utf8(size).unwrap().trim(), 16).unwrap();
            let chunk = until(stream, buffer, |buffer| (buffer.len() >= size + 2).then_some(size + 2)).await?;
            seen.body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    }
    Some(seen)
}

/// Reads until there is enough, and takes it.
async fn until(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    enough: impl Fn(&[u8]) -> Option<usize>,
) -> Option<Vec<u8>> {
    loop {
        if let Some(length) = enough(buffer) {
            let rest = buffer.split_off(length);
            return Some(std::mem::replace(buffer, rest));
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(read) if read > 0 => buffer.extend_from_slice(&piece[..read]),
            Ok(_) | Err(_) => return None,
        }
    }
}
