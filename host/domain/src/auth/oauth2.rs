//! `oauth2`: how a provider's OAuth 2.0 (RFC 6749) differs from the standard, as data.

use std::collections::{BTreeMap, BTreeSet};

use super::bearer::token_placements;
use super::field::{Field, FieldKind, Fields};
use super::login::{BodyForm, TOKEN, pointer};
use super::placement::{self, Placement};
use crate::FieldName;
use crate::destination::UrlTemplate;
use crate::reader::{Node, Object};

pub(crate) const SCOPES_MAX: usize = 128;
pub(crate) const PARAMETERS_MAX: usize = 32;
pub(crate) const KEPT_MAX: usize = 16;
pub(crate) const LIFETIME_MAX_S: u64 = 3660 * 24 * 3600;

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
    /// Proof Key for Code Exchange with S256 (RFC 7636).
    pub pkce: bool,
    /// The scopes that are requested.
    pub scopes: Vec<String>,
    /// The separator between scopes; a space by the RFC.
    pub scope_separator: String,
    /// Further parameters of the address where a person agrees.
    pub authorize_parameters: BTreeMap<String, String>,
    /// The request for the first token.
    pub exchange: TokenRequest,
    /// The request for a new token with the refresh token.
    pub refresh: TokenRequest,
    /// The locations of the values in the provider's reply.
    pub reply: Reply,
    /// Values of the reply to keep, by field: JSON pointers.
    pub keep_reply: BTreeMap<FieldName, String>,
    /// Parameters of the callback that are stored, by the field that gets them.
    pub keep_callback: BTreeMap<FieldName, String>,
    /// The stored fields that are not secret.
    pub keep_visible: BTreeSet<FieldName>,
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

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// The location of the client's id and secret; never both.
    pub client_authentication: ClientAuthentication,
    /// How parameters are written.
    pub body: BodyForm,
    /// Further parameters.
    pub parameters: BTreeMap<String, String>,
    /// Standard parameters under other names.
    pub rename: BTreeMap<String, String>,
}

/// Where the client's id and secret are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// In `Authorization` (RFC 6749 section 2.3.1).
    Header,
    /// In the parameters `client_id` and `client_secret`.
    Body,
}

/// JSON pointers (RFC 6901) into a token endpoint's reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Pointer to the access token.
    pub access_token: String,
    /// The refresh token; a reply without one keeps the old one.
    pub refresh_token: String,
    /// The lifetime or time of expiry.
    pub expires_in: String,
    /// The lifetime when the reply has none, in seconds.
    pub lifetime_s: Option<u64>,
    /// What is there in a reply with status 200 that is an error nevertheless.
    pub error: Option<String>,
}

pub(crate) const CLIENT_AUTHENTICATIONS: [(&str, ClientAuthentication); 2] =
    [("header", ClientAuthentication::Header), ("body", ClientAuthentication::Body)];
pub(crate) const BODIES: [(&str, BodyForm); 3] =
    [("form", BodyForm::Form), ("json", BodyForm::Json), ("query", BodyForm::Query)];
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
        let pkce = object.optional("pkce").and_then(|node| node.flag());
        let scopes = object.optional("scopes").map(|node| node.items(SCOPES_MAX)).unwrap_or_default();
        let scope_separator = object.optional("scope_separator").and_then(|node| node.prose(8));
        let authorize_parameters = object.optional("authorize_parameters").map(|node| texts(&node)).unwrap_or_default();
        let exchange = object.optional("exchange").and_then(|node| TokenRequest::read(&node)).unwrap_or_default();
        let refresh = object.optional("refresh").and_then(|node| TokenRequest::read(&node));
        let reply = object.optional("reply").and_then(|node| Reply::read(&node)).unwrap_or_default();
        let keep = object.optional("keep");
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
        let (keep_reply, keep_callback, keep_visible) = keep.map(|node| read_kept(&node)).unwrap_or_default();
        Some(Self {
            fields: grant.fields(),
            placements: placements
                .map_or_else(token_placements, |items| items.iter().filter_map(Placement::read).collect()),
            grant,
            authorize_url: authorize_url.and_then(url),
            token_url: token_url?,
            refresh_url,
            pkce: pkce.unwrap_or(true),
            scopes: scopes.iter().filter_map(|node| node.prose(256)).collect(),
            scope_separator: scope_separator.unwrap_or_else(|| " ".to_owned()),
            authorize_parameters,
            refresh: refresh.unwrap_or_else(|| exchange.clone()),
            exchange,
            reply,
            keep_reply,
            keep_callback,
            keep_visible,
        })
    }

    pub(super) fn urls(&self) -> Vec<(&'static str, &UrlTemplate)> {
        let optional = [("authorize_url", &self.authorize_url), ("refresh_url", &self.refresh_url)];
        let optional = optional.into_iter().filter_map(|(part, url)| url.as_ref().map(|url| (part, url)));
        optional.chain([("token_url", &self.token_url)]).collect()
    }

    pub(super) fn keeps(&self, name: &FieldName) -> bool {
        self.keep_reply.contains_key(name) || self.keep_callback.contains_key(name)
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
                (FieldName::fixed("private_key"), Field::required(FieldKind::Certificate)),
            ]
            .into(),
        }
    }
}

