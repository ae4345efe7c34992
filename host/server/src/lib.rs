//! The HTTP API, version 1: one request becomes one call or one change, one result becomes one answer.

mod access;
mod attentive;
mod audit;
mod body;
mod calls;
mod connect_page;
mod connect_sessions;
mod connection;
mod connections;
mod connectors;
mod etag;
mod groups;
mod installations;
mod invoke;
mod keys;
mod list;
mod listen;
mod metrics;
mod openapi;
mod operation;
mod peer;
mod plugins;
mod response;
mod routes;
mod scopes;
mod tenants;
mod tls;
mod tokens;
mod trials;
mod unread;

pub use listen::{Door, serve};
pub use routes::{Needs, TABLE};
pub use tls::{Tls, TlsError};

use std::sync::Arc;

use lockgate_flow::Host;

use crate::metrics::Metrics;

/// What every handler shares.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) metrics: Arc<Metrics>,
}

impl App {
    /// The address of a path as browsers see it; none while the host does not know its own.
    pub(crate) fn public(&self, path: &str) -> Option<String> {
        self.host.public_url().map(|url| url.join(path))
    }
}
