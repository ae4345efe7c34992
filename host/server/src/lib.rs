//! The HTTP server: requests of the API, version 1, become calls, changes or queries, and results become answers. It also
//! serves the console's files, connect pages and metrics.

mod access;
mod api;
mod authn;
mod body;
mod console;
mod cookie;
mod etag;
mod list;
mod listen;
mod metrics;
mod openapi;
mod page;
mod peer;
mod problem;
mod response;
mod route;
mod routes;
mod single;
mod time;

pub use console::{Asset, Console};
pub use listen::{BoundListener, Tls, TlsError, serve};
pub use peer::{BodyBytes, Room};
pub use route::Needs;
pub use routes::TABLE;

use std::sync::Arc;

use lockgate_flow::Host;

use crate::metrics::Metrics;

/// What every handler shares.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) console: Console,
}

impl App {
    /// The address of a path as browsers see it; none while the host does not know its own.
    pub(crate) fn public(&self, path: &str) -> Option<String> {
        self.host.public_url().map(|url| url.join(path))
    }
}
