//! HTTP byte by byte, for what no client would send.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::Host;

/// One connection.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Host {
    pub fn connect(&self) -> Raw {
        let stream = TcpStream::connect(self.address()).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        Raw(stream)
    }

    /// The head of a call of `GROUP/CONNECTOR` with a body of this length.
    pub fn head(&self, connector: &str, length: usize) -> String {
        let (group, name) = connector.split_once('/').expect("GROUP/CONNECTOR");
        format!(
            "POST /v1/workspaces/default/groups/{group}/connectors/{name}/invoke HTTP/1.1\r\nhost: {}\r\n\
             authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n",
            self.address(),
            self.token()
        )
    }

    /// A whole request with the admin's token at a path below the workspace; the host closes after its answer.
    pub fn request_bytes(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "{method} /v1/workspaces/default{path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            self.address(),
            self.token(),
            body.len()
        );
        [head.as_bytes(), body].concat()
    }
}

impl Raw {
    /// Sends bytes. The host may have closed its side, which the answer tells.
    pub fn send(mut self, bytes: impl AsRef<[u8]>) -> Self {
        let _ = self.0.write_all(bytes.as_ref());
        self
    }

    /// Sends more bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    /// The status of an answer that is there; none as long as it is not.
    pub fn answered(&mut self) -> Option<u16> {
        self.0.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
        let mut bytes = [0; 4096];
        let read = self.0.read(&mut bytes).ok()?;
        let answer = String::from_utf8_lossy(bytes.get(..read)?).into_owned();
        answer.split(' ').nth(1)?.parse().ok()
    }

    /// Says that nothing more will come.
    pub fn finish(self) -> Self {
        self.0.shutdown(Shutdown::Write).expect("a connection");
        self
    }

    /// Everything that the host sends until it closes.
    pub fn answer(mut self) -> String {
        let mut bytes = Vec::new();
        // A reset after the answer is an answer too.
        let _ = self.0.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The answer's status; 0 when there was none.
    pub fn status(self) -> u16 {
        let answer = self.answer();
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}
