//! `api_key`: a key in a header, the query or a cookie. The values go where the method places them.

use super::{Authorized, Bound};
use crate::EgressError;

pub(super) fn authorize<'r>(bound: Bound<'r>, origin: &str) -> Result<Authorized<'r>, EgressError> {
    Authorized::placed(bound, origin)
}
