//! What a call leaves in its instance is found by calls of the same kind at most, and only where a group allows it.

use lockgate_tests::{Host, hostile};
use reqwest::Method;
use serde_json::{Value, json};

use super::beside_a_neighbour;

const CLEAN: &str = "000000";
/// A mark in static memory, below the stack pointer, in grown memory, far up, in a global and in a table.
const MARKED: &str = "111111";

fn loaded(host: &Host, group: &str) {
    host.group(group, json!({"limits": {"calls_per_instance": 1000}}));
    host.load(group, hostile::MARKERS.component()).status(201);
}

/// What a call of the group finds. It leaves its own marks.
#[track_caller]
fn finds(host: &Host, group: &str) -> Value {
    host.invoke(&format!("{group}/attack"), &json!(null)).output()
}

#[track_caller]
fn finds_for(host: &Host, tenant: &str) -> Value {
    host.send(host.call("g/attack", &json!(null)).header("lockgate-tenant", tenant)).output()
}

/// Marks the instance of `g`, and shows that it is used again.
#[track_caller]
fn marked(host: &Host) {
    loaded(host, "g");
    assert_eq!([finds(host, "g"), finds(host, "g")], [CLEAN, MARKED]);
}

#[test]
fn without_reuse_nothing_is_found() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        host.load("g", hostile::MARKERS.component()).status(201);
        for _ in 0..100 {
            assert_eq!(finds(host, "g"), CLEAN);
        }
        // Enough at one time that slots of the pool are used again by several threads.
        let calls: Vec<_> = (0..200).map(|_| host.call("g/attack", &json!(null))).collect();
        for answer in host.send_all(calls).into_iter().filter(|answer| answer.status != 429) {
            assert_eq!(answer.output(), CLEAN);
        }
    });
}

#[test]
fn another_digest_finds_nothing() {
    beside_a_neighbour(|host| {
        marked(host);
        host.load("g", hostile::MARKERS.version("2")).status(201);
        assert_eq!([finds(host, "g"), finds(host, "g")], [CLEAN, MARKED]);
        host.run(["plugin", "rollback", "g"]).ok();
        assert_ne!(finds(host, "g"), json!(null));
    });
}

#[test]
fn another_scope_finds_nothing() {
    beside_a_neighbour(|host| {
        marked(host);
        let at = |path: &str| format!("/v1/organizations/default/groups{path}");
        let post = |path: &str| host.plain(Method::POST, &at(path)).bearer_auth(host.token());
        let limits = json!({"calls_per_instance": 1000});
        let group = json!({"slug": "g", "name": "g", "resource_type": "EXTERNAL", "limits": limits});
        host.send(post("").json(&group)).status(201);
        let component = post("/g/plugins").header("content-type", "application/wasm");
        host.send(component.body(hostile::MARKERS.component())).status(201);
        let finds = || host.send(post("/g/connectors/attack/invoke").json(&json!({"input": null}))).output();
        assert_eq!([finds(), finds()], [CLEAN, MARKED]);
    });
}

#[test]
fn another_group_finds_nothing() {
    beside_a_neighbour(|host| {
        marked(host);
        loaded(host, "h");
        assert_eq!([finds(host, "h"), finds(host, "h")], [CLEAN, MARKED]);
    });
}

#[test]
fn another_tenant_finds_nothing() {
    beside_a_neighbour(|host| {
        marked(host);
        assert_eq!([finds_for(host, "ada"), finds_for(host, "ada")], [CLEAN, MARKED]);
        assert_eq!([finds_for(host, "bo"), finds_for(host, "bo")], [CLEAN, MARKED]);
    });
}

/// Each limit is a part of the key: whatever it is that differs, the instance does too.
#[test]
fn other_limits_find_nothing() {
    beside_a_neighbour(|host| {
        marked(host);
        for (name, value) in [
            ("deadline_ms", 29_000),
            ("cpu_ms", 900),
            ("memory_bytes", 32 << 20),
            ("input_bytes", 1000),
            ("output_bytes", 1000),
            ("host_calls", 10),
            ("log_lines", 10),
            ("log_line_bytes", 100),
            ("calls_per_instance", 999),
        ] {
            host.set("g", json!({"limits": {name: value}}));
            assert_eq!([finds(host, "g"), finds(host, "g")], [CLEAN, MARKED], "{name}");
        }
    });
}

#[test]
fn nothing_is_found_after_a_trap() {
    beside_a_neighbour(|host| {
        marked(host);
        host.invoke("g/attack", &json!("trap")).problem(500, "LG3002");
        assert_eq!([finds(host, "g"), finds(host, "g")], [CLEAN, MARKED]);
    });
}
