//! Answers that are read in steps.

use std::time::Duration;

use lockgate_tests::database_servers::{MariaDb, PostgreSql};
use serde_json::json;

use super::{Server, on, setup};

const MILLION: &str = "SELECT generate_series(1, 1000000)::int8";

#[test]
fn a_million_rows_of_postgresql_take_little_memory() {
    a_million_rows_take_little_memory::<PostgreSql>(MILLION);
}

#[test]
fn a_million_rows_of_mariadb_take_little_memory() {
    a_million_rows_take_little_memory::<MariaDb>("SELECT seq FROM seq_1_to_1000000");
}

fn a_million_rows_take_little_memory<S: Server>(million: &str) {
    let setup = on::<S>(json!({"limits": {"cpu_ms": 120_000, "deadline_ms": 180_000}}));
    let ask = json!({"statement": million});
    // The component is compiled, and the session open.
    setup.invoke("sum", &json!({"statement": "SELECT 1"})).status(200);
    let before = setup.host.resources().resident_kib;
    setup.host.forget_peak();
    let answer = setup.invoke("sum", &ask).status(200).json();
    let told = &answer["output"];
    assert_eq!((&told["rows"], &told["sum"]), (&json!(1_000_000), &json!(500_000_500_000_u64)));
    assert!(told["memory"].as_u64().unwrap() < 8 << 20, "{answer}");
    let grown = setup.host.peak_kib().saturating_sub(before);
    assert!(grown < 32 << 10, "{grown} KiB");
    // Steps cost calls of the host, and rows do not.
    assert!(answer["call"]["usage"]["host_calls"].as_u64().unwrap() < 1_000, "{answer}");
    setup.nothing_is_open("its transaction is over");
}

#[test]
fn answers_of_one_transaction_are_read_in_turns() {
    let setup = setup(json!({"limits": {"cpu_ms": 60_000, "deadline_ms": 60_000}}));
    let ask = |rows: u64| json!({"statement": format!("SELECT number FROM generate_series(1, {rows}) AS number")});
    let sums = setup.invoke("zip", &json!([ask(3_000), ask(20_000), ask(0), ask(1)])).output();
    assert_eq!(sums, json!([4_501_500, 200_010_000, 0, 1]));
    setup.nothing_is_open("its transaction is over");
}

#[test]
fn rows_that_are_dropped_cancel_their_statement() {
    let setup = setup(json!({}));
    for _ in 0..20 {
        let end = json!({"before": [], "within": "rows", "how": "return", "long": MILLION, "day": ""});
        setup.invoke("end", &end).status(200);
    }
    setup.nothing_is_open("they are cancelled");
    assert_eq!(setup.one("SELECT 1"), "1");
    assert!(setup.server.sessions() <= 16, "{}", setup.server.activity());
}

#[test]
fn a_failure_in_the_middle_is_told_there() {
    let setup = setup(json!({}));
    let ask = json!({"statement": "SELECT 1 / (5000 - number) FROM generate_series(1, 10000) AS number"});
    let failure = setup.failure("sum", &ask);
    assert_eq!((&failure["code"], &failure["details"]["sqlstate"]), (&json!("invalid-value"), &json!("22012")));
    setup.nothing_is_open("it is over");
    let slow = json!({"statement": "SELECT 1 FROM pg_sleep(86400)", "total_timeout_ms": 500});
    // Rows are read in a transaction, which the server undoes. A statement alone may have been done: nobody knows what a
    // function has changed.
    for (connector, retryable) in [("sum", true), ("query", false)] {
        let failure = setup.failure(connector, &slow);
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!("timeout"), &json!(retryable)), "{connector}");
        let told = failure["message"].as_str().unwrap().contains("may have taken effect");
        assert_eq!(told, !retryable, "{failure:#}");
    }
    setup.nothing_is_open("they are cancelled");
    // The call's own end comes first.
    let late = setup.call("sum", &json!({"statement": "SELECT 1 FROM pg_sleep(86400)"}));
    setup.host.send(late.header("lockgate-deadline-ms", 2_000).timeout(Duration::from_secs(60))).problem(504, "LG3004");
    setup.nothing_is_open("it is cancelled");
}
