//! Whether a connection works: by the request that its group declares for that, else by the servers that say so without one.

use futures_util::future::join_all;
use lockgate_domain::DestinationName;
use lockgate_domain::destination::{Destination, HostPattern, Scheme};

use super::{SendContext, Transport, database, grpc, http};
use crate::EgressError;

/// Whether a connection works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// It does: the upstream answered as the definition expects.
    Yes,
    /// It does not: the upstream answered with another status than the definition expects.
    No {
        /// The status.
        status: u16,
    },
    /// No request is declared, and these destinations, at least one, were tried without one: each database by a login, each
    /// gRPC server by a connection.
    Tried(Vec<Tried>),
    /// Neither is there a request, nor a destination that can be tried without one.
    NotDeclared,
}

/// A destination that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The name that connectors have for it, if it has one.
    pub name: Option<DestinationName>,
    /// What it speaks.
    pub scheme: Scheme,
    /// Where it leads, as definitions write it.
    pub place: String,
    /// How far that went. Secrets of the connection are masked in errors.
    pub outcome: Result<Reached, EgressError>,
}

/// How far a try went that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The server took the credential.
    LoggedIn,
    /// There is a secured connection. Whether the server takes the credential, only a call of one of its methods tells.
    Connected,
}

/// Asks whether the connection works.
pub(crate) async fn verify(context: &SendContext<'_>) -> Result<Verified, EgressError> {
    let activation = context.credentials.activation();
    if let Some(declared) = activation.and_then(|activation| activation.verify.as_ref()) {
        let status = http::verify(context, declared).await?;
        let accepted = declared.statuses.contains(&status);
        return Ok(if accepted { Verified::Yes } else { Verified::No { status } });
    }
    let tried = join_all(context.policy.destinations().map(|one| tried(context, one))).await;
    let tried: Vec<Tried> = tried.into_iter().flatten().collect();
    Ok(if tried.is_empty() { Verified::NotDeclared } else { Verified::Tried(tried) })
}

async fn tried(context: &SendContext<'_>, destination: &Destination) -> Option<Tried> {
    let outcome = match (Transport::of(destination.scheme), &destination.host) {
        (Transport::Http, _) | (_, HostPattern::Field(..) | HostPattern::Below(_)) => return None,
        (Transport::Grpc, HostPattern::Exact(host)) => {
            grpc::reach(context, destination, host).await.map(|()| Reached::Connected)
        }
        (Transport::Database, HostPattern::Exact(_)) => {
            database::log_in(context, destination).await.map(|()| Reached::LoggedIn)
        }
    };
    let known = context.tokens.scrubber(context.credentials);
    let outcome = outcome.map_err(|error| error.cleaned(|text| known.clean_text(text)));
    let (name, scheme, place) = (destination.name.clone(), destination.scheme, destination.place());
    Some(Tried { name, scheme, place, outcome })
}
