//! One request, and what a script may do with it.

use std::io;
use std::time::Duration;

use super::connection::{Connection, Request};
use crate::http2_frames::{CONTINUATION, END_HEADERS, END_STREAM, HEADERS, LARGEST, block};

/// Longer than any test.
const FOREVER: Duration = Duration::from_hours(1);

/// Fields of a head or of trailers.
pub(super) type Fields<'a> = [(&'a str, &'a str)];

/// One request.
pub struct Call<'c, 'v> {
    connection: &'c mut Connection<'v>,
    request: Request,
}

impl<'c, 'v> Call<'c, 'v> {
    pub(super) fn new(connection: &'c mut Connection<'v>, request: Request) -> Self {
        Self { connection, request }
    }

    /// Which connection it came by, from 0.
    pub fn visit(&self) -> usize {
        self.connection.visit.number
    }

    /// The message that was sent, without its prefix.
    pub fn message(&self) -> &[u8] {
        self.request.body.get(5..).unwrap_or_default()
    }

    /// Sends the head of a good answer.
    ///
    /// # Errors
    /// The client is gone, as for every function here.
    pub fn head(&mut self) -> io::Result<()> {
        self.head_with(&[])
    }

    pub fn head_with(&mut self, fields: &Fields<'_>) -> io::Result<()> {
        self.fields(&[&[(":status", "200"), ("content-type", "application/grpc")], fields].concat(), false)
    }

    /// Sends a message with its prefix.
    pub fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.data(&prefixed(0, message))
    }

    /// Ends with this status.
    pub fn status(&mut self, code: &str, fields: &Fields<'_>) -> io::Result<()> {
        self.fields(&[&[("grpc-status", code)], fields].concat(), true)
    }

    /// Answers with one message, as a good server does.
    pub fn answer(&mut self, message: &[u8]) -> io::Result<()> {
        self.head()?;
        self.send(message)?;
        self.status("0", &[])
    }

    /// Sends data as there is room for it.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.send_data(self.request.stream, bytes, false)
    }

    /// The last data.
    pub fn last_data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.send_data(self.request.stream, bytes, true)
    }

    /// Sends a head or trailers, in as many frames as it needs.
    pub fn fields(&mut self, fields: &Fields<'_>, end: bool) -> io::Result<()> {
        let block = block(fields.iter().copied());
        let (first, mut rest) = block.split_at(block.len().min(LARGEST));
        let end = if end { END_STREAM } else { 0 };
        self.frame(HEADERS, if rest.is_empty() { END_HEADERS | end } else { end }, first)?;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(rest.len().min(LARGEST));
            self.frame(CONTINUATION, if more.is_empty() { END_HEADERS } else { 0 }, piece)?;
            rest = more;
        }
        Ok(())
    }

    /// Sends a frame of the request's stream, whatever the client has room for.
    pub fn frame(&mut self, kind: u8, flags: u8, payload: &[u8]) -> io::Result<()> {
        self.connection.send(kind, flags, self.request.stream, payload)
    }

    /// Sends a frame of the connection.
    pub fn own_frame(&mut self, kind: u8, flags: u8, payload: &[u8]) -> io::Result<()> {
        self.connection.send(kind, flags, 0, payload)
    }

    /// Sends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.visit.send(bytes)
    }

    /// Says nothing until the client breaks off.
    pub fn stall(&mut self) -> io::Result<()> {
        self.connection.stall(self.request.stream)
    }

    /// Closes the connection, with a reset.
    pub fn close(&mut self) -> io::Result<()> {
        self.connection.visit.reset()?;
        Err(io::ErrorKind::BrokenPipe.into())
    }

    /// Ends the connection. What the client sends yet is read: unread, it would make a reset of the end, which takes with
    /// it what the client has not read.
    pub fn end(&mut self) -> io::Result<()> {
        self.connection.visit.finish()?;
        self.connection.visit.silence(FOREVER)?;
        Err(io::ErrorKind::TimedOut.into())
    }

    /// The number of the request's stream.
    pub fn stream(&self) -> u32 {
        self.request.stream
    }
}

/// A message behind its prefix, with a flag that says whether it is compressed.
pub fn prefixed(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a length");
    [&prefix(flag, length)[..], message].concat()
}

/// A prefix alone.
pub fn prefix(flag: u8, length: u32) -> [u8; 5] {
    let [a, b, c, d] = length.to_be_bytes();
    [flag, a, b, c, d]
}

impl std::fmt::Debug for Call<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({})", self.request.stream)
    }
}
