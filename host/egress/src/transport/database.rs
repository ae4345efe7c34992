//! Databases: sessions over streams of our own dialer, one driver for each protocol, pooled by what they log in with.

mod account;
mod channel;
mod conversation;
mod failed;
mod kept;
mod lease;
mod masking;
mod mysql;
mod opening;
mod postgres;
mod reading;
mod recorded;
mod request;
mod rows;
mod send;
mod server;
mod session;
mod steps;
mod stepwise;
mod transaction;

use std::sync::Arc;

use lockgate_telemetry::Here;

pub use crate::error::Refusal;
pub(crate) use account::carries;
pub(crate) use lease::Sessions;
pub use recorded::DatabaseExchange;
pub use request::{Begin, Describe, Open, Parameters, Query, StatementText};
pub use rows::{Answer, Column, Described, Row};
pub(crate) use send::log_in;
pub use session::Isolation;
pub use transaction::{Rows, Transaction};

use super::{ExchangeRecorder, SendContext};
use crate::observe::Purpose;

/// Sessions of a group with one connection that are open at one time. A server has a few hundred for all who use it.
const SESSIONS_MAX: usize = 16;

/// An empty pool.
pub(crate) fn sessions() -> Arc<Sessions> {
    Arc::new(Sessions::with(SESSIONS_MAX))
}

/// Who watches the exchanges of a call, also those after the request that opened the session.
#[derive(Clone)]
struct Watchers {
    recorder: Option<Arc<ExchangeRecorder>>,
    trace: Option<Here>,
    purpose: Purpose,
}

impl Watchers {
    fn of(context: &SendContext<'_>) -> Self {
        Self { recorder: context.recorder.cloned(), trace: context.trace.cloned(), purpose: context.purpose }
    }
}
