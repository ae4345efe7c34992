//! Keys and secrets: the one crate that makes, derives and compares them, and seals what is kept. Anyone may carry a
//! value of its types; none of them can be printed, compared or serialised by accident, and all are zeroed on drop.

mod cipher;
mod error;
mod key;
mod key_id;
mod place;
mod ring;
mod secret;
mod source;
mod token;
mod vault;

pub use error::{KeyError, VaultError};
pub use key::{DerivedKey, MasterKey};
pub use key_id::KeyId;
pub use place::Place;
pub use ring::KeyRing;
pub use secret::Secret;
pub use source::KeySource;
pub use token::{AccessToken, TokenHash};
pub use vault::Vault;
