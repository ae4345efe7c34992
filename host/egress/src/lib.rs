//! The only way out of the host: where a group may go, which addresses are dialled, which credential goes along, and
//! what comes back. Everything that leaves for an outside system goes through an [`OutboundClient`], and an outlet demands a
//! permit.

mod account;
mod address;
mod auth;
mod breaker;
mod clock;
mod connection;
mod decode;
mod dial;
mod draft;
mod egress;
mod error;
mod exchange;
mod fields;
mod headers;
mod interfaces;
mod outgoing;
mod outlet;
mod pool;
mod query;
mod reach;
mod redirect;
mod request;
mod response;
mod retry;
mod rules;
mod scrub;
mod send;
mod settings;
mod signing;
mod tls;
mod traced;
mod trust;
mod verify;
mod wire;

#[cfg(test)]
mod tests;

pub use account::{Account, CredentialValues};
pub use egress::Egress;
pub use error::{EgressError, Phase, SignRefused};
pub use exchange::{ExchangeRecorder, RecordedExchange};
pub use outlet::OutboundClient;
pub use reach::EgressSession;
pub use request::{Aborted, Body, Options, Redirects, Request, Retry};
pub use response::{Response, ResponseBody};
pub use settings::{EgressSettings, Grants, Internal, InvalidRange, Range};
pub use trust::unreadable_authorities;
pub use verify::Verified;
