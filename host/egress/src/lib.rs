//! Everything that leaves the host for an outside system: where a group may go, which addresses are dialled, which
//! credential goes along, and what comes back. A call sends by an [`OutboundClient`], which demands a permit.
//!
//! # Folders
//! Each uses those above it in this list, and never one below:
//! - `policy`: what may be reached, by name and by address. It decides and does nothing.
//! - `scrub`: cleans what comes back of secrets.
//! - `connect`: opens connections (`dial.rs` alone resolves names and connects), secures them, pools them; breakers,
//!   times and retry budgets, which are the same for every transport.
//! - `auth`: from a connection's values to what goes into a request and where, a file for each scheme. It sends nothing;
//!   who gives tokens implements its [`TokenSource`].
//! - `observe`: what is recorded and traced of requests.
//! - `transport`: the list of transports, a folder for each.
//!
//! Beside them, `account.rs` (a connection's values), `error.rs` and `workers.rs` (where long work is done) use none of the
//! folders. On top, `egress.rs` is the handle that all groups share, `session.rs` puts policy, credentials and state
//! together for one group with one connection, and `outbound_client.rs` gives a call what it may use of that.

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
mod workers;

#[cfg(test)]
mod tests;

pub use account::{Account, CredentialValues};
pub use auth::{
    AnsweredCode, OauthClient, Token, TokenFuture, TokenReason, TokenSet, TokenSource, TokenTerms, TokenWanted,
    authorize_address, filled_url,
};
pub use connect::{Backoff, Timeouts, unreadable_authorities};
pub use egress::Egress;
pub use error::{EgressError, Phase, Refusal, SignRefused};
pub use observe::{Attempts, Recorder};
pub use outbound_client::{OutboundClient, TokenAsked};
pub use policy::{EgressSettings, Grants, Internal, InvalidRange, Range};
pub use session::{EgressSession, SessionState};
pub use transport::http::{
    Aborted, Body, HttpExchange, Options, Redirects, Remedy, Request, Response, ResponseBody, Retry, TokenError,
    retry_after,
};
pub use transport::{ExchangeRecorder, Reached, RecordedExchange, SendContext, TransportRequest, Tried, Verified};
pub use transport::{database, grpc};
pub use workers::{Work, WorkFuture, Workers};
