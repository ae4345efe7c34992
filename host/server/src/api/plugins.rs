//! `S/groups/{ref}/plugins`: loading, listing, rolling forward and back.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use lockgate_domain::{Code, ConnectorName, Digest, Limit, LimitHit, PluginName, Problem, Role, Sdk};
use lockgate_flow::{Capabilities, ConnectorChanges, Group, LoadOptions, PluginEntry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::Access;
use crate::api::history::{self, Became, Mark};
use crate::list::{Keyed, Page, flag, pairs};
use crate::openapi::parameter;
use crate::openapi::texts::{AnyJson, AnyObject};
use crate::response::{self, Refusal, created, gone};
use crate::route::{EDITOR, Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body};

/// The media type of a component.
const WASM: &str = "application/wasm";

struct Listed(Arc<PluginEntry>);

impl Keyed for Listed {
    fn key(&self) -> String {
        format!("{:020}", self.0.stored.sequence)
    }
}

#[derive(Serialize, JsonSchema)]
struct Plugin {
    /// SHA-256 of its bytes.
    digest: Digest,
    /// Identifies the plugin in its group: components with one name are its versions.
    name: PluginName,
    /// The author's version.
    version: String,
    /// What it is for.
    description: Option<String>,
    /// Whether calls run it.
    current: bool,
    /// Whether no rollback goes to it.
    bad: bool,
    /// When it was loaded.
    loaded_at: Time,
    /// What made it.
    sdk: Option<Sdk>,
    /// What it can do.
    connectors: Vec<ConnectorName>,
    capabilities: Capabilities,
    /// Always; what is switched on and off is its group.
    enabled: bool,
}

#[derive(Serialize, JsonSchema)]
struct PluginWithManifest {
    #[serde(flatten)]
    plugin: Plugin,
    /// What the plugin says of itself (`wit/manifest.schema.json`).
    #[schemars(with = "AnyObject")]
    manifest: Value,
}

#[derive(Serialize, JsonSchema)]
struct LoadReport {
    plugin: Plugin,
    /// Whether it became current.
    current: bool,
    /// What was current before.
    previous: Option<Digest>,
    connectors: ConnectorChanges,
}

/// Which plugin goes back.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PluginRollback")]
struct Rollback {
    /// Its name.
    plugin: PluginName,
}

impl Plugin {
    fn of(group: &Group, plugin: &PluginEntry) -> Self {
        let (stored, manifest) = (&plugin.stored, &plugin.stored.manifest);
        Self {
            digest: stored.digest,
            name: stored.name.clone(),
            version: manifest.version.clone(),
            description: manifest.description.clone(),
            current: stored.current,
            bad: stored.bad,
            loaded_at: Time(stored.loaded_at),
            sdk: manifest.sdk.clone(),
            connectors: manifest.connectors.iter().map(|connector| connector.name.clone()).collect(),
            capabilities: group.capabilities_of(plugin),
            enabled: true,
        }
    }
}

impl LoadReport {
    fn of(report: lockgate_flow::LoadReport) -> Self {
        Self {
            plugin: Plugin::of(&report.group, &report.plugin),
            current: report.plugin.stored.current,
            previous: report.previous,
            connectors: report.changes,
        }
    }
}

/// `?grant&allow_removal`: a flag is set when it is there, unless it says `false`.
fn options(request: &Parts) -> Result<LoadOptions, Refusal> {
    let mut options = LoadOptions::default();
    for (name, value) in pairs(request.uri.query()) {
        let on = flag(&name, &value)?;
        set(&mut options, &name, on)?;
    }
    Ok(options)
}

fn set(options: &mut LoadOptions, name: &str, on: bool) -> Result<(), Refusal> {
    match name {
        "grant" => options.grant = on,
        "allow_removal" => options.allow_removal = on,
        other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
    }
    Ok(())
}

/// `?dry_run` beside them: whether nothing is to be done.
fn load_options(request: &Parts) -> Result<(LoadOptions, bool), Refusal> {
    let (mut options, mut dry_run) = (LoadOptions::default(), false);
    for (name, value) in pairs(request.uri.query()) {
        let on = flag(&name, &value)?;
        match name.as_str() {
            "dry_run" => dry_run = on,
            other => set(&mut options, other, on)?,
        }
    }
    Ok((options, dry_run))
}

/// Granting what a plugin wants is an operator's decision.
fn may_grant(access: &Access, options: LoadOptions) -> Result<(), Refusal> {
    if options.grant && access.caller.role < Role::Operator {
        let detail = format!("`grant` needs role `operator`, and the token has `{}`", access.caller.role);
        return Err(Problem::new(Code::Forbidden, detail).into());
    }
    Ok(())
}

fn digest(app: &App, access: &Access) -> Result<Digest, Refusal> {
    let text = access.part("digest");
    let invalid =
        |error: lockgate_domain::InvalidDigest| Refusal::malformed(format!("`{}`: {error}", text.escape_debug()));
    let digest = text.parse().map_err(invalid)?;
    app.host.queries().plugin(&access.scope()?, &access.group()?, &digest)?;
    Ok(digest)
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let group = app.host.queries().group(&access.scope()?, &access.group()?)?;
    let found = group.plugins.iter().filter(|plugin| page.matches(&[plugin.stored.name.as_str()]));
    let found = found.map(|plugin| Listed(Arc::clone(plugin)));
    Ok(response::json(&page.cut(found, |plugin| Plugin::of(&group, &plugin.0))))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let digest = digest(&app, &access)?;
    let group = app.host.queries().group(&access.scope()?, &access.group()?)?;
    let plugin = app.host.queries().plugin(&access.scope()?, &access.group()?, &digest)?;
    let manifest = serde_json::to_value(&plugin.stored.manifest).unwrap_or_default();
    Ok(response::json(&PluginWithManifest { plugin: Plugin::of(&group, &plugin), manifest }))
}

async fn load(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (options, dry_run) = load_options(&request)?;
    may_grant(&access, options)?;
    let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind != WASM {
        let detail = format!("`Content-Type: {}`: expected `application/wasm`", kind.escape_debug());
        return Err(Problem::new(Code::UnsupportedMediaType, detail).into());
    }
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.queries().group(&scope, &reference)?;
    let max = group.limits().component_bytes;
    let too_large = |found| {
        let limit = LimitHit::new(Limit::Component, max);
        let detail = format!("the component has {found} bytes or more: {limit}");
        Problem::new(Code::ComponentTooLarge, detail).limit(limit).into()
    };
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let upload = app.host.changes().upload().await?;
    let bytes = body::receive(&request, sent, max, too_large, upload).await?;
    if dry_run {
        let would = app.host.changes().preview_plugin(&scope, &reference, bytes, options.grant, &access.caller).await?;
        return Ok(response::json(&LoadReport::of(would)));
    }
    let loaded = app.host.changes().load_plugin(&scope, &reference, bytes, options, &access.caller).await?;
    tracing::info!(group = %reference, plugin = %loaded.plugin.stored.digest, current = loaded.plugin.stored.current,
                   "plugin loaded");
    Ok(created(&LoadReport::of(loaded)))
}

async fn make_current(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let options = options(&request)?;
    may_grant(&access, options)?;
    let digest = digest(&app, &access)?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let switched = app.host.changes().switch_plugin(&scope, &reference, &digest, options, &access.caller).await?;
    tracing::info!(group = %reference, plugin = %digest, "plugin made current");
    Ok(response::json(&LoadReport::of(switched)))
}

async fn history(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["plugin"])?;
    let before = history::before(&page)?;
    let (scope, reference, plugin) = (access.scope()?, access.group()?, page.parameter("plugin"));
    let found = app.host.queries().plugin_history(&scope, &reference, plugin, before, page.one_more()).await?;
    Ok(response::json(&history::page(&page, found)))
}

