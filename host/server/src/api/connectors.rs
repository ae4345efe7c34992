//! `S/groups/{ref}/connectors`: what can be called, and the declarative ones as objects with versions.

mod types;
mod versions;

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, ConnectionChoice, ConnectorDefinition};
use lockgate_flow::{Connector, VersionDiff};
use serde_json::{Value, json};

use crate::access::Access;
use crate::api::history::{Became, Mark};
use crate::api::invoke;
use crate::list::{Keyed, Page, flag, pairs};
use crate::openapi::parameter;
use crate::openapi::problems::{CONNECTION, OUTGOING};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::route::{EDITOR, Resource, Route, VIEWER};
use crate::{App, body, etag};
use types::{CurrentVersion, Summary, Version, Whole, WholeVersion};

impl Keyed for &Arc<Connector> {
    fn key(&self) -> String {
        self.name.to_string()
    }
}

/// A connector with its version, if it has one.
fn answer(connector: &Connector, made: bool) -> Response<Body> {
    let shown = Whole::of(connector);
    let answer = if made { created(&shown) } else { response::json(&shown) };
    match connector.definition() {
        Some(entry) => tagged(answer, entry.stored.version),
        None => answer,
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let group = app.host.queries().group(&access.scope()?, &access.group()?)?;
    let found = group
        .connectors
        .values()
        .filter(|connector| page.matches(&[connector.name.as_str(), connector.description().unwrap_or_default()]));
    Ok(response::json(&page.cut(found, |connector| Summary::of(connector))))
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    // What is not there is reported before what is wrong with the body.
    app.host.queries().group(&access.scope()?, &access.group()?)?;
    let definition: Value = body::json(&request.headers, sent).await?;
    let asked = Asked::of(&request, false)?.connection;
    let definition = complete(&app, &access, asked, definition).await?;
    let made =
        app.host.changes().create_connector(&access.scope()?, &access.group()?, &definition, &access.caller).await?;
    Ok(answer(&made, true))
}

/// What the address of a save says.
#[derive(Default)]
struct Asked {
    /// Whether the new version may break callers of the current one.
    allow_removal: bool,
    /// With which connection a database is asked.
    connection: ConnectionChoice,
}

impl Asked {
    /// Reads it; only a change of what is there can take something away.
    fn of(request: &Parts, changes: bool) -> Result<Self, Refusal> {
        let mut asked = Self::default();
        for (name, value) in pairs(request.uri.query()) {
            match name.as_str() {
                "allow_removal" if changes => asked.allow_removal = flag(&name, &value)?,
                "connection" => asked.connection = ConnectionChoice::Fixed(value),
                other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
            }
        }
        Ok(asked)
    }
}

/// The definition with the schemas that a database gives it.
async fn complete(app: &App, access: &Access, choice: ConnectionChoice, definition: Value) -> Result<Value, Refusal> {
    let calls = app.host.calls();
    Ok(calls.complete_definition(&access.scope()?, &access.group()?, &choice, definition, &access.caller).await?)
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (_, connector) = app.host.queries().connector(&access.scope()?, &access.group()?, access.part("connector"))?;
    Ok(answer(&connector, false))
}

/// A new version, which becomes current.
async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let Asked { allow_removal, connection: asked } = Asked::of(&request, true)?;
    let known = (etag::expected(&request.headers)?, allow_removal);
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.queries().connector(&scope, &group, name)?;
    let definition: Value = body::json(&request.headers, sent).await?;
    let definition = complete(&app, &access, asked, definition).await?;
    let saved = app.host.changes().save_connector(&scope, &group, name, known, &definition, &access.caller).await?;
    Ok(answer(&saved, false))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.changes().delete_connector(&scope, &group, name, expected, &access.caller).await?;
    Ok(gone())
}

fn asked_with() -> Value {
    let description = "The connection by which a database is asked for the schemas that the definition leaves out.";
    parameter::query("connection", description, json!({"type": "string"}))
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/groups/{ref}/connectors";
    const ONE: &str = "{S}/groups/{ref}/connectors/{connector}";
    let changes = [Code::Forbidden, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict];
    let saves = [Code::DefinitionInvalid, Code::ConnectorTaken];
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_connectors", "List what can be called")
            .lists::<Summary>()
            .parameter(parameter::words()),
        Route::post(ALL, EDITOR, &create)
            .operation("create_connector", "Make a declarative connector")
            .takes::<ConnectorDefinition>()
            .makes::<Whole>()
            .tagged()
            .parameter(asked_with())
            .refuses(&changes)
            .refuses(&saves)
            .refuses(CONNECTION)
            .refuses(OUTGOING),
        Route::get(ONE, VIEWER, &get)
            .operation("get_connector", "Show a connector with its schemas and limits")
            .gives::<Whole>(),
        Route::put(ONE, EDITOR, &put)
            .operation("save_connector", "Save a new version, which becomes current")
            .if_match()
            .parameter(parameter::removal())
            .refuses(&[Code::RemovalNotAllowed])
            .takes::<ConnectorDefinition>()
            .gives::<Whole>()
            .tagged()
            .parameter(asked_with())
            .refuses(&changes)
            .refuses(&saves)
            .refuses(CONNECTION)
            .refuses(OUTGOING),
        Route::delete(ONE, EDITOR, &delete)
            .operation("delete_connector", "Delete a connector with all its versions")
            .if_match()
            .refuses(&changes),
        Route::get("{S}/groups/{ref}/connectors/{connector}/versions", VIEWER, &versions::list)
            .operation("list_versions", "List the versions of a connector, the latest first")
            .lists::<Version>()
            .refuses(&[Code::Conflict]),
        Route::get("{S}/groups/{ref}/connectors/{connector}/versions/{n}", VIEWER, &versions::get)
            .operation("get_version", "Show a version with its definition")
            .gives::<WholeVersion>()
            .refuses(&[Code::Conflict]),
        Route::patch("{S}/groups/{ref}/connectors/{connector}/versions/{n}", EDITOR, &versions::mark)
            .operation("mark_version", "Mark a version as bad, or as good again")
            .describe("No rollback goes to a version that is marked as bad.")
            .takes::<Mark>()
            .gives::<WholeVersion>()
            .refuses(&changes),
        Route::get("{S}/groups/{ref}/connectors/{connector}/history", VIEWER, &versions::history)
            .operation("connector_history", "List which versions were current, the latest first")
            .lists::<Became>()
            .refuses(&[Code::Conflict]),
        Route::post("{S}/groups/{ref}/connectors/{connector}/rollback", EDITOR, &versions::rollback)
            .operation("roll_back_connector", "Make the version current that was current before")
            .describe("Versions that were marked as bad are left out.")
            .if_match()
            .gives::<Whole>()
            .tagged()
            .refuses(&changes),
        Route::get("{S}/groups/{ref}/connectors/{connector}/versions/{a}/diff/{b}", VIEWER, &versions::diff)
            .operation("diff_versions", "Compare two versions")
            .gives::<VersionDiff>()
            .refuses(&[Code::Conflict]),
        Route::put("{S}/groups/{ref}/connectors/{connector}/current", EDITOR, &versions::make_current)
            .operation("switch_connector", "Make a version current, forward or back")
            .if_match()
            .parameter(parameter::removal())
            .refuses(&[Code::RemovalNotAllowed])
            .takes::<CurrentVersion>()
            .gives::<Whole>()
            .tagged()
            .refuses(&changes),
        invoke::route(),
    ];
    let description = "What can be called. Declarative ones are definitions with versions; the others change with \
                       their plugin.";
    Resource { name: "connectors", description, routes }
}
