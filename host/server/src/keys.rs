//! `POST /v1/keys/rotate`: every sealed value wrapped by another key, while calls go on.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use serde_json::json;

use crate::App;
use crate::access::Access;
use crate::response::{self, Refusal};

pub(crate) async fn rotate(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let done = app.host.rotate_keys(&access.caller).await?;
    let shown = json!({"active": done.active.to_string(), "values": done.values, "retired": done.retired});
    Ok(response::json(&shown))
}