impl TokenRequest {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let exchange = Self {
            client_authentication: object
                .optional("client_authentication")
                .and_then(|node| node.choice(&CLIENT_AUTHENTICATIONS))
                .unwrap_or(standard.client_authentication),
            body: object.optional("body").and_then(|node| node.choice(&BODIES)).unwrap_or(standard.body),
            parameters: object.optional("parameters").map(|node| texts(&node)).unwrap_or_default(),
            rename: object.optional("rename").map(|node| texts(&node)).unwrap_or_default(),
        };
        object.end();
        Some(exchange)
    }
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            client_authentication: ClientAuthentication::Header,
            body: BodyForm::Form,
            parameters: BTreeMap::new(),
            rename: BTreeMap::new(),
        }
    }
}

impl Reply {
    fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let standard = Self::default();
        let mut place = |key, standard| object.optional(key).and_then(|node| pointer(&node)).unwrap_or(standard);
        let access_token = place("access_token", standard.access_token);
        let refresh_token = place("refresh_token", standard.refresh_token);
        let expires_in = place("expires_in", standard.expires_in);
        let lifetime_s = object.optional("lifetime_s").and_then(|node| node.number(1, LIFETIME_MAX_S));
        let error = object.optional("error").and_then(|node| pointer(&node));
        object.end();
        Some(Self { access_token, refresh_token, expires_in, lifetime_s, error })
    }
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            access_token: "/access_token".to_owned(),
            refresh_token: "/refresh_token".to_owned(),
            expires_in: "/expires_in".to_owned(),
            lifetime_s: None,
            error: None,
        }
    }
}

type Kept = (BTreeMap<FieldName, String>, BTreeMap<FieldName, String>, BTreeSet<FieldName>);

fn read_kept(node: &Node<'_>) -> Kept {
    let Some(mut object) = node.object() else { return Kept::default() };
    let reply = object.optional("reply").map(|node| node.entries(KEPT_MAX)).unwrap_or_default();
    let callback = object.optional("callback").map(|node| node.entries(KEPT_MAX)).unwrap_or_default();
    let visible = object.optional("visible").map(|node| node.items(KEPT_MAX)).unwrap_or_default();
    object.end();
    let taken = |(name, node): &(FieldName, Node<'_>)| {
        if name.as_str() == TOKEN {
            node.wrong("name", "`token` is the access token");
        }
    };
    reply.iter().chain(&callback).for_each(taken);
    let reply: BTreeMap<_, _> = reply.into_iter().filter_map(|(name, node)| Some((name, pointer(&node)?))).collect();
    let callback: BTreeMap<_, _> =
        callback.into_iter().filter_map(|(name, node)| Some((name, node.prose(256)?))).collect();
    let visible = visible.iter().filter_map(|node| {
        let name: FieldName = node.parse("name")?;
        if !reply.contains_key(&name) && !callback.contains_key(&name) {
            node.wrong("enum", format!("`{name}` is not among the kept values"));
        }
        Some(name)
    });
    let visible = visible.collect();
    (reply, callback, visible)
}

/// Reads a map of parameters.
fn texts(node: &Node<'_>) -> BTreeMap<String, String> {
    let entries = node.entries::<String>(PARAMETERS_MAX).into_iter();
    entries.filter_map(|(name, node)| Some((name, node.prose(2048)?))).collect()
}
