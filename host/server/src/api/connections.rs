//! `S/groups/{ref}/connections` and `S/connections`. Secrets go in and never come out.

mod list;
mod types;

use std::str::FromStr;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, ConnectionState, Digest};
use lockgate_flow::{Connection, ConnectionPatch, CredentialsGiven, FlowError};
use serde_json::json;

use crate::access::Access;
use crate::api::connect_sessions::ConnectPage;
use crate::api::oauth::START;
use crate::openapi::parameter;
use crate::openapi::problems::{CONNECTION, OUTGOING};
use crate::response::{self, Refusal, created, gone, tagged};
use crate::route::{ADMIN, OPERATOR, Resource, Route, Undescribed, VIEWER};
use crate::{App, body, etag};
pub(crate) use types::state_now;
use types::{Accepted, AcceptedConnection, New, Patch, Reconnection, Shown, Verification};

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let new: New = body::json(&request.headers, sent).await?;
    let made =
        app.host.changes().create_connection(&access.scope()?, &access.group()?, new.read(), &access.caller).await?;
    let shown = Shown::of(&made).authorized_at(authorize(&app, &access, &made).await?);
    Ok(tagged(created(&shown), made.stored.version))
}

/// Where a person agrees, for a connection that waits for that.
async fn authorize(app: &App, access: &Access, connection: &Connection) -> Result<Option<String>, Refusal> {
    if !connection.stored.awaits_grant {
        return Ok(None);
    }
    let (reference, id) = (access.group()?, connection.stored.id.to_string());
    let begun = app.host.changes().authorize(&access.scope()?, (&reference, &id), &access.caller).await?;
    Ok(app.public(&format!("{START}{}", begun.nonce)))
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let name = access.part("connection");
    let (_, connection) = app.host.queries().connection(&access.scope()?, &access.group()?, name, &access.caller)?;
    let tokens = app.host.queries().tokens_of(&connection).await?;
    Ok(tagged(response::json(&Shown::of(&connection).with_tokens(&tokens)), connection.stored.version))
}

async fn patch(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Patch { name, enabled, default } = body::json(&request.headers, sent).await?;
    let patch = ConnectionPatch { name, enabled, default };
    let (scope, reference) = (access.scope()?, access.group()?);
    let which = (&reference, access.part("connection"));
    let changed = app.host.changes().update_connection(&scope, which, expected, patch, &access.caller).await?;
    Ok(tagged(response::json(&Shown::of(&changed)), changed.stored.version))
}

async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    app.host.changes().delete_connection(&access.scope()?, which, expected, &access.caller).await?;
    Ok(gone())
}

async fn credentials(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let given: CredentialsGiven = body::json(&request.headers, sent).await?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let changed = app.host.changes().set_credentials(&access.scope()?, which, expected, given, &access.caller).await?;
    let shown = Shown::of(&changed).authorized_at(authorize(&app, &access, &changed).await?);
    Ok(tagged(response::json(&shown), changed.stored.version))
}

async fn accept(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let Accepted { digest } = body::json(&request.headers, sent).await?;
    let digest = Digest::from_str(&digest).map_err(|error| Refusal::malformed(format!("`digest`: {error}")))?;
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let (changed, accepted) =
        app.host.changes().accept_connection(&access.scope()?, which, expected, &digest, &access.caller).await?;
    let accepted = accepted.to_string().lines().map(str::to_owned).collect();
    let shown = AcceptedConnection { connection: Shown::of(&changed), accepted };
    Ok(tagged(response::json(&shown), changed.stored.version))
}

async fn verify(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let verified = app.host.calls().verify_connection(&access.scope()?, which, &access.caller).await?;
    Ok(response::json(&Verification::of(verified)))
}

async fn reconnect(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let reference = access.group()?;
    let which = (&reference, access.part("connection"));
    let scope = access.scope()?;
    let (nonce, session) = app.host.changes().reconnect(&scope, which, &access.caller).await?;
    // Straight to the provider, where that is all that there is to do.
    let begun = match app.host.changes().authorize(&scope, which, &access.caller).await {
        Ok(begun) => app.public(&format!("{START}{}", begun.nonce)),
        Err(FlowError::NothingToRefresh(_) | FlowError::PublicUrlMissing | FlowError::OauthClientMissing { .. }) => {
            None
        }
        Err(error) => return Err(error.into()),
    };
    Ok(created(&Reconnection { page: ConnectPage::of(&app, &nonce, &session), authorize_url: begun }))
}

