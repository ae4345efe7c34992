//! The messages of one answer between the task that receives them and the guest that reads them: one waits here, and the
//! rest at the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use lockgate_egress::EgressError;
use lockgate_egress::grpc::{GrpcStatus, GrpcStream, Metadata};
use tokio::sync::watch;

use crate::limiter::{MemoryBudget, MemoryReservation};

/// A message, and what it takes of the call's memory.
pub(super) type Message = (Bytes, MemoryReservation);

/// How an answer ended.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// Well, with trailers.
    Ok(Metadata),
    /// With a status that is not OK.
    Status(GrpcStatus),
    /// On the way.
    Broken(EgressError),
    /// Before its end, with the call or by the guest.
    Cancelled,
}

#[derive(Debug, Default)]
struct State {
    next: Option<Message>,
    end: Option<End>,
}

/// Shared by both sides.
#[derive(Debug)]
pub(super) struct Arrived {
    state: Mutex<State>,
    /// Says that something about `state` is different.
    changed: watch::Sender<()>,
}

impl Arrived {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), changed: watch::Sender::new(()) })
    }

    /// Receives to the end, a message at a time. Dropped before, it ends the call at the server.
    pub(super) async fn receive(self: Arc<Self>, mut stream: GrpcStream, memory: MemoryBudget) {
        let guard = Unfinished(Arc::clone(&self));
        let end = loop {
            self.until(|state| state.next.is_none().then_some(())).await;
            match stream.message().await {
                Ok(Some(message)) => match memory.reserve(message.len()) {
                    Ok(reserved) => self.change(|state| state.next = Some((message, reserved))),
                    Err(limit) => {
                        break End::Broken(EgressError::TooLarge { what: "messages that wait for the guest", limit });
                    }
                },
                Ok(None) => {
                    break match stream.ended() {
                        Some(Ok(trailers)) => End::Ok(trailers.clone()),
                        Some(Err(status)) => End::Status(status.clone()),
                        None => End::Cancelled,
                    };
                }
                Err(error) => break End::Broken(error),
            }
        };
        self.change(|state| state.end = Some(end));
        drop(guard);
    }

    /// The next message, or the end after the last.
    pub(super) async fn next(&self) -> Result<Message, End> {
        let found = self.until(|state| match state.next.take() {
            Some(message) => Some(Ok(message)),
            None => state.end.clone().map(Err),
        });
        let found = found.await;
        // The receiving side may wait for room.
        self.changed.send_replace(());
        found
    }

    pub(super) async fn is_ready(&self) {
        self.until(|state| (state.next.is_some() || state.end.is_some()).then_some(())).await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.send_replace(());
    }

    /// Waits until `look` finds something. Nothing is lost when it is dropped meanwhile.
    async fn until<T>(&self, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            // It can't fail: the sender is ours.
            let _ = changed.changed().await;
        }
    }
}

/// Leaves an end where the work was cancelled before it had one.
struct Unfinished(Arc<Arrived>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.change(|state| {
            state.end.get_or_insert(End::Cancelled);
        });
    }
}
