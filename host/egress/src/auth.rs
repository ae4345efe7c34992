//! Auth schemes: how a credential goes into a request. A scheme is a file here and a line in [`authorize`].

mod api_key;
mod basic;
mod bearer;
mod custom;
mod login;
mod oauth2;
mod placing;
pub(crate) mod signing;
mod values;

use std::sync::Arc;

use lockgate_domain::CredentialName;
use lockgate_domain::auth::Method;
use zeroize::Zeroizing;

pub(crate) use login::{Logins, Token, reply_error, reply_max};
pub(crate) use placing::Placed;
pub(crate) use values::{Values, text};

use crate::EgressError;
use crate::transport::http::send::SendContext;

/// The credential of one request.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'r> {
    pub(crate) name: &'r CredentialName,
    pub(crate) method: &'r Method,
    pub(crate) values: Values<'r>,
}

/// What goes along with one request.
pub(crate) struct Authorized<'r> {
    pub(crate) placed: Vec<Placed<'r>>,
    /// The token of a login that it was made with.
    pub(crate) token: Option<Arc<Token>>,
}

/// Makes what goes along with a request to an origin.
pub(crate) async fn authorize<'r>(
    call: &SendContext<'r>,
    bound: Bound<'r>,
    origin: &str,
) -> Result<Authorized<'r>, EgressError> {
    match bound.method {
        Method::Basic(_) => basic::authorize(bound, origin),
        Method::ApiKey(_) => api_key::authorize(bound, origin),
        Method::Bearer(_) => bearer::authorize(bound, origin),
        Method::Custom(_) => custom::authorize(call, bound, origin).await,
        Method::Oauth2(_) => oauth2::authorize(),
    }
}

/// What the method keeps secret of its values, as it leaves the host: for the scrubber.
pub(crate) fn secrets(bound: Bound<'_>) -> Vec<Zeroizing<Vec<u8>>> {
    placing::secrets(bound)
}

/// The client certificate and its key, in PEM, with which the method opens connections.
pub(crate) fn certificate(bound: Bound<'_>) -> Option<Zeroizing<Vec<u8>>> {
    placing::certificate(bound)
}

/// The values with which the placements of a method are filled, and which do not come from a login.
impl<'r> Authorized<'r> {
    fn placed(bound: Bound<'r>, origin: &str) -> Result<Self, EgressError> {
        Ok(Self { placed: placing::fill(bound.method.placements(), bound, origin)?, token: None })
    }
}
