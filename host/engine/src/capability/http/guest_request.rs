//! One request on its way: the host's side fills in what arrives, the guest's handles wait for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use lockgate_egress::{EgressError, OutboundClient, Request, Response};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::Stop;
use crate::capability::types::Failure;
use crate::capability::way_out::Refused;
use crate::limiter::{MemoryBudget, MemoryReservation};

/// Bytes of a streamed body that wait for the guest. What is above stays in the connection, so that a slow guest slows
/// its upstream down and not the host; with 64 requests it makes 16 MiB at most.
const WAITING_MAX: usize = 256 * 1024;

/// The head of an answer.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
}

/// How much of an answer the host takes before the guest asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// All of it, and nobody is woken before it is there.
    Whole,
    /// As much as there is room for.
    Streamed,
}

/// What the host keeps of a chunk besides its bytes.
const CHUNK_BYTES: usize = 64;

/// What has arrived.
#[derive(Debug, Default)]
struct Arrived {
    head: Option<Result<Head, Failure>>,
    /// Each with what it takes of the call's memory, unless all of the answer will be counted at once.
    chunks: VecDeque<(Bytes, Option<MemoryReservation>)>,
    bytes: usize,
    /// Whether what is here is more than the call's memory, so that nothing more is taken.
    overdrawn: bool,
    end: Option<Result<(), Failure>>,
}

impl Arrived {
    /// What the host keeps of the body.
    fn weight(&self) -> usize {
        self.bytes + self.chunks.len() * CHUNK_BYTES
    }
}

/// Shared by the task that receives and by the guest's handles.
#[derive(Debug)]
pub(crate) struct GuestRequest {
    arrived: Mutex<Arrived>,
    /// Says that something about `arrived` is different.
    changed: watch::Sender<()>,
}

impl GuestRequest {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { arrived: Mutex::default(), changed: watch::Sender::new(()) })
    }

    fn lock(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, tell: bool, change: impl FnOnce(&mut Arrived)) {
        change(&mut self.lock());
        if tell {
            self.changed.send_replace(());
        }
    }

    /// Waits until `look` finds something. Nothing is lost when it is dropped meanwhile.
    async fn until<T>(&self, mut look: impl FnMut(&mut Arrived) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(found) = look(&mut self.lock()) {
                return found;
            }
            // It can't fail: the sender is ours.
            let _ = changed.changed().await;
        }
    }

    /// Sends a request and receives its answer: the host's side, from beginning to end.
    pub(crate) async fn run(
        self: Arc<Self>,
        outlet: OutboundClient,
        request: Request,
        take: Take,
        memory_budget: MemoryBudget,
    ) {
        let guard = Unfinished(Arc::clone(&self));
        let end = match outlet.send(request).await {
            Ok(response) => self.receive(response, take, &memory_budget).await,
            Err(error) => {
                self.change(false, |arrived| arrived.head = Some(Err(Failure::from(&error))));
                Err(error)
            }
        };
        self.change(true, |arrived| arrived.end = Some(end.map_err(|error| Failure::from(&error))));
        drop(guard);
    }

    async fn receive(&self, response: Response, take: Take, memory_budget: &MemoryBudget) -> Result<(), EgressError> {
        let (streamed, mut body) = (take == Take::Streamed, response.body);
        let head = Head { status: response.status, headers: response.headers };
        self.change(streamed, |arrived| arrived.head = Some(Ok(head)));
        loop {
            if streamed {
                self.until(|arrived| (arrived.bytes < WAITING_MAX).then_some(())).await;
            }
            let Some(chunk) = body.chunk().await? else { return Ok(()) };
            let held = streamed.then(|| memory_budget.hold(chunk.len() + CHUNK_BYTES)).transpose();
            let too_large = |limit| EgressError::TooLarge { what: "answers that wait for the guest", limit };
            let held = held.map_err(too_large)?;
            let mut overdrawn = false;
            self.change(streamed, |arrived| {
                arrived.bytes += chunk.len();
                arrived.chunks.push_back((chunk, held));
                overdrawn = !streamed && memory_budget.is_exceeded_by(arrived.weight());
                arrived.overdrawn = overdrawn;
            });
            if overdrawn {
                return Ok(());
            }
        }
    }
}

/// Leaves an end where the work was given up before it had one.
struct Unfinished(Arc<GuestRequest>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let given_up = || Failure::from(Refused::Cancelled);
        self.0.change(true, |arrived| {
            if arrived.end.is_none() {
                arrived.end = Some(Err(given_up()));
                arrived.head.get_or_insert_with(|| Err(given_up()));
            }
        });
    }
}

/// The guest's side. The last handle of it that goes gives the work up.
#[derive(Debug)]
pub(crate) struct Incoming {
    exchange: Arc<GuestRequest>,
    task: AbortHandle,
}

impl Incoming {
    pub(crate) fn new(exchange: Arc<GuestRequest>, task: AbortHandle) -> Arc<Self> {
        Arc::new(Self { exchange, task })
    }

    /// The head, once.
    pub(crate) async fn head(&self) -> Result<Head, Failure> {
        let taken = || Err(Failure::from(Refused::Cancelled));
        self.exchange.until(|arrived| arrived.head.as_mut().map(|head| std::mem::replace(head, taken()))).await
    }

    pub(crate) async fn head_is_ready(&self) {
        self.exchange.until(|arrived| arrived.head.as_ref().map(drop)).await;
    }

    /// Waits for the end of the body; how many bytes the host keeps of it.
    ///
    /// # Errors
    /// [`Stop::Memory`] when they are more than the call may have.
    pub(crate) async fn whole(&self) -> wasmtime::Result<Result<usize, Failure>> {
        let whole = self.exchange.until(|arrived| {
            let end = arrived.end.clone()?;
            Some(if arrived.overdrawn { Err(Stop::Memory) } else { Ok(end.map(|()| arrived.weight())) })
        });
        Ok(whole.await?)
    }

    /// The next bytes, at most `max`; none at the end.
    pub(crate) async fn read(&self, max: usize) -> Result<Option<Bytes>, Failure> {
        Ok(self.take(max).await?.map(|(part, _)| part))
    }

    /// All that is left of the body.
    pub(crate) async fn read_all(&self) -> Result<Vec<u8>, Failure> {
        // What waits here for the rest stays counted.
        let (mut parts, mut bytes) = (Vec::new(), 0);
        while let Some(part) = self.take(usize::MAX).await? {
            bytes += part.0.len();
            parts.push(part);
        }
        let mut all = Vec::with_capacity(bytes);
        for (part, _) in parts {
            all.extend_from_slice(&part);
        }
        Ok(all)
    }

    /// The next bytes, at most `max`, and what a chunk that they are the end of takes of the call's memory.
    async fn take(&self, max: usize) -> Result<Option<(Bytes, Option<MemoryReservation>)>, Failure> {
        let read = self.exchange.until(|arrived| match arrived.chunks.front_mut() {
            Some((first, held)) => {
                let part = first.split_to(first.len().min(max));
                let held = first.is_empty().then(|| held.take()).flatten();
                if first.is_empty() {
                    arrived.chunks.pop_front();
                }
                arrived.bytes -= part.len();
                Some(Ok(Some((part, held))))
            }
            None => arrived.end.clone().map(|end| end.map(|()| None)),
        });
        let read = read.await;
        // The receiving side may wait for room.
        self.exchange.changed.send_replace(());
        read
    }

    pub(crate) async fn read_is_ready(&self) {
        self.exchange.until(|arrived| (!arrived.chunks.is_empty() || arrived.end.is_some()).then_some(())).await;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.task.abort();
    }
}
