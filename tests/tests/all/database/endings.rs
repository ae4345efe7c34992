//! Calls that end in the middle of a transaction or of an answer: nothing stays open on the server, nothing stays done, and
//! the sessions are there for the next.

use std::time::Duration;

use lockgate_tests::database_servers::{MariaDb, PostgreSql};
use lockgate_tests::{equal, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Server, Setup, on, setup};

/// What these tests say in the words of an engine.
trait Words: Server {
    /// What makes the table of these tests.
    const TABLE: &str;
    /// Statements that a transaction is in the middle of: they change something and hold locks.
    const BEFORE: [&str; 3];
    /// A statement that is left in a session, and one that shows it, with what that shows of a clean one.
    const ALONE: &str;
    const LEFT: (&str, &str);
    const LONG: &str;
    const DAY: &str;
}

impl Words for PostgreSql {
    const TABLE: &str = "CREATE TABLE items (id int); GRANT ALL ON items TO ada";
    const BEFORE: [&str; 3] = ["INSERT INTO items VALUES (1)", "SELECT pg_advisory_lock(7)", "LOCK TABLE items"];
    const ALONE: &str = "SELECT set_config('search_path', 'pg_catalog', false)";
    const LEFT: (&str, &str) = ("SHOW search_path", "\"$user\", public");
    const LONG: &str = "SELECT generate_series(1, 100000000)::int8";
    const DAY: &str = "SELECT pg_sleep(86400)";
}

impl Words for MariaDb {
    const TABLE: &str = "CREATE TABLE items (id int)";
    const BEFORE: [&str; 3] =
        ["INSERT INTO items VALUES (1)", "SELECT GET_LOCK('own', 0)", "SELECT id FROM items FOR UPDATE"];
    const ALONE: &str = "SET @left = 'left'";
    const LEFT: (&str, &str) = ("SELECT IF(@left IS NULL, 'nothing', 'left') AS own", "nothing");
    // All rows of a cursor are put together at its beginning.
    const LONG: &str = "SELECT seq FROM seq_1_to_100000";
    const DAY: &str = "SELECT SLEEP(86400)";
}

fn prepared<S: Words>(limits: Value) -> Setup<S> {
    let setup = on::<S>(json!({"limits": limits}));
    setup.server.sql(S::TABLE);
    setup
}

fn end<S: Words>(within: &str, how: &str) -> Value {
    let before = if within == "rows" { vec![S::ALONE] } else { S::BEFORE.to_vec() };
    json!({"before": before, "within": within, "how": how, "long": S::LONG, "day": S::DAY})
}

/// Nothing was done, nothing is left, and a call as any other works.
#[track_caller]
fn assert_clean<S: Words>(setup: &Setup<S>, after: &str) {
    setup.nothing_is_open(after);
    assert_eq!(setup.server.sql("SELECT count(*) FROM items"), "0", "{after}");
    let (look, clean) = S::LEFT;
    assert_eq!(setup.one(look), clean, "{after}");
}

#[test]
fn a_transaction_is_committed_or_rolled_back() {
    let setup = setup(json!({}));
    setup.server.sql(PostgreSql::TABLE);
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
fn a_guest_that_ends_in_the_middle_leaves_nothing_on_postgresql() {
    a_guest_that_ends_in_the_middle_leaves_nothing::<PostgreSql>();
}

#[test]
fn a_guest_that_ends_in_the_middle_leaves_nothing_on_mariadb() {
    a_guest_that_ends_in_the_middle_leaves_nothing::<MariaDb>();
}

fn a_guest_that_ends_in_the_middle_leaves_nothing<S: Words>() {
    // With one call for each instance, and with the same instance for all that come back clean.
    for calls in [1, 100] {
        let setup = prepared::<S>(json!({"calls_per_instance": calls, "cpu_ms": 300}));
        for within in ["transaction", "rows"] {
            for (how, status, code) in [
                ("return", 200, ""),
                ("keep", 200, ""),
                ("fail", 422, "LG3001"),
                ("trap", 500, "LG3002"),
                ("spin", 500, "LG3005"),
            ] {
                let answer = setup.invoke("end", &end::<S>(within, how));
                if status == 200 {
                    answer.status(200);
                } else {
                    answer.problem(status, code);
                }
                assert_clean(&setup, &format!("{how} within {within}, {calls} calls"));
            }
        }
        setup.invoke("end", &end::<S>("rows-of-transaction", "return")).status(200);
        assert_clean(&setup, "the transaction ended before its rows");
    }
}

#[test]
fn the_deadline_ends_what_runs_on_postgresql() {
    the_deadline_ends_what_runs::<PostgreSql>();
}

#[test]
fn the_deadline_ends_what_runs_on_mariadb() {
    the_deadline_ends_what_runs::<MariaDb>();
}

fn the_deadline_ends_what_runs<S: Words>() {
    let setup = prepared::<S>(json!({}));
    for within in ["transaction", "rows"] {
        let call = setup.call("end", &end::<S>(within, "wait"));
        setup.host.send(call.header("lockgate-deadline-ms", 2_000)).problem(504, "LG3004");
        assert_clean(&setup, within);
    }
}

#[test]
fn a_caller_who_hangs_up_ends_what_runs_on_postgresql() {
    a_caller_who_hangs_up_ends_what_runs::<PostgreSql>();
}

#[test]
fn a_caller_who_hangs_up_ends_what_runs_on_mariadb() {
    a_caller_who_hangs_up_ends_what_runs::<MariaDb>();
}

fn a_caller_who_hangs_up_ends_what_runs<S: Words>() {
    let setup = prepared::<S>(json!({"deadline_ms": 600_000}));
    for within in ["transaction", "rows"] {
        let body = json!({"input": end::<S>(within, "wait"), "connection": {"fixed": "main"}}).to_string();
        let path = "/groups/g/connectors/end/invoke";
        let bytes = setup.host.request_bytes(Method::POST.as_str(), path, "application/json", body.as_bytes());
        let caller = setup.host.connect().send(bytes);
        let waits = || match setup.server.activity() {
            activity if activity.contains("(86400)") => Ok(()),
            activity => Err(activity),
        };
        eventually("the statement runs", waits);
        drop(caller);
        assert_clean(&setup, within);
    }
}

#[test]
fn sessions_are_free_again_however_calls_end_on_postgresql() {
    sessions_are_free_again_however_calls_end::<PostgreSql>("SELECT 1 FROM pg_sleep(0.2)");
}

#[test]
fn sessions_are_free_again_however_calls_end_on_mariadb() {
    sessions_are_free_again_however_calls_end::<MariaDb>("SELECT SLEEP(0.2)");
}

/// The statement holds its session for a moment.
fn sessions_are_free_again_however_calls_end<S: Words>(moment: &str) {
    let setup = prepared::<S>(json!({"cpu_ms": 300}));
    // More than a pool has.
    for round in 0..24 {
        let how = ["trap", "return", "fail"][round % 3];
        let within = ["transaction", "rows"][round % 2];
        setup.invoke("end", &end::<S>(within, how));
    }
    let waiting = |_| setup.call("query", &json!({"statement": moment})).timeout(Duration::from_secs(60));
    for answer in setup.host.send_all((0..32).map(waiting)) {
        answer.status(200);
    }
    // Where a statement is cancelled by another session, that comes and goes.
    eventually("no more sessions than a pool has", || match setup.server.counts() {
        [..=16, ..] => Ok(()),
        _ => Err(setup.server.activity()),
    });
    eventually("no session is busy", || equal(setup.server.counts()[1], &0));
    assert_clean(&setup, "all of them");
}
