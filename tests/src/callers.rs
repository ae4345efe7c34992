//! Callers that never pause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::{Request, RequestBuilder};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::{Answer, http_client};

/// Connections that are kept open, each with one call after the other.
#[derive(Debug)]
pub struct Callers {
    runtime: Runtime,
    stop: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Tally>>,
}

/// What they got.
#[derive(Debug, Default)]
pub struct Tally {
    pub answers: usize,
    /// Output and plugin of the calls that worked, each pair once.
    pub outputs: BTreeSet<(String, String)>,
    /// How often something else came: status and code of the problem, or 0 and what happened to the connection.
    pub others: BTreeMap<(u16, String), usize>,
}

impl Callers {
    /// Begins to send this call over so many connections.
    pub fn start(connections: usize, call: RequestBuilder) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let stop = Arc::new(AtomicBool::new(false));
        let call = call.build().expect("a request");
        let tasks = (0..connections).map(|_| {
            let call = call.try_clone().expect("a request with a whole body");
            runtime.spawn(keep_calling(call, Arc::clone(&stop)))
        });
        let tasks = tasks.collect();
        Self { runtime, stop, tasks }
    }

    /// Lets each of them finish its last call, and closes the connections.
    pub fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut sum = Tally::default();
        for task in self.tasks {
            sum.merge(self.runtime.block_on(task).expect("a tally"));
        }
        sum
    }
}

async fn keep_calling(call: Request, stop: Arc<AtomicBool>) -> Tally {
    let client = http_client().build().expect("a client");
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        tally.answers += 1;
        match client.execute(call.try_clone().expect("a request with a whole body")).await {
            Ok(response) => tally.add(&Answer::read(response).await),
            Err(error) => *tally.others.entry((0, format!("{error:?}"))).or_default() += 1,
        }
    }
    tally
}

impl Tally {
    pub fn merge(&mut self, Self { answers, outputs, others }: Self) {
        self.answers += answers;
        self.outputs.extend(outputs);
        others.into_iter().for_each(|(kind, count)| *self.others.entry(kind).or_default() += count);
    }

    fn add(&mut self, answer: &Answer) {
        let body = answer.json();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        if answer.status == 200 {
            self.outputs.insert((body["output"].to_string(), text(&body["call"]["plugin"])));
        } else {
            *self.others.entry((answer.status, text(&body["code"]))).or_default() += 1;
        }
    }
}
