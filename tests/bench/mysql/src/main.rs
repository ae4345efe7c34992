//! What `./dev bench database` starts beside Lockgate on MariaDB: the same query as a service of one's own makes it, a handler
//! of axum that asks with sqlx.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions, MySqlRow, MySqlSslMode};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// As many as a group of Lockgate's has with one connection.
const SESSIONS: u32 = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    sku: String,
    after: String,
}

#[derive(Serialize)]
struct Order {
    number: String,
    sku: String,
    quantity: i32,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, server, authority, user, password, database] = arguments.as_slice() else {
        bail!("expected ADDRESS SERVER AUTHORITY USER PASSWORD DATABASE");
    };
    let (address, server): (SocketAddr, SocketAddr) = (address.parse()?, server.parse()?);
    let options = MySqlConnectOptions::new()
        .host(&server.ip().to_string())
        .port(server.port())
        .database(database)
        .username(user)
        .password(password)
        .ssl_mode(MySqlSslMode::VerifyIdentity)
        .ssl_ca(authority);
    Runtime::new()?.block_on(async {
        let pool = MySqlPoolOptions::new().max_connections(SESSIONS).connect_with(options).await?;
        let listener = TcpListener::bind(address).await?;
        axum::serve(listener, Router::new().route("/orders", post(list)).with_state(pool)).await?;
        Ok(())
    })
}

async fn list(State(pool): State<MySqlPool>, Json(input): Json<Input>) -> Response {
    match orders(&pool, &input).await {
        Ok(orders) => Json(orders).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn orders(pool: &MySqlPool, input: &Input) -> sqlx::Result<Vec<Order>> {
    let statement = "SELECT number, sku, quantity FROM orders WHERE sku = ? AND number > ? ORDER BY number";
    let rows = sqlx::query(statement).bind(&input.sku).bind(&input.after).fetch_all(pool).await?;
    rows.iter().map(order).collect()
}

fn order(row: &MySqlRow) -> sqlx::Result<Order> {
    Ok(Order { number: row.try_get(0)?, sku: row.try_get(1)?, quantity: row.try_get(2)? })
}
