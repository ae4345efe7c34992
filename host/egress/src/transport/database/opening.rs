//! What a session is opened with.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::database::Engine;
use lockgate_domain::destination::Host;
use rustls::ClientConfig;
use tokio::net::TcpStream;

use super::account::Account;

/// A connection that was dialled, and what is said on it first. Nothing comes from the environment or a file.
pub(super) struct Opening<'o> {
    pub(super) stream: TcpStream,
    pub(super) peer: Peer<'o>,
    pub(super) engine: Engine,
    /// The database; empty for the one that the server chooses.
    pub(super) database: &'o str,
    /// Settings of the destination.
    pub(super) options: &'o BTreeMap<String, String>,
    pub(super) account: &'o Account,
    /// Whether transactions of the session only read unless they say otherwise.
    pub(super) read_only: bool,
    /// The largest message that is read.
    pub(super) message_max: usize,
}

/// The server, as TLS checks it.
#[derive(Clone)]
pub(super) struct Peer<'o> {
    pub(super) host: &'o Host,
    pub(super) origin: &'o str,
    /// None for a connection without TLS.
    pub(super) tls: Option<Arc<ClientConfig>>,
}
