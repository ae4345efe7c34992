//! `/v1/organizations` and `/v1/workspaces`.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Scope, Slug};
use lockgate_flow::{ScopePatch, StoredScope};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::{App, body, etag};

impl Keyed for Arc<StoredScope> {
    fn key(&self) -> String {
        self.slug.to_string()
    }
}

fn show(app: &App, stored: &StoredScope) -> Value {
    let mut shown = json!({
        "id": match stored.scope {
            Scope::Organization(id) => id.to_string(),
            Scope::Workspace(_, id) => id.to_string(),
        },
        "slug": stored.slug,
        "name": stored.name,
        "enabled": stored.enabled,
        "version": stored.version,
        "created_at": time(stored.created_at),
        "updated_at": time(stored.updated_at),
    });
    if let (Scope::Workspace(organization, _), Some(members)) = (stored.scope, shown.as_object_mut()) {
        let above = app.host.scope(&Scope::Organization(organization)).ok();
        members.insert("organization".to_owned(), above.map(|above| above.slug.to_string()).into());
        members.insert("known_tenants_only".to_owned(), stored.known_tenants_only.into());
    }
    shown
}

fn list(app: &App, access: &Access, request: &Parts, organizations: bool) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.scopes_of(&access.caller, organizations);
    let found = seen.into_iter().filter(|scope| page.matches(&[scope.slug.as_str(), &scope.name]));
    Ok(response::json(&page.cut(found, |scope| show(app, &scope))))
}

pub(crate) async fn organizations(
    app: App,
    access: Access,
    request: Parts,
    _: Body,
) -> Result<Response<Body>, Refusal> {
    list(&app, &access, &request, true)
}

pub(crate) async fn workspaces(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    list(&app, &access, &request, false)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewOrganization {
    slug: Slug,
    name: Option<String>,
}

pub(crate) async fn create_organization(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
) -> Result<Response<Body>, Refusal> {
    let new: NewOrganization = body::json(&request.headers, sent).await?;
    let (stored, admin) = app.host.create_organization(new.slug, new.name, &access.caller).await?;
    let mut shown = show(&app, &stored);
    if let Some(members) = shown.as_object_mut() {
        members.insert("admin_token".to_owned(), admin.reveal().into());
    }
    Ok(tagged(created(&shown), stored.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWorkspace {
    slug: Slug,
    organization: Slug,
    name: Option<String>,
    enabled: Option<bool>,
    known_tenants_only: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    name: Option<String>,
    enabled: Option<bool>,
    known_tenants_only: Option<bool>,
}

pub(crate) async fn create_workspace(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
) -> Result<Response<Body>, Refusal> {
    let NewWorkspace { slug, organization, name, enabled, known_tenants_only } =
        body::json(&request.headers, sent).await?;
    let patch = ScopePatch { name, enabled, known_tenants_only };
    let stored = app.host.create_workspace(&organization, slug, patch, &access.caller).await?;
    Ok(tagged(created(&show(&app, &stored)), stored.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let stored = app.host.scope(&access.scope()?)?;
    Ok(tagged(response::json(&show(&app, &stored)), stored.version))
}

pub(crate) async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Patch { name, enabled, known_tenants_only } = body::json(&request.headers, sent).await?;
    let patch = ScopePatch { name, enabled, known_tenants_only };
    let stored = app.host.update_scope(&access.scope()?, expected, patch, &access.caller).await?;
    Ok(tagged(response::json(&show(&app, &stored)), stored.version))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.delete_scope(&access.scope()?, expected, &access.caller).await?;
    Ok(gone())
}
