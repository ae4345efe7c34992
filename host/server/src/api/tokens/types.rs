//! What is sent and shown of tokens.

use std::str::FromStr;
use std::sync::Arc;

use lockgate_domain::{GroupReference, Role, TenantName, TokenId, TokenRestrictions};
use lockgate_flow::{NewToken, Token, TokenFacts};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::expiry::{self, invalid};
use crate::api::stored::Stored;
use crate::openapi::texts::{Line, Moment};
use crate::response::Refusal;
use crate::time::Time;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(super) struct Shown {
    /// Its id.
    id: TokenId,
    /// For people.
    #[schemars(with = "Line")]
    name: String,
    /// Each includes those before it.
    #[schemars(with = "Role")]
    role: &'static str,
    /// The groups that it is limited to, read in the token's own scope.
    groups: Option<Vec<String>>,
    /// The tenants that it is limited to.
    tenants: Option<Arc<[TenantName]>>,
    /// Its end.
    expires_at: Option<Time>,
    #[schemars(range(min = 1, max = 1_000_000))]
    requests_per_second: u32,
    #[schemars(range(min = 1, max = 1_000_000))]
    burst: u32,
    /// Whether it is for use on the host's own machine alone.
    local: bool,
    /// When it was shown last.
    used_at: Option<Time>,
    #[serde(flatten)]
    stored: Stored,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MadeToken")]
pub(super) struct Made {
    #[serde(flatten)]
    pub(super) token: Shown,
    /// Its text, shown here and never again.
    #[serde(rename = "token")]
    pub(super) text: String,
}

impl Shown {
    pub(super) fn of(token: &Token) -> Self {
        let (caller, facts, stored) = (&token.stored.caller, &token.stored.facts, &token.stored);
        let groups = caller.restrictions.groups.as_ref();
        Self {
            id: caller.token,
            name: facts.name.clone(),
            role: caller.role.as_str(),
            groups: groups.map(|groups| groups.iter().map(ToString::to_string).collect()),
            tenants: caller.restrictions.tenants.clone(),
            expires_at: facts.expires_at.map(Time),
            requests_per_second: facts.requests_per_second,
            burst: facts.burst,
            local: stored.local,
            used_at: token.used_at().map(Time),
            stored: Stored {
                enabled: facts.enabled,
                version: stored.version,
                created_at: Time(stored.created_at),
                updated_at: Time(stored.updated_at),
            },
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewToken")]
pub(super) struct New {
    /// For people.
    #[schemars(with = "Line")]
    name: String,
    /// Each includes those before it.
    #[schemars(with = "Role")]
    role: String,
    /// The groups that it is limited to, read in the token's own scope.
    #[schemars(with = "Option<Vec<GroupReference>>", length(min = 1))]
    groups: Option<Vec<String>>,
    /// The tenants that it is limited to.
    #[schemars(with = "Option<Vec<TenantName>>", length(min = 1))]
    tenants: Option<Vec<String>>,
    /// Its end, in seconds from now.
    #[schemars(range(max = 4_294_967_295u32))]
    expires_in: Option<u32>,
    /// Its end; not together with `expires_in`.
    #[schemars(with = "Option<Moment>")]
    expires_at: Option<String>,
    #[schemars(range(min = 1, max = 1_000_000))]
    requests_per_second: Option<u32>,
    #[schemars(range(min = 1, max = 1_000_000))]
    burst: Option<u32>,
}

impl New {
    /// `own` are the facts of the token that makes it.
    pub(super) fn read(self, own: Option<&TokenFacts>) -> Result<NewToken, Refusal> {
        let role: Role = self.role.parse().map_err(|()| {
            let roles = Role::ALL.map(Role::as_str).join(", ");
            invalid("/role", format!("`{}`: expected one of {roles}", self.role.escape_debug()))
        })?;
        let mut new = NewToken::named(self.name, role).within(own);
        let groups = self.groups.map(|texts| limit::<GroupReference>("/groups", &texts)).transpose()?;
        let tenants = self.tenants.map(|texts| limit::<TenantName>("/tenants", &texts)).transpose()?;
        new.restrictions = TokenRestrictions { groups, tenants };
        let end = expiry::read(self.expires_in, self.expires_at.as_deref())?;
        new.facts.expires_at = end.or(new.facts.expires_at);
        new.facts.requests_per_second = self.requests_per_second.unwrap_or(new.facts.requests_per_second);
        new.facts.burst = self.burst.unwrap_or(new.facts.burst);
        Ok(new)
    }
}

/// At least one: a token that reaches nothing is a mistake.
fn limit<T: FromStr<Err: std::fmt::Display>>(pointer: &str, texts: &[String]) -> Result<Arc<[T]>, Refusal> {
    if texts.is_empty() {
        return Err(invalid(pointer, "expected at least one, or null for no limit".to_owned()));
    }
    let parsed = texts.iter().enumerate().map(|(index, text)| {
        text.parse().map_err(|error: T::Err| invalid(&format!("{pointer}/{index}"), error.to_string()))
    });
    Ok(parsed.collect::<Result<Vec<_>, _>>()?.into())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TokenPatch")]
pub(super) struct Patch {
    /// For people.
    #[schemars(with = "Option<Line>")]
    pub(super) name: Option<String>,
    /// Whether it is taken.
    pub(super) enabled: Option<bool>,
    /// Its end; null takes it away. Not together with `expires_in`.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<Moment>")]
    pub(super) expires_at: Option<Option<String>>,
    /// Its end, in seconds from now.
    #[schemars(range(max = 4_294_967_295u32))]
    pub(super) expires_in: Option<u32>,
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) requests_per_second: Option<u32>,
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(super) burst: Option<u32>,
}

/// A member that is there, be it null.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}
