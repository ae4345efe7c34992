//! The programs of `tests/grpc`, which exchange lines of JSON with their test.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};

use crate::root;

/// One of them, with the packages that `./dev setup` installs. It sees nothing of the environment, where a proxy may be
/// named, and is ended with the thread that starts it.
pub(super) fn program(name: &str) -> Command {
    let python = root().join("target/grpc/bin/python");
    assert!(python.exists(), "no {}: run `./dev setup`", python.display());
    let mut command = Command::new(python);
    command
        .env_clear()
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-s", "-u"])
        .arg(root().join("tests/grpc").join(name));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // SAFETY: between fork and exec one async-signal-safe system call is made.
    unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
    command
}
