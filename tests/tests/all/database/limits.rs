//! Each limit that a database can reach: it ends a call with its own name, and raised by the setting that is named the same
//! call passes.

use lockgate_domain::Limit;
use serde_json::{Value, json};

use super::{Setup, setup};

fn ask(statement: &str) -> Value {
    json!({"statement": statement})
}

/// A guest is told, and can go on.
#[track_caller]
fn told(setup: &Setup, connector: &str, input: &Value, limit: Limit, enough: u64) {
    let failure = setup.failure(connector, input);
    assert_eq!((&failure["code"], &failure["details"]["code"]), (&json!("too-large"), &json!("LG4007")), "{failure}");
    let setting = format!("limits.{}", limit.name());
    assert!(failure["message"].as_str().unwrap().contains(&setting), "{failure}");
    setup.nothing_is_open("nothing goes on");
    setup.host.run(["group", "set", "g", &format!("{setting}={enough}")]).ok();
    setup.invoke(connector, input).status(200);
}

#[test]
fn rows() {
    let setup = setup(json!({"limits": {"rows": 10}}));
    assert_eq!(setup.rows("SELECT generate_series(1, 10)").as_array().unwrap().len(), 10);
    // Any number can be read in steps, and some of more can be asked for.
    assert_eq!(setup.invoke("sum", &ask("SELECT generate_series(1, 11)::int8")).output()["rows"], 11);
    let some = json!({"statement": "SELECT generate_series(1, 11)", "max_rows": 10});
    assert_eq!(setup.invoke("query", &some).output()["more"], true);
    told(&setup, "query", &ask("SELECT generate_series(1, 11)"), Limit::Rows, 11);
}

#[test]
fn bytes_of_an_answer() {
    let setup = setup(json!({"limits": {"upstream_body_bytes": 100_000}}));
    let values = ask("SELECT number, number, number FROM generate_series(1, 1000) AS number");
    told(&setup, "query", &values, Limit::UpstreamBody, 1_000_000);
}

/// An item is a digit on the way, and takes many times as much here.
#[test]
fn items_of_arrays() {
    let setup = setup(json!({"limits": {"upstream_body_bytes": 1_000_000}}));
    let items = ask("SELECT array_fill(0, ARRAY[100000])");
    told(&setup, "query", &items, Limit::UpstreamBody, 10_000_000);
}

#[test]
fn bytes_of_a_row() {
    let setup = setup(json!({"limits": {"upstream_body_bytes": 100_000}}));
    let row = ask("SELECT length(own)::int8 FROM (SELECT repeat('x', 200000) AS own) AS one");
    setup.invoke("sum", &row).status(200);
    told(&setup, "query", &ask("SELECT repeat('x', 200000)"), Limit::UpstreamBody, 1_000_000);
}

#[test]
fn host_calls() {
    let setup = setup(json!({"limits": {"host_calls": 4}}));
    let asks = json!([ask("SELECT 1"), ask("SELECT 2"), ask("SELECT 3"), ask("SELECT 4"), ask("SELECT 5")]);
    setup.invoke("each", &asks).limit(500, "LG3010", "host_calls", 4);
    setup.host.run(["group", "set", "g", "limits.host_calls=5"]).ok();
    setup.invoke("each", &asks).status(200);
}

#[test]
fn memory() {
    let setup =
        setup(json!({"limits": {"memory_bytes": 8 << 20, "upstream_body_bytes": 64 << 20, "output_bytes": 64 << 20}}));
    let large = ask("SELECT length(own)::int8, own FROM (SELECT repeat('x', 5000000) AS own) AS one");
    setup.invoke("query", &large).limit(500, "LG3006", "memory_bytes", 8 << 20);
    setup.nothing_is_open("nothing goes on");
    setup.host.run(["group", "set", "g", &format!("limits.memory_bytes={}", 256 << 20)]).ok();
    setup.invoke("query", &large).status(200);
}

#[test]
fn handles() {
    let setup = setup(json!({"limits": {"handles": 2}}));
    let asks = json!([ask("SELECT 1::int8"), ask("SELECT 2::int8"), ask("SELECT 3::int8")]);
    setup.invoke("zip", &asks).limit(500, "LG3012", "handles", 2);
    setup.nothing_is_open("nothing goes on");
    setup.host.run(["group", "set", "g", "limits.handles=10"]).ok();
    setup.invoke("zip", &asks).status(200);
}
