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
        let create = host.request(Method::POST, "/groups");
        let writer = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let mut acknowledged = Vec::new();
            loop {
                let slug = format!("r{round}-{}", acknowledged.len());
                let body = json!({"slug": slug, "name": slug, "resource_type": "EXTERNAL"});
                let request = create.try_clone().unwrap().json(&body);
                match runtime.block_on(async { request.send().await }) {
                    Ok(answer) if answer.status() == 201 => acknowledged.push(slug),
                    _ => return acknowledged,
                }
            }
        });
        std::thread::sleep(Duration::from_millis(20 + 37 * (round as u64 % 11)));
        host.kill_and_restart();
        let acknowledged = writer.join().unwrap();
        for slug in &acknowledged {
            host.get(&format!("/groups/{slug}")).status(200);
        }
        // The one that was under way is there or not, and reading it says the same as the list.
        let under_way = format!("r{round}-{}", acknowledged.len());
        let listed = host.get(&format!("/groups?limit=500&q={under_way}")).json()["items"].as_array().unwrap().len();
        host.get(&format!("/groups/{under_way}")).status(if listed == 1 { 200 } else { 404 });
        host.get(&format!("/groups/r{round}-{}", acknowledged.len() + 1)).status(404);
    }
}
