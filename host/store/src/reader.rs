//! Reading what hosts keep in memory: on a connection of the pool, or inside of a change, which sees what it has written.

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection};

use crate::{Store, StoreError};

/// A connection that reads.
pub struct Reader<'c>(Connection<'c>);

enum Connection<'c> {
    Pooled(PoolConnection<Any>),
    OfChange(&'c mut AnyConnection),
}

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

impl Store {
    /// Reads what is committed.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn reader(&self) -> Result<Reader<'static>, StoreError> {
        Ok(Reader(Connection::Pooled(self.pool.acquire().await?)))
    }
}

impl<'c> Reader<'c> {
    pub(crate) fn of_change(connection: &'c mut AnyConnection) -> Self {
        Self(Connection::OfChange(connection))
    }

    pub(crate) fn sql(&mut self) -> &mut AnyConnection {
        match &mut self.0 {
            Connection::Pooled(connection) => connection,
            Connection::OfChange(connection) => connection,
        }
    }
}
