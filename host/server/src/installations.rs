//! `S/groups/{ref}/installation`: what a scope sets for a group that it sees.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Installation, InstallationGiven};
use lockgate_flow::MASK;
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::response::{self, Refusal, tagged};
use crate::{App, body, etag};

fn set(installation: &Installation) -> Value {
    let mask = |there: bool| there.then_some(MASK);
    let clients: Map<String, Value> = installation
        .oauth
        .iter()
        .map(|(name, client)| {
            let (id, secret) = (mask(client.client_id), mask(client.client_secret));
            (name.to_string(), json!({"client_id": id, "client_secret": secret, "scopes": client.scopes}))
        })
        .collect();
    json!({
        "enabled": installation.enabled,
        "limits": installation.limits,
        "values": installation.values,
        "oauth": clients,
        "return_urls": installation.return_urls,
    })
}

fn shown(app: &App, access: &Access) -> Result<Response<Body>, Refusal> {
    let (_, own, in_force) = app.host.installation(&access.scope()?, &access.group()?)?;
    let mut shown = set(&own.definition);
    if let Some(members) = shown.as_object_mut() {
        members.insert("in_force".to_owned(), set(&in_force));
        let callback = app.public(lockgate_flow::CALLBACK);
        members.insert("callback_url".to_owned(), callback.into());
        members.insert("version".to_owned(), own.version.into());
        if own.version > 0 {
            members.insert("created_at".to_owned(), time(own.created_at));
            members.insert("updated_at".to_owned(), time(own.updated_at));
        }
    }
    Ok(tagged(response::json(&shown), own.version))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    shown(&app, &access)
}

pub(crate) async fn put(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let given: InstallationGiven = body::json(&request.headers, sent).await?;
    let (scope, reference) = (access.scope()?, access.group()?);
    app.host.put_installation(&scope, &reference, expected, given, &access.caller).await?;
    shown(&app, &access)
}
