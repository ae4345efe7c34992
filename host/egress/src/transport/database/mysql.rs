//! The protocol of MySQL and MariaDB, version 10: sessions over a stream of our own dialer. Statements are prepared and
//! sent with their parameters in the binary protocol; no value is ever written into a text.

mod answer;
mod cancel;
mod capability;
mod column;
mod encode;
mod fields;
mod login;
mod message;
mod moment;
mod prepared;
mod scramble;
mod session;
mod settings;
mod state_reset;
mod value;
mod wire;

pub(super) use cancel::cancel;
pub(super) use encode::parameters;
pub(super) use login::CancelKey;
pub(super) use prepared::{Prepared, RawRow};
pub(super) use session::{Ended, Session, Step};
