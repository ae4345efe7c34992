//! The request of an activation that tells whether a connection works.

use http::HeaderMap;
use lockgate_domain::auth::Verify;

use super::SendContext;
use super::request::{Body, Options, Request};
use crate::EgressError;

/// Makes the request as the definition says it, with the connection's own credential. Comes back with the status.
pub(crate) async fn verify(context: &SendContext<'_>, declared: &Verify) -> Result<u16, EgressError> {
    let method = declared.method.parse().map_err(|_| EgressError::Host("a checked method is none"))?;
    let request = Request {
        method,
        url: declared.path.clone(),
        headers: HeaderMap::new(),
        body: Body::Empty,
        options: Options::default(),
    };
    Ok(context.send_http(request).await?.status.as_u16())
}
