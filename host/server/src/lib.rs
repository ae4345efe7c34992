//! The HTTP API, version 1: one request becomes one call or one change, one result becomes one answer.

mod access;
mod audit;
mod body;
mod calls;
mod connectors;
mod etag;
mod groups;
mod invoke;
mod list;
mod listen;
mod metrics;
mod operation;
mod plugins;
mod response;
mod routes;
mod scopes;
mod tenants;
mod tokens;
mod unread;

pub use listen::serve;
pub use routes::{Needs, TABLE};

use std::sync::Arc;

use lockgate_flow::Host;

use crate::metrics::Metrics;

/// What every handler shares.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) host: Host,
    pub(crate) metrics: Arc<Metrics>,
}
