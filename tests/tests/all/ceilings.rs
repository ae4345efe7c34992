//! The operator's ceilings for what editors set.

use lockgate_tests::{Home, Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

const CEILINGS: &str =
    "[ceilings]\nmemory_bytes = 33554432\ncalls_in_flight = 8\ncompile_ms = 30000\ninput_bytes = 100\n";

fn refused(host: &Host, method: Method, path: &str, body: &Value, pointer: &str) {
    let document = host.send(host.request(method, path).json(body)).problem(422, "LG1010");
    let errors = document["errors"].as_array().unwrap();
    let named = errors
        .iter()
        .any(|error| error["pointer"] == pointer && error["detail"].as_str().unwrap().contains("ceilings."));
    assert!(named, "{document:#}");
}

#[test]
fn nothing_above_a_ceiling_can_be_set() {
    let host = Serve::new().configured(CEILINGS).start();
    host.group("g", json!({"limits": {"memory_bytes": 33_554_432}}));
    for (name, value) in [("memory_bytes", 1 << 30), ("calls_in_flight", 10_000), ("compile_ms", 600_000)] {
        let group = json!({"limits": {name: value}});
        refused(&host, Method::PATCH, "/groups/g", &group, &format!("/limits/{name}"));
        let connector = json!({"limits": {"connectors": {"a": {name: value}}}});
        refused(&host, Method::PATCH, "/groups/g", &connector, &format!("/limits/connectors/a/{name}"));
        let installation = json!({"enabled": true, "limits": {name: value}});
        refused(&host, Method::PUT, "/groups/g/installation", &installation, &format!("/limits/{name}"));
    }
    let connector = json!({"name": "c", "type": "http", "input_schema": true, "output_schema": true,
                           "http": {"method": "GET", "url": "https://a.example/"}, "limits": {"input_bytes": 101}});
    refused(&host, Method::POST, "/groups/g/connectors", &connector, "/limits/input_bytes");
    let listed = json!({"connectors": [connector]});
    refused(&host, Method::PATCH, "/groups/g", &listed, "/connectors/0/limits/input_bytes");
}

#[test]
fn a_ceiling_holds_for_defaults_and_for_what_was_set_before() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"input_bytes": 4000, "calls_in_flight": 10_000}}));
    host.invoke("g/input", &json!("x".repeat(1000))).status(200);
    let home = host.end();
    let host = Serve::at(home).configured(CEILINGS).start();
    let refused = host.invoke("g/input", &json!("x".repeat(1000))).problem(413, "LG1007");
    let limit =
        json!({"name": "input_bytes", "value": 100, "setting": "ceilings.input_bytes of the host's configuration"});
    assert_eq!(refused["limit"], limit);
    let refused = host.invoke("g/allocate", &json!(40 << 20)).status(500).json();
    assert_eq!(refused["limit"]["setting"], "ceilings.memory_bytes of the host's configuration", "{refused:#}");
    host.invoke("g/input", &json!("abc")).status(200);
}

/// Before the definitions are read nobody knows which limit an input has, but none is above the host's.
#[test]
fn a_test_of_an_unsaved_definition_reads_no_more_than_a_ceiling_allows() {
    let host = Serve::new().configured(CEILINGS).start();
    let connector = json!({"name": "c", "type": "http", "input_schema": true, "output_schema": true,
                           "http": {"method": "GET", "url": "https://nowhere.example/"}});
    let group = json!({"slug": "g", "name": "G", "resource_type": "EXTERNAL"});
    let run = |length: usize| {
        let body = json!({"group": group, "connector": connector, "input": "x".repeat(length)});
        host.send(host.request(Method::POST, "/tests/run").json(&body))
    };
    // More than definitions and an input may have together, and less than an input has without a ceiling.
    let refused = run(2 << 20).problem(413, "LG1007");
    assert!(refused["detail"].as_str().unwrap().contains("1048676"), "{refused:#}");
    let answer = run(101).status(200).json();
    assert_eq!(answer["problem"]["limit"]["value"], 100, "{answer:#}");
}

#[test]
fn a_ceiling_out_of_range_ends_the_host() {
    for (text, named) in [
        ("[ceilings]\ncpu_ms = 0", "ceilings.cpu_ms"),
        ("[ceilings]\ncolour = 1", "colour"),
        ("[ceilings.connectors.a]\ncpu_ms = 5", "ceilings.connectors"),
    ] {
        Serve::at(Home::new()).configured(text).refused().exits(2).says(named);
    }
}
