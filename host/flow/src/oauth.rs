//! OAuth 2.0: how a connection gets its first tokens, and how they are renewed once, however many calls and hosts wait for
//! them. What is sent leaves by `lockgate-egress`, which alone sees a token; what is stored is a row apart from the
//! connection.

pub(crate) mod authorize;
pub(crate) mod callback;
mod exchange;
pub(crate) mod issue;
mod opened_client;
mod proof;
mod refresh;
mod renew;
mod token_session;
