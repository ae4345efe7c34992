//! Answers of gRPC servers that the handles of a guest hold.

use std::sync::Arc;

use lockgate_domain::Limits;
use tokio::task::AbortHandle;

use super::arrived::Arrived;
use super::typed_message::Typed;
use crate::limiter::MemoryReservation;

/// The messages of an answer. Dropped, they end the call at the server.
#[derive(Debug)]
pub struct Messages {
    pub(super) arrived: Arc<Arrived>,
    pub(super) task: AbortHandle,
    pub(super) typed: Option<Typed>,
    pub(super) limits: Limits,
    pub(super) metadata: Vec<(String, Vec<u8>)>,
    pub(super) trailers: Vec<(String, Vec<u8>)>,
    /// What the metadata take of the call's memory.
    pub(super) _reserved: MemoryReservation,
}

impl Drop for Messages {
    fn drop(&mut self) {
        self.task.abort();
    }
}
