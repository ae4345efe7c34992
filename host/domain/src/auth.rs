//! Auth methods as data: a group's `activation`, parsed and checked. Nothing here sees a secret except in the
//! moment in which a template is filled in.

mod activation;
mod api_key;
mod basic;
mod bearer;
mod custom;
mod field;
mod given;
mod login;
mod oauth2;
mod placement;
mod template;
mod values;
mod verify;
pub(crate) mod words;

pub use activation::{Activation, Credential};
pub use api_key::ApiKey;
pub use basic::Basic;
pub use bearer::Bearer;
pub use custom::Custom;
pub use field::{Field, FieldKind, Fields, Pattern};
pub use given::check_given;
pub use login::{BodyForm, Login};
pub use oauth2::{
    Assertion, AssertionAlgorithm, AssertionClaims, AuthorizeQuery, ClientAuthentication, Expiry, Grant,
    IssuerMismatch, Keep, KeepFrom, KeptParameter, KnownSecrets, LIFETIME_LONGEST_MS, Oauth2, ParameterValue, Rejected,
    Renewal, RenewalFacts, Reply, ReplyFormat, TokenParameter, TokenRefusal, TokenReply, TokenRequest, TokenStep,
    cool_down_ms, is_secret_name, margin_ms, renewal,
};
pub(crate) use placement::OWNED;
pub use placement::{Location, Placement};
pub use template::{MissingField, Template, TemplateRefused};
pub use values::{Given, Values, check};
pub use verify::Verify;

use crate::destination::UrlTemplate;
use crate::reader::Node;

/// One way to authenticate. A new method is a case here, a file beside the others, and what the compiler then asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Method {
    /// User name and password (RFC 7617).
    Basic(Basic),
    /// A key in a header, the query or a cookie.
    ApiKey(ApiKey),
    /// A token (RFC 6750).
    Bearer(Bearer),
    /// Fields, placements and a login of the group's own.
    Custom(Box<Custom>),
    /// OAuth 2.0 (RFC 6749).
    Oauth2(Box<Oauth2>),
}

#[derive(Debug, Clone, Copy)]
enum MethodType {
    Basic,
    ApiKey,
    Bearer,
    Custom,
    Oauth2,
}

const METHOD_TYPES: [(&str, MethodType); 5] = [
    ("basic", MethodType::Basic),
    ("api_key", MethodType::ApiKey),
    ("bearer", MethodType::Bearer),
    ("custom", MethodType::Custom),
    ("oauth2", MethodType::Oauth2),
];

impl Method {
    pub(crate) fn read(node: &Node<'_>) -> Option<Self> {
        let mut object = node.object()?;
        let kind = object.required("type")?.choice(&METHOD_TYPES)?;
        let method = match kind {
            MethodType::Basic => Some(Self::Basic(Basic::new())),
            MethodType::ApiKey => ApiKey::read(&mut object).map(Self::ApiKey),
            MethodType::Bearer => Some(Self::Bearer(Bearer::new())),
            MethodType::Custom => Custom::read(&mut object).map(Box::new).map(Self::Custom),
            MethodType::Oauth2 => Oauth2::read(&mut object).map(Box::new).map(Self::Oauth2),
        };
        object.end();
        method
    }

    /// The values that a connection by this method has, beside those of the activation.
    pub fn fields(&self) -> &Fields {
        match self {
            Self::Basic(method) => &method.fields,
            Self::ApiKey(method) => &method.fields,
            Self::Bearer(method) => &method.fields,
            Self::Custom(method) => &method.fields,
            Self::Oauth2(method) => &method.fields,
        }
    }

    /// The placements of its values in outbound requests.
    pub fn placements(&self) -> &[Placement] {
        match self {
            Self::Basic(method) => &method.placements,
            Self::ApiKey(method) => &method.placements,
            Self::Bearer(method) => &method.placements,
            Self::Custom(method) => &method.placements,
            Self::Oauth2(method) => &method.placements,
        }
    }

    /// The request that trades values for a token, if the method has one of its own.
    pub fn login(&self) -> Option<&Login> {
        match self {
            Self::Custom(method) => method.login.as_ref(),
            Self::Basic(_) | Self::ApiKey(_) | Self::Bearer(_) | Self::Oauth2(_) => None,
        }
    }

    /// The addresses to which the method itself sends requests or people, each by what it is for.
    pub fn urls(&self) -> Vec<(&'static str, &UrlTemplate)> {
        match self {
            Self::Basic(_) | Self::ApiKey(_) | Self::Bearer(_) => Vec::new(),
            Self::Custom(method) => method.login.iter().map(|login| ("login/url", &login.url)).collect(),
            Self::Oauth2(method) => method.urls(),
        }
    }

    /// The value of `type` in definitions.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Basic(_) => "basic",
            Self::ApiKey(_) => "api_key",
            Self::Bearer(_) => "bearer",
            Self::Custom(_) => "custom",
            Self::Oauth2(_) => "oauth2",
        }
    }
}

#[cfg(test)]
mod tests;
