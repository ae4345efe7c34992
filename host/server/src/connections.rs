//! `S/groups/{ref}/connections` and `S/connections`. Secrets go in and never come out: every answer shows masks.

use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{ConnectionState, CredentialName, Digest, TenantName, Verdict};
use lockgate_flow::{Connection, ConnectionPatch, CredentialsGiven, MASK, MethodGiven, NewConnection, Verified};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::{App, body, connect_sessions, etag};

/// The name of a connection whose maker gives none.
const NAME: &str = "main";

impl Keyed for Listed {
    fn key(&self) -> String {
        self.connection.stored.id.to_string()
    }
}

struct Listed {
    /// The group, in lists of several.
    reference: Option<String>,
    connection: Arc<Connection>,
}

pub(crate) fn show(connection: &Connection) -> Value {
    let stored = &connection.stored;
    let mut shown = json!({
        "id": stored.id.to_string(),
        "name": stored.name,
        "tenant": stored.owner.tenant(),
        "state": connection.state().as_str(),
        "enabled": stored.enabled,
        "default": stored.default,
        "methods": stored.methods,
        "expires_at": stored.ends_at.map(time),
        "credentials_at": stored.credentials_at.map(time),
        "version": stored.version,
        "created_at": time(stored.created_at),
        "updated_at": time(stored.updated_at),
    });
    if let Some(members) = shown.as_object_mut() {
        let (fields, credentials) = values(connection);
        members.insert("fields".to_owned(), fields.into());
        members.insert("credentials".to_owned(), credentials.into());
        members.extend(review(connection).map(|review| ("review".to_owned(), review)));
    }
    shown
}

/// The values: visible ones as they are, a mask for every other.
fn values(connection: &Connection) -> (Map<String, Value>, Map<String, Value>) {
    let stored = &connection.stored;
    let masked = stored.secret.iter().chain(stored.visible.keys()).map(|at| (at.clone(), MASK.to_owned()));
    let (mut fields, mut credentials) = (Map::new(), Map::new());
    for (at, value) in masked.chain(connection.shown()) {
        let mut parts = at.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("fields"), Some(name), None) => drop(fields.insert(name.to_owned(), value.into())),
            (Some("credentials"), Some(credential), Some(name)) => {
                let own = credentials.entry(credential).or_insert_with(|| Value::Object(Map::new()));
                if let Some(own) = own.as_object_mut() {
                    own.insert(name.to_owned(), value.into());
                }
            }
            _ => {}
        }
    }
    (fields, credentials)
}

/// What an admin is to accept; none while there is nothing.
fn review(connection: &Connection) -> Option<Value> {
    let review = connection.difference_now()?;
    if review.comparison.verdict() != Verdict::Different {
        return None;
    }
    let changes = review.comparison.changes.iter();
    let changes: Vec<_> = changes.map(|change| json!({"text": change.text, "wider": change.wider})).collect();
    Some(json!({"digest": review.digest, "changes": changes}))
}

fn listed(page: &Page, found: Vec<Listed>) -> Result<Response<Body>, Refusal> {
    let state = page.parameter("state");
    if let Some(unknown) = state.filter(|state| ConnectionState::ALL.iter().all(|one| one.as_str() != *state)) {
        let states = ConnectionState::ALL.map(ConnectionState::as_str).join(", ");
        return Err(Refusal::malformed(format!("`state={}`: expected one of {states}", unknown.escape_debug())));
    }
    let tenant = page.parameter("tenant");
    let wanted = |one: &Listed| {
        let own = one.connection.stored.owner.tenant().map(TenantName::as_str);
        state.is_none_or(|state| one.connection.state().as_str() == state)
            && tenant.is_none_or(|tenant| own == Some(tenant))
            && page.matches(&[&one.connection.stored.name, own.unwrap_or_default()])
    };
    let found = found.into_iter().filter(wanted);
    Ok(response::json(&page.cut(found, |one| {
        let mut shown = show(&one.connection);
        if let (Some(reference), Some(members)) = (one.reference, shown.as_object_mut()) {
            members.insert("group".to_owned(), reference.into());
        }
        shown
    })))
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.connections(&access.scope()?, &access.group()?, &access.caller)?;
    listed(&page, found.into_iter().map(|connection| Listed { reference: None, connection }).collect())
}

