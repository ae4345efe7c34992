//! gRPC servers that keep to no rule: each speaks HTTP/2 up to the place where it plays its trick.

pub mod answers;
mod call;
mod connection;
pub mod http2;
pub mod messages;
pub mod protobuf;
pub mod reflection;

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};

pub use call::Call;
use connection::Connection;

use crate::database_servers::Certificate;
use crate::{Authority, Rogue};

/// The server. Ended when dropped.
#[derive(Debug)]
pub struct RogueGrpc {
    rogue: Rogue,
    heard: Arc<Heard>,
}

/// What clients sent.
#[derive(Debug, Default)]
struct Heard {
    /// The body of each request that came to its end.
    bodies: Mutex<Vec<Vec<u8>>>,
    /// Streams that clients have reset.
    resets: AtomicUsize,
}

impl RogueGrpc {
    /// Answers each request with this script.
    pub fn start(
        authority: &Authority,
        answer: impl Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::begun(authority, |connection| connection.begin(&[]), answer)
    }

    /// The same after another beginning than settings.
    fn begun(
        authority: &Authority,
        begin: impl Fn(&mut Connection<'_>) -> io::Result<()> + Send + Sync + 'static,
        answer: impl Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let heard = Arc::<Heard>::default();
        let own = Arc::clone(&heard);
        let mut config = Certificate::Right.of(authority).config();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let rogue = Rogue::with_tls(config, move |visit| {
            let mut connection = Connection::new(visit, &own);
            begin(&mut connection)?;
            loop {
                let request = connection.request()?;
                match answer(&mut Call::new(&mut connection, request)) {
                    // The next request may be answered.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
                    ended => ended?,
                }
            }
        });
        Self { rogue, heard }
    }

    pub fn address(&self) -> SocketAddr {
        self.rogue.address()
    }

    /// Where it is, as a destination of a group says it.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }

    /// Connections so far.
    pub fn visits(&self) -> usize {
        self.rogue.visits()
    }

    /// Connections that have not ended.
    pub fn open(&self) -> usize {
        self.rogue.open()
    }

    /// Requests that came to their end.
    pub fn requests(&self) -> usize {
        self.heard.bodies.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Requests that the client has broken off.
    pub fn resets(&self) -> usize {
        self.heard.resets.load(SeqCst)
    }
}
