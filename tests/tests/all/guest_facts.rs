//! What a guest learns of its call, and what its operators learn of the guest.

use lockgate_tests::{Serve, guests};
use serde_json::json;

#[test]
fn call_id_deadline_tenant_and_settings() {
    let host = Serve::new().with(["--log", "info,lockgate::guest=debug"]).start();
    host.with_guest(&guests::STATE, json!({"settings": {"page_size": 50, "nested": {"a": [1]}}}));
    let call = host.call("g/facts", &json!({})).header("lockgate-tenant", "ada").header("lockgate-deadline-ms", 5000);
    let answer = host.send(call.header("lockgate-attempt", 3)).status(200).json();
    let (facts, id) = (&answer["output"], answer["call"]["id"].as_str().unwrap());
    assert_eq!((&facts["call_id"], &facts["attempt"], &facts["tenant"]), (&json!(id), &json!(3), &json!("ada")));
    assert_eq!(
        (&facts["page_size"], &facts["settings"]),
        (&json!(50), &json!({"page_size": 50, "nested": {"a": [1]}}))
    );
    assert!((1..=5000).contains(&facts["remaining_ms"].as_u64().unwrap()), "{facts:#}");

    let log = host.log();
    let line = log.lines().find(|line| line.contains("asked for facts")).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains(id) && line.contains("attempt"), "{line}");
}

#[test]
fn without_them_there_is_nothing() {
    let host = lockgate_tests::Host::start();
    host.with_guest(&guests::STATE, json!({}));
    let facts = host.invoke("g/facts", &json!({})).output();
    assert_eq!((&facts["tenant"], &facts["page_size"], &facts["settings"]), (&json!(null), &json!(null), &json!({})));
    assert_eq!(facts["attempt"], 1);
}

#[test]
fn usage_is_measured_and_returned() {
    let host = lockgate_tests::Host::start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"cpu_ms": 60_000}}));
    let usage = |connector: &str, input| host.invoke(connector, &input).status(200).json()["call"]["usage"].clone();
    assert_eq!(usage("g/host_calls", json!(17))["host_calls"], 17);
    assert!(usage("g/allocate", json!(10 << 20))["peak_memory_bytes"].as_u64().unwrap() > 10 << 20);
    let (little, much) = (usage("g/spin", json!(1)), usage("g/spin", json!(100)));
    assert!(little["cpu_us"].as_u64().unwrap() < much["cpu_us"].as_u64().unwrap(), "{little} {much}");
}
