//! `/v1/workspaces`.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, Scope, Slug};
use lockgate_flow::{ScopePatch, StoredScope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::api::scopes;
use crate::openapi::parameter;
use crate::openapi::texts::Line;
use crate::response::{self, Refusal, created, tagged};
use crate::route::WORKSPACE;
use crate::route::{ADMIN, Resource, Route, VIEWER};
use crate::{App, body, etag};

#[derive(Serialize, JsonSchema)]
struct Workspace {
    #[serde(flatten)]
    common: scopes::Common,
    /// The slug of its organization.
    organization: Option<Slug>,
    /// Whether calls may name declared tenants only.
    known_tenants_only: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewWorkspace {
    /// Unique in the host.
    slug: Slug,
    /// The slug of its organization.
    organization: Slug,
    /// For people.
    #[schemars(with = "Option<Line>")]
    name: Option<String>,
    /// An admin of the organization may switch it.
    enabled: Option<bool>,
    /// Whether calls may name declared tenants only.
    known_tenants_only: Option<bool>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkspacePatch {
    /// For people.
    #[schemars(with = "Option<Line>")]
    name: Option<String>,
    /// An admin of the organization may switch it.
    enabled: Option<bool>,
    /// Whether calls may name declared tenants only.
    known_tenants_only: Option<bool>,
}

impl Workspace {
    fn of(app: &App, scope: &StoredScope) -> Self {
        let above = match scope.scope {
            Scope::Workspace(above, _) | Scope::Organization(above) => Scope::Organization(above),
        };
        Self {
            common: scopes::Common::of(scope),
            organization: app.host.queries().scope(&above).ok().map(|above| above.slug.clone()),
            known_tenants_only: scope.known_tenants_only,
        }
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    scopes::list(&app, &access, &request, false, |scope| Workspace::of(&app, scope))
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let NewWorkspace { slug, organization, name, enabled, known_tenants_only } =
        body::json(&request.headers, sent).await?;
    let patch = ScopePatch { name, enabled, known_tenants_only };
    let stored = app.host.changes().create_workspace(&organization, slug, patch, &access.caller).await?;
    Ok(tagged(created(&Workspace::of(&app, &stored)), stored.version))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let stored = app.host.queries().scope(&access.scope()?)?;
    Ok(tagged(response::json(&Workspace::of(&app, &stored)), stored.version))
}

async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let WorkspacePatch { name, enabled, known_tenants_only } = body::json(&request.headers, sent).await?;
    let patch = ScopePatch { name, enabled, known_tenants_only };
    let stored = app.host.changes().update_scope(&access.scope()?, expected, patch, &access.caller).await?;
    Ok(tagged(response::json(&Workspace::of(&app, &stored)), stored.version))
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "/v1/workspaces";
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_workspaces", "List the workspaces in which the token holds")
            .lists::<Workspace>()
            .parameter(parameter::words()),
        Route::post(ALL, ADMIN, &create)
            .operation("create_workspace", "Make a workspace")
            .takes::<NewWorkspace>()
            .makes::<Workspace>()
            .tagged()
            .refuses(&[Code::NotFound, Code::Conflict, Code::ScopeDisabled, Code::DefinitionInvalid]),
        Route::get(WORKSPACE, VIEWER, &get)
            .operation("get_workspace", "Show a workspace")
            .gives::<Workspace>()
            .tagged(),
        Route::patch_scope(WORKSPACE, ADMIN, &patch)
            .operation("update_workspace", "Change a workspace")
            .if_match()
            .takes::<WorkspacePatch>()
            .gives::<Workspace>()
            .tagged()
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Route::delete_scope(WORKSPACE, ADMIN, &scopes::delete)
            .operation("delete_workspace", "Delete a workspace")
            .describe("For an admin of the organization. It must hold no group. Its tokens and tenants go with it.")
            .if_match()
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
    ];
    let description = "A workspace of an organization holds groups, tenants and tokens.";
    Resource { name: "workspaces", description, routes }
}
