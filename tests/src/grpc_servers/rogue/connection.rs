//! One connection: what the client says is understood, so that the windows of HTTP/2 are kept where a trick is not about
//! them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::SeqCst;

use super::Heard;
use crate::Visit;
use crate::http2_frames::{
    ACK, DATA, END_STREAM, HEADERS, LARGEST, PADDED, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, frame,
};

const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
/// Bytes that may be sent at first (RFC 9113, section 6.9.2).
const WINDOW: i64 = 65_535;
const INITIAL_WINDOW_SIZE: u16 = 4;

pub(super) struct Connection<'a> {
    pub(super) visit: &'a mut Visit,
    heard: &'a Heard,
    /// Bytes that the client takes yet, over all and of each stream.
    window: i64,
    windows: HashMap<u32, i64>,
    initial: i64,
    bodies: HashMap<u32, Vec<u8>>,
    whole: VecDeque<Request>,
    reset: HashSet<u32>,
    /// Lets the client send what it likes.
    pub(super) grants: bool,
}

pub(super) struct Request {
    pub(super) stream: u32,
    pub(super) body: Vec<u8>,
}

impl<'a> Connection<'a> {
    pub(super) fn new(visit: &'a mut Visit, heard: &'a Heard) -> Self {
        Self {
            visit,
            heard,
            window: WINDOW,
            windows: HashMap::new(),
            initial: WINDOW,
            bodies: HashMap::new(),
            whole: VecDeque::new(),
            reset: HashSet::new(),
            grants: true,
        }
    }

    /// Takes the client's first bytes, and says its own settings.
    pub(super) fn begin(&mut self, settings: &[(u16, u32)]) -> io::Result<()> {
        self.visit.take(PREFACE)?;
        let payload: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        self.send(SETTINGS, 0, 0, &payload)
    }

    /// The next request that is whole.
    pub(super) fn request(&mut self) -> io::Result<Request> {
        loop {
            if let Some(request) = self.whole.pop_front() {
                return Ok(request);
            }
            self.read()?;
        }
    }

    pub(super) fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.visit.send(frame(kind, flags, stream, payload))
    }

    /// Sends data as the client has room for it.
    pub(super) fn send_data(&mut self, stream: u32, mut bytes: &[u8], end: bool) -> io::Result<()> {
        loop {
            self.is_wanted(stream)?;
            let room = self.window.min(*self.windows.entry(stream).or_insert(self.initial));
            let room = usize::try_from(room).unwrap_or(0).min(LARGEST);
            if room == 0 && !bytes.is_empty() {
                self.read()?;
                continue;
            }
            let (piece, rest) = bytes.split_at(bytes.len().min(room));
            let last = rest.is_empty();
            self.send(DATA, if last && end { END_STREAM } else { 0 }, stream, piece)?;
            let sent = i64::try_from(piece.len()).expect("few bytes");
            self.window -= sent;
            *self.windows.entry(stream).or_insert(self.initial) -= sent;
            if last {
                return Ok(());
            }
            bytes = rest;
        }
    }

    /// Says nothing until the client breaks off the stream or the connection, which is an error.
    pub(super) fn stall(&mut self, stream: u32) -> io::Result<()> {
        loop {
            self.is_wanted(stream)?;
            self.read()?;
        }
    }

    fn is_wanted(&self, stream: u32) -> io::Result<()> {
        if self.reset.contains(&stream) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    /// Takes one frame of the client's.
    fn read(&mut self) -> io::Result<()> {
        let head = self.visit.take(9)?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        let (length, kind, flags, stream) = (number(&head[..3]), head[3], head[4], number(&head[5..]) & 0x7fff_ffff);
        let payload = self.visit.take(usize::try_from(length).expect("a length"))?;
        match kind {
            HEADERS => drop(self.bodies.insert(stream, Vec::new())),
            DATA => {
                let padding = if flags & PADDED == 0 { None } else { payload.first().map(|one| usize::from(*one)) };
                let data = padding.map_or(&payload[..], |padding| &payload[1..payload.len() - padding]);
                self.bodies.entry(stream).or_default().extend_from_slice(data);
                if self.grants && length > 0 {
                    self.send(WINDOW_UPDATE, 0, 0, &length.to_be_bytes())?;
                    self.send(WINDOW_UPDATE, 0, stream, &length.to_be_bytes())?;
                }
            }
            RST_STREAM => {
                self.reset.insert(stream);
                self.whole.retain(|request| request.stream != stream);
                self.heard.resets.fetch_add(1, SeqCst);
            }
            SETTINGS if flags & ACK == 0 => {
                for setting in payload.chunks_exact(6) {
                    if number(&setting[..2]) == u32::from(INITIAL_WINDOW_SIZE) {
                        let wanted = i64::from(number(&setting[2..]));
                        self.windows.values_mut().for_each(|window| *window += wanted - self.initial);
                        self.initial = wanted;
                    }
                }
                self.send(SETTINGS, ACK, 0, &[])?;
            }
            PING if flags & ACK == 0 => self.send(PING, ACK, 0, &payload)?,
            WINDOW_UPDATE => {
                let more = i64::from(number(&payload));
                if stream == 0 {
                    self.window += more;
                } else {
                    *self.windows.entry(stream).or_insert(self.initial) += more;
                }
            }
            _ => {}
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            let body = self.bodies.remove(&stream).unwrap_or_default();
            self.heard.bodies.lock().unwrap_or_else(PoisonError::into_inner).push(body.clone());
            self.whole.push_back(Request { stream, body });
        }
        Ok(())
    }
}
