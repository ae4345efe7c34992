//! What guests and outside systems say, on its way to people: nothing of it acts on a terminal, and no digit is lost.

use lockgate_tests::{Host, Reply, Serve, Upstream};
use serde_json::json;

/// Digits that no float has, and characters that act: a control character of C1, and two that turn the direction.
const BODY: &str = "{\"n\": 12345678901234567890.10, \"text\": \"\u{9b}31m\u{2066}red\u{202e}\u{7f}\"}";

fn host(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start();
    let connector = |name: &str| {
        json!({
            "name": name, "type": "http", "input_schema": true, "output_schema": true,
            "http": {"method": "GET", "path": format!("/{name}"), "errors": {"message": "/text"}},
        })
    };
    host.group(
        "g",
        json!({
            "base_url": upstream.url(), "destinations": [{"url": upstream.url(), "credential": "none"}],
            "connectors": [connector("fine"), connector("fails")],
        }),
    );
    host
}

#[track_caller]
fn acts_on_nothing(text: &str) {
    assert!(!text.chars().any(|one| lockgate_domain::is_control(one) && one != '\n'), "{text:?}");
}

#[test]
fn commands_print_every_digit_and_nothing_that_acts_on_a_terminal() {
    let upstream = Upstream::start(|seen| {
        let status = if seen.path() == "/fails" { 400 } else { 200 };
        Reply::new(status).header("content-type", "application/json").body(BODY)
    });
    let host = host(&upstream);
    let input = ["--input", "{\"at\": 12345678901234567890.10}"];
    for command in [&["invoke"][..], &["connector", "test"]] {
        for format in [&[][..], &["--output", "json"]] {
            for connector in ["g/fine", "g/fails"] {
                let ran = host.run([command, &[connector], &input[..], format].concat());
                let ran = if connector == "g/fine" { ran.ok() } else { ran.exits(1) };
                let both = format!("{}{}", ran.stdout, ran.stderr);
                assert!(both.contains("12345678901234567890.10"), "{command:?} {format:?} {connector}: {both}");
                acts_on_nothing(&ran.stdout);
                acts_on_nothing(&ran.stderr);
            }
        }
    }
    acts_on_nothing(&host.log());
}
