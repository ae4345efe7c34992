//! The same call as a service of one's own makes it: a handler of axum that asks the upstream with tonic.

use std::collections::HashMap;
use std::net::SocketAddr;

use anyhow::Result;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::KEY;
use crate::inventory::inventory_client::InventoryClient;
use crate::inventory::{GetItemRequest, Item, item::Price};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    sku: String,
}

#[derive(Serialize)]
struct Output {
    sku: String,
    name: String,
    unit: &'static str,
    stock: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_at: Option<String>,
    labels: HashMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cents: Option<i64>,
    parts: Vec<Output>,
}

/// Serves until the process is ended.
pub(crate) async fn serve(address: SocketAddr, upstream: SocketAddr) -> Result<()> {
    let channel = Endpoint::from_shared(format!("http://{upstream}"))?.connect().await?;
    let router = Router::new().route("/item", post(item)).with_state(InventoryClient::new(channel));
    axum::serve(TcpListener::bind(address).await?, router).await?;
    Ok(())
}

async fn item(State(client): State<InventoryClient<Channel>>, Json(input): Json<Input>) -> Response {
    match ask(client, input).await {
        Ok(item) => Json(Output::from(item)).into_response(),
        Err(status) => (StatusCode::BAD_GATEWAY, status.to_string()).into_response(),
    }
}

async fn ask(mut client: InventoryClient<Channel>, input: Input) -> Result<Item, Status> {
    let mut request = Request::new(GetItemRequest { sku: input.sku });
    request.metadata_mut().insert("x-inventory-key", MetadataValue::from_static(KEY));
    Ok(client.get_item(request).await?.into_inner())
}

impl From<Item> for Output {
    fn from(item: Item) -> Self {
        let unit = item.unit().as_str_name();
        let cents = match item.price {
            Some(Price::Fixed(cents)) => Some(cents),
            Some(Price::OnRequest(_)) | None => None,
        };
        Self {
            sku: item.sku,
            name: item.name,
            unit,
            stock: item.stock,
            counted_at: item.counted_at.map(|time| time.to_string()),
            labels: item.labels,
            cents,
            parts: item.parts.into_iter().map(Self::from).collect(),
        }
    }
}
