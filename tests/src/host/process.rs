//! The process of a host.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};

use crate::resources::state;
use crate::{Home, eventually, program};

#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: Child,
    /// Where its standard error goes.
    pub(super) log: PathBuf,
}

impl Process {
    pub(super) fn start(home: &Home, arguments: &[OsString], variables: &[(&'static str, String)]) -> Self {
        // Left by an earlier host of the same home.
        let _ = fs::remove_file(home.data().join("address"));
        home.begin();
        let log = home.path().join("log");
        // Before the command, which tells the host where it is.
        home.database();
        let mut command = home.command(program("lockgate"));
        command.args(["serve", "--data-dir"]).arg(home.data());
        if !arguments.iter().any(|argument| argument == "--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log).expect("a log file"));
        // SAFETY: between fork and exec one async-signal-safe system call is made: a test that is killed takes its host
        // along.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
        Self { child: command.spawn().expect("the program starts"), log }
    }

    /// The token is `known`, or in the data folder.
    pub(super) fn address_and_token(&self, home: &Home, known: Option<&str>) -> (String, String) {
        let read = |name: &str| fs::read_to_string(home.data().join(name)).ok().filter(|text| text.ends_with('\n'));
        let known = || known.map(str::to_owned);
        eventually("the host listens", || {
            if let (Some(address), Some(token)) = (read("address"), known().or_else(|| read("admin-token"))) {
                return Ok((format!("http://{}", address.trim()), token.trim().to_owned()));
            }
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let gone = !PathBuf::from(format!("/proc/{}/exe", self.child.id())).exists();
            assert!(!gone, "the host ended:\n{log}");
            Err(log)
        })
    }

    /// Whether no thread of it runs, after the signal that stops it.
    pub(super) fn stands_still(&self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("a running process");
        let stopped = |stat: String| state(&stat) == Some("T");
        // One that ended since it was listed has no state.
        threads.flatten().filter_map(|thread| fs::read_to_string(thread.path().join("stat")).ok()).all(stopped)
    }

    pub(super) fn wait(&mut self) -> ExitStatus {
        eventually("the host ends", || self.child.try_wait().expect("a child"))
    }

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
