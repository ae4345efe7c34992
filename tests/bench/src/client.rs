//! One request at a time, over a connection that is kept open.

use crate::http;
use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Compiling a plugin may take this long.
const TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address })
    }

    /// Sends a request, and gives the body of an answer of the 200s.
    pub(crate) fn send(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<Vec<u8>> {
        let (address, length) = (self.address, body.len());
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n");
        self.stream.write_all(&[head.as_bytes(), body].concat())?;

        let (mut received, mut chunk) = (Vec::new(), [0; 16 * 1024]);
        loop {
            let count = self.stream.read(&mut chunk);
            let count = count.with_context(|| format!("waiting for the answer to {method} {path}"))?;
            received.extend_from_slice(chunk.get(..count).unwrap_or_default());
            match http::parse(&received)? {
                Some(answer) if (200..300).contains(&answer.status) => return Ok(answer.body.into_owned()),
                Some(answer) => bail!("{method} {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)),
                None if count == 0 => bail!("{method} {path}: the connection was closed before the answer"),
                None => {}
            }
        }
    }
}

/// Sends a POST request over a connection of its own, and expects an answer of the 200s.
pub(crate) fn post(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> Result<()> {
    Connection::open(address)?.send("POST", path, headers, body).map(drop)
}
