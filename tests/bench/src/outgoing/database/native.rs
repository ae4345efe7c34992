//! The same query as a service of one's own makes it: a handler of axum that asks PostgreSQL with sqlx.

use anyhow::Result;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use futures_util::TryStreamExt;
use lockgate_tests::database_servers::{DATABASE, PASSWORD, USER};
use serde::{Deserialize, Serialize};
use sqlx::{
    PgPool, Row,
    postgres::{PgConnectOptions, PgPoolOptions, PgRow, PgSslMode},
};
use std::{net::SocketAddr, path::Path};
use tokio::{net::TcpListener, runtime::Runtime};

/// As many as a group of ours has with one connection.
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

/// Serves until the process is ended.
pub(crate) fn serve(address: SocketAddr, port: u16, authority: &Path) -> Result<()> {
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .database(DATABASE)
        .username(USER)
        .password(PASSWORD)
        .ssl_mode(PgSslMode::VerifyFull)
        .ssl_root_cert(authority);
    Runtime::new()?.block_on(async {
        let pool = PgPoolOptions::new().max_connections(SESSIONS).connect_with(options).await?;
        let listener = TcpListener::bind(address).await?;
        let router = Router::new().route("/orders", post(list)).route("/sum", post(sum)).with_state(pool);
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn list(State(pool): State<PgPool>, Json(input): Json<Input>) -> Response {
    match orders(&pool, &input).await {
        Ok(orders) => Json(orders).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct Ask {
    statement: String,
}

#[derive(Serialize)]
struct Sum {
    rows: u64,
    sum: i64,
}

async fn sum(State(pool): State<PgPool>, Json(ask): Json<Ask>) -> Response {
    match added_up(&pool, ask).await {
        Ok(sum) => Json(sum).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Adds up the numbers of the only column as they come.
async fn added_up(pool: &PgPool, Ask { statement }: Ask) -> sqlx::Result<Sum> {
    let mut rows = sqlx::query(sqlx::AssertSqlSafe(statement)).fetch(pool);
    let mut sum = Sum { rows: 0, sum: 0 };
    while let Some(row) = rows.try_next().await? {
        sum = Sum { rows: sum.rows + 1, sum: sum.sum.wrapping_add(row.try_get(0)?) };
    }
    Ok(sum)
}

async fn orders(pool: &PgPool, input: &Input) -> sqlx::Result<Vec<Order>> {
    let statement = "SELECT number, sku, quantity FROM orders WHERE sku = $1 AND number > $2 ORDER BY number";
    let rows = sqlx::query(statement).bind(&input.sku).bind(&input.after).fetch_all(pool).await?;
    rows.iter().map(order).collect()
}

fn order(row: &PgRow) -> sqlx::Result<Order> {
    Ok(Order { number: row.try_get(0)?, sku: row.try_get(1)?, quantity: row.try_get(2)? })
}
