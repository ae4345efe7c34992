//! What is sent and shown of sessions.

use std::sync::Arc;

use lockgate_domain::{GroupReference, Role, Slug, TenantName, TokenId};
use lockgate_flow::SignedIn;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::openapi::texts::Line;
use crate::time::Time;

/// One of both.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignIn")]
pub(super) struct SignInWith {
    /// An access token, `lg_…`.
    pub(super) token: Option<String>,
    /// The code of a link.
    pub(super) link: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConsoleSession")]
pub(super) struct Session {
    /// What the token allows.
    #[schemars(with = "Role")]
    role: &'static str,
    scope: Place,
    /// The groups that the token is limited to, read in its own scope.
    #[schemars(with = "Option<Vec<GroupReference>>")]
    groups: Option<Vec<String>>,
    /// The tenants that it is limited to.
    tenants: Option<Arc<[TenantName]>>,
    token: OfToken,
    /// For the header `x-lockgate-csrf` of requests that may change something.
    csrf: String,
    /// When it ends without another request.
    idle_expires: Time,
    /// When it ends in any case.
    absolute_expires: Time,
    host: OfHost,
}

/// Where the token holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionScope")]
struct Place {
    organization: Slug,
    /// Null for a token of the whole organization.
    workspace: Option<Slug>,
}

/// The token that signed in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionToken")]
struct OfToken {
    id: TokenId,
    /// For people.
    #[schemars(with = "Line")]
    name: String,
}

/// The host that answers.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionHost")]
struct OfHost {
    version: &'static str,
    /// Where people reach it; null while it does not know.
    public_url: Option<String>,
}

/// A link that signs in.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SignInLink")]
pub(super) struct Link {
    /// Its address; null while the host does not know its own.
    pub(super) url: Option<String>,
    /// The same without the host.
    pub(super) path: String,
    /// Its end.
    pub(super) expires_at: Time,
}

impl Session {
    pub(super) fn of(
        signed_in: &SignedIn,
        (organization, workspace): (Slug, Option<Slug>),
        csrf: String,
        public_url: Option<String>,
    ) -> Self {
        let (caller, facts) = (signed_in.caller(), &signed_in.token.stored.facts);
        let groups = caller.restrictions.groups.as_ref();
        Self {
            role: caller.role.as_str(),
            scope: Place { organization, workspace },
            groups: groups.map(|groups| groups.iter().map(ToString::to_string).collect()),
            tenants: caller.restrictions.tenants.clone(),
            token: OfToken { id: caller.token, name: facts.name.clone() },
            csrf,
            idle_expires: Time(signed_in.idle_end),
            absolute_expires: Time(signed_in.end),
            host: OfHost { version: env!("CARGO_PKG_VERSION"), public_url },
        }
    }
}
