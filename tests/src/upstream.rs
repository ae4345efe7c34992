//! A system outside: an HTTP/1.1 server on a port of its own that answers as a test says, and keeps the bytes of every
//! request.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    /// Path and query, as they were sent.
    pub target: String,
    /// Names as they were sent.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Every byte of it.
    pub raw: Vec<u8>,
    /// At which of the server's addresses it arrived.
    pub to: SocketAddr,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// A value of the query, with `%` and `+` decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?')?.1;
        let pair = query.split('&').find_map(|pair| pair.split_once('=').filter(|(own, _)| *own == name))?;
        Some(decoded(pair.1))
    }

    /// The parameters of a form, decoded.
    pub fn form(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.body);
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).expect("two digits")
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// What a request gets.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    /// With the time before each; one piece has a length, several are chunked.
    pieces: Vec<(Duration, Vec<u8>)>,
    delay: Duration,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), pieces: Vec::new(), delay: Duration::ZERO }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces = vec![(Duration::ZERO, bytes.into())];
        self
    }

    pub fn json(self, value: &serde_json::Value) -> Self {
        self.header("content-type", "application/json; charset=utf-8").body(value.to_string())
    }

    /// Adds a piece, sent so long after the one before.
    pub fn piece(mut self, wait: Duration, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces.push((wait, bytes.into()));
        self
    }

    /// The time before its head.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

type Handler = dyn Fn(&Seen) -> Reply + Send + Sync;

/// The server. Ended when dropped.
#[derive(Debug)]
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// What is listened on, and the thread that does.
    accepting: Option<(OwnedFd, JoinHandle<()>)>,
}

#[derive(Debug, Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    /// Connections that the other side closed while it was to be answered.
    abandoned: AtomicUsize,
    /// Connections that did not end yet.
    open: AtomicUsize,
    /// The addresses at which connections arrived.
    arrivals: Mutex<Vec<SocketAddr>>,
    ended: AtomicBool,
}

impl Upstream {
    pub fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port"), handler)
    }

    /// On a listener that is there.
    pub fn on(listener: TcpListener, handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().expect("an address");
        let (shared, handler) = (Arc::<Shared>::default(), Arc::<Handler>::from(Box::new(handler) as Box<Handler>));
        let own = Arc::clone(&shared);
        let socket = OwnedFd::from(listener.try_clone().expect("a second handle"));
        let accepting = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.ended.load(SeqCst) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let Ok(to) = stream.local_addr() else { continue };
                let to = SocketAddr::new(to.ip().to_canonical(), to.port());
                // In this order, so that whoever saw it come sees that it is open.
                shared.open.fetch_add(1, SeqCst);
                shared.arrivals.lock().expect("no thread failed").push(to);
                let (shared, handler) = (Arc::clone(&shared), Arc::clone(&handler));
                thread::spawn(move || {
                    serve(stream, to, &shared, &*handler);
                    shared.open.fetch_sub(1, SeqCst);
                });
            }
        });
        Self { address, shared: own, accepting: Some((socket, accepting)) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("no thread failed").clone()
    }

    /// Connections that were closed before their answer was complete.
    pub fn abandoned(&self) -> usize {
        self.shared.abandoned.load(SeqCst)
    }

    /// Connections that are there now.
    pub fn open(&self) -> usize {
        self.shared.open.load(SeqCst)
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.arrivals().len()
    }

    /// The addresses at which they arrived.
    pub fn arrivals(&self) -> Vec<SocketAddr> {
        self.shared.arrivals.lock().expect("no thread failed").clone()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.shared.ended.store(true, SeqCst);
        // Wakes the thread that accepts, in whatever network it is, and waits until its port takes no connection any more.
        if let Some((socket, accepting)) = self.accepting.take()
            && rustix::net::shutdown(&socket, rustix::net::Shutdown::Both).is_ok()
        {
            let _ = accepting.join();
        }
    }
}

