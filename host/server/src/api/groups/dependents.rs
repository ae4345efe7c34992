//! What would be lost with a group.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{ConnectorName, PluginName, Scope, Slug, TenantName, TokenId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;
use crate::access::Access;
use crate::response::{self, Refusal};

/// What would be lost if the group were deleted.
#[derive(Serialize, JsonSchema)]
pub(super) struct Dependents {
    /// Its connections, by owner.
    connections: Vec<Connections>,
    /// The workspaces that have settings for it; null for the organization itself.
    installations: Vec<Option<Slug>>,
    /// Its plugins.
    plugins: Vec<PluginName>,
    /// Its declarative connectors.
    connectors: Vec<ConnectorName>,
    /// Who called it in the last seven days, the most calls first.
    callers: Vec<CallsOf>,
}

/// Connections of one owner.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Connections {
    /// The workspace; null for the organization.
    workspace: Option<Slug>,
    /// The tenant; null for the scope itself.
    tenant: Option<TenantName>,
    count: usize,
}

/// Calls of one token.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct CallsOf {
    token: TokenId,
    calls: i64,
}

pub(super) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.queries().group(&scope, &reference)?;
    let found = app.host.queries().dependents(&scope, &reference, &access.caller).await?;
    let catalog = app.host.queries().catalog();
    let workspace = |scope: &Scope| {
        let named = catalog.scopes_within(&group.stored.scope).find(|stored| stored.scope == *scope);
        named.filter(|_| matches!(scope, Scope::Workspace(..))).map(|stored| stored.slug.clone())
    };
    let connections = found.connections.iter().map(|((scope, tenant), count)| Connections {
        workspace: workspace(scope),
        tenant: tenant.clone(),
        count: *count,
    });
    let mut plugins: Vec<_> = group.plugins.iter().map(|plugin| plugin.stored.name.clone()).collect();
    plugins.sort();
    plugins.dedup();
    Ok(response::json(&Dependents {
        connections: connections.collect(),
        installations: found.installations.iter().map(workspace).collect(),
        plugins,
        connectors: group.definitions().map(|entry| entry.stored.definition.name.clone()).collect(),
        callers: found.callers.into_iter().map(|(token, calls)| CallsOf { token, calls }).collect(),
    }))
}
