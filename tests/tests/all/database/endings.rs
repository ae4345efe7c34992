//! Calls that end in the middle of a transaction or of an answer: nothing stays open on the server, nothing stays done, and
//! the sessions are there for the next.

use std::time::Duration;

use lockgate_tests::{equal, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Setup, setup};

fn prepared(limits: Value) -> Setup {
    let setup = setup(json!({"limits": limits}));
    setup.server.sql("CREATE TABLE items (id int); GRANT ALL ON items TO ada");
    setup
}

fn end(within: &str, how: &str) -> Value {
    let before = json!(["INSERT INTO items VALUES (1)", "SELECT pg_advisory_lock(7)", "LOCK TABLE items"]);
    let alone = json!(["SELECT set_config('search_path', 'pg_catalog', false)"]);
    json!({"before": if within == "rows" { alone } else { before }, "within": within, "how": how})
}

/// Nothing was done, nothing is left, and a call as any other works.
#[track_caller]
fn assert_clean(setup: &Setup, after: &str) {
    setup.nothing_is_open(after);
    assert_eq!(setup.server.sql("SELECT count(*) FROM items"), "0", "{after}");
    assert_eq!(setup.one("SHOW search_path"), "\"$user\", public", "{after}");
}

#[test]
fn a_transaction_is_committed_or_rolled_back() {
    let setup = prepared(json!({}));
    let ask = |statement: &str| json!({"statement": statement});
    let asks = json!([ask("INSERT INTO items VALUES (1)"), ask("SELECT count(*) FROM items")]);
    let told = setup.invoke("together", &json!({"asks": asks, "roll_back": true})).output();
    assert_eq!(told[1]["rows"][0][0], json!({"int64": "1"}));
    assert_clean(&setup, "rolled back");
    for isolation in ["read_committed", "repeatable_read", "serializable"] {
        let level = json!([ask("SHOW transaction_isolation"), ask("DELETE FROM items")]);
        let told = setup.invoke("together", &json!({"asks": level, "isolation": isolation})).output();
        assert_eq!(told[0]["rows"][0][0]["text"], isolation.replace('_', " "));
    }
    // A savepoint is a part of its transaction.
    let asks = json!([
        ask("INSERT INTO items VALUES (1)"),
        ask("SAVEPOINT here"),
        ask("INSERT INTO items VALUES (2)"),
        ask("ROLLBACK TO here"),
        ask("RELEASE here"),
    ]);
    setup.invoke("together", &json!({"asks": asks})).status(200);
    assert_eq!(setup.server.sql("SELECT id FROM items"), "1");
    setup.nothing_is_open("committed");
}

#[test]
fn a_guest_that_ends_in_the_middle_leaves_nothing() {
    // With one call for each instance, and with the same instance for all that come back clean.
    for calls in [1, 100] {
        let setup = prepared(json!({"calls_per_instance": calls, "cpu_ms": 300}));
        for within in ["transaction", "rows"] {
            for (how, status, code) in [
                ("return", 200, ""),
                ("keep", 200, ""),
                ("fail", 422, "LG3001"),
                ("trap", 500, "LG3002"),
                ("spin", 500, "LG3005"),
            ] {
                let answer = setup.invoke("end", &end(within, how));
                if status == 200 {
                    answer.status(200);
                } else {
                    answer.problem(status, code);
                }
                assert_clean(&setup, &format!("{how} within {within}, {calls} calls"));
            }
        }
        setup.invoke("end", &end("rows-of-transaction", "return")).status(200);
        assert_clean(&setup, "the transaction ended before its rows");
    }
}

#[test]
fn the_deadline_ends_what_runs() {
    let setup = prepared(json!({}));
    for within in ["transaction", "rows"] {
        let call = setup.call("end", &end(within, "wait"));
        setup.host.send(call.header("lockgate-deadline-ms", 2_000)).problem(504, "LG3004");
        assert_clean(&setup, within);
    }
}

#[test]
fn a_caller_who_hangs_up_ends_what_runs() {
    let setup = prepared(json!({"deadline_ms": 600_000}));
    for within in ["transaction", "rows"] {
        let body = json!({"input": end(within, "wait"), "connection": {"fixed": "main"}}).to_string();
        let path = "/groups/g/connectors/end/invoke";
        let bytes = setup.host.request_bytes(Method::POST.as_str(), path, "application/json", body.as_bytes());
        let caller = setup.host.connect().send(bytes);
        let waits = || match setup.server.activity() {
            activity if activity.contains("pg_sleep(86400)") => Ok(()),
            activity => Err(activity),
        };
        eventually("the statement runs", waits);
        drop(caller);
        assert_clean(&setup, within);
    }
}

#[test]
fn sessions_are_free_again_however_calls_end() {
    let setup = prepared(json!({"cpu_ms": 300}));
    // More than a pool has.
    for round in 0..24 {
        let how = ["trap", "return", "fail"][round % 3];
        let within = ["transaction", "rows"][round % 2];
        setup.invoke("end", &end(within, how));
    }
    let waiting =
        |_| setup.call("query", &json!({"statement": "SELECT 1 FROM pg_sleep(0.2)"})).timeout(Duration::from_secs(60));
    for answer in setup.host.send_all((0..32).map(waiting)) {
        answer.status(200);
    }
    assert!(setup.server.sessions() <= 16, "{}", setup.server.activity());
    eventually("no session is busy", || equal(setup.server.open_transactions(), &0));
    assert_clean(&setup, "all of them");
}
