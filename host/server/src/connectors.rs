//! `S/groups/{ref}/connectors`: what can be called, and the connectors without code as objects with versions.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_flow::{Connector, DefinitionEntry, Source, StoredVersion};
use serde_json::{Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::{App, body, etag};

impl Keyed for &Arc<Connector> {
    fn key(&self) -> String {
        self.name.to_string()
    }
}

/// What a list shows of the members of a definition or manifest.
const BRIEF: [&str; 4] = ["title", "description", "tags", "hints"];

fn show(connector: &Connector, whole: bool) -> Value {
    let (mut shown, mut own) = match &connector.source {
        Source::Plugin { plugin, .. } => {
            let plugin = &plugin.stored;
            let plugin = json!({"name": plugin.name, "digest": plugin.digest, "version": plugin.manifest.version});
            let own = connector.manifest().and_then(|manifest| serde_json::to_value(manifest).ok());
            (json!({"name": connector.name, "type": "function", "plugin": plugin, "enabled": true}), own)
        }
        Source::Definition(entry) => (defined(entry), Some(entry.stored.definition.written.value())),
    };
    if let (Some(own), Some(members)) = (own.as_mut().and_then(Value::as_object_mut), shown.as_object_mut()) {
        if !whole {
            own.retain(|key, _| BRIEF.contains(&key.as_str()));
        }
        members.extend(std::mem::take(own));
        if whole {
            // Those that the definition sets are in `definition`.
            members.insert("limits".to_owned(), serde_json::to_value(connector.limits).unwrap_or_default());
        }
    }
    shown
}

/// What the host says of a connector without code.
fn defined(entry: &DefinitionEntry) -> Value {
    let stored = &entry.stored;
    json!({
        "name": stored.definition.name, "type": stored.definition.action.kind(), "enabled": stored.definition.enabled,
        "version": stored.number, "created_at": time(stored.created_at), "updated_at": time(stored.updated_at),
    })
}

fn answer(connector: &Connector, made: bool) -> Response<Body> {
    let mut shown = show(connector, true);
    let Some(entry) = connector.definition() else { return response::json(&shown) };
    if let Some(members) = shown.as_object_mut() {
        members.insert("definition".to_owned(), entry.stored.definition.written.value());
    }
    let answer = if made { created(&shown) } else { response::json(&shown) };
    tagged(answer, entry.stored.version)
}

fn version(current: i64, version: &StoredVersion, whole: bool) -> Value {
    let mut shown = json!({
        "number": version.number, "current": version.number == current, "created_at": time(version.created_at),
        "token": version.token,
    });
    if let (true, Some(members)) = (whole, shown.as_object_mut()) {
        members.insert("definition".to_owned(), version.definition.written.value());
    }
    shown
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let group = app.host.group(&access.scope()?, &access.group()?)?;
    let found = group
        .connectors
        .values()
        .filter(|connector| page.matches(&[connector.name.as_str(), connector.description().unwrap_or_default()]));
    Ok(response::json(&page.cut(found, |connector| show(connector, false))))
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    // What is not there is told before what is wrong with the body.
    app.host.group(&access.scope()?, &access.group()?)?;
    let definition: Value = body::json(&request.headers, sent).await?;
    let made = app.host.create_connector(&access.scope()?, &access.group()?, &definition, &access.caller).await?;
    Ok(answer(&made, true))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (_, connector) = app.host.connector(&access.scope()?, &access.group()?, access.part("connector"))?;
    Ok(answer(&connector, false))
}

/// A new version, which becomes current.
pub(crate) async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.connector(&scope, &group, name)?;
    let definition: Value = body::json(&request.headers, sent).await?;
    let saved = app.host.save_connector(&scope, &group, name, expected, &definition, &access.caller).await?;
    Ok(answer(&saved, false))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.delete_connector(&scope, &group, name, expected, &access.caller).await?;
    Ok(gone())
}

pub(crate) async fn versions(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    page.without_text()?;
    let before = match page.cursor() {
        None => i64::MAX,
        Some(cursor) => cursor.parse().map_err(|_| Refusal::malformed("`cursor`: expected that of the page before"))?,
    };
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let (current, found) = app.host.connector_versions(&scope, &group, name, before, page.one_more()).await?;
    let shown = page.of_query(found, |row| row.number.to_string(), |row| version(current, row, false));
    Ok(response::json(&shown))
}

pub(crate) async fn get_version(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let (current, found) = app.host.connector_version(&scope, &group, name, number(access.part("n"))?).await?;
    Ok(response::json(&version(current, &found, true)))
}

pub(crate) async fn diff(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let numbers = (number(access.part("a"))?, number(access.part("b"))?);
    Ok(response::json(&app.host.diff_connector(&scope, &group, name, numbers).await?))
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    version: i64,
}

/// Forward or back.
pub(crate) async fn make_current(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.connector(&scope, &group, name)?;
    let Switch { version } = body::json(&request.headers, sent).await?;
    let switched = app.host.switch_connector(&scope, &group, name, expected, version, &access.caller).await?;
    tracing::info!(group = %group, connector = %name, version, "version made current");
    Ok(answer(&switched, false))
}

fn number(text: &str) -> Result<i64, Refusal> {
    let number = text.parse().ok().filter(|number: &i64| *number > 0);
    number.ok_or_else(|| Refusal::malformed(format!("`{}`: expected the number of a version", text.escape_debug())))
}
