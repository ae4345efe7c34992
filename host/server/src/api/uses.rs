//! `S/groups/{ref}/uses`: which connectors a group's code may call.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, ConnectorName, Digest, GroupReference, TokenId, UsedConnection};
use lockgate_flow::{FoundUse, UseState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::response::{self, Refusal, gone};
use crate::route::{OPERATOR, Resource, Route, VIEWER};
use crate::time::Time;
use crate::{App, body};

/// An entry of `uses`, as calls in the scope meet it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Use")]
struct Shown {
    /// By which code calls it.
    name: ConnectorName,
    /// What it calls, as it is written.
    connector: String,
    connection: Connection,
    /// The other group as this scope names it; null if there is none that the token reaches.
    group: Option<String>,
    /// Whether code may call it.
    state: UseState,
    /// What a grant names.
    digest: Digest,
    /// Who granted what is granted under its name; null for nobody.
    granted_by: Option<TokenId>,
    /// When that was.
    granted_at: Option<Time>,
}

/// With which connection such a call runs.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Connection {
    /// The one that the calling connector was called with.
    Inherit,
    /// A connection of the organization or workspace, by its name.
    Fixed(String),
    /// A connection of the caller's tenant.
    Dynamic {
        /// Its name; null for the only or default one.
        name: Option<String>,
    },
}

#[derive(Serialize, JsonSchema)]
struct Uses {
    items: Vec<Shown>,
}

/// What an operator saw.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// The digest of the entry.
    digest: Digest,
}

impl Shown {
    fn of((found, group): (FoundUse, Option<GroupReference>)) -> Self {
        let FoundUse { entry, state, grant, .. } = found;
        let digest = entry.digest();
        let connection = match entry.connection {
            UsedConnection::Inherit => Connection::Inherit,
            UsedConnection::Fixed(name) => Connection::Fixed(name),
            UsedConnection::Dynamic { name } => Connection::Dynamic { name },
        };
        Self {
            name: entry.name,
            connector: entry.connector.to_string(),
            connection,
            group: group.map(|reference| reference.to_string()),
            state,
            digest,
            granted_by: grant.as_ref().and_then(|grant| grant.token),
            granted_at: grant.map(|grant| Time(grant.granted_at)),
        }
    }
}

async fn list(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let found = app.host.queries().uses(&access.scope()?, &access.group()?, &access.caller)?;
    Ok(response::json_as_declared(&Uses { items: found.into_iter().map(Shown::of).collect() }))
}

async fn grant(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let Seen { digest } = body::json(&request.headers, sent).await?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let named = (&reference, access.part("use"));
    let granted = app.host.changes().grant_use(&scope, named, &digest, &access.caller).await?;
    let mut found = app.host.queries().uses(&scope, &reference, &access.caller)?.into_iter();
    // What was granted is what is shown, unless somebody has changed it meanwhile.
    let shown = found.find(|(found, _)| found.entry == granted.entry).unwrap_or((granted, None));
    Ok(response::json_as_declared(&Shown::of(shown)))
}

async fn revoke(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.changes().revoke_use(&scope, (&reference, access.part("use")), &access.caller).await?;
    Ok(gone())
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/groups/{ref}/uses";
    const GRANT: &str = "{S}/groups/{ref}/uses/{use}/grant";
    let routes = vec![
        Route::get(ALL, VIEWER, &list)
            .operation("list_uses", "List the connectors that a group's code may call")
            .gives::<Uses>(),
        Route::put(GRANT, OPERATOR, &grant)
            .operation("grant_use", "Grant an entry of `uses`")
            .describe("It holds in the scope, and in the workspaces of an organization, until the entry changes.")
            .takes::<Seen>()
            .gives::<Shown>()
            .refuses(&[Code::PreconditionFailed, Code::UseCycle, Code::ScopeDisabled]),
        Route::delete(GRANT, OPERATOR, &revoke)
            .operation("revoke_use", "Take back the grant of an entry of `uses`")
            .refuses(&[Code::ScopeDisabled]),
    ];
    let description = "Connectors that a group's code may call, each once an operator has granted exactly that entry.";
    Resource { name: "uses", description, routes }
}
