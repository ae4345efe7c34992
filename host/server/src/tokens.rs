//! `S/tokens`: made, shown once, limited, revoked.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, GroupReference, Problem, Role, TenantName, TokenRestrictions, Violation};
use lockgate_flow::{NewToken, Token};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::{App, body, etag};

impl Keyed for Arc<Token> {
    fn key(&self) -> String {
        self.stored.caller.token.to_string()
    }
}

fn show(token: &Token) -> Value {
    let (caller, facts) = (&token.stored.caller, &token.stored.facts);
    let groups = caller.restrictions.groups.as_ref();
    json!({
        "id": caller.token.to_string(),
        "name": facts.name,
        "role": caller.role.as_str(),
        "groups": groups.map(|groups| groups.iter().map(ToString::to_string).collect::<Vec<_>>()),
        "tenants": caller.restrictions.tenants,
        "enabled": facts.enabled,
        "expires_at": facts.expires_at.map(time),
        "requests_per_second": facts.requests_per_second,
        "burst": facts.burst,
        "local": token.stored.local,
        "used_at": token.used_at().map(time),
        "version": token.stored.version,
        "created_at": time(token.stored.created_at),
        "updated_at": time(token.stored.updated_at),
    })
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.tokens(&access.scope()?, &access.caller);
    let found = seen.into_iter().filter(|token| page.matches(&[&token.stored.facts.name]));
    Ok(response::json(&page.cut(found, |token| show(&token))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
    role: String,
    groups: Option<Vec<String>>,
    tenants: Option<Vec<String>>,
    expires_in: Option<u32>,
    expires_at: Option<String>,
    requests_per_second: Option<u32>,
    burst: Option<u32>,
}

impl New {
    fn read(self) -> Result<NewToken, Refusal> {
        let role: Role = self.role.parse().map_err(|()| {
            let roles = Role::ALL.map(Role::as_str).join(", ");
            invalid("/role", format!("`{}`: expected one of {roles}", self.role.escape_debug()))
        })?;
        let mut new = NewToken::named(self.name, role);
        let groups = self.groups.map(|texts| limit::<GroupReference>("/groups", &texts)).transpose()?;
        let tenants = self.tenants.map(|texts| limit::<TenantName>("/tenants", &texts)).transpose()?;
        new.restrictions = TokenRestrictions { groups, tenants };
        new.facts.expires_at = expiry(self.expires_in, self.expires_at.as_deref())?;
        new.facts.requests_per_second = self.requests_per_second.unwrap_or(new.facts.requests_per_second);
        new.facts.burst = self.burst.unwrap_or(new.facts.burst);
        Ok(new)
    }
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let new: New = body::json(&request.headers, sent).await?;
    let (token, text) = app.host.create_token(access.scope()?, new.read()?, &access.caller).await?;
    let mut shown = show(&token);
    if let Some(members) = shown.as_object_mut() {
        members.insert("token".to_owned(), text.reveal().into());
    }
    Ok(tagged(created(&shown), token.stored.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let token = app.host.token(&access.scope()?, access.part("token"), &access.caller)?;
    Ok(tagged(response::json(&show(&token)), token.stored.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    name: Option<String>,
    enabled: Option<bool>,
    /// Null takes the end away.
    #[serde(default, deserialize_with = "said")]
    expires_at: Option<Option<String>>,
    expires_in: Option<u32>,
    requests_per_second: Option<u32>,
    burst: Option<u32>,
}

fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

pub(crate) async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let patch: Patch = body::json(&request.headers, sent).await?;
    let at = patch.expires_at.as_ref().and_then(Option::as_deref);
    let end = expiry(patch.expires_in, at)?;
    let says_end = patch.expires_at.is_some() || patch.expires_in.is_some();
    let (scope, id) = (access.scope()?, access.part("token"));
    let change = |facts: &mut lockgate_flow::TokenFacts| {
        facts.name = patch.name.unwrap_or_else(|| facts.name.clone());
        facts.enabled = patch.enabled.unwrap_or(facts.enabled);
        facts.expires_at = if says_end { end } else { facts.expires_at };
        facts.requests_per_second = patch.requests_per_second.unwrap_or(facts.requests_per_second);
        facts.burst = patch.burst.unwrap_or(facts.burst);
    };
    let token = app.host.update_token(&scope, id, expected, change, &access.caller).await?;
    Ok(tagged(response::json(&show(&token)), token.stored.version))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.revoke_token(&access.scope()?, access.part("token"), expected, &access.caller).await?;
    Ok(gone())
}

/// At least one: a token that reaches nothing is a mistake.
fn limit<T: std::str::FromStr<Err: std::fmt::Display>>(pointer: &str, texts: &[String]) -> Result<Arc<[T]>, Refusal> {
    if texts.is_empty() {
        return Err(invalid(pointer, "expected at least one, or null for no limit".to_owned()));
    }
    let parsed = texts.iter().enumerate().map(|(index, text)| {
        text.parse().map_err(|error: T::Err| invalid(&format!("{pointer}/{index}"), error.to_string()))
    });
    Ok(parsed.collect::<Result<Vec<_>, _>>()?.into())
}

/// The end of a token, from seconds or a time.
fn expiry(seconds: Option<u32>, at: Option<&str>) -> Result<Option<i64>, Refusal> {
    match (seconds, at) {
        (Some(_), Some(_)) => Err(invalid("/expires_in", "expected `expires_in` or `expires_at`, not both".to_owned())),
        (Some(seconds), None) => {
            let now = jiff::Timestamp::now().as_millisecond();
            Ok(Some(now.saturating_add(i64::from(seconds) * 1000)))
        }
        (None, Some(text)) => match text.parse::<jiff::Timestamp>() {
            Ok(at) => Ok(Some(at.as_millisecond())),
            Err(_) => Err(invalid("/expires_at", "expected a time such as 2030-01-31T12:00:00Z".to_owned())),
        },
        (None, None) => Ok(None),
    }
}

fn invalid(pointer: &str, detail: String) -> Refusal {
    let violation = Violation::new(pointer, "value", detail.clone());
    Problem::new(Code::DefinitionInvalid, format!("{pointer}: {detail}")).errors(vec![violation]).into()
}
