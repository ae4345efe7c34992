//! The only way out of the host: where a group may go, which addresses are dialled, which credential goes along, and
//! what comes back. Everything that leaves for an outside system goes through an [`OutboundClient`], and an outlet demands a
//! permit.

mod account;
mod auth;
mod connect;
mod egress;
mod error;
mod observe;
mod outbound_client;
mod policy;
mod scrub;
mod session;
mod transport;

#[cfg(test)]
mod tests;

pub use account::{Account, CredentialValues};
pub use connect::trust::unreadable_authorities;
pub use egress::Egress;
pub use error::{EgressError, Phase, SignRefused};
pub use observe::exchange::{ExchangeRecorder, RecordedExchange};
pub use outbound_client::OutboundClient;
pub use policy::settings::{EgressSettings, Grants, Internal, InvalidRange, Range};
pub use session::EgressSession;
pub use transport::http::request::{Aborted, Body, Options, Redirects, Request, Retry};
pub use transport::http::response::{Response, ResponseBody};
pub use transport::http::verify::Verified;
