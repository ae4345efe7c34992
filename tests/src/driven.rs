//! A browser (headless Chromium) that a script of Node drives. `./dev setup` installs both.

use std::process::Command;

use serde_json::{Value, json};

use crate::oauth::modules;
use crate::root;

/// What a script found, as it prints it.
#[derive(Debug)]
pub struct Driven(pub Value);

/// Runs a script of `tests/` with these members in its order, beside where the driver and the browser are.
#[track_caller]
pub fn driven(script: &str, order: &Value) -> Driven {
    let mut whole = json!({"modules": modules(), "executable": "/usr/bin/chromium"});
    whole.as_object_mut().expect("an object").extend(order.as_object().expect("an object").clone());
    let mut command = Command::new("node");
    command.arg(root().join("tests").join(script)).arg(whole.to_string());
    let output = command.output().expect("no node: run `./dev setup`");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the browser (chromium: run `./dev setup`): {said}");
    Driven(serde_json::from_slice(&output.stdout).expect("JSON"))
}