pub(crate) async fn list_all(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.all_connections(&access.scope()?, &access.caller).into_iter();
    let named = |(reference, connection): (lockgate_domain::GroupReference, _)| Listed {
        reference: Some(reference.to_string()),
        connection,
    };
    listed(&page, found.map(named).collect())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: Option<String>,
    tenant: Option<TenantName>,
    #[serde(default)]
    default: bool,
    #[serde(default = "yes")]
    enabled: bool,
    fields: Option<Map<String, Value>>,
    credentials: Option<std::collections::BTreeMap<CredentialName, MethodGiven>>,
}

fn yes() -> bool {
    true
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let new: New = body::json(&request.headers, sent).await?;
    let given = (new.fields.is_some() || new.credentials.is_some()).then(|| CredentialsGiven {
        fields: new.fields.unwrap_or_default(),
        credentials: new.credentials.unwrap_or_default(),
    });
    let (name, tenant) = (new.name.unwrap_or_else(|| NAME.to_owned()), new.tenant);
    let new = NewConnection { name, tenant, default: new.default, enabled: new.enabled, given };
    let made = app.host.create_connection(&access.scope()?, &access.group()?, new, &access.caller).await?;
    Ok(tagged(created(&show(&made)), made.stored.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let name = access.part("connection");
    let (_, connection) = app.host.connection(&access.scope()?, &access.group()?, name, &access.caller)?;
    Ok(tagged(response::json(&show(&connection)), connection.stored.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    name: Option<String>,
    enabled: Option<bool>,
    default: Option<bool>,
}

pub(crate) async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Patch { name, enabled, default } = body::json(&request.headers, sent).await?;
    let patch = ConnectionPatch { name, enabled, default };
    let (scope, reference) = (access.scope()?, access.group()?);
    let which = (&reference, access.part("connection"));
    let changed = app.host.update_connection(&scope, which, expected, patch, &access.caller).await?;
    Ok(tagged(response::json(&show(&changed)), changed.stored.version))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    app.host.delete_connection(&access.scope()?, which, expected, &access.caller).await?;
    Ok(gone())
}

pub(crate) async fn credentials(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let given: CredentialsGiven = body::json(&request.headers, sent).await?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let changed = app.host.set_credentials(&access.scope()?, which, expected, given, &access.caller).await?;
    Ok(tagged(response::json(&show(&changed)), changed.stored.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    digest: String,
}

pub(crate) async fn accept(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Seen { digest } = body::json(&request.headers, sent).await?;
    let digest = Digest::from_str(&digest).map_err(|error| Refusal::malformed(format!("`digest`: {error}")))?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let (changed, accepted) =
        app.host.accept_connection(&access.scope()?, which, expected, &digest, &access.caller).await?;
    let mut shown = show(&changed);
    if let Some(members) = shown.as_object_mut() {
        let lines: Vec<_> = accepted.to_string().lines().map(str::to_owned).collect();
        members.insert("accepted".to_owned(), lines.into());
    }
    Ok(tagged(response::json(&shown), changed.stored.version))
}

pub(crate) async fn verify(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let shown = match app.host.calls().verify_connection(&access.scope()?, which, &access.caller).await? {
        Verified::Yes => json!({"result": "verified"}),
        Verified::No { status } => json!({"result": "refused", "status": status}),
        Verified::NotDeclared => json!({"result": "not verifiable"}),
    };
    Ok(response::json(&shown))
}

pub(crate) async fn reconnect(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let (nonce, session) = app.host.reconnect(&access.scope()?, which, &access.caller).await?;
    Ok(created(&connect_sessions::show(&app, &nonce, &session)))
}
