//! `oauth2`: how a provider's OAuth 2.0 (RFC 6749) differs from the standard, as data.

mod assertion;
mod authorize;
mod expiry;
mod failure;
mod issuer;
mod keep;
mod parameters;
mod rejected;
mod renewal;
mod reply;
mod request;
mod token_reply;
mod visible;
pub(crate) mod words;

use std::collections::{BTreeMap, BTreeSet};

pub use assertion::{Assertion, AssertionAlgorithm, AssertionClaims};
pub use authorize::AuthorizeQuery;
pub use expiry::{Expiry, LIFETIME_LONGEST_MS, margin_ms};
pub use failure::TokenRefusal;
pub use issuer::IssuerMismatch;
pub use keep::{Keep, KeepFrom};
pub use parameters::{ParameterValue, TokenParameter, TokenStep};
pub use rejected::Rejected;
pub use renewal::{Renewal, RenewalFacts, cool_down_ms, renewal};
pub use reply::{Reply, ReplyFormat};
pub use request::{ClientAuthentication, TokenRequest};
pub use token_reply::TokenReply;
pub use visible::{KeptParameter, KnownSecrets, is_secret_name};

use super::bearer::token_placements;
use super::field::{Field, FieldKind, Fields};
use super::placement::{self, Placement};
use crate::FieldName;
use crate::destination::UrlTemplate;
use crate::reader::{Node, Object};

pub(crate) const SCOPES_MAX: usize = 128;
pub(crate) const PARAMETERS_MAX: usize = 32;

/// The OAuth 2.0 settings of one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Oauth2 {
    pub(super) fields: Fields,
    pub(super) placements: Vec<Placement>,
    /// The grant by which the first token is requested.
    pub grant: Grant,
    /// Where a person agrees; for the authorization code alone.
    pub authorize_url: Option<UrlTemplate>,
    /// The token endpoint.
    pub token_url: UrlTemplate,
    /// The endpoint for refresh requests, if it differs from `token_url`.
    pub refresh_url: Option<UrlTemplate>,
    /// Who the provider says it is in `iss` (RFC 9207); without it the origins of its addresses.
    pub issuer: Option<String>,
    /// Proof Key for Code Exchange with S256 (RFC 7636).
    pub pkce: bool,
    /// The scopes that are requested.
    pub scopes: Vec<String>,
    /// The separator between scopes; a space by the RFC.
    pub scope_separator: String,
    /// Whether the scopes of the authorize address are percent-encoded as every other value is.
    pub scopes_encoded: bool,
    /// Further parameters of the address where a person agrees.
    pub authorize_parameters: BTreeMap<String, String>,
    /// Standard parameters of that address, and `code` of the callback, under other names.
    pub authorize_rename: BTreeMap<String, String>,
    /// Standard parameters that the address does not have.
    pub authorize_omit: BTreeSet<String>,
    /// The request for the first token.
    pub exchange: TokenRequest,
    /// The request for a new token with the refresh token.
    pub refresh: TokenRequest,
    /// Whether a refresh token stays good when it was used, so that a request whose outcome is unknown may be repeated.
    pub refresh_repeatable: bool,
    /// What a signed assertion says (RFC 7521); for `jwt_bearer` and `private_key_jwt`.
    pub assertion: Assertion,
    /// The locations of the values in the provider's reply.
    pub reply: Reply,
    /// By which answers of the API a token is refused before its end.
    pub rejected: Rejected,
    /// Values that are kept for later.
    pub keep: Keep,
}

/// How a token is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// A person agrees (RFC 6749 section 4.1).
    AuthorizationCode,
    /// The client alone (section 4.4).
    ClientCredentials,
    /// A refresh token that the user already has (section 6).
    RefreshToken,
    /// A signed assertion (RFC 7523).
    JwtBearer,
}

pub(crate) const GRANTS: [(&str, Grant); 4] = [
    ("authorization_code", Grant::AuthorizationCode),
    ("client_credentials", Grant::ClientCredentials),
    ("refresh_token", Grant::RefreshToken),
    ("jwt_bearer", Grant::JwtBearer),
];

