//! Which calls share an instance: none, unless the group says so, and then only calls that may know of each other.

use lockgate_tests::{Host, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn host(limits: Value) -> Host {
    let host = Host::start();
    host.with_guest(&guests::STATE, json!({"limits": limits}));
    host
}

/// The count of the instance that a call got.
fn count(host: &Host) -> u64 {
    host.invoke("g/count", &json!({})).output().as_u64().unwrap()
}

fn count_for(host: &Host, tenant: &str) -> u64 {
    let call = host.call("g/count", &json!({})).header("lockgate-tenant", tenant);
    host.send(call).output().as_u64().unwrap()
}

#[test]
fn every_call_gets_a_fresh_one() {
    let host = host(json!({}));
    assert!((0..20).all(|_| count(&host) == 1));
    let answers = host.send_all((0..50).map(|_| host.call("g/count", &json!({}))).collect::<Vec<_>>());
    assert!(answers.into_iter().all(|answer| answer.output() == 1));
}

#[test]
fn a_group_can_allow_reuse_for_so_many_calls() {
    let host = host(json!({"calls_per_instance": 3}));
    assert_eq!([(); 7].map(|()| count(&host)), [1, 2, 3, 1, 2, 3, 1]);
}

#[test]
fn never_across_tenants() {
    let host = host(json!({"calls_per_instance": 100}));
    assert_eq!([count_for(&host, "ada"), count_for(&host, "ada"), count_for(&host, "bo")], [1, 2, 1]);
    assert_eq!([count(&host), count_for(&host, "ada"), count_for(&host, "bo"), count(&host)], [1, 3, 2, 2]);
}

#[test]
fn never_across_connections() {
    let host = Host::start();
    host.with_activation();
    host.set("g", json!({"limits": {"calls_per_instance": 100}}));
    let count = |name: &str| {
        let body = json!({"input": {}, "connection": {"fixed": name}});
        let call = host.request(Method::POST, "/groups/g/connectors/count/invoke").json(&body);
        host.send(call).output().as_u64().unwrap()
    };
    for name in ["one", "two"] {
        host.connection("k", json!({"name": name})).status(201);
    }
    assert_eq!(["one", "one", "two", "one", "two"].map(count), [1, 2, 1, 3, 2]);
}

#[test]
fn never_across_a_change_of_limits_or_plugin() {
    let host = host(json!({"calls_per_instance": 100}));
    assert_eq!([count(&host), count(&host)], [1, 2]);
    host.set("g", json!({"limits": {"memory_bytes": 32 << 20}}));
    assert_eq!(count(&host), 1);

    host.group("h", json!({"limits": {"calls_per_instance": 100, "memory_bytes": 32 << 20}}));
    host.load("h", guests::STATE.bytes()).status(201);
    assert_eq!(host.invoke("h/count", &json!({})).output(), 1, "another group's instance");
}

#[test]
fn a_failure_is_a_clean_end_and_a_trap_is_not() {
    let host = host(json!({"calls_per_instance": 100}));
    assert_eq!(count(&host), 1);
    host.invoke("g/count_and", &json!("fail")).problem(422, "LG3001");
    assert_eq!(count(&host), 3);
    host.invoke("g/count_and", &json!("trap")).problem(500, "LG3002");
    assert_eq!(count(&host), 1);
}

#[test]
fn a_call_that_was_stopped_leaves_nothing_behind() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"calls_per_instance": 100, "memory_bytes": 16 << 20}}));
    for _ in 0..20 {
        host.invoke("g/allocate", &json!(32 << 20)).problem(500, "LG3006");
        assert_eq!(host.invoke("g/allocate", &json!(4 << 20)).output(), 4 << 20);
    }
}
