//! PostgreSQL's protocol 3.0, which Amazon Redshift speaks too: sessions over a stream of our own dialer. The library has
//! the messages and the arithmetic of logins; what is sent when, and how much of an answer is taken, is decided here.

mod cancel;
mod encode;
mod ending;
mod login;
mod message;
mod prepared;
mod running;
mod session;
mod state_reset;
mod text;
mod types;
mod wire;

pub(super) use cancel::cancel;
pub(super) use login::CancelKey;
pub(super) use prepared::{Ended, Prepared, RawRow, Step};
pub(super) use session::Session;
