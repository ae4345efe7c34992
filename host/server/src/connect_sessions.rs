//! `POST /v1/workspaces/{workspace}/connect-sessions`: a page on which an end customer connects itself.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{GroupReference, TenantName};
use lockgate_flow::{NewSession, StoredSession};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Access;
use crate::groups::time;
use crate::response::{Refusal, created};
use crate::{App, body};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    tenant: TenantName,
    groups: Vec<String>,
    return_url: String,
    #[serde(default = "name")]
    name: String,
}

fn name() -> String {
    "main".to_owned()
}

/// Where the page is. Its address is whole only if the host knows its own.
pub(crate) fn show(app: &App, nonce: &str, session: &StoredSession) -> Value {
    let path = format!("/connect/{nonce}");
    json!({"url": app.public(&path), "path": path, "expires_at": time(session.expires_at)})
}

pub(crate) async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let New { tenant, groups, return_url, name } = body::json(&request.headers, sent).await?;
    let parsed = groups.iter().map(|text| text.parse::<GroupReference>());
    let groups = parsed.collect::<Result<Vec<_>, _>>().map_err(|error| Refusal::malformed(error.to_string()))?;
    let new = NewSession { tenant, groups, name, return_url };
    let (nonce, session) = app.host.create_session(&access.scope()?, new, &access.caller).await?;
    Ok(created(&show(&app, &nonce, &session)))
}