async fn rollback(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.queries().group(&scope, &reference)?;
    let Rollback { plugin } = body::json(&request.headers, sent).await?;
    let switched = app.host.changes().rollback_plugin(&scope, &reference, &plugin, &access.caller).await?;
    tracing::info!(group = %reference, plugin = %switched.plugin.stored.digest, "plugin rolled back");
    Ok(response::json(&LoadReport::of(switched)))
}

async fn mark(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let digest = digest(&app, &access)?;
    let Mark { bad } = body::json(&request.headers, sent).await?;
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.changes().mark_plugin(&scope, &reference, &digest, bad, &access.caller).await?;
    let group = app.host.queries().group(&scope, &reference)?;
    let plugin = app.host.queries().plugin(&scope, &reference, &digest)?;
    Ok(response::json(&Plugin::of(&group, &plugin)))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let options = options(&request)?;
    let digest = digest(&app, &access)?;
    app.host.changes().delete_plugin(&access.scope()?, &access.group()?, &digest, options, &access.caller).await?;
    Ok(gone())
}

/// Why a component is not loaded.
pub(crate) const COMPONENT_REFUSED: [Code; 9] = [
    Code::ComponentTooLarge,
    Code::NotAComponent,
    Code::UnknownImport,
    Code::MissingExport,
    Code::CompileFailed,
    Code::NeedsTooMuch,
    Code::DescribeFailed,
    Code::ManifestInvalid,
    Code::SchemaRefused,
];

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/groups/{ref}/plugins";
    const ONE: &str = "{S}/groups/{ref}/plugins/{digest}";
    let grant = || parameter::flag("grant", "Grant what it wants; needs the role `operator`.");
    let removal = parameter::removal;
    let changes = [Code::ReadOnly, Code::ScopeDisabled];
    let replaces = [Code::RemovalNotAllowed, Code::ConnectorTaken];
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_plugins", "List the versions of the group's plugins")
            .lists::<Plugin>()
            .parameter(parameter::words()),
        Route::post(ALL, EDITOR, &load)
            .operation("load_plugin", "Load a component")
            .describe(
                "It is compiled, described and checked before it becomes current. Calls in flight finish on the version \
                 that they began with.",
            )
            .parameter(grant())
            .parameter(removal())
            .parameter(parameter::flag(
                "dry_run",
                "Do everything but keep it: the answer is 200, and what would be taken away is reported and not refused.",
            ))
            .takes_as::<AnyJson>(&[WASM])
            .makes::<LoadReport>()
            .refuses(&changes)
            .refuses(&COMPONENT_REFUSED)
            .refuses(&replaces),
        Route::get(ONE, VIEWER, &get)
            .operation("get_plugin", "Show a version with its manifest")
            .gives::<PluginWithManifest>(),
        Route::patch(ONE, EDITOR, &mark)
            .operation("mark_plugin", "Mark a version as bad, or as good again")
            .describe("No rollback goes to a version that is marked as bad.")
            .takes::<Mark>()
            .gives::<Plugin>()
            .refuses(&changes),
        Route::get("{S}/groups/{ref}/plugins/history", VIEWER, &history)
            .operation("plugin_history", "List which versions were current, the latest first")
            .lists::<Became>()
            .parameter(parameter::query("plugin", "Only of this plugin.", json!({"type": "string"}))),
        Route::post("{S}/groups/{ref}/plugins/rollback", EDITOR, &rollback)
            .operation("roll_back_plugin", "Make the version current that was current before")
            .describe("Versions that were deleted or marked as bad are left out.")
            .takes::<Rollback>()
            .gives::<LoadReport>()
            .refuses(&changes)
            .refuses(&[Code::Conflict, Code::ConnectorTaken]),
        Route::delete(ONE, EDITOR, &delete)
            .operation("delete_plugin", "Delete a version")
            .parameter(grant())
            .parameter(removal())
            .refuses(&changes)
            .refuses(&[Code::Conflict]),
        Route::put("{S}/groups/{ref}/plugins/{digest}/current", EDITOR, &make_current)
            .operation("make_current", "Make a version current")
            .describe("Forward, or back: a version that was loaded before the current one needs no parameter.")
            .parameter(grant())
            .parameter(removal())
            .gives::<LoadReport>()
            .refuses(&changes)
            .refuses(&[Code::Conflict])
            .refuses(&replaces),
    ];
    let description =
        "WebAssembly components. Those with one name are versions of one plugin, and one of them is current.";
    Resource { name: "plugins", description, routes }
}
