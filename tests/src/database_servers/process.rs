//! A server that is told its port when it starts.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};

use crate::account::Account;
use crate::eventually;
use crate::postgres::free_port;

/// How often another port is tried: more than a few in a row are never taken by chance.
const ATTEMPTS: usize = 20;

/// Ended when dropped, and with the thread that started it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    end: Signal,
    pub(super) port: u16,
}

/// What is started.
pub(super) struct Plan<'a> {
    pub(super) name: &'a str,
    pub(super) account: Account,
    /// Gets what the server prints.
    pub(super) log: &'a Path,
    /// Ends the server at once.
    pub(super) end: Signal,
    /// The port that is tried first, or any that is free.
    pub(super) port: Option<u16>,
}

impl Plan<'_> {
    /// Starts the command for a port, and waits until it is ready. A port that is free when it is looked up can be taken
    /// when the server asks for it: then the server ends, and is started with another one.
    pub(super) fn start(&self, command: impl Fn(u16) -> Command, ready: impl Fn() -> bool) -> Process {
        for attempt in 0..ATTEMPTS {
            let port = self.port.filter(|_| attempt == 0).unwrap_or_else(free_port);
            if let Some(process) = self.attempt(port, command(port), &ready) {
                return process;
            }
        }
        panic!("{}: no port of {ATTEMPTS} was free", self.name)
    }

    fn attempt(&self, port: u16, mut command: Command, ready: impl Fn() -> bool) -> Option<Process> {
        let log = File::create(self.log).expect("a log file");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a file")).stderr(log);
        command.uid(self.account.uid).gid(self.account.gid).current_dir("/");
        let end = self.end;
        // SAFETY: between fork and exec one async-signal-safe system call is made: a test that is killed takes its server
        // along.
        unsafe { command.pre_exec(move || Ok(set_parent_process_death_signal(Some(end))?)) };
        let child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}: run `./dev setup`", self.name));
        let mut process = Process { child, end, port };
        let printed = || fs::read_to_string(self.log).unwrap_or_default();
        let ended = eventually(&format!("{} answers", self.name), || match process.child.try_wait() {
            Ok(Some(_)) => Ok(true),
            Ok(None) if ready() => Ok(false),
            Ok(None) | Err(_) => Err(printed()),
        });
        if !ended {
            return Some(process);
        }
        let printed = printed();
        assert!(printed.contains("Address already in use"), "{} ended: {printed}", self.name);
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Once it was waited for, its id may be another's.
        if matches!(self.child.try_wait(), Ok(None))
            && let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
        {
            let _ = kill_process(pid, self.end);
        }
        let _ = self.child.wait();
    }
}
