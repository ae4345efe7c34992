//! `/v1/workspaces/{workspace}/tenants`.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, TenantName};
use lockgate_flow::StoredTenant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::api::stored::Stored;
use crate::list::{Keyed, Page};
use crate::openapi::parameter;
use crate::response::{self, Refusal, created, gone, tagged};
use crate::route::{OPERATOR, Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body, etag};

impl Keyed for StoredTenant {
    fn key(&self) -> String {
        self.name.to_string()
    }
}

#[derive(Serialize, JsonSchema)]
struct Tenant {
    /// The caller's own id of the tenant.
    name: TenantName,
    #[serde(flatten)]
    stored: Stored,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    /// The caller's own id of the tenant.
    name: TenantName,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TenantPatch {
    /// Whether calls may name it.
    enabled: bool,
}

impl Tenant {
    fn of(tenant: &StoredTenant) -> Self {
        Self {
            name: tenant.name.clone(),
            stored: Stored {
                enabled: tenant.enabled,
                version: tenant.version,
                created_at: Time(tenant.created_at),
                updated_at: Time(tenant.updated_at),
            },
        }
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.queries().tenants(&access.scope()?, &access.caller);
    let found = seen.into_iter().filter(|tenant| page.matches(&[tenant.name.as_str()]));
    Ok(response::json(&page.cut(found, |tenant| Tenant::of(&tenant))))
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let NewTenant { name } = body::json(&request.headers, sent).await?;
    let tenant = app.host.changes().create_tenant(&access.scope()?, name, &access.caller).await?;
    Ok(tagged(created(&Tenant::of(&tenant)), tenant.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let tenant = app.host.queries().tenant(&access.scope()?, access.part("tenant"), &access.caller)?;
    Ok(tagged(response::json(&Tenant::of(&tenant)), tenant.version))
}

async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let TenantPatch { enabled } = body::json(&request.headers, sent).await?;
    let (scope, name) = (access.scope()?, access.part("tenant"));
    let tenant = app.host.changes().update_tenant(&scope, name, expected, enabled, &access.caller).await?;
    Ok(tagged(response::json(&Tenant::of(&tenant)), tenant.version))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.changes().delete_tenant(&access.scope()?, access.part("tenant"), expected, &access.caller).await?;
    Ok(gone())
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "/v1/workspaces/{workspace}/tenants";
    const ONE: &str = "/v1/workspaces/{workspace}/tenants/{tenant}";
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_tenants", "List declared tenants")
            .lists::<Tenant>()
            .parameter(parameter::words()),
        Route::post_owned(ALL, OPERATOR, &create)
            .operation("create_tenant", "Declare a tenant")
            .takes::<NewTenant>()
            .makes::<Tenant>()
            .tagged()
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
        Route::get(ONE, VIEWER, &get).operation("get_tenant", "Show a tenant").gives::<Tenant>().tagged(),
        Route::patch_owned(ONE, OPERATOR, &patch)
            .operation("update_tenant", "Switch a tenant on or off")
            .if_match()
            .takes::<TenantPatch>()
            .gives::<Tenant>()
            .tagged()
            .refuses(&[Code::ScopeDisabled]),
        Route::delete_owned(ONE, OPERATOR, &delete)
            .operation("delete_tenant", "Forget a tenant")
            .if_match()
            .refuses(&[Code::ScopeDisabled]),
    ];
    let description =
        "End customers that a workspace declares. Calls may name others too, unless the workspace forbids it.";
    Resource { name: "tenants", description, routes }
}
