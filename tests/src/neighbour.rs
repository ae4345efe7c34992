//! Somebody else on the same host: calls at a fixed rate in a group of their own, whatever happens beside them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::{ANSWER_TIMEOUT, Host, eventually, guests, http_client, root};

/// 200 calls a second.
const PERIOD: Duration = Duration::from_millis(5);
/// Answers that a neighbour waits for before an attack and after it.
const SOME: usize = 20;
/// Its group. It may have as many calls in flight as it likes, so that a host that stands still shows as latency.
const GROUP: &str = "neighbour";

/// One call of a neighbour.
#[derive(Debug, Clone)]
pub struct Served {
    /// The status, or why there was no answer.
    pub status: Result<u16, String>,
    /// From the moment at which the call was due.
    pub latency: Duration,
}

/// Calls until it is dropped.
#[derive(Debug)]
pub struct Neighbour {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    sent: AtomicUsize,
    answered: AtomicUsize,
    served: Mutex<Vec<Served>>,
}

impl Neighbour {
    /// Moves in and begins.
    #[track_caller]
    pub fn of(host: &Host) -> Self {
        Self::move_in(host);
        Self::begin(host)
    }

    /// Makes its group, with a plugin in it.
    #[track_caller]
    pub fn move_in(host: &Host) {
        host.lift_rate();
        host.group(GROUP, json!({"limits": {"calls_in_flight": 10_000}}));
        host.load(GROUP, guests::PRICING.bytes()).status(201);
    }

    /// Begins to call.
    #[track_caller]
    pub fn begin(host: &Host) -> Self {
        let order = std::fs::read(root().join("sample-plugins/pricing/examples/small.json")).expect("an order");
        let order: serde_json::Value = serde_json::from_slice(&order).expect("JSON");
        // A client of its own: connections of the harness's belong to the harness's threads.
        let client = http_client().timeout(ANSWER_TIMEOUT).build().expect("a client");
        // And a token: callers of the admin's would take places that it waits for.
        let rate = json!({"requests_per_second": 1_000_000, "burst": 1_000_000});
        let token = host.token_with("invoker", rate);
        let path = format!("/v1/workspaces/default/groups/{GROUP}/connectors/price_order/invoke");
        let call = host.shown(&token, Method::POST, &path).json(&json!({"input": order}));
        let (_, call) = call.build_split();
        let call = RequestBuilder::from_parts(client, call.expect("a request"));

        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(run(&own, &call));
        });
        let neighbour = Self { shared, thread: Some(thread) };
        neighbour.wait_for_some();
        neighbour
    }

    /// The calls that were answered since this was asked last.
    pub fn take(&self) -> Vec<Served> {
        std::mem::take(&mut self.shared.served.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes on for a moment, ends, and gives its calls: as many as it made.
    #[track_caller]
    pub fn end(mut self) -> Vec<Served> {
        self.wait_for_some();
        self.stop();
        let (sent, served) = (self.shared.sent.load(SeqCst), self.take());
        assert_eq!(sent, self.shared.answered.load(SeqCst), "calls that were lost");
        served
    }

    #[track_caller]
    fn wait_for_some(&self) {
        let answered = || self.shared.answered.load(SeqCst);
        let enough = answered() + SOME;
        eventually("the neighbour is served", || if answered() < enough { Err(answered()) } else { Ok(()) });
    }

    fn stop(&mut self) {
        self.shared.stop.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            // A panic of it shows as calls that were lost.
            let _ = thread.join();
        }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn run(shared: &Arc<Shared>, call: &RequestBuilder) {
    let mut due = interval(PERIOD);
    // Calls that could not be made in time are not made up for: the rate is a rate at most.
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut calls = JoinSet::new();
    while !shared.stop.load(SeqCst) {
        let began = due.tick().await.into_std();
        let (shared, call) = (Arc::clone(shared), call.try_clone().expect("a body of bytes"));
        shared.sent.fetch_add(1, SeqCst);
        calls.spawn(async move {
            let status = match call.send().await {
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    answer.bytes().await.map(|_| status).map_err(|error| format!("{error:?}"))
                }
                Err(error) => Err(format!("{error:?}")),
            };
            let served = Served { status, latency: began.elapsed() };
            shared.served.lock().unwrap_or_else(PoisonError::into_inner).push(served);
            shared.answered.fetch_add(1, SeqCst);
        });
        while calls.try_join_next().is_some() {}
    }
    calls.join_all().await;
}
