//! `/v1/workspaces/{workspace}/tenants`: the end customers that a workspace declares.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::TenantName;
use lockgate_flow::StoredTenant;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::{App, body, etag};

impl Keyed for StoredTenant {
    fn key(&self) -> String {
        self.name.to_string()
    }
}

fn show(tenant: &StoredTenant) -> Value {
    json!({
        "name": tenant.name,
        "enabled": tenant.enabled,
        "version": tenant.version,
        "created_at": time(tenant.created_at),
        "updated_at": time(tenant.updated_at),
    })
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.tenants(&access.scope()?, &access.caller);
    let found = seen.into_iter().filter(|tenant| page.matches(&[tenant.name.as_str()]));
    Ok(response::json(&page.cut(found, |tenant| show(&tenant))))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: TenantName,
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let New { name } = body::json(&request.headers, sent).await?;
    let tenant = app.host.create_tenant(&access.scope()?, name, &access.caller).await?;
    Ok(tagged(created(&show(&tenant)), tenant.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let tenant = app.host.tenant(&access.scope()?, access.part("tenant"), &access.caller)?;
    Ok(tagged(response::json(&show(&tenant)), tenant.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    enabled: bool,
}

pub(crate) async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Patch { enabled } = body::json(&request.headers, sent).await?;
    let (scope, name) = (access.scope()?, access.part("tenant"));
    let tenant = app.host.update_tenant(&scope, name, expected, enabled, &access.caller).await?;
    Ok(tagged(response::json(&show(&tenant)), tenant.version))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.delete_tenant(&access.scope()?, access.part("tenant"), expected, &access.caller).await?;
    Ok(gone())
}
