//! One request on its way: the host's side fills in what arrives, the guest's handles wait for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use lockgate_egress::{EgressError, OutboundClient, Request, Response};
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::capability::outbound::Refusal;
use crate::capability::types::Failure;
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

/// What the host keeps of a chunk besides its bytes.
const CHUNK_BYTES: usize = 64;

/// What has arrived.
#[derive(Debug, Default)]
struct Arrived {
    head: Option<Result<Head, Failure>>,
    /// Each with what it takes of the call's memory, unless that is reserved elsewhere.
    chunks: VecDeque<(Bytes, Option<MemoryReservation>)>,
    bytes: usize,
    end: Option<Result<(), Failure>>,
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

    fn change(&self, change: impl FnOnce(&mut Arrived)) {
        change(&mut self.lock());
        self.changed.send_replace(());
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
    pub(crate) async fn run(self: Arc<Self>, client: OutboundClient, request: Request, memory: MemoryBudget) {
        let guard = Unfinished(Arc::clone(&self));
        let end = match client.send(request).await {
            Ok(response) => self.receive(response, &memory).await.map_err(|error| Failure::from(&error)),
            Err(error) => {
                let failure = Failure::from(&error);
                self.lock().head = Some(Err(failure.clone()));
                Err(failure)
            }
        };
        self.change(|arrived| arrived.end = Some(end));
        drop(guard);
    }

    /// Takes as much of the body as there is room for.
    async fn receive(&self, response: Response, memory: &MemoryBudget) -> Result<(), EgressError> {
        let mut body = response.body;
        let head = Head { status: response.status, headers: response.headers };
        self.change(|arrived| arrived.head = Some(Ok(head)));
        loop {
            self.until(|arrived| (arrived.bytes < WAITING_MAX).then_some(())).await;
            let Some(chunk) = body.chunk().await? else { return Ok(()) };
            let too_large = |limit| EgressError::TooLarge { what: "answers that wait for the guest", limit };
            let reserved = memory.reserve(chunk.len() + CHUNK_BYTES).map_err(too_large)?;
            self.change(|arrived| {
                arrived.bytes += chunk.len();
                arrived.chunks.push_back((chunk, Some(reserved)));
            });
        }
    }
}

/// Leaves an end where the work was cancelled before it had one.
struct Unfinished(Arc<GuestRequest>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        let cancelled = || Failure::from(Refusal::Cancelled);
        self.0.change(|arrived| {
            if arrived.end.is_none() {
                arrived.end = Some(Err(cancelled()));
                arrived.head.get_or_insert_with(|| Err(cancelled()));
            }
        });
    }
}

/// The guest's side. The last handle of it that is dropped cancels the work.
#[derive(Debug)]
pub(crate) struct Incoming {
    request: Arc<GuestRequest>,
    task: Option<AbortHandle>,
}

impl Incoming {
    pub(crate) fn new(request: Arc<GuestRequest>, task: AbortHandle) -> Arc<Self> {
        Arc::new(Self { request, task: Some(task) })
    }

    /// A body that is here already; its head went another way.
    pub(crate) fn arrived(body: Bytes) -> Arc<Self> {
        let request = GuestRequest::new();
        request.change(|arrived| {
            arrived.bytes = body.len();
            arrived.chunks.extend((!body.is_empty()).then_some((body, None)));
            arrived.end = Some(Ok(()));
        });
        Arc::new(Self { request, task: None })
    }

    /// The head, once.
    pub(crate) async fn head(&self) -> Result<Head, Failure> {
        let taken = || Err(Failure::from(Refusal::Cancelled));
        self.request.until(|arrived| arrived.head.as_mut().map(|head| std::mem::replace(head, taken()))).await
    }

    pub(crate) async fn head_is_ready(&self) {
        self.request.until(|arrived| arrived.head.as_ref().map(drop)).await;
    }

    /// The next bytes, at most `max`; none at the end.
    pub(crate) async fn read(&self, max: usize) -> Result<Option<Bytes>, Failure> {
        Ok(self.take(max).await?.map(|(part, _)| part))
    }

    /// All that is left of the body.
    pub(crate) async fn read_all(&self) -> Result<Vec<u8>, Failure> {
        // What waits here for the rest stays reserved.
        let (mut parts, mut bytes) = (Vec::new(), 0);
        while let Some(part) = self.take(usize::MAX).await? {
            bytes += part.0.len();
            parts.push(part);
        }
        if let [_] = *parts {
            return Ok(parts.pop().map(|(part, _)| Vec::from(part)).unwrap_or_default());
        }
        let mut all = Vec::with_capacity(bytes);
        for (part, _) in parts {
            all.extend_from_slice(&part);
        }
        Ok(all)
    }

    /// The next bytes, at most `max`, and what a chunk that they are the end of takes of the call's memory.
    async fn take(&self, max: usize) -> Result<Option<(Bytes, Option<MemoryReservation>)>, Failure> {
        let read = self.request.until(|arrived| match arrived.chunks.front_mut() {
            Some((first, reserved)) => {
                let part = first.split_to(first.len().min(max));
                let reserved = first.is_empty().then(|| reserved.take()).flatten();
                if first.is_empty() {
                    arrived.chunks.pop_front();
                }
                arrived.bytes -= part.len();
                Some(Ok(Some((part, reserved))))
            }
            None => arrived.end.clone().map(|end| end.map(|()| None)),
        });
        let read = read.await;
        // The receiving side may wait for room.
        self.request.changed.send_replace(());
        read
    }

    pub(crate) async fn read_is_ready(&self) {
        self.request.until(|arrived| (!arrived.chunks.is_empty() || arrived.end.is_some()).then_some(())).await;
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.task.iter().for_each(AbortHandle::abort);
    }
}
