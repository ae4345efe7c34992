//! The only way out of the host: where a group may go, which addresses are dialled, which credential goes along, and
//! what comes back. Everything that leaves for an outside system goes through an [`Outlet`], and an outlet demands a
//! permit.

#![expect(dead_code, reason = "what sends is not in this crate yet")]

mod account;
mod egress;
mod error;
mod exchange;
mod outlet;
mod reach;
mod request;
mod response;
mod settings;
mod signing;

pub use account::{Account, Held};
pub use egress::Egress;
pub use error::{EgressError, Phase, SignRefused};
pub use exchange::{Exchange, Exchanges};
pub use outlet::{Outlet, Verified};
pub use reach::Reach;
pub use request::{Aborted, Body, Options, Redirects, Request, Retry};
pub use response::{Response, ResponseBody};
pub use settings::{EgressSettings, Grants, Internal, InvalidRange, Range};
