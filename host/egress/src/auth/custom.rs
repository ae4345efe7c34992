//! `custom`: placements of the group's own, and a login before them if it has one.

use std::sync::Arc;

use super::{Authorized, Bound, Values, placing};
use crate::EgressError;
use crate::transport::http::send::SendContext;

pub(super) async fn authorize<'r>(
    call: &SendContext<'r>,
    bound: Bound<'r>,
    origin: &str,
) -> Result<Authorized<'r>, EgressError> {
    let Some(login) = bound.method.login() else { return Authorized::placed(bound, origin) };
    let token = call.reach.logins.token(call, bound, login).await?;
    let with_token = Bound { values: Values { token: Some(&token.value), ..bound.values }, ..bound };
    let placed = placing::fill(bound.method.placements(), with_token, origin)?;
    Ok(Authorized { placed, token: Some(Arc::clone(&token)) })
}