fn serve(mut stream: TcpStream, to: SocketAddr, shared: &Shared, handler: &Handler) {
    let _ = stream.set_nodelay(true);
    let mut waiting = Vec::new();
    while let Ok(Some(seen)) = read(&mut stream, to, &mut waiting) {
        let head = seen.method == "HEAD";
        shared.seen.lock().expect("no thread failed").push(seen.clone());
        match answer(&mut stream, handler(&seen), head) {
            Ok(true) => {}
            Ok(false) | Err(_) => {
                shared.abandoned.fetch_add(1, SeqCst);
                break;
            }
        }
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// Whether the other side was there to the end.
fn answer(stream: &mut TcpStream, reply: Reply, head: bool) -> io::Result<bool> {
    if !stays(stream, reply.delay)? {
        return Ok(false);
    }
    let chunked = reply.pieces.len() > 1;
    let mut text = format!("HTTP/1.1 {} Status\r\n", reply.status);
    for (name, value) in &reply.headers {
        text += &format!("{name}: {value}\r\n");
    }
    match (chunked, reply.pieces.first()) {
        (true, _) => text += "transfer-encoding: chunked\r\n",
        (false, Some((_, body))) => text += &format!("content-length: {}\r\n", body.len()),
        (false, None) if reply.status != 204 => text += "content-length: 0\r\n",
        (false, None) => {}
    }
    stream.write_all(format!("{text}\r\n").as_bytes())?;
    for (wait, piece) in reply.pieces.iter().filter(|_| !head) {
        if !stays(stream, *wait)? {
            return Ok(false);
        }
        if chunked {
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes())?;
        }
        stream.write_all(piece)?;
        if chunked {
            stream.write_all(b"\r\n")?;
        }
    }
    if chunked && !head {
        stream.write_all(b"0\r\n\r\n")?;
    }
    Ok(true)
}

/// Lets time pass; false when the other side goes away meanwhile.
fn stays(stream: &TcpStream, time: Duration) -> io::Result<bool> {
    let end = Instant::now() + time;
    let mut stays = true;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
        stream.set_read_timeout(Some(left))?;
        match stream.peek(&mut [0]) {
            Ok(0) => stays = false,
            // A request behind this one waits.
            Ok(_) => thread::sleep(Duration::from_millis(5)),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(_) => stays = false,
        }
        if !stays {
            break;
        }
    }
    stream.set_read_timeout(None)?;
    Ok(stays)
}

/// The next request; none when the other side has no more.
fn read(stream: &mut TcpStream, to: SocketAddr, waiting: &mut Vec<u8>) -> io::Result<Option<Seen>> {
    let mut raw = std::mem::take(waiting);
    let end = loop {
        if let Some(end) = find(&raw, b"\r\n\r\n") {
            break end + 4;
        }
        if !more(stream, &mut raw)? {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&raw[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default().to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect();
    let header = |name: &str| headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut body = Vec::new();
    let mut at = end;
    if header("transfer-encoding").is_some() {
        loop {
            let line = loop {
                match find(&raw[at..], b"\r\n") {
                    Some(line) => break at + line,
                    None if more(stream, &mut raw)? => {}
                    None => return Ok(None),
                }
            };
            let size = String::from_utf8_lossy(&raw[at..line]).into_owned();
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            let data = line + 2;
            while raw.len() < data + size + 2 {
                if !more(stream, &mut raw)? {
                    return Ok(None);
                }
            }
            body.extend_from_slice(&raw[data..data + size]);
            at = data + size + 2;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = header("content-length") {
        let length: usize = length.parse().map_err(io::Error::other)?;
        while raw.len() < end + length {
            if !more(stream, &mut raw)? {
                return Ok(None);
            }
        }
        body.extend_from_slice(&raw[end..end + length]);
        at = end + length;
    }
    *waiting = raw.split_off(at);
    Ok(Some(Seen { method, target, headers, body, raw, to }))
}

fn more(stream: &mut TcpStream, raw: &mut Vec<u8>) -> io::Result<bool> {
    let mut buffer = vec![0; 64 * 1024];
    let read = stream.read(&mut buffer)?;
    raw.extend_from_slice(&buffer[..read]);
    Ok(read > 0)
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
