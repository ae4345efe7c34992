//! Cancelling a statement: a connection of its own, by the same way, that says which session is meant.

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::super::failed::Failed;
use super::super::opening::Peer;
use super::login::{CancelKey, secured};

/// Asks the server to cancel, and waits until it has taken note: it closes the connection then.
pub(in super::super) async fn cancel(stream: TcpStream, peer: &Peer<'_>, key: CancelKey) -> Result<(), Failed> {
    let mut stream = secured(stream, peer).await?;
    let mut request = BytesMut::new();
    frontend::cancel_request(key.process, key.secret, &mut request);
    stream.write_all(&request).await?;
    stream.flush().await?;
    let _ended = stream.read_u8().await;
    Ok(())
}