impl Oauth2 {
    pub(super) fn read(object: &mut Object<'_>) -> Option<Self> {
        let url = |node: Node<'_>| node.parse("url");
        let grant = object.required("grant").and_then(|node| node.choice(&GRANTS));
        let authorize_url = object.optional("authorize_url");
        let token_url = object.required("token_url").and_then(url);
        let refresh_url = object.optional("refresh_url").and_then(url);
        let issuer = object.optional("issuer").and_then(|node| node.prose(512));
        let pkce = object.optional("pkce").and_then(|node| node.flag());
        let scopes = object.optional("scopes").map(|node| node.items(SCOPES_MAX)).unwrap_or_default();
        let scope_separator = object.optional("scope_separator").and_then(|node| node.prose(8));
        let scopes_encoded = object.optional("scopes_encoded").and_then(|node| node.flag());
        let authorize_parameters = object.optional("authorize_parameters").map(|node| texts(&node)).unwrap_or_default();
        let authorize_rename = object.optional("authorize_rename");
        let authorize_omit = object.optional("authorize_omit");
        let exchange = object.optional("exchange").and_then(|node| TokenRequest::read(&node)).unwrap_or_default();
        let refresh = object.optional("refresh").and_then(|node| TokenRequest::read(&node));
        let refresh_repeatable = object.flag("refresh_repeatable");
        let assertion = object.optional("assertion").and_then(|node| Assertion::read(&node)).unwrap_or_default();
        let reply = object.optional("reply").and_then(|node| Reply::read(&node)).unwrap_or_default();
        let rejected = object.optional("rejected").and_then(|node| Rejected::read(&node)).unwrap_or_default();
        let code = authorize_rename.as_ref().and_then(|node| node.value.get("code")?.as_str()).unwrap_or("code");
        let keep = object.optional("keep").map(|node| Keep::read(&node, &reply, code)).unwrap_or_default();
        let placements = object.optional("placements").map(|node| node.items(placement::MAX));

        let grant = grant?;
        match (&authorize_url, grant) {
            (None, Grant::AuthorizationCode) => {
                object.node.wrong("required", "`authorization_code` needs the key `authorize_url`");
            }
            (Some(node), Grant::ClientCredentials | Grant::RefreshToken | Grant::JwtBearer) => {
                node.wrong("unknown", "only `authorization_code` has an `authorize_url`");
            }
            (Some(_), Grant::AuthorizationCode)
            | (None, Grant::ClientCredentials | Grant::RefreshToken | Grant::JwtBearer) => {}
        }
        Some(Self {
            fields: grant.fields(),
            placements: placements
                .map_or_else(token_placements, |items| items.iter().filter_map(Placement::read).collect()),
            grant,
            authorize_url: authorize_url.and_then(url),
            token_url: token_url?,
            refresh_url,
            issuer,
            pkce: pkce.unwrap_or(true),
            scopes: scopes.iter().filter_map(|node| node.prose(256)).collect(),
            scope_separator: scope_separator.unwrap_or_else(|| " ".to_owned()),
            scopes_encoded: scopes_encoded.unwrap_or(true),
            authorize_parameters: authorize::free_of_standard(object, authorize_parameters),
            authorize_rename: authorize_rename
                .map(|node| authorize::free_of_the_hosts(&node, request::renames(&node, &authorize::RENAMED)))
                .unwrap_or_default(),
            authorize_omit: authorize_omit.map(|node| request::names(&node, &authorize::OMITTED)).unwrap_or_default(),
            refresh: refresh.unwrap_or_else(|| exchange.clone()),
            exchange,
            refresh_repeatable,
            assertion,
            reply,
            rejected,
            keep,
        })
    }

    pub(super) fn urls(&self) -> Vec<(&'static str, &UrlTemplate)> {
        let optional = [("authorize_url", &self.authorize_url), ("refresh_url", &self.refresh_url)];
        let optional = optional.into_iter().filter_map(|(part, url)| url.as_ref().map(|url| (part, url)));
        optional.chain([("token_url", &self.token_url)]).collect()
    }

    /// Whether a person agrees at the provider before there is a first token.
    pub fn needs_person(&self) -> bool {
        match self.grant {
            Grant::AuthorizationCode => true,
            Grant::ClientCredentials | Grant::RefreshToken | Grant::JwtBearer => false,
        }
    }

    /// Whether it can do nothing without a client of the installation: all can't but an assertion that says itself who it
    /// is from.
    pub fn needs_client(&self) -> bool {
        let is_anonymous = self.exchange.client_authentication == ClientAuthentication::None
            && self.exchange.omit.contains("client_id");
        !(self.grant == Grant::JwtBearer && is_anonymous)
    }

    /// Where a step's request goes.
    pub fn step_url(&self, step: &TokenStep<'_>) -> &UrlTemplate {
        match step {
            TokenStep::Refresh => self.refresh_url.as_ref().unwrap_or(&self.token_url),
            TokenStep::Code { .. } | TokenStep::ClientCredentials | TokenStep::JwtBearer => &self.token_url,
        }
    }

    /// How a step's request is written.
    pub fn step_request(&self, step: &TokenStep<'_>) -> &TokenRequest {
        match step {
            TokenStep::Refresh => &self.refresh,
            TokenStep::Code { .. } | TokenStep::ClientCredentials | TokenStep::JwtBearer => &self.exchange,
        }
    }

    /// Whether the same request can be sent twice without harm: nothing that it has is good for one use only.
    pub fn is_repeatable(&self, step: &TokenStep<'_>) -> bool {
        match step {
            TokenStep::Code { .. } => false,
            TokenStep::Refresh => self.refresh_repeatable,
            TokenStep::ClientCredentials | TokenStep::JwtBearer => true,
        }
    }

    /// All scopes as the provider reads them: its definition's, then those that the installation adds.
    pub fn scope_text(&self, more: &[String]) -> String {
        let mut all: Vec<&str> = self.scopes.iter().map(String::as_str).collect();
        all.extend(more.iter().map(String::as_str).filter(|scope| !self.scopes.iter().any(|own| own == scope)));
        all.join(&self.scope_separator)
    }
}

impl Grant {
    /// What a person gives; the client's id and secret live in the installation.
    fn fields(self) -> Fields {
        match self {
            Self::AuthorizationCode | Self::ClientCredentials => Fields::new(),
            Self::RefreshToken => [(FieldName::fixed("refresh_token"), Field::required(FieldKind::Password))].into(),
            Self::JwtBearer => [
                (FieldName::fixed("issuer"), Field::required(FieldKind::Text)),
                (FieldName::fixed("subject"), Field::optional(FieldKind::Text)),
                (FieldName::fixed("key_id"), Field::optional(FieldKind::Text)),
                (FieldName::fixed("private_key"), Field::required(FieldKind::Certificate)),
            ]
            .into(),
        }
    }
}

/// Reads a map of parameters.
fn texts(node: &Node<'_>) -> BTreeMap<String, String> {
    let entries = node.entries::<String>(PARAMETERS_MAX).into_iter();
    entries.filter_map(|(name, node)| Some((name, node.prose(2048)?))).collect()
}

#[cfg(test)]
mod tests;
