//! The samples of scripts, run as they are.

use lockgate_tests::{Home, Ran, Reply, Upstream, program, root};
use serde_json::{Value, json};

fn sample(name: &str) -> String {
    std::fs::read_to_string(root().join("sample-plugins/scripts").join(name)).unwrap()
}

#[test]
fn a_pure_transformation_has_examples() {
    let home = Home::new();
    let folder = root().join("sample-plugins/scripts");
    let tested = Ran::of(home.command(program("lockgate")).arg("test").arg(folder.join("order_total.ts"))).ok();
    let expected = "ok      order_total: two rates and a discount\nok      order_total: an empty order\n";
    assert_eq!(tested.stdout, expected);
}

#[test]
fn requests_are_signed_and_answers_unpacked() {
    let upstream = Upstream::start(|seen| match seen.json()["type"].as_str() {
        Some("order.paid") => Reply::new(208).json(&json!({"ok": true, "event": {"id": "e-5"}})),
        _ => Reply::new(200).json(&json!({"ok": false, "error": "no such type"})),
    });
    let home = Home::new();
    let group = sample("events.yaml").replace("credential: main}", "credential: main, plaintext: true}");
    home.write(
        "events.yaml",
        group.replace("https://events.acme.example", &upstream.url()).replace("EXTERNAL", "INTERNAL"),
    );
    let run = |input: &Value| {
        let mut command = home.command(program("lockgate"));
        command.args(["run", "send_event", "--group", "events.yaml", "--secret", "main.token=env:TOKEN"]);
        command.args(["--secret", "signing_key=env:KEY", "--reachable", &upstream.address().to_string()]);
        Ran::of(command.args(["--input", &input.to_string()]).env("TOKEN", "the-token-8812").env("KEY", "Jefe"))
    };
    let output = run(&json!({"kind": "order.paid", "subject": "o-1", "data": {"a": 1}})).ok().stdout;
    assert_eq!(serde_json::from_str::<Value>(&output).unwrap(), json!({"id": "e-5", "duplicate": true}));
    let seen = upstream.seen().remove(0);
    assert_eq!(
        (seen.target.as_str(), seen.json()),
        ("/v2/events", json!({"type": "order.paid", "subject": "o-1", "data": {"a": 1}}))
    );
    assert_eq!(seen.header("authorization"), Some("Bearer the-token-8812"));
    let signed = format!("{}.{}", seen.header("x-request-id").unwrap(), String::from_utf8_lossy(&seen.body));
    assert_eq!(seen.header("x-signature"), Some(hmac(b"Jefe", &signed).as_str()));
    run(&json!({"kind": "unknown", "subject": "o-2"})).exits(1).says("no such type");
}

/// HMAC-SHA256 in hex, by another implementation.
fn hmac(key: &[u8], text: &str) -> String {
    let mut command = std::process::Command::new("openssl");
    command.args(["dgst", "-sha256", "-hmac", std::str::from_utf8(key).unwrap()]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap().stdout;
    String::from_utf8(output).unwrap().split_whitespace().last().unwrap().to_owned()
}
