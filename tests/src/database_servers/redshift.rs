//! A likeness of Amazon Redshift: the real PostgreSQL behind a proxy that refuses what Redshift refuses. It has the words of
//! PostgreSQL 8.0 for that where they are known, and tells clients that version. What it lets pass, a real Redshift may still
//! refuse: nobody has compared the two.
//!
//! Columns that have a type which Redshift lacks, but that a statement does not name, pass.

mod connection;
mod refusals;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

pub use self::refusals::{REFUSALS, Refusal, SETTINGS};
use super::{Certificate, PASSWORD, PostgreSql, SUPERUSER};
use crate::Authority;

/// The proxy, with its server. It demands TLS. Ended when dropped.
#[derive(Debug)]
pub struct Redshift {
    port: u16,
    refused: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    server: PostgreSql,
}

impl Redshift {
    /// Logs in by MD5, as users of Redshift do whose client is one for PostgreSQL, and with the password of
    /// [`USER`](super::USER), who logs in by SCRAM-SHA-256 here too.
    pub const MD5_USER: &str = "awsuser";

    /// With a certificate of this authority.
    pub fn start(authority: &Authority) -> Self {
        let server = PostgreSql::start(authority);
        let user = Self::MD5_USER;
        server.sql(&format!(
            "SET password_encryption = md5; CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'; GRANT {} TO {user}",
            super::USER
        ));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let acceptor = TlsAcceptor::from(Arc::new(Certificate::Right.of(authority).config()));
        let (socket, refused) = (server.socket(), Arc::<AtomicUsize>::default());
        let (stop, stopped) = oneshot::channel();
        let own = Arc::clone(&refused);
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                listener.set_nonblocking(true).expect("a socket");
                let listener = TcpListener::from_std(listener).expect("a listener");
                let accept = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        let (acceptor, socket, refused) = (acceptor.clone(), socket.clone(), Arc::clone(&own));
                        // Whatever ends a connection ends it on both sides, and is seen there.
                        tokio::spawn(async move { connection::serve(stream, acceptor, &socket, &refused).await });
                    }
                };
                tokio::select! { () = accept => {}, _ = stopped => {} }
            });
        });
        Self { port, refused, stop: Some(stop), thread: Some(thread), server }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server behind it, to look at from the other side.
    pub fn server(&self) -> &PostgreSql {
        &self.server
    }

    /// How many sessions and statements were refused.
    pub fn refused(&self) -> usize {
        self.refused.load(SeqCst)
    }
}

impl Drop for Redshift {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An administrator of the server can do here what none of Redshift can, so none comes through.
fn is_administrator(user: &str) -> bool {
    user == "postgres" || user == SUPERUSER
}
