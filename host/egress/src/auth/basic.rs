//! `basic`: user name and password (RFC 7617). The values go where the method places them.

use lockgate_domain::auth::Location;

use super::{Bound, Placed, place};
use crate::EgressError;

pub(super) fn authorize<'r>(
    bound: Bound<'r>,
    carries: fn(&Location) -> bool,
    origin: &str,
) -> Result<Vec<Placed<'r>>, EgressError> {
    place(bound.method.placements(), bound, carries, origin)
}
