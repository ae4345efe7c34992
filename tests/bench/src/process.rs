//! A rival's process: started quietly, watched, and ended whatever happens to us.

use crate::interrupt;
use anyhow::{Context, Result, bail, ensure};
use rustix::{
    process::{Pid, Signal, kill_process, set_parent_process_death_signal},
    thread::{CpuSet, sched_setaffinity},
};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::{NamedTempFile, TempDir};

/// How long a server may take until it accepts connections; compiling its component is part of it.
const START: Duration = Duration::from_secs(60);

/// How often it is looked at until it is ready: the time to that is measured too.
const POLL: Duration = Duration::from_millis(1);

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// What it writes to standard error, for the message when it fails.
    stderr: NamedTempFile,
    kept: Vec<TempDir>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let stderr = NamedTempFile::new()?;
        command.stderr(stderr.reopen()?);
        // SAFETY: between fork and exec only one async-signal-safe system call is made.
        unsafe {
            command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
        }
        let child = command.spawn().with_context(|| format!("starting {}", command.get_program().display()))?;
        Ok(Self { child, stderr, kept: Vec::new() })
    }

    /// Starts a server that listens on `address`, and waits until it accepts connections.
    pub(crate) fn serve(command: &mut Command, address: SocketAddr) -> Result<Self> {
        let mut process = Self::start(command.stdin(Stdio::null()).stdout(Stdio::null()))?;
        process.wait_until(|| TcpStream::connect(address).is_ok())?;
        Ok(process)
    }

    /// Waits for a sign of readiness, and fails at once when the process ends.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let start = Instant::now();
        while !ready() {
            interrupt::check()?;
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}:\n{}", self.complaint());
            }
            if start.elapsed() > START {
                bail!("the server is not ready after {START:?}:\n{}", self.complaint());
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("a process id")?;
        kill_process(pid, Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status}:\n{}", self.complaint());
        Ok(())
    }

    /// Hands its data over: the folder is removed after the process has ended.
    pub(crate) fn keep(&mut self, folder: TempDir) {
        self.kept.push(folder);
    }

    pub(crate) fn complaint(&self) -> String {
        fs::read_to_string(self.stderr.path()).unwrap_or_default()
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Anonymous memory of the process and its descendants, in bytes.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.tree()?.iter().map(|pid| Ok(kib(&fs::read_to_string(format!("/proc/{pid}/status"))?, "RssAnon:"))).sum()
    }

    /// CPU time that the process and its descendants have used so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let ticks: u64 = self
            .tree()?
            .iter()
            .map(|pid| Ok(ticks(&fs::read_to_string(format!("/proc/{pid}/stat"))?)))
            .sum::<Result<u64>>()?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }

    /// Confines every thread of the process and its descendants to these processors; threads that they start later
    /// inherit it.
    pub(crate) fn confine(&self, processors: &CpuSet) -> Result<()> {
        for pid in self.tree()? {
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let id = task?.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
                // A thread that has ended meanwhile needs nothing.
                let _ = sched_setaffinity(id, processors);
            }
        }
        Ok(())
    }

    fn tree(&self) -> Result<Vec<u32>> {
        let mut parents = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
            let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
            parents.push((pid, field(&stat, 1)));
        }
        let mut tree = vec![self.child.id()];
        let mut next = 0;
        while let Some(parent) = tree.get(next).copied() {
            next += 1;
            tree.extend(parents.iter().filter(|(_, of)| *of == u64::from(parent)).map(|(pid, _)| *pid));
        }
        Ok(tree)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago, for servers that can't report the one they took.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// A field of `/proc/PID/stat`, counted from the state, which is the first after the name in parentheses.
fn field(stat: &str, index: usize) -> u64 {
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    after_name.split(' ').nth(index).and_then(|value| value.parse().ok()).unwrap_or_default()
}

fn ticks(stat: &str) -> u64 {
    field(stat, 11) + field(stat, 12)
}

fn kib(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|value| value.parse::<u64>().ok()).unwrap_or_default() * 1024
}
