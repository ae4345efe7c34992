//! HTTP/2 frame by frame (RFC 9113), for what no client would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::Authority;

/// Types of frames.
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
/// The head is whole, and a body follows.
const END_HEADERS: u8 = 4;

/// One connection over TLS.
#[derive(Debug)]
pub struct RawHttp2(StreamOwned<ClientConnection, TcpStream>);

impl RawHttp2 {
    /// Connects to a host with a certificate for 127.0.0.1.
    pub fn connect(address: &str, authority: &Authority) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes()).expect("PEM")).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config.expect("TLS").with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let tls = ClientConnection::new(Arc::new(config), "127.0.0.1".try_into().expect("a name")).expect("TLS");
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        let mut own = Self(StreamOwned::new(tls, stream));
        own.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        own.write(&frame(SETTINGS, 0, 0, &[]));
        own
    }

    /// Sends the head of a request with a body that will not come.
    pub fn head(mut self, path: &str, token: &str) -> Self {
        let authorization = format!("Bearer {token}");
        let headers = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", "127.0.0.1"),
            (":path", path),
            ("authorization", &authorization),
            ("content-type", "application/json"),
        ];
        let block: Vec<u8> = headers.into_iter().flat_map(|(name, value)| literal(name, value)).collect();
        self.write(&frame(HEADERS, END_HEADERS, 1, &block));
        self
    }

    /// Everything that the host sends, until it has this text or closes the connection.
    pub fn until(mut self, text: &str) -> String {
        let (mut all, mut bytes) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&all).contains(text) {
            match self.0.read(&mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(read) => all.extend_from_slice(&bytes[..read]),
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }

    fn write(&mut self, bytes: &[u8]) {
        // The host may have closed its side.
        let _ = self.0.write_all(bytes);
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header that is not indexed and not compressed (RFC 7541, section 6.2.2).
fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).expect("a short text")], text.as_bytes()].concat();
    assert!(name.len() < 127 && value.len() < 127, "lengths of one byte");
    [vec![0], text(name), text(value)].concat()
}
