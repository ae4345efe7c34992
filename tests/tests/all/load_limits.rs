//! Limits of loading a component, and of its log.

use lockgate_tests::guests::Guest;
use lockgate_tests::{Home, Serve, guests};
use serde_json::json;

fn reached_and_raised(guest: &Guest, name: &str, (value, enough): (u64, u64), status: u16, code: &str) {
    // One that finds no code which other hosts of tests have compiled.
    let host = Serve::at(Home::new().with_keys_of_its_own()).start();
    // As much time as there may be, where it is not the time that is looked at.
    let mut limits = json!({"compile_ms": 600_000});
    limits[name] = json!(value);
    host.group("g", json!({"limits": limits}));
    host.load("g", guest.bytes()).limit(status, code, name, value);
    host.run(["group", "set", "g", &format!("limits.{name}={enough}")]).ok();
    host.load("g", guest.bytes()).status(201);
}

#[test]
fn size_of_a_component() {
    reached_and_raised(&guests::STATE, "component_bytes", (1000, 32 << 20), 413, "LG2004");
}

#[test]
fn time_to_compile() {
    reached_and_raised(&guests::STATE, "compile_ms", (1, 600_000), 422, "LG2005");
}

#[test]
fn memory_to_compile() {
    reached_and_raised(&guests::JAVASCRIPT, "compile_memory_bytes", (64 << 20, 1 << 30), 422, "LG2005");
}

#[test]
fn memory_that_a_component_starts_with() {
    reached_and_raised(&guests::STATE, "memory_bytes", (65536, 64 << 20), 422, "LG2006");
}

#[test]
fn lines_of_the_log() {
    let home = Home::new();
    let limits = guests::LIMITS.path();
    let run = |limit: &[&str]| {
        let mut arguments = vec!["run", limits.to_str().unwrap(), "write_log", "--output", "json"];
        arguments.extend(["--input", r#"{"lines": 5, "bytes": 100}"#]);
        arguments.extend(limit.iter().flat_map(|limit| ["--limit", limit]));
        home.run(arguments).ok().json()["logs"].take()
    };
    let cut = run(&["log_lines=3", "log_line_bytes=64"]);
    let message = |line: usize| cut[line]["message"].as_str().unwrap();
    assert_eq!((cut.as_array().unwrap().len(), message(0).len(), message(2).len()), (4, 64, 64), "{cut:#}");
    assert_eq!(message(3), "further lines were dropped: limits.log_lines = 3");

    let whole = run(&["log_lines=5"]);
    assert!(whole.as_array().unwrap().iter().all(|line| line["message"].as_str().unwrap().len() == 100), "{whole:#}");
    assert_eq!(whole.as_array().unwrap().len(), 5);
}
