//! What is refused, by whom, and with which code.

use lockgate_tests::guests;
use serde_json::{Value, json};

use super::setup;

fn ask(statement: &str) -> Value {
    json!({"statement": statement})
}

#[test]
fn what_is_not_granted_is_denied_by_name() {
    let setup = setup(json!({}));
    setup.host.set("g", json!({"capabilities": []}));
    for connector in ["query", "execute", "sum"] {
        let failure = setup.failure(connector, &ask("SELECT 1"));
        assert_eq!(failure["code"], "denied", "{failure}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("`database`") && message.contains("--grant"), "{message}");
    }
    let failure = setup.failure("together", &json!({"asks": []}));
    assert_eq!(failure["code"], "denied", "{failure}");
    assert_eq!(setup.server.sessions(), 0);
    setup.host.set("g", json!({"capabilities": ["database"]}));
    assert_eq!(setup.one("SELECT 1"), "1");
    setup.host.group("nowhere", json!({"capabilities": ["database"]}));
    setup.host.load("nowhere", guests::DATABASE.bytes()).status(201);
    let failure = setup.host.invoke("nowhere/query", &ask("SELECT 1")).problem(422, "LG3001")["failure"].take();
    assert_eq!(failure["code"], "invalid-request", "{failure}");
}

#[test]
fn a_refusal_of_the_server_has_a_code_and_details() {
    let setup = setup(json!({}));
    let tables = "CREATE TABLE parents (id int PRIMARY KEY); \
                  CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL CONSTRAINT positive CHECK (n > 0), \
                  parent int REFERENCES parents); CREATE TABLE hidden (id int); \
                  GRANT ALL ON items, parents TO ada; INSERT INTO items VALUES (1, 1)";
    setup.server.sql(tables);
    for (statement, code, sqlstate) in [
        ("INSERT INTO items VALUES (1, 1)", "unique-violation", "23505"),
        ("INSERT INTO items VALUES (2, NULL)", "not-null-violation", "23502"),
        ("INSERT INTO items VALUES (2, 0)", "check-violation", "23514"),
        ("INSERT INTO items VALUES (2, 1, 9)", "foreign-key-violation", "23503"),
        ("SELECT 1 / 0", "invalid-value", "22012"),
        ("SELECT * FROM nothing", "invalid-statement", "42P01"),
        ("SELEC 1", "invalid-statement", "42601"),
        ("SELECT * FROM hidden", "permission-denied", "42501"),
    ] {
        let failure = setup.failure("execute", &ask(statement));
        let details = &failure["details"];
        assert_eq!((&failure["code"], &details["sqlstate"]), (&json!(code), &json!(sqlstate)), "{failure}");
        assert_eq!((&failure["retryable"], &details["fault"]), (&json!(false), &json!(code)), "{failure}");
        assert!(details["code"].as_str().unwrap().starts_with("LG4"), "{failure}");
    }
    let failure = setup.failure("execute", &ask("INSERT INTO items VALUES (2, 0)"));
    assert_eq!(
        (&failure["details"]["constraint"], &failure["details"]["table"]),
        (&json!("positive"), &json!("items"))
    );
    // The session goes on.
    assert_eq!(setup.one("SELECT count(*) FROM items"), "1");
}

#[test]
fn transactions_are_begun_and_ended_by_their_functions_alone() {
    let setup = setup(json!({}));
    let words = [
        "BEGIN",
        "begin work",
        "START TRANSACTION",
        "COMMIT",
        "END",
        "ROLLBACK",
        "ABORT",
        "PREPARE own AS SELECT 1",
        "PREPARE TRANSACTION 'x'",
        "/* x */ CoMmIt AND CHAIN",
    ];
    for statement in words {
        let failure = setup.failure("execute", &ask(statement));
        assert_eq!(failure["code"], "invalid-request", "{statement}: {failure}");
        let failure = setup.failure("together", &json!({"asks": [ask(statement)]}));
        assert_eq!(failure["code"], "invalid-request", "{statement}: {failure}");
    }
    for statement in ["SELECT 1; SELECT 2", "SELECT 1; COMMIT", "COPY (SELECT 1) TO STDOUT", ""] {
        let failure = setup.failure("execute", &ask(statement));
        assert_eq!(failure["code"], "invalid-request", "{statement}: {failure}");
    }
    // What runs a program is a matter of the user's rights.
    let file = setup.host.home.work().join("by-the-database");
    setup.server.sql("CREATE TABLE items (line text); GRANT ALL ON items TO ada");
    let copy = ask(&format!("COPY items FROM PROGRAM 'touch {}'", file.display()));
    for (connector, input) in [("execute", copy.clone()), ("together", json!({"asks": [copy]}))] {
        assert_eq!(setup.failure(connector, &input)["code"], "permission-denied", "{connector}");
    }
    assert!(!file.exists());
    setup.server.sql("GRANT pg_execute_server_program TO ada");
    let copy = ask("COPY items FROM PROGRAM 'printf \"one\\ntwo\\n\"'");
    assert_eq!(setup.invoke("execute", &copy).output(), 2);
    // A statement that runs code ends no transaction either.
    let failure = setup.failure("together", &json!({"asks": [ask("DO $$ BEGIN COMMIT; END $$")]}));
    assert_eq!(failure["details"]["sqlstate"], "2D000", "{failure}");
    setup.nothing_is_open("every transaction is over");
}

#[test]
fn what_only_reads_changes_nothing() {
    let setup = setup(json!({}));
    setup.server.sql("CREATE TABLE items (id int); CREATE SEQUENCE numbers; GRANT ALL ON items, numbers TO ada");
    let insert = "WITH added AS (INSERT INTO items VALUES (1) RETURNING id) SELECT * FROM added";
    for statement in [insert, "SELECT nextval('numbers')"] {
        let failure = setup.failure("query", &json!({"statement": statement, "read_only": true}));
        assert_eq!((&failure["code"], &failure["details"]["sqlstate"]), (&json!("read-only"), &json!("25006")));
        let failure = setup.failure("sum", &json!({"statement": statement, "read_only": true}));
        assert_eq!(failure["code"], "read-only", "{failure}");
        let failure = setup.failure("together", &json!({"asks": [ask(statement)], "read_only": true}));
        assert_eq!(failure["code"], "read-only", "{failure}");
    }
    let failure = setup.failure("execute", &json!({"statement": "INSERT INTO items VALUES (1)", "read_only": true}));
    assert_eq!(failure["code"], "invalid-request", "{failure}");
    // What would end its transaction's mode is no statement that reads.
    let escape = json!([ask("SET TRANSACTION READ WRITE"), ask(insert)]);
    let failure = setup.failure("together", &json!({"asks": escape, "read_only": true}));
    assert_eq!((&failure["code"], &failure["details"]["sqlstate"]), (&json!("refused"), &json!("25001")), "{failure}");
    assert_eq!(setup.server.sql("SELECT count(*) FROM items"), "0");
    assert_eq!(setup.invoke("execute", &ask("INSERT INTO items VALUES (1)")).output(), 1);
}

#[test]
fn what_the_options_do_not_have_is_refused() {
    let setup = setup(json!({}));
    let refused = |connector: &str, input: Value, word: &str| {
        let failure = setup.failure(connector, &input);
        assert_eq!(failure["code"], "invalid-request", "{failure}");
        assert!(failure["message"].as_str().unwrap().contains(word), "{failure}");
    };
    refused("execute", json!({"statement": "SELECT 1", "max_rows": 1}), "max_rows");
    refused("sum", json!({"statement": "SELECT 1", "max_rows": 1}), "max_rows");
    refused("together", json!({"asks": [{"statement": "SELECT 1", "database": "orders"}]}), "database");
    refused("together", json!({"asks": [{"statement": "SELECT 1", "read_only": true}]}), "read_only");
    refused("query", json!({"statement": "SELECT :a", "named": [["b", "null"]]}), "`:b`");
    refused("query", json!({"statement": "SELECT 1", "named": [["a", "null"]]}), ":a");
    refused("query", json!({"statement": "SELECT $1::int", "numbered": ["null", "null"]}), "2 values");
}

/// The server would keep other values than were given.
#[test]
fn what_would_be_kept_as_another_value_is_refused() {
    let setup = setup(json!({}));
    setup.server.sql("CREATE TABLE kept (data bytea, list bytea[], doc jsonb); GRANT ALL ON kept TO ada");
    let array = |lengths: &[u32], items: Value| {
        let dimensions: Vec<_> = lengths.iter().map(|length| (length, 1)).collect();
        json!({"array": {"element": "", "dimensions": dimensions, "items": items}})
    };
    let insert = |column: &str, value: &Value| json!({"statement": format!("INSERT INTO kept ({column}) VALUES ($1)"), "numbered": [value]});
    for (column, value, word) in [
        ("data", json!({"int64": "5"}), "bytea"),
        ("data", json!({"json": "{\"a\":1}"}), "bytea"),
        ("data", json!({"timestamp-tz": "2026-11-29T10:20:30Z"}), "bytea"),
        ("list", array(&[], json!([{"bytes": [1]}, {"boolean": true}])), "bytea"),
        ("doc", array(&[], json!([{"float64": "NaN"}, {"int64": "1"}])), "NaN"),
        ("doc", array(&[], json!([{"bytes": [1]}])), "bytes"),
        ("doc", array(&[2, 0], json!([])), "empty lists"),
    ] {
        let failure = setup.failure("execute", &insert(column, &value));
        assert_eq!(failure["code"], "invalid-request", "{value}: {failure}");
        assert!(failure["message"].as_str().unwrap().contains(word), "{value}: {failure}");
    }
    assert_eq!(setup.server.sql("SELECT count(*) FROM kept"), "0");
    for (column, value) in [
        ("data", json!({"bytes": [5]})),
        ("list", array(&[], json!([{"bytes": [1]}, "null"]))),
        ("doc", array(&[2, 1], json!([{"float64": "0.5"}, {"decimal": "1.10"}]))),
    ] {
        assert_eq!(setup.invoke("execute", &insert(column, &value)).output(), 1, "{value}");
    }
    let kept = setup.server.sql("SELECT coalesce(data::text, list::text, doc::text) FROM kept ORDER BY ctid");
    assert_eq!(kept, "\\x05\n{\"\\\\x01\",NULL}\n[[0.5], [1.10]]");
}
