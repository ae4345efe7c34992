//! `/v1/organizations`.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, Role, Slug};
use lockgate_flow::{ScopePatch, StoredScope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::api::scopes;
use crate::openapi::parameter;
use crate::openapi::texts::Line;
use crate::response::{self, Refusal, created, tagged};
use crate::route::ORGANIZATION;
use crate::route::{Needs, Resource, Route, VIEWER};
use crate::{App, body, etag};

#[derive(Serialize, JsonSchema)]
struct Organization {
    #[serde(flatten)]
    common: scopes::Common,
}

#[derive(Serialize, JsonSchema)]
struct MadeOrganization {
    #[serde(flatten)]
    organization: Organization,
    /// The token of its first admin, shown here and never again.
    admin_token: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewOrganization {
    /// Unique in the host.
    slug: Slug,
    /// For people.
    #[schemars(with = "Option<Line>")]
    name: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OrganizationPatch {
    /// For people.
    #[schemars(with = "Option<Line>")]
    name: Option<String>,
    /// The owner of the host may switch it.
    enabled: Option<bool>,
    /// Of workspaces alone.
    #[serde(default)]
    #[schemars(with = "()")]
    known_tenants_only: Option<bool>,
}

impl Organization {
    fn of(scope: &StoredScope) -> Self {
        Self { common: scopes::Common::of(scope) }
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    scopes::list(&app, &access, &request, true, Organization::of)
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let NewOrganization { slug, name } = body::json(&request.headers, sent).await?;
    let (stored, admin) = app.host.changes().create_organization(slug, name, &access.caller).await?;
    let made = MadeOrganization { organization: Organization::of(&stored), admin_token: admin.reveal().to_owned() };
    Ok(tagged(created(&made), stored.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let stored = app.host.queries().scope(&access.scope()?)?;
    Ok(tagged(response::json(&Organization::of(&stored)), stored.version))
}

async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let OrganizationPatch { name, enabled, known_tenants_only } = body::json(&request.headers, sent).await?;
    let patch = ScopePatch { name, enabled, known_tenants_only };
    let stored = app.host.changes().update_scope(&access.scope()?, expected, patch, &access.caller).await?;
    Ok(tagged(response::json(&Organization::of(&stored)), stored.version))
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "/v1/organizations";
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_organizations", "List organizations")
            .describe("Those in which the token holds; all of them for the owner of the host.")
            .lists::<Organization>()
            .parameter(parameter::words()),
        Route::post(ALL, Needs::Owner, &create)
            .operation("create_organization", "Make an organization")
            .takes::<NewOrganization>()
            .makes::<MadeOrganization>()
            .tagged()
            .refuses(&[Code::Conflict, Code::DefinitionInvalid]),
        Route::get(ORGANIZATION, Needs::RoleOrOwner(Role::Viewer), &get)
            .operation("get_organization", "Show an organization")
            .gives::<Organization>()
            .tagged(),
        Route::patch_scope(ORGANIZATION, Needs::RoleOrOwner(Role::Admin), &patch)
            .operation("update_organization", "Change an organization")
            .if_match()
            .takes::<OrganizationPatch>()
            .gives::<Organization>()
            .tagged()
            .refuses(&[Code::Conflict, Code::ScopeDisabled, Code::DefinitionInvalid]),
        Route::delete_scope(ORGANIZATION, Needs::Owner, &scopes::delete)
            .operation("delete_organization", "Delete an organization")
            .describe("It must hold no workspace and no group. Its tokens go with it.")
            .if_match()
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
    ];
    let description = "An organization holds workspaces; its groups are usable in all of them.";
    Resource { name: "organizations", description, routes }
}
