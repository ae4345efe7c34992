//! The same function as a handler of axum, natively compiled: what a service without any sandbox costs.

use super::{Kind, Rival, Server};
use crate::{
    load::{Expected, JSON, Target},
    process::{Process, free_address},
    setup::Setup,
    tool::locked,
    workload,
};
use anyhow::Result;
use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use bytes::Bytes;
use std::{env, net::SocketAddr, process::Command};
use tokio::{net::TcpListener, runtime::Runtime};

pub(crate) const NATIVE_AXUM: Rival =
    Rival { name: "native-axum", title: "axum, native code", kind: Kind::Http(start) };

fn start(Setup { workload, .. }: &Setup) -> Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(env::current_exe()?);
    let process = Process::serve(command.args(["serve-axum", &address.to_string()]), address)?;
    let expected = Expected::Body(workload.expected.clone().into_bytes());
    let target = Target::new(address, "/price", JSON, workload.input.as_bytes(), expected);
    Ok(Server {
        process,
        target,
        description: format!("{}, {} with one worker per core", locked("axum"), locked("tokio")),
    })
}

/// Serves until the process is ended.
pub(crate) fn serve(address: SocketAddr) -> Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(address).await?;
        axum::serve(listener, Router::new().route("/price", post(answer))).await?;
        Ok(())
    })
}

async fn answer(order: Bytes) -> Response {
    match workload::price(&order) {
        Ok(quote) => ([(CONTENT_TYPE, "application/json")], quote).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}
