//! The request of an activation that tells whether a connection works.

use http::HeaderMap;

use super::SendContext;
use super::request::{Body, Options, Request};
use crate::EgressError;

/// The result of an activation's verify request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The connection works.
    Yes,
    /// It does not: the upstream answered with another status than the definition expects.
    No {
        /// The status.
        status: u16,
    },
    /// The activation declares no such request.
    NotDeclared,
}

/// Makes the request as the definition says it, with the connection's own credential.
pub(crate) async fn verify(context: &SendContext<'_>) -> Result<Verified, EgressError> {
    let activation = context.credentials.activation();
    let Some(verify) = activation.and_then(|activation| activation.verify.as_ref()) else {
        return Ok(Verified::NotDeclared);
    };
    let method = verify.method.parse().map_err(|_| EgressError::Host("a checked method is none"))?;
    let request = Request {
        method,
        url: verify.path.clone(),
        headers: HeaderMap::new(),
        body: Body::Empty,
        options: Options::default(),
    };
    let status = context.send_http(request).await?.status.as_u16();
    Ok(if verify.statuses.contains(&status) { Verified::Yes } else { Verified::No { status } })
}
