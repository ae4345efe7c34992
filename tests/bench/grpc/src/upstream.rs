//! The outside system: an item for who shows the key. It counts its connections, and says their number to whoever connects
//! to another address.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use anyhow::Result;
use prost_types::Timestamp;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Iter, StreamExt};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use crate::KEY;
use crate::inventory::inventory_server::{Inventory, InventoryServer};
use crate::inventory::{
    GetItemRequest, ImportReply, Item, ListItemsRequest, Reservation, ReserveRequest, Unit, item::Price,
};

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);

/// 2026-11-29T10:20:30Z.
const COUNTED_AT: Timestamp = Timestamp { seconds: 1_795_947_630, nanos: 0 };

struct Stock;

/// Serves until the process is ended.
pub(crate) async fn serve(address: SocketAddr, counter: SocketAddr) -> Result<()> {
    let counter = TcpListener::bind(counter).await?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = counter.accept().await {
            // Who asked may be gone.
            let _ = stream.write_all(CONNECTIONS.load(Relaxed).to_string().as_bytes()).await;
        }
    });
    let connections = TcpListenerStream::new(TcpListener::bind(address).await?).map(|stream| {
        CONNECTIONS.fetch_add(1, Relaxed);
        stream.inspect(|stream| drop(stream.set_nodelay(true)))
    });
    Server::builder().add_service(InventoryServer::new(Stock)).serve_with_incoming(connections).await?;
    Ok(())
}

#[tonic::async_trait]
impl Inventory for Stock {
    async fn get_item(&self, request: Request<GetItemRequest>) -> Result<Response<Item>, Status> {
        if request.metadata().get("x-inventory-key").is_none_or(|key| key != KEY) {
            return Err(Status::unauthenticated("a key is required"));
        }
        let cap = Item { sku: "cap-1".into(), name: "Cap".into(), unit: Unit::Piece.into(), ..Item::default() };
        let item = Item {
            sku: request.into_inner().sku,
            name: "Pen".into(),
            unit: Unit::Piece.into(),
            stock: 12,
            counted_at: Some(COUNTED_AT),
            labels: HashMap::from([("shelf".into(), "P".into())]),
            price: Some(Price::Fixed(199)),
            parts: vec![cap],
        };
        Ok(Response::new(item))
    }

    type ListItemsStream = Iter<std::vec::IntoIter<Result<Item, Status>>>;

    async fn list_items(&self, _: Request<ListItemsRequest>) -> Result<Response<Self::ListItemsStream>, Status> {
        Err(Status::unimplemented("nobody measures it"))
    }

    async fn reserve(&self, _: Request<ReserveRequest>) -> Result<Response<Reservation>, Status> {
        Err(Status::unimplemented("nobody measures it"))
    }

    async fn import(&self, _: Request<Streaming<Item>>) -> Result<Response<ImportReply>, Status> {
        Err(Status::unimplemented("nobody measures it"))
    }
}
