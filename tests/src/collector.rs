//! A collector of traces as a process of its own (`tests/collector`), which decodes by the official definitions of OTLP.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Signal, set_parent_process_death_signal};
use serde_json::Value;

use crate::{eventually, root};

/// Ended when dropped.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    address: String,
    spans: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    pub fn start() -> Self {
        Self::busy(0)
    }

    /// One that refuses its first requests.
    pub fn busy(requests: u32) -> Self {
        let program = root().join("tests/collector/target/debug/collector");
        assert!(program.exists(), "no {}: run `./dev test`, which builds it", program.display());
        let mut command = Command::new(program);
        command.arg(requests.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
        // SAFETY: between fork and exec one async-signal-safe system call is made: a test that is killed takes it along.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
        let mut child = command.spawn().expect("the collector starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let mut next = move || lines.next()?.ok().map(|line| serde_json::from_str::<Value>(&line).expect("JSON"));
        let address = next().expect("its address")["listening"].as_str().expect("text").to_owned();
        let spans = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&spans);
        std::thread::spawn(move || {
            while let Some(span) = next() {
                kept.lock().expect("the spans").push(span);
            }
        });
        Self { child, address, spans }
    }

    /// Where it listens, as the setting of a host.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that came until now.
    pub fn spans(&self) -> Vec<Value> {
        self.spans.lock().expect("the spans").clone()
    }

    /// The spans of a trace, once its root is there: the last one that is sent.
    #[track_caller]
    pub fn trace(&self, is_root: impl Fn(&Value) -> bool) -> Vec<Value> {
        eventually("the trace is there", || {
            let spans = self.spans();
            let Some(root) = spans.iter().find(|span| span["name"] == "lockgate.invoke" && is_root(span)) else {
                return Err(spans);
            };
            Ok(spans.iter().filter(|span| span["trace"] == root["trace"]).cloned().collect())
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
