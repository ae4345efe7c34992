//! What monitoring and people ask of the host itself, without a token: health, readiness, metrics, the description.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use axum::routing::get;
use lockgate_domain::Code;
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;
use crate::openapi::texts::AnyObject;
use crate::openapi::{HTML, JSON};
use crate::page::docs;
use crate::response::{Refusal, json, with_type};
use crate::route::{Resource, Route};
use crate::routes::DOCUMENT;

const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Serialize, JsonSchema)]
struct Health {
    #[schemars(extend("const" = "ok"))]
    status: &'static str,
}

#[derive(Serialize, JsonSchema)]
struct Readiness {
    #[schemars(extend("const" = "ready"))]
    status: &'static str,
    /// Current plugins whose code is not compiled for this engine yet.
    plugins_to_compile: usize,
}

/// The process answers.
async fn healthz() -> Response<Body> {
    json(&Health { status: "ok" })
}

/// The host can take calls. Plugins that are not compiled yet for this engine are compiled in the background, or by their
/// first call.
async fn readyz(State(app): State<App>) -> Result<Response<Body>, Refusal> {
    app.host.ready().await?;
    Ok(json(&Readiness { status: "ready", plugins_to_compile: app.host.usage().plugins_to_compile }))
}

async fn metrics(State(app): State<App>) -> Response<Body> {
    let text = app.metrics.text(&app);
    with_type(Body::from(text), METRICS)
}

async fn docs_page() -> Response<Body> {
    docs::answer(&DOCUMENT)
}

async fn openapi() -> Response<Body> {
    static TEXT: LazyLock<String> = LazyLock::new(|| DOCUMENT.to_string());
    with_type(Body::from(TEXT.as_str()), JSON)
}

pub(crate) fn resource() -> Resource {
    let routes = vec![
        Route::open("GET", "/healthz", get(healthz))
            .operation("healthz", "Say that the process answers")
            .gives::<Health>(),
        Route::open("GET", "/readyz", get(readyz))
            .operation("readyz", "Say that the host takes calls")
            .gives::<Readiness>()
            .refuses(&[Code::StoreUnavailable, Code::Draining]),
        Route::open("GET", "/metrics", get(metrics))
            .operation("metrics", "Counters in the OpenMetrics text format")
            .gives_as::<String>(METRICS),
        Route::open("GET", "/openapi.json", get(openapi))
            .operation("openapi", "This document")
            .gives_as::<AnyObject>(JSON),
        Route::open("GET", "/docs", get(docs_page))
            .operation("docs", "This document for people")
            .gives_as::<String>(HTML),
    ];
    Resource { name: "operation", description: "Health, metrics and this description: nothing of anyone.", routes }
}
