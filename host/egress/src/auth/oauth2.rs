//! `oauth2` (RFC 6749): an access token, which whoever keeps the tokens of the connection gives.

use lockgate_domain::auth::Location;
use lockgate_vault::Secret;

use super::{Bound, Placed, place};
use crate::EgressError;

pub(super) fn authorize<'r>(
    bound: Bound<'r>,
    token: Option<&Secret>,
    carries: fn(&Location) -> bool,
    origin: &str,
) -> Result<Vec<Placed<'r>>, EgressError> {
    place(bound.method.placements(), bound.with_token(token), carries, origin)
}
