//! Cancelling a statement: another session of the same login, which names the one that is meant.

use super::super::failed::Failed;
use super::super::opening::Opening;
use super::login::{CancelKey, log_in};
use super::message;

/// Asks the server to give up what a session runs, and waits until it has taken note.
pub(in super::super) async fn cancel(opening: Opening<'_>, key: CancelKey) -> Result<(), Failed> {
    let Opening { stream, peer, account, database, .. } = opening;
    let mut wire = log_in(stream, &peer, account, database).await?.wire;
    wire.command(format!("\u{3}KILL QUERY {}", key.0).as_bytes());
    wire.send().await?;
    message::done(&wire.next().await?, false).map(drop)
}