async fn refresh(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let reference = access.group()?;
    let (scope, name) = (access.scope()?, access.part("connection"));
    app.host.changes().refresh_connection(&scope, (&reference, name), &access.caller).await?;
    let (_, connection) = app.host.queries().connection(&scope, &reference, name, &access.caller)?;
    let tokens = app.host.queries().tokens_of(&connection).await?;
    Ok(tagged(response::json(&Shown::of(&connection).with_tokens(&tokens)), connection.stored.version))
}

/// A list of connections.
fn lists(route: Undescribed, id: &'static str, summary: &'static str) -> Route {
    let states = ConnectionState::ALL.map(ConnectionState::as_str);
    let state = json!({"type": "string", "enum": states, "description": "What it can do now."});
    route
        .operation(id, summary)
        .lists::<Shown>()
        .parameter(parameter::words())
        .parameter(parameter::query("state", "Only in this state.", state))
        .parameter(parameter::query("tenant", "Only of this tenant.", json!({"type": "string"})))
}

pub(crate) fn resource() -> Resource {
    const ALL: &str = "{S}/groups/{ref}/connections";
    const ONE: &str = "{S}/groups/{ref}/connections/{connection}";
    let named = [Code::SeveralConnections, Code::ScopeDisabled];
    let values = [Code::ValuesInvalid, Code::NoActivation, Code::OauthClientMissing, Code::PublicUrlMissing];
    let routes = vec![
        lists(
            Route::get("{S}/connections", VIEWER, &list::of_all),
            "list_all_connections",
            "List the connections of the scope",
        ),
        lists(Route::get(ALL, VIEWER, &list::of_group), "list_connections", "List the connections of a group"),
        Route::post_owned(ALL, OPERATOR, &create)
            .operation("create_connection", "Make a connection")
            .describe("Without values it waits for them.")
            .takes::<New>()
            .makes::<Shown>()
            .tagged()
            .refuses(&[Code::TenantUnknown, Code::DefinitionInvalid, Code::Conflict, Code::ScopeDisabled])
            .refuses(&values),
        Route::get(ONE, VIEWER, &get)
            .operation("get_connection", "Show a connection, with masks in place of secrets")
            .gives::<Shown>()
            .tagged()
            .refuses(&named),
        Route::patch_owned(ONE, OPERATOR, &patch)
            .operation("update_connection", "Change name, switch or mark of a connection")
            .if_match()
            .takes::<Patch>()
            .gives::<Shown>()
            .tagged()
            .refuses(&[Code::DefinitionInvalid, Code::Conflict])
            .refuses(&named),
        Route::delete_owned(ONE, OPERATOR, &delete)
            .operation("delete_connection", "Delete a connection")
            .if_match()
            .refuses(&named),
        Route::put_owned("{S}/groups/{ref}/connections/{connection}/credentials", OPERATOR, &credentials)
            .operation("set_credentials", "Replace the values of a connection")
            .describe("It keeps its id, and takes the group as it is now.")
            .if_match()
            .takes::<CredentialsGiven>()
            .gives::<Shown>()
            .tagged()
            .refuses(&named)
            .refuses(&values),
        Route::post_owned("{S}/groups/{ref}/connections/{connection}/accept", ADMIN, &accept)
            .operation("accept_connection", "Accept what became different in the group since the values were given")
            .if_match()
            .takes::<Accepted>()
            .gives::<AcceptedConnection>()
            .tagged()
            .refuses(&[Code::ConnectionPending])
            .refuses(&named),
        Route::post_owned("{S}/groups/{ref}/connections/{connection}/reconnect", OPERATOR, &reconnect)
            .operation("reconnect", "Make a page on which somebody gives new values")
            .describe("With OAuth, also the address at which a person agrees once more; the connection stays as it is until then.")
            .makes::<Reconnection>()
            .refuses(&[Code::TenantUnknown, Code::TenantDisabled, Code::NoActivation])
            .refuses(&named),
        Route::post_owned("{S}/groups/{ref}/connections/{connection}/refresh", OPERATOR, &refresh)
            .operation("refresh_connection", "Renew the tokens of a connection now")
            .gives::<Shown>()
            .tagged()
            .refuses(&[Code::NothingToRefresh, Code::ConnectionPending, Code::NeedsReview, Code::Disabled])
            .refuses(OUTGOING)
            .refuses(&named),
        Route::post_owned("{S}/groups/{ref}/connections/{connection}/verify", OPERATOR, &verify)
            .operation("verify_connection", "Ask whether a connection works")
            .gives::<Verification>()
            .refuses(CONNECTION)
            .refuses(OUTGOING)
            .refuses(&named),
    ];
    let description = "Values for the credentials of a group. Secrets go in and never come out.";
    Resource { name: "connections", description, routes }
}
