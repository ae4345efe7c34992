//! `S/groups/{ref}/plugins`: loading, listing, rolling forward and back.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use lockgate_domain::{Code, Digest, Limit, LimitHit, Limits, Problem};
use lockgate_flow::{Group, LoadOptions, LoadReport, PluginEntry};
use serde_json::{Value, json};

use crate::access::Access;
use crate::list::{Keyed, Page, pairs};
use crate::response::{self, Refusal, created, gone};
use crate::{App, body, groups};

struct Listed(Arc<PluginEntry>);

impl Keyed for Listed {
    fn key(&self) -> String {
        format!("{:020}", self.0.stored.sequence)
    }
}

fn show(group: &Group, plugin: &PluginEntry) -> Value {
    let stored = &plugin.stored;
    json!({
        "digest": stored.digest,
        "name": stored.name,
        "version": stored.manifest.version,
        "description": stored.manifest.description,
        "current": stored.current,
        "loaded_at": groups::time(stored.loaded_at),
        "sdk": stored.manifest.sdk,
        "connectors": stored.manifest.connectors.iter().map(|connector| &connector.name).collect::<Vec<_>>(),
        "capabilities": group.capabilities_of(plugin),
        "enabled": true,
    })
}

fn report(report: &LoadReport) -> Value {
    json!({
        "plugin": show(&report.group, &report.plugin),
        "current": report.plugin.stored.current,
        "previous": report.previous,
        "connectors": report.changes,
    })
}

/// `?grant&allow_removal`: a flag is set when it is there, unless it says `false`.
fn options(request: &Parts) -> Result<LoadOptions, Refusal> {
    let mut options = LoadOptions::default();
    for (name, value) in pairs(request.uri.query()) {
        let on = match value.as_str() {
            "" | "true" => true,
            "false" => false,
            _ => return Err(Refusal::malformed(format!("`{}`: expected `true` or `false`", name.escape_debug()))),
        };
        match name.as_str() {
            "grant" => options.grant = on,
            "allow_removal" => options.allow_removal = on,
            other => return Err(Refusal::malformed(format!("unknown parameter `{}`", other.escape_debug()))),
        }
    }
    Ok(options)
}

/// Granting what a plugin wants is an operator's decision.
fn may_grant(access: &Access, options: LoadOptions) -> Result<(), Refusal> {
    if options.grant && access.caller.role < lockgate_domain::Role::Operator {
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
    app.host.plugin(&access.scope()?, &access.group()?, &digest)?;
    Ok(digest)
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let group = app.host.group(&access.scope()?, &access.group()?)?;
    let found = group.plugins.iter().filter(|plugin| page.matches(&[plugin.stored.name.as_str()]));
    let found = found.map(|plugin| Listed(Arc::clone(plugin)));
    Ok(response::json(&page.cut(found, |plugin| show(&group, &plugin.0))))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let digest = digest(&app, &access)?;
    let group = app.host.group(&access.scope()?, &access.group()?)?;
    let plugin = app.host.plugin(&access.scope()?, &access.group()?, &digest)?;
    let mut shown = show(&group, &plugin);
    if let Some(members) = shown.as_object_mut() {
        members.insert("manifest".to_owned(), serde_json::to_value(&plugin.stored.manifest).unwrap_or_default());
    }
    Ok(response::json(&shown))
}

pub(crate) async fn load(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let options = options(&request)?;
    may_grant(&access, options)?;
    let kind = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind != "application/wasm" {
        let detail = format!("`Content-Type: {}`: expected `application/wasm`", kind.escape_debug());
        return Err(Problem::new(Code::UnsupportedMediaType, detail).into());
    }
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.group(&scope, &reference)?;
    let max = Limits::of_group(&group.stored.definition.limits).component_bytes;
    let too_large = |found| {
        let limit = LimitHit::new(Limit::Component, max);
        let detail = format!("the component has {found} bytes or more: {limit}");
        Problem::new(Code::ComponentTooLarge, detail).limit(limit).into()
    };
    let bytes = body::read(&request.headers, sent, usize::try_from(max).unwrap_or(usize::MAX), too_large).await?;
    let loaded = app.host.load_plugin(&scope, &reference, bytes, options, access.caller.token).await?;
    tracing::info!(group = %reference, plugin = %loaded.plugin.stored.digest, current = loaded.plugin.stored.current,
                   "plugin loaded");
    Ok(created(&report(&loaded)))
}

pub(crate) async fn make_current(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let options = options(&request)?;
    may_grant(&access, options)?;
    let digest = digest(&app, &access)?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let switched = app.host.switch_plugin(&scope, &reference, &digest, options, access.caller.token).await?;
    tracing::info!(group = %reference, plugin = %digest, "plugin made current");
    Ok(response::json(&report(&switched)))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let options = options(&request)?;
    let digest = digest(&app, &access)?;
    app.host.delete_plugin(&access.scope()?, &access.group()?, &digest, options, access.caller.token).await?;
    Ok(gone())
}
