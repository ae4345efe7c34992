//! The programs of `tests/grpc`, which exchange lines of JSON with their test.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use rustix::process::{Signal, set_parent_process_death_signal};
use serde_json::Value;

use crate::root;

/// One of them, with the packages that `./dev setup` installs. Ended when dropped, and with the thread that starts it.
#[derive(Debug)]
pub(super) struct Python {
    child: Child,
    input: ChildStdin,
    /// None when somebody else reads it.
    output: Option<Output>,
}

/// The lines that a program prints.
#[derive(Debug)]
pub(super) struct Output(Lines<BufReader<ChildStdout>>);

impl Python {
    /// It sees nothing of the environment, where a proxy may be named.
    pub(super) fn start(name: &str) -> Self {
        let python = root().join("target/grpc/bin/python");
        assert!(python.exists(), "no {}: run `./dev setup`", python.display());
        let mut command = Command::new(python);
        command.env_clear().env("PYTHONDONTWRITEBYTECODE", "1").arg("-s").arg(root().join("tests/grpc").join(name));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // SAFETY: between fork and exec one async-signal-safe system call is made.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
        let mut child = command.spawn().expect("Python starts");
        let input = child.stdin.take().expect("its input");
        let output = Output(BufReader::new(child.stdout.take().expect("its output")).lines());
        Self { child, input, output: Some(output) }
    }

    pub(super) fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("it reads");
    }

    /// Sends a line, and gives the one that comes for it.
    #[track_caller]
    pub(super) fn ask(&mut self, line: &Value) -> Value {
        self.tell(&line.to_string());
        self.output.as_mut().and_then(Output::next).unwrap_or_else(|| panic!("it ended at {line}"))
    }

    /// Its output, for whoever reads it from now on.
    pub(super) fn output(&mut self) -> Output {
        self.output.take().expect("nobody has it")
    }
}

impl Output {
    /// The next line; none at its end.
    pub(super) fn next(&mut self) -> Option<Value> {
        self.0.next()?.ok().map(|line| serde_json::from_str(&line).expect("JSON"))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
