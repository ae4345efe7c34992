//! One request at a time, to set servers up.

use crate::http;
use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Compiling a plugin may take this long.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Sends a POST request and expects an answer of the 200s.
pub(crate) fn post(address: SocketAddr, path: &str, headers: &str, body: &[u8]) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), body].concat())?;

    let (mut received, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut chunk).with_context(|| format!("waiting for the answer to POST {path}"))?;
        received.extend_from_slice(chunk.get(..count).unwrap_or_default());
        match http::parse(&received)? {
            Some(answer) if (200..300).contains(&answer.status) => return Ok(()),
            Some(answer) => bail!("POST {path}: {} {}", answer.status, String::from_utf8_lossy(&answer.body)),
            None if count == 0 => bail!("POST {path}: the connection was closed before the answer"),
            None => {}
        }
    }
}
