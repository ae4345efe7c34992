//! The outside system: a list of ten issues for who shows the key. It counts its connections.

use super::super::Upstream;
use crate::{
    client::Connection,
    process::{Process, free_address},
};
use anyhow::Result;
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt,
};
use std::{
    env,
    net::SocketAddr,
    process::Command,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::{net::TcpListener, runtime::Builder};

/// What the header `x-tracker-key` must be.
pub(crate) const KEY: &str = "key-of-the-benchmark";
const ISSUES: u32 = 10;

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// One in a process of its own.
#[derive(Debug)]
pub(crate) struct HttpUpstream {
    pub(crate) address: SocketAddr,
    /// Connections before the first rival came: it was looked whether it listens.
    before: u64,
    _process: Process,
}

impl HttpUpstream {
    pub(crate) fn start() -> Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(env::current_exe()?);
        let process = Process::serve(command.args(["serve-upstream", &address.to_string()]), address)?;
        Ok(Self { address, before: connections(address)?, _process: process })
    }
}

impl Upstream for HttpUpstream {
    fn opened(&self) -> Result<u64> {
        // The question is one too.
        Ok(connections(self.address)?.saturating_sub(self.before + 1))
    }
}

fn connections(address: SocketAddr) -> Result<u64> {
    let body = Connection::open(address)?.send("GET", "/connections", "", b"")?;
    Ok(String::from_utf8(body)?.parse()?)
}

/// Its answer.
pub(crate) fn issues() -> String {
    let issue = |number| {
        format!(
            r#"{{"body":"It leaks at the seal, again.","number":{number},"state":"open","title":"Issue {number}"}}"#
        )
    };
    format!("[{}]", (1..=ISSUES).map(issue).collect::<Vec<_>>().join(","))
}

/// The same as who asks for it passes it on.
pub(crate) fn listed() -> String {
    let issue = |number| {
        format!(
            r#"{{"number":{number},"title":"Issue {number}","state":"open","body":"It leaks at the seal, again."}}"#
        )
    };
    format!(r#"{{"issues":[{}],"more":false}}"#, (1..=ISSUES).map(issue).collect::<Vec<_>>().join(","))
}

/// Serves until the process is ended.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(address).await?.tap_io(|stream| {
            CONNECTIONS.fetch_add(1, Relaxed);
            // As every server that answers in small pieces.
            let _ = stream.set_nodelay(true);
        });
        let router = Router::new()
            .route("/repos/acme/rockets/issues", get(list))
            .route("/connections", get(|| async { CONNECTIONS.load(Relaxed).to_string() }));
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn list(headers: HeaderMap) -> Response {
    if headers.get("x-tracker-key").is_none_or(|key| key != KEY) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    ([(CONTENT_TYPE, "application/json")], issues()).into_response()
}
