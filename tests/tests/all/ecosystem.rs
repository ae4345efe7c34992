//! Crates that authors reach for in their first hour work in the sandbox.

use lockgate_tests::{Host, guests};
use serde_json::{Value, json};

fn host() -> Host {
    let host = Host::start();
    host.with_guest(&guests::ECOSYSTEM, json!({}));
    host
}

#[test]
fn the_examples_of_every_crate_hold() {
    let host = host();
    let plugin = host.get("/groups/g/plugins").json()["items"][0]["digest"].as_str().unwrap().to_owned();
    let manifest = host.get(&format!("/groups/g/plugins/{plugin}")).json()["manifest"].take();
    let mut checked = 0;
    for connector in manifest["connectors"].as_array().unwrap() {
        for example in connector["examples"].as_array().unwrap_or(&Vec::new()) {
            let name = connector["name"].as_str().unwrap();
            assert_eq!(host.invoke(&format!("g/{name}"), &example["input"]).output(), example["output"], "{name}");
            checked += 1;
        }
    }
    assert!(checked >= 4, "{manifest:#}");
}

#[test]
fn time_is_the_hosts() {
    let host = host();
    let now = host.invoke("g/date", &json!({"days": 0})).output();
    let year: u32 = now.as_str().unwrap()[..4].parse().unwrap();
    assert!(year >= 2025, "{now}");
    let refused = host.invoke("g/std_time", &json!({})).problem(500, "LG3003");
    assert!(refused["detail"].as_str().unwrap().contains("clock"), "{refused:#}");
}

/// A fresh instance is a copy of one image, and its random numbers are not.
#[test]
fn random_numbers_differ_from_call_to_call() {
    let host = host();
    let ids: Vec<Value> = (0..20).map(|_| host.invoke("g/id", &json!({})).output()).collect();
    let bits: Vec<Value> = (0..20).map(|_| host.invoke("g/dice", &json!(6)).output()["bits"].clone()).collect();
    for values in [ids, bits] {
        let different: std::collections::BTreeSet<_> = values.iter().map(ToString::to_string).collect();
        assert_eq!(different.len(), 20, "{values:?}");
    }
}
