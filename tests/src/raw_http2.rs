//! HTTP/2 frame by frame (RFC 9113), for what no client would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::Authority;
use crate::http2_frames::{END_HEADERS, HEADERS, SETTINGS, block, frame};

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
        self.write(&frame(HEADERS, END_HEADERS, 1, &block(headers)));
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
