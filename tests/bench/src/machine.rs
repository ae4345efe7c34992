//! The machine, as the report names it.

use serde::Serialize;
use std::{fs, thread};

#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) memory_bytes: u64,
    pub(crate) swap_bytes: u64,
    /// Runnable processes, averaged over the minute before the run: above a few tenths, others disturbed it.
    pub(crate) load_before: f64,
}

impl Machine {
    pub(crate) fn describe() -> Self {
        let memory = read("/proc/meminfo");
        let bytes = |name: &str| value(&memory, name).and_then(number).unwrap_or_default() as u64 * 1024;
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown").to_owned(),
            cores: cores(),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            memory_bytes: bytes("MemTotal"),
            swap_bytes: bytes("SwapTotal"),
            load_before: number(&read("/proc/loadavg")).unwrap_or_default(),
        }
    }

    /// As a report names it.
    pub(crate) fn line(&self) -> String {
        let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30));
        let swap = if self.swap_bytes == 0 { "no swap".into() } else { format!("{} of swap", gib(self.swap_bytes)) };
        let Self { processor, cores, kernel, load_before, memory_bytes, .. } = self;
        let memory = gib(*memory_bytes);
        format!(
            "{processor}, {cores} cores, {memory} of memory, {swap}, Linux {kernel}; load average before the run \
             {load_before:.2}"
        )
    }
}

pub(crate) fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim())
}

fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}
