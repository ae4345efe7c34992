//! `oauth2` (RFC 6749): an access token, which whoever keeps the tokens of the connection gives, and what the requests for
//! such tokens carry.

mod address;
mod client;
mod filled;
mod guarded;
mod jws;
mod token_set;

pub use address::authorize_address;
pub use client::OauthClient;
pub use filled::AnsweredCode;
pub(crate) use filled::{Filled, TokenValues, filled};
pub(crate) use guarded::Guarded;
pub use token_set::TokenSet;

use lockgate_domain::auth::Location;

use super::{Bound, Placed, Token, place};
use crate::EgressError;

pub(super) fn authorize<'r>(
    bound: Bound<'r>,
    token: Option<&Token>,
    carries: fn(&Location) -> bool,
    origin: &str,
) -> Result<Vec<Placed<'r>>, EgressError> {
    place(bound.method.placements(), bound.with_token(token), carries, origin)
}
