//! `custom`: placements of the group's own, filled in with the token of a login if it has one.

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
