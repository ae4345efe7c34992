//! What monitoring sees, without a token and without anything of anyone.

use std::collections::BTreeSet;

use lockgate_tests::{Host, guests};
use reqwest::Method;
use serde_json::json;

#[test]
fn health_and_readiness() {
    let host = Host::start();
    assert_eq!(host.at(Method::GET, "/healthz").status(200).json(), json!({"status": "ok"}));
    assert_eq!(host.at(Method::GET, "/readyz").status(200).json(), json!({"status": "ready", "plugins_to_compile": 0}));
}

#[test]
fn metrics_count_calls_by_outcome_and_requests_by_status() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    for length in 0..3 {
        host.invoke("g/input", &json!("x".repeat(length))).status(200);
    }
    host.invoke("g/trap", &json!({})).status(500);
    host.invoke("g/fail", &json!({})).status(422);
    let metrics = host.at(Method::GET, "/metrics").status(200);
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    let value =
        |name: &str| metrics.body.lines().find_map(|line| line.strip_prefix(&format!("{name} "))).map(str::to_owned);
    for (name, expected) in [
        ("lockgate_calls_total{outcome=\"ok\"}", "3"),
        ("lockgate_calls_total{outcome=\"LG3002\"}", "1"),
        ("lockgate_calls_total{outcome=\"LG3001\"}", "1"),
        ("lockgate_call_duration_seconds_count", "5"),
        ("lockgate_http_requests_total{status=\"422\"}", "1"),
        ("lockgate_calls_in_flight", "0"),
        ("lockgate_groups", "1"),
        ("lockgate_connectors", "11"),
        ("lockgate_call_records_dropped", "0"),
    ] {
        assert_eq!(value(name).as_deref(), Some(expected), "{name}\n{}", metrics.body);
    }
    assert!(metrics.body.ends_with("# EOF\n"));
}

/// Nothing that a caller chooses becomes a label: each would be a series that monitoring keeps for months.
#[test]
fn names_of_callers_make_no_series() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    let series = || -> BTreeSet<String> {
        let body = host.at(Method::GET, "/metrics").body;
        body.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    host.invoke("g/input", &json!("a")).status(200);
    host.invoke("missing/connector", &json!(1)).status(404);
    let before = series();
    for name in 0..20 {
        host.group(&format!("group-{name}"), json!({}));
        host.invoke(&format!("missing-{name}/connector"), &json!(1)).status(404);
        host.at(Method::GET, &format!("/nowhere/{name}")).status(404);
        let tenant = host.call("g/input", &json!("a")).header("lockgate-tenant", format!("tenant-{name}"));
        host.send(tenant).status(200);
    }
    let new: Vec<_> = series().difference(&before).cloned().collect();
    assert_eq!(new, ["lockgate_http_requests_total{status=\"201\"}"; 0]);
}
