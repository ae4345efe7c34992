//! The same call as a service of one's own makes it: a handler of axum that asks the upstream with reqwest.

use super::upstream::KEY;
use anyhow::Result;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use reqwest::Client;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use tokio::{net::TcpListener, runtime::Runtime};

#[derive(Deserialize)]
struct Input {
    repository: String,
}

#[derive(Deserialize, Serialize)]
struct Issue {
    number: u64,
    title: String,
    state: String,
    body: Option<String>,
}

#[derive(Serialize)]
struct List {
    issues: Vec<Issue>,
    more: bool,
}

#[derive(Debug, Clone)]
struct Tracker {
    client: Client,
    address: SocketAddr,
}

/// Serves until the process is ended.
pub(crate) fn serve(address: SocketAddr, upstream: SocketAddr) -> Result<()> {
    let client = lockgate_tests::http_client().redirect(reqwest::redirect::Policy::none()).build()?;
    let tracker = Tracker { client, address: upstream };
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        axum::serve(listener, Router::new().route("/list", post(list)).with_state(tracker)).await?;
        Ok(())
    })
}

async fn list(State(tracker): State<Tracker>, Json(input): Json<Input>) -> Response {
    match tracker.issues(&input.repository).await {
        Ok(issues) => Json(List { issues, more: false }).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Tracker {
    async fn issues(&self, repository: &str) -> reqwest::Result<Vec<Issue>> {
        let url = format!("http://{}/repos/{repository}/issues?per_page=30&state=open", self.address);
        let request = self
            .client
            .get(url)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header("user-agent", "lockgate-bench")
            .header("x-tracker-key", KEY);
        request.send().await?.error_for_status()?.json().await
    }
}
