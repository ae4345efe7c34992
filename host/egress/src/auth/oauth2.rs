//! `oauth2` (RFC 6749): its tokens are not part of this version.

use super::Authorized;
use crate::EgressError;

pub(super) fn authorize<'r>() -> Result<Authorized<'r>, EgressError> {
    Err(EgressError::Unsupported("oauth2"))
}
