//! A host as its operators watch it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use reqwest::Method;

use crate::{Host, equal, eventually};

/// How long it must have the same in use to be at rest.
const REST: Duration = Duration::from_millis(200);

/// What a host has in use. It must be the same before and after whatever happens between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InUse {
    pub calls_in_flight: u64,
    pub instances: u64,
    pub guest_tasks: u64,
    /// Without those of the store, of which there are a few and never more.
    pub open_files: usize,
}

impl Host {
    /// The value of a metric without labels.
    #[track_caller]
    pub fn metric(&self, name: &str) -> u64 {
        let text = self.at(Method::GET, "/metrics").status(200).body;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no metric `{name}`:\n{text}"))
    }

    #[track_caller]
    pub fn in_use(&self) -> InUse {
        let files = fs::read_dir(format!("/proc/{}/fd", self.pid())).expect("the host's files").flatten();
        // The store opens its files when each of its connections is first used, by whatever call comes then.
        let of_store = |target: std::path::PathBuf| target.to_string_lossy().contains("/lockgate.db");
        let files = files.filter(|file| !fs::read_link(file.path()).is_ok_and(of_store));
        InUse {
            calls_in_flight: self.metric("lockgate_calls_in_flight"),
            instances: self.metric("lockgate_instances_in_use"),
            guest_tasks: self.metric("lockgate_guest_tasks"),
            open_files: files.count(),
        }
    }

    /// What it has in use when nobody calls: connections that are gone are noticed one by one.
    #[track_caller]
    pub fn at_rest(&self) -> InUse {
        let mut last = self.in_use();
        eventually("the host comes to rest", || {
            sleep(REST);
            let now = self.in_use();
            let rests = now == last && now.calls_in_flight == 0;
            last = now;
            if rests { Ok(now) } else { Err(now) }
        })
    }

    /// Waits until it has in use what it had before.
    #[track_caller]
    pub fn comes_to_rest(&self, before: InUse) {
        eventually(&format!("in use is what was before: {before:#?}"), || equal(self.in_use(), &before));
    }

    /// Memory that the process holds, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid());
        let status = fs::read_to_string(path).expect("the host's status");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}
