//! What may be reached: by name, as the definition's destinations say, and by address, as the operator's settings say.

mod address;
mod destinations;
mod interfaces;
mod rules;
mod settings;

pub(crate) use address::{canonical, leads_to};
pub(crate) use destinations::Policy;
pub(crate) use interfaces::Interfaces;
pub(crate) use rules::{Rules, Why};
pub use settings::{EgressSettings, Grants, Internal, InvalidRange, Range};
