//! Who sends a request: one file per way of showing it, listed here. What they may do is decided in `access.rs`.

mod bearer;

use axum::http::request::Parts;
use lockgate_domain::{Caller, Code, Problem};
use lockgate_vault::TokenHash;

use crate::peer::{Peer, Working};
use crate::response::Refusal;
use crate::{App, body};

/// Reads what one scheme sends with a request; `None` where it sends nothing.
type Scheme = fn(&Parts) -> Option<Result<TokenHash, Refusal>>;

/// The ways, in the order in which a request is asked. The first that a request uses counts.
const SCHEMES: [Scheme; 1] = [bearer::read];

/// Who sends a request. Counts as a request of their token.
pub(crate) fn caller(app: &App, request: &Parts) -> Result<Caller, Refusal> {
    let peer = request.extensions.get::<Peer>();
    if peer.is_some_and(|peer| peer.in_the_clear) {
        let detail =
            "the request reached the proxy without TLS, and so did its token: use https, and replace the token";
        return Err(Problem::new(Code::TlsRequired, detail).into());
    }
    let token = SCHEMES.iter().find_map(|read| read(request)).unwrap_or_else(|| Err(missing()))?;
    let caller = app.host.queries().caller(&token, peer.is_some_and(Peer::is_local))?;
    // From here on its connection is not closed for another one, within the share of the token.
    if let Some(working) = request.extensions.get::<Working>() {
        working.authenticated(&caller);
        if !working.has_room() {
            return Err(body::no_room());
        }
    }
    Ok(caller)
}

fn missing() -> Refusal {
    unauthenticated("expected `Authorization: Bearer lg_…`: the first admin token is in the data folder")
}

fn unauthenticated(detail: &str) -> Refusal {
    Problem::new(Code::Unauthenticated, detail).into()
}
