//! The address where a person agrees.

use lockgate_domain::auth::{AuthorizeQuery, Oauth2};
use lockgate_domain::destination::Target;

use super::OauthClient;
use crate::EgressError;

/// The address that a person's browser goes to, with the client's id, which providers show to everybody.
///
/// # Errors
/// The client's id is no text.
#[expect(clippy::disallowed_methods, reason = "the client's id is a parameter of the address")]
pub fn authorize_address(
    method: &Oauth2,
    target: &Target,
    client: &OauthClient,
    query: &AuthorizeQuery<'_>,
) -> Result<String, EgressError> {
    let id = std::str::from_utf8(client.id.expose());
    let client_id = id.map_err(|_| EgressError::Request("the client's id is no text".to_owned()))?;
    let added = method.authorize_query(&AuthorizeQuery { client_id, ..*query });
    Ok(match target.query() {
        Some(own) => format!("{target}?{own}&{added}"),
        None => format!("{target}?{added}"),
    })
}
