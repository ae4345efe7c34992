//! Keys and secrets: the one crate that makes, derives and compares them. Anyone may carry a value of its types; none
//! of them can be printed, compared or serialised by accident, and all are zeroed on drop.

mod key;
mod token;

pub use key::{DerivedKey, KeyError, MasterKey};
pub use token::{AccessToken, TokenHash};
