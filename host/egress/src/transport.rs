//! The transports: what calls send, each a folder that is listed here. All of them ask the same policy, open connections
//! by the same dialer, take credentials from the same schemes and are recorded by the same recorder; the rest is theirs.
//!
//! A new one is a folder, a line in [`Transport`], and what the compiler then asks for: its kind of exchange, its pool,
//! the placements of a credential that it carries. What it sends implements [`TransportRequest`].

mod abort_on_drop;
mod context;
pub mod database;
pub mod grpc;
pub(crate) mod http;
mod state;
mod verify;

use std::sync::Arc;

use lockgate_domain::auth::Location;
use lockgate_domain::destination::Scheme;
use serde::Serialize;

pub use context::SendContext;
pub(crate) use state::State;
pub(crate) use verify::verify;
pub use verify::{Reached, Tried, Verified};

use crate::EgressError;
use crate::connect::{Pool, Timeouts};
use crate::observe::Recorder;

/// Every transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    /// HTTP/1.1 and HTTP/2.
    Http,
    /// gRPC.
    Grpc,
    /// Databases.
    Database,
}

/// One request that was sent and what came back, in the form of its transport. Credentials are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum RecordedExchange {
    /// Over HTTP.
    Http(http::HttpExchange),
    /// Of gRPC.
    Grpc(grpc::GrpcExchange),
    /// With a database.
    Database(database::DatabaseExchange),
}

/// The exchanges of one call.
pub type ExchangeRecorder = Recorder<RecordedExchange>;

/// The open connections of one session, by transport.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) http: Arc<Pool<http::Connection>>,
    pub(crate) grpc: Arc<Pool<grpc::Connection>>,
    pub(crate) database: Arc<database::Sessions>,
}

impl Default for Pools {
    fn default() -> Self {
        Self { http: Arc::default(), grpc: Arc::default(), database: database::sessions() }
    }
}

/// A request of some transport, as [`crate::OutboundClient::send`] takes it.
pub trait TransportRequest {
    /// What comes back.
    type Answer;

    /// How long its parts may take.
    fn timeouts(&self) -> Timeouts;

    /// Sends it in the name of a call that was permitted.
    fn send(self, context: SendContext<'_>) -> impl Future<Output = Result<Self::Answer, EgressError>> + Send;
}

impl Transport {
    /// The transport of destinations with a scheme.
    pub(crate) fn of(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Https | Scheme::Http => Self::Http,
            Scheme::Grpc => Self::Grpc,
            Scheme::Postgres | Scheme::Redshift | Scheme::Mysql => Self::Database,
        }
    }

    /// Which placements of a credential it carries.
    pub(crate) fn carries(self) -> fn(&Location) -> bool {
        match self {
            Self::Http => http::carries,
            Self::Grpc => grpc::carries,
            Self::Database => database::carries,
        }
    }
}
