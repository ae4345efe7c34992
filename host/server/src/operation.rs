//! Health, readiness, metrics: for load balancers and monitoring, without a token.

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use crate::App;
use crate::response::{Refusal, json, with_type};

/// The process answers.
pub(crate) async fn healthz() -> Response<Body> {
    json(&serde_json::json!({"status": "ok"}))
}

/// The host can take calls. Plugins that are not compiled yet for this engine are compiled in the background, or by their
/// first call.
pub(crate) async fn readyz(State(app): State<App>) -> Result<Response<Body>, Refusal> {
    app.host.ready().await?;
    Ok(json(&serde_json::json!({"status": "ready", "plugins_to_compile": app.host.to_compile()})))
}

/// Prometheus text format.
pub(crate) async fn metrics(State(app): State<App>) -> Response<Body> {
    let text = app.metrics.text(&app);
    with_type(Body::from(text), "application/openmetrics-text; version=1.0.0; charset=utf-8")
}
