//! A change that was acknowledged is there after `kill -9`, and one that was not is there whole or not at all.

use std::time::Duration;

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, environment};
use reqwest::Method;
use serde_json::{Value, json};

fn version(number: &str) -> Vec<u8> {
    Crafted::plugin("shop", number).connector("which").component()
}

/// What a caller and an operator can see.
fn state(host: &Host) -> (Value, Value, Value) {
    let answer = host.invoke("g/which", &json!(1));
    let result = if answer.status == 200 { answer.output() } else { json!(answer.status) };
    (host.get("/groups").json(), host.get("/groups/g/plugins").json(), result)
}

#[test]
fn every_acknowledged_step_survives() {
    type Step = fn(&Host);
    let steps: [Step; 8] = [
        |host| host.group("g", json!({"settings": {"a": 1}})),
        |host| drop(host.load("g", version("1")).status(201)),
        |host| host.set("g", json!({"limits": {"cpu_ms": 77}})),
        |host| drop(host.load("g", version("2")).status(201)),
        |host| drop(host.run(["plugin", "rollback", "g"]).ok()),
        |host| {
            drop(host.load("g", Crafted::plugin("shop", "3").connector("which").wants("http").component()).status(201))
        },
        |host| drop(host.run(["load", "g", "3.wasm", "--grant"]).ok()),
        |host| drop(host.send(host.request(Method::DELETE, "/groups/g")).status(204)),
    ];
    let mut host = Host::start();
    host.home.write("3.wasm", Crafted::plugin("shop", "3").connector("which").wants("http").component());
    for (number, step) in steps.iter().enumerate() {
        step(&host);
        let before = state(&host);
        host.kill_and_restart();
        assert_eq!(state(&host), before, "after step {number}");
    }
}

#[test]
fn killed_at_any_moment_it_comes_back_with_what_it_had_acknowledged() {
    let mut host = Host::start();
    for round in 0..environment::rounds(5, 200) {
        let creations = (0..400).map(|turn| {
            let slug = format!("r{round}-{turn}");
            let body = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
            (slug, host.request(Method::POST, "/groups").json(&body))
        });
        let creations: Vec<_> = creations.collect();
        let writer = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mut acknowledged = Vec::new();
            for (slug, request) in creations {
                match runtime.block_on(async { request.send().await }) {
                    Ok(answer) if answer.status() == 201 => acknowledged.push(slug),
                    _ => break,
                }
            }
            acknowledged
        });
        std::thread::sleep(Duration::from_millis(20 + 37 * (round as u64 % 11)));
        host.kill_and_restart();
        let acknowledged = writer.join().unwrap();
        assert!(acknowledged.len() < 400, "the host was killed while it wrote");
        for slug in &acknowledged {
            host.get(&format!("/groups/{slug}")).status(200);
        }
        let found = host.get(&format!("/groups?limit=500&q=r{round}-")).json()["items"].as_array().unwrap().len();
        let expected = acknowledged.len()..=acknowledged.len() + 1;
        assert!(expected.contains(&found), "{found} groups, {} acknowledged", acknowledged.len());
    }
}
