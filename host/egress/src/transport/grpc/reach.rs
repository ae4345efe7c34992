//! Whether a server can be reached, without a call of a method.

use http::HeaderMap;
use lockgate_domain::destination::{Destination, Host, Scheme, Target};

use super::send::authorized;
use super::server::Server;
use crate::EgressError;
use crate::transport::SendContext;

/// Opens a connection to the server of a destination, and has what the credential places ready, with its token if it needs
/// one. Nothing of it is sent: that takes a method, and no method is one that every server has.
pub(crate) async fn reach(
    context: &SendContext<'_>,
    destination: &Destination,
    host: &Host,
) -> Result<(), EgressError> {
    let (port, path) = (destination.port, destination.rule.path());
    let target = Target::parse(&format!("{}://{host}:{port}{path}", Scheme::Grpc)).map_err(EgressError::Url)?;
    let server = Server::at(context, destination, target)?;
    context.state.breakers.check(&server.origin)?;
    authorized(context, &server, HeaderMap::new()).await?;
    let opened = server.open_anew(context).await;
    match &opened {
        Ok(()) => context.state.breakers.succeeded(&server.origin),
        Err(error) if error.is_of_the_way() => context.state.breakers.failed(&server.origin),
        Err(_) => {}
    }
    opened
}
