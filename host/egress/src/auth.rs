//! Auth schemes: from the values of a connection to what goes into a request and where. A scheme is a file here and a
//! line in [`authorize`]. Nothing here sends anything: whoever needs a token for that asks a [`TokenSource`].

mod api_key;
mod basic;
mod bearer;
mod credentials;
mod custom;
mod oauth2;
mod placing;
mod signing;
mod token;
mod token_cache;
mod values;

use lockgate_domain::CredentialName;
use lockgate_domain::auth::{Location, Login, Method};

pub(crate) use credentials::Credentials;
pub use oauth2::{AnsweredCode, OauthClient, TokenSet, authorize_address};
pub(crate) use oauth2::{Filled, Guarded, TokenValues, filled};
pub(crate) use placing::{Placed, percent_encoded, place};
pub(crate) use signing::{sign, verify};
pub use token::{Token, TokenFuture, TokenReason, TokenSource, TokenTerms, TokenWanted};
pub(crate) use token_cache::{CachedToken, TokenCache};
use values::Values;
pub use values::filled_url;

use crate::EgressError;

/// A credential of a connection: its method, and the values by which it is filled in.
#[derive(Clone, Copy)]
pub(crate) struct Bound<'r> {
    pub(crate) name: &'r CredentialName,
    pub(crate) method: &'r Method,
    values: Values<'r>,
}

impl<'r> Bound<'r> {
    /// The same with a token that somebody gave for it.
    fn with_token(self, token: Option<&'r Token>) -> Self {
        Self { values: Values { token, ..self.values }, ..self }
    }
}

/// Which source a method needs a token from before it can authorize a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenNeed<'r> {
    /// Nobody: the values are enough.
    None,
    /// The group's own login request, which the values go into.
    Login(&'r Login),
    /// Whoever keeps the tokens of the connection.
    Issuer,
}

impl<'r> TokenNeed<'r> {
    /// What a method needs.
    pub(crate) fn of(method: &'r Method) -> Self {
        match method {
            Method::Basic(_) | Method::ApiKey(_) | Method::Bearer(_) => Self::None,
            Method::Custom(method) => method.login().map_or(Self::None, Self::Login),
            Method::Oauth2(_) => Self::Issuer,
        }
    }
}

/// What goes along with a request to an origin, of the placements that its transport has. A method that needs a token
/// gets one.
pub(crate) fn authorize<'r>(
    bound: Bound<'r>,
    token: Option<&Token>,
    carries: fn(&Location) -> bool,
    origin: &str,
) -> Result<Vec<Placed<'r>>, EgressError> {
    match bound.method {
        Method::Basic(_) => basic::authorize(bound, carries, origin),
        Method::ApiKey(_) => api_key::authorize(bound, carries, origin),
        Method::Bearer(_) => bearer::authorize(bound, carries, origin),
        Method::Custom(_) => custom::authorize(bound, token, carries, origin),
        Method::Oauth2(_) => oauth2::authorize(bound, token, carries, origin),
    }
}
