//! The databases of the tests are what other tests take them for, by the word of PostgreSQL's and MariaDB's own clients.

mod mariadb;
mod postgresql;
mod redshift;
mod rogues;

use std::process::{Command, Output, Stdio};

use lockgate_tests::eventually;

/// Runs a client to its end, and gives whether it succeeded and what it printed, which is little.
#[track_caller]
fn run(command: &mut Command) -> (bool, String) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut client = command.spawn().expect("a client: run `./dev setup`");
    eventually(&format!("the end of {command:?}"), || client.try_wait().ok().flatten());
    let Output { status, stdout, stderr } = client.wait_with_output().expect("it has ended");
    (status.success(), [String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)].concat())
}

#[track_caller]
fn passes(command: &mut Command) -> String {
    let (passed, text) = run(command);
    assert!(passed, "{command:?}: {text}");
    text.trim_end().to_owned()
}

#[track_caller]
fn refused(command: &mut Command) -> String {
    let (passed, text) = run(command);
    assert!(!passed, "{command:?}: {text}");
    text
}

#[track_caller]
fn refused_with(command: &mut Command, words: &str) {
    let text = refused(command);
    assert!(text.contains(words), "{text}");
}
