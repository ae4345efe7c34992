//! Who sends a request: one file per way of showing it, listed here. What they may do is decided in `access.rs`.

mod bearer;
pub(crate) mod session;

use axum::http::request::Parts;
use lockgate_domain::{Caller, Code, Problem};
use lockgate_flow::SignedIn;
use lockgate_vault::TokenHash;

use crate::peer::{Peer, Working};
use crate::response::Refusal;
use crate::{App, body};

/// What a request shows.
enum Shown {
    /// An access token.
    Token(TokenHash),
    /// The cookie of a session of the console.
    Session(String),
}

/// Reads what one scheme sends with a request; `None` where it sends nothing.
type Scheme = fn(&Parts) -> Option<Result<Shown, Refusal>>;

/// The ways, in the order in which a request is asked. The first that a request uses counts: no cookie takes part in a
/// request that has a token.
const SCHEMES: [Scheme; 2] = [bearer::read, session::read];

/// Who sends a request.
#[derive(Debug)]
pub(crate) struct Sender {
    pub(crate) caller: Caller,
    pub(crate) session: Option<Session>,
}

/// A session of the console that a request has shown.
pub(crate) struct Session {
    /// The value of its cookie.
    pub(crate) secret: String,
    pub(crate) signed_in: SignedIn,
}

/// Without the value of its cookie.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("signed_in", &self.signed_in).finish_non_exhaustive()
    }
}

/// Who sends a request. Counts as a request of their token.
pub(crate) async fn sender(app: &App, request: &Parts) -> Result<Sender, Refusal> {
    let peer = request.extensions.get::<Peer>();
    check_transport(peer)?;
    let shown = SCHEMES.iter().find_map(|read| read(request)).unwrap_or_else(|| Err(missing()))?;
    let is_local = peer.is_some_and(Peer::is_local);
    let sender = match shown {
        Shown::Token(token) => Sender { caller: app.host.queries().caller(&token, is_local)?, session: None },
        Shown::Session(secret) => {
            session::check_origin(app, request, &secret)?;
            let signed_in = app.host.queries().signed_in(&secret, is_local).await?;
            Sender { caller: signed_in.caller().clone(), session: Some(Session { secret, signed_in }) }
        }
    };
    // From here on its connection is not closed for another one, within the share of the token.
    if let Some(working) = request.extensions.get::<Working>() {
        working.authenticated(&sender.caller);
        if !working.has_room() {
            return Err(body::no_room());
        }
    }
    Ok(sender)
}

/// Refuses what has crossed a network in the clear.
pub(crate) fn check_transport(peer: Option<&Peer>) -> Result<(), Refusal> {
    if peer.is_some_and(|peer| peer.in_the_clear) {
        let detail =
            "the request reached the proxy without TLS, and so did its token: use https, and replace the token";
        return Err(Problem::new(Code::TlsRequired, detail).into());
    }
    Ok(())
}

fn missing() -> Refusal {
    unauthenticated("expected `Authorization: Bearer lg_…`: the first admin token is in the data folder")
}

pub(crate) fn unauthenticated(detail: &str) -> Refusal {
    Problem::new(Code::Unauthenticated, detail).into()
}
