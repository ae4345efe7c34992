//! Turns what came into rows, and values into what is sent, without holding up whoever else is served by the same thread:
//! a text of a megabyte can be a list of half a million items.

use std::sync::Arc;

use lockgate_domain::GroupId;

use super::failed::Failed;
use super::rows::Row;
use super::session::RawRow;
use crate::connect::Network;
use crate::scrub::Scrubber;

/// Bytes up to which a row or the values of a statement are read where the call is. With optimizations that takes some
/// hundred microseconds; for less it is not worth the way to other threads.
const INLINE_BYTES: u64 = 16 * 1024;
/// What rows take until somebody else has a turn, in bytes.
const TURN_BYTES: u64 = 64 * 1024;

/// Reads the rows of one call.
pub(super) struct Reading {
    network: Arc<Network>,
    group: GroupId,
    /// What was read since the last turn of somebody else.
    spent: u64,
}

impl Reading {
    pub(super) fn new(network: Arc<Network>, group: GroupId) -> Self {
        Self { network, group, spent: 0 }
    }

    /// The values of a row, cleaned of secrets. What they take beside the bytes that came for them comes off `room`.
    pub(super) async fn row(&mut self, row: RawRow, scrubber: &Arc<Scrubber>, room: &mut u64) -> Result<Row, Failed> {
        let (bytes, before) = (row.bytes() as u64, *room);
        if bytes > INLINE_BYTES {
            let (scrubber, mut left) = (Arc::clone(scrubber), before);
            let work = move || {
                let read = row.read(&scrubber, &mut left);
                (read, left)
            };
            let (read, left) = self.long(work).await?;
            *room = left;
            return read;
        }
        let read = row.read(scrubber, room);
        self.spent = self.spent.saturating_add(bytes).saturating_add(before.saturating_sub(*room));
        if self.spent >= TURN_BYTES {
            self.spent = 0;
            tokio::task::yield_now().await;
        }
        read
    }

    /// Does work on so many bytes: here, or where long work is done.
    pub(super) async fn on<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failed> {
        if bytes as u64 > INLINE_BYTES { self.long(work).await } else { Ok(work()) }
    }

    async fn long<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
        let done = self.network.compute(self.group, work).await;
        done.ok_or(Failed::Host("reading an answer of a database was lost"))
    }
}
