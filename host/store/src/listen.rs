//! Notifications of PostgreSQL: a hint that another host has changed something. Whoever relies on it also polls.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::Notify;

use crate::change::CHANNEL;
use crate::{DatabaseUrl, Store};

/// A pause before a connection is tried again.
const PAUSE: Duration = Duration::from_secs(1);

impl Store {
    /// Whether other hosts may use the same store.
    pub fn is_shared(&self) -> bool {
        self.url.is_some()
    }

    /// Wakes `hint` when a change is announced, on a connection of its own that is made again whenever it is lost. Ends at
    /// once for a store that is not shared, and otherwise never.
    pub async fn listen(&self, hint: &Notify) {
        let Some(url) = &self.url else { return };
        loop {
            if let Err(error) = listen(url, hint).await {
                tracing::debug!(%error, "not listening for changes of other hosts: they are polled");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the store's own database")]
async fn listen(url: &DatabaseUrl, hint: &Notify) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url.reveal()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // None: the connection was lost, and with it perhaps a notification.
        listener.try_recv().await?;
        hint.notify_one();
    }
}
