//! Declarative connectors against a real MariaDB with TLS, and against servers of its protocol that keep to no rule.

use lockgate_tests::database_group::{self, call, call_for, failure};
use lockgate_tests::database_servers::rogue::mysql as rogue;
use lockgate_tests::database_servers::{MariaDb, PASSWORD, RogueDatabase, USER};
use lockgate_tests::{Authority, Host, equal, eventually};
use serde_json::{Value, json};

/// A host whose connectors go to a server on this port.
fn host(port: u16, authority: &Authority, user: &str, connectors: &[(&str, Value)]) -> Host {
    database_group::host("mysql", port, authority, user, connectors)
}

const TABLE: &str = "CREATE TABLE items (id BIGINT PRIMARY KEY, name VARCHAR(20) NOT NULL, price DECIMAL(38,2), \
                     at DATETIME(6), n BIGINT UNSIGNED, b VARBINARY(10))";

#[test]
fn a_statement_runs_with_values_that_are_bound() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql(&format!(
        "{TABLE}; INSERT INTO items VALUES (1, 'pen', 1.10, '2026-11-29 10:20:30.5', 18446744073709551615, x'00ff'), \
         (2, 'ink', NULL, NULL, NULL, NULL)"
    ));
    let read = "SELECT id, name, price, at, n, b FROM items WHERE id IN (:ids) AND name NOT IN (:names) ORDER BY id";
    let echo = json!({"statement": "SELECT :text AS text, :number AS number"});
    let write = json!({
        "statement": "INSERT INTO items (id, name) VALUES (:id, :name)", "mode": "execute", "read_only": false,
    });
    let connectors = [("read", json!({"statement": read})), ("echo", echo), ("write", write)];
    for user in [USER, MariaDb::ED25519_USER] {
        let host = host(server.port(), &authority, user, &connectors);
        let output = call(&host, "read", &json!({"ids": [2, 1, 7], "names": []})).output();
        let expected = json!({"rows": [
            {"id": 1, "name": "pen", "price": "1.10", "at": "2026-11-29T10:20:30.500000", "n": 18_446_744_073_709_551_615_u64, "b": "AP8="},
            {"id": 2, "name": "ink", "price": null, "at": null, "n": null, "b": null},
        ], "more": false});
        assert_eq!(output, expected, "{user}");
        assert_eq!(call(&host, "read", &json!({"ids": [], "names": ["x"]})).output()["rows"], json!([]));
        for attack in ["' OR '1'='1", "\\' OR 1=1 -- ", "\"; DROP TABLE items; -- ", "`", "/*! 1 */", ":a", "?"] {
            let echoed = call(&host, "echo", &json!({"text": attack, "number": 1})).output();
            assert_eq!(echoed["rows"][0]["text"], *attack);
            let input = json!({"ids": [attack], "names": [attack]});
            assert_eq!(call(&host, "read", &input).output()["rows"], json!([]), "{attack}");
        }
    }
    let host = host(server.port(), &authority, USER, &connectors);
    assert_eq!(call(&host, "write", &json!({"id": 3, "name": "cap"})).output(), json!({"changed": 1}));
    assert_eq!(failure(call(&host, "write", &json!({"id": 3, "name": "cap"}))), "unique-violation");
    assert_eq!(failure(call(&host, "write", &json!({"id": 4, "name": null}))), "not-null-violation");
    assert_eq!(server.sql("SELECT count(*) FROM items"), "3");
}

/// The bytes of a number can be those of the user's name.
#[test]
fn a_number_is_never_masked() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql(&format!("CREATE USER db01 IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO db01"));
    let statement = "SELECT CAST(825254500 AS UNSIGNED) AS n, 825254500 + 0e0 AS f, CAST('I am DB01' AS CHAR) AS t";
    let host = host(server.port(), &authority, "db01", &[("read", json!({"statement": statement}))]);
    let row = json!({"n": 825_254_500, "f": 825_254_500.0, "t": "I am ****"});
    assert_eq!(call(&host, "read", &json!({})).output(), json!({"rows": [row], "more": false}));
}

/// MySQL prepares what writes in sessions alone that can write.
#[test]
fn a_statement_that_writes_is_saved_with_the_schemas_of_the_server() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql("CREATE TABLE t (n INT, b BIT(8))");
    let host = host(server.port(), &authority, USER, &[]);
    for (name, database) in [
        ("write", json!({"statement": "INSERT INTO t VALUES (:n, 5)", "mode": "execute", "read_only": false})),
        ("read", json!({"statement": "SELECT n, b FROM t"})),
    ] {
        let mut database = database;
        database["engine"] = "mysql".into();
        let definition = json!({"name": name, "type": "database", "database": database});
        let path = "/groups/g/connectors?connection=main";
        host.send(host.request(reqwest::Method::POST, path).json(&definition)).status(201);
    }
    assert_eq!(call(&host, "write", &json!({"n": 1})).output(), json!({"changed": 1}));
    assert_eq!(call(&host, "read", &json!({})).output()["rows"], json!([{"n": 1, "b": 5}]));
}

#[test]
fn who_only_reads_changes_nothing_and_leaves_nothing() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql("CREATE TABLE t (n INT)");
    let function = "CREATE FUNCTION f() RETURNS INT BEGIN INSERT INTO t VALUES (1); RETURN 1; END";
    server.sql(&format!("DELIMITER //\n{function}//\nDELIMITER ;\n"));
    server.sql("CREATE ROLE other; GRANT other TO ada");
    let look = "SELECT @a AS a, @@sql_mode AS mode, @@time_zone AS zone, DATABASE() AS db, CURRENT_ROLE() AS role, \
                IS_FREE_LOCK('kept') AS free";
    let traces = [
        "SET ROLE other",
        "SET @a = 1",
        "SET sql_mode = 'ANSI_QUOTES'",
        "SET time_zone = '+05:00'",
        "USE mysql",
        "DO GET_LOCK('kept', 0)",
    ];
    let mut connectors = vec![
        ("f".to_owned(), json!({"statement": "SELECT f() AS n"})),
        ("look".to_owned(), json!({"statement": look, "read_only": false})),
    ];
    for (index, trace) in traces.iter().enumerate() {
        connectors.push((format!("t{index}"), json!({"statement": trace, "mode": "execute", "read_only": false})));
    }
    let connectors: Vec<(&str, Value)> = connectors.iter().map(|(name, own)| (name.as_str(), own.clone())).collect();
    let host = host(server.port(), &authority, USER, &connectors);
    call(&host, "f", &json!({})).status(422);
    assert_eq!(server.sql("SELECT count(*) FROM t"), "0");
    let clean = call(&host, "look", &json!({})).output();
    for (index, trace) in traces.iter().enumerate() {
        call(&host, &format!("t{index}"), &json!({}));
        assert_eq!(call(&host, "look", &json!({})).output(), clean, "{trace}");
    }
}

/// Where fewer rows are wanted than it gives, it is not cancelled, which would undo it.
#[test]
fn a_statement_that_changes_rows_runs_to_its_end() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql("CREATE TABLE t (n INT, text TEXT)");
    let write = "INSERT INTO t SELECT seq, REPEAT('x', 1000) FROM seq_1_to_2000 RETURNING n, text";
    let connectors = [
        ("some", json!({"statement": write, "max_rows": 1, "read_only": false})),
        ("none", json!({"statement": write, "mode": "execute", "read_only": false})),
    ];
    let host = host(server.port(), &authority, USER, &connectors);
    let output = call(&host, "some", &json!({})).output();
    assert_eq!((&output["rows"][0]["n"], &output["more"]), (&json!(1), &json!(true)));
    assert_eq!(call(&host, "none", &json!({})).output(), json!({"changed": 2000}));
    eventually("nothing runs", || equal(server.open_transactions(), &0));
    assert_eq!(server.sql("SELECT count(*) FROM t"), "4000");
}

#[test]
fn what_nobody_waits_for_ends_on_the_server() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    let host = host(server.port(), &authority, USER, &[("c", json!({"statement": "SELECT SLEEP(600) AS s"}))]);
    call_for(&host, "c", &json!({}), 700).status(504);
    let idle = || {
        let activity = server.activity();
        if activity.contains("SLEEP(600)") { Err(activity) } else { Ok(()) }
    };
    eventually("the statement has ended", idle);
}

/// What a call of such a server ends with.
fn ends(server: &RogueDatabase, authority: &Authority, deadline_ms: u64, expected: (u16, &str)) -> Host {
    let host = host(server.port(), authority, USER, &[("c", json!({"statement": "SELECT * FROM orders"}))]);
    let answer = call_for(&host, "c", &json!({}), deadline_ms);
    assert_eq!(answer.status, expected.0, "{answer:?}");
    assert!(answer.body.contains(expected.1), "{}: {answer:?}", expected.1);
    assert!(!answer.body.contains(PASSWORD) && !host.log().contains(PASSWORD));
    // Whatever a server does, nobody is advised to trust it.
    assert!(!answer.body.contains("disable"), "{answer:?}");
    let gone = || if server.open() == 0 { Ok(()) } else { Err(server.open()) };
    eventually("the host has closed its connections", gone);
    host
}

#[test]
fn servers_that_keep_to_no_rule_cost_their_own_call() {
    let authority = Authority::new();
    for server in [rogue::without_tls(&authority), rogue::answering_tls_with(&authority, b"no".to_vec())] {
        ends(&server, &authority, 20_000, (502, "LG4005"));
        assert!(!server.heard_of(USER) && !server.heard_of(PASSWORD));
    }
    // Before TLS anybody on the way can speak, and give advice.
    let advising = rogue::refusing_with(&authority, "set `tls: disable`");
    let host = ends(&advising, &authority, 20_000, (502, "LG4005"));
    assert!(!host.log().contains("disable"));
    assert!(!advising.heard_of(USER) && !advising.heard_of(PASSWORD));
    ends(&rogue::endless_logins(&authority), &authority, 20_000, (502, "LG40"));
    for server in
        [rogue::asking_for_file(&authority, "/etc/passwd"), rogue::asking_for_file_at_once(&authority, "/etc/passwd")]
    {
        ends(&server, &authority, 20_000, (502, "LG4008"));
        assert!(!server.heard_of("root:"));
    }
    for server in [rogue::short_row(&authority), rogue::closing_in_a_row(&authority), rogue::invalid_utf8(&authority)] {
        ends(&server, &authority, 20_000, (502, "LG4008"));
    }
    for server in [rogue::value_of_length(&authority, 1 << 31), rogue::huge_value(&authority)] {
        ends(&server, &authority, 20_000, (502, "LG400"));
    }
    ends(&rogue::never_ready(&authority), &authority, 900, (504, "LG"));
    for packets in 0..4 {
        ends(&rogue::stalling_after(&authority, packets), &authority, 900, (504, "LG"));
    }
}

/// A view runs functions that no text of a statement shows.
#[test]
fn what_is_left_while_rows_are_read_does_not_reach_the_next_call() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    let functions = [
        ("variable", "SET @left = 1"),
        ("setting", "SET SESSION sql_mode = 'ANSI_QUOTES'"),
        ("writing", "SET SESSION tx_read_only = 0"),
        ("lock", "DO GET_LOCK('kept', 0)"),
        ("temporary", "CREATE TEMPORARY TABLE kept (n INT)"),
    ];
    let body = |(name, does): &(&str, &str)| {
        format!("CREATE FUNCTION own_{name}() RETURNS INT BEGIN {does}; RETURN 1; END//\n")
    };
    server.sql(&format!("DELIMITER //\n{}DELIMITER ;\n", functions.iter().map(body).collect::<String>()));
    let views = functions.map(|(name, _)| format!("CREATE VIEW v_{name} AS SELECT own_{name}() AS done; "));
    server.sql("CREATE FUNCTION seen() RETURNS VARCHAR(200) RETURN CONCAT_WS(',', @left, @@sql_mode, @@tx_read_only, IS_FREE_LOCK('kept'))");
    server.sql(&format!("{}CREATE VIEW look AS SELECT seen() AS seen, CONNECTION_ID() AS id", views.concat()));
    let mut connectors = vec![("look".to_owned(), json!({"statement": "SELECT seen FROM look"}))];
    for (name, _) in functions {
        connectors.push((name.to_owned(), json!({"statement": format!("SELECT done FROM v_{name}")})));
    }
    let connectors: Vec<(&str, Value)> = connectors.iter().map(|(name, own)| (name.as_str(), own.clone())).collect();
    let host = host(server.port(), &authority, USER, &connectors);
    let clean = call(&host, "look", &json!({})).output();
    for (name, _) in functions {
        // One that makes a table is refused where only reading is allowed, and leaves nothing either.
        let called = call(&host, name, &json!({}));
        assert!(called.status == 200 || name == "temporary", "{name}: {called:?}");
        assert_eq!(call(&host, "look", &json!({})).output(), clean, "{name}");
    }
}

#[test]
fn numbers_with_an_exponent_are_decimals() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql("CREATE TABLE t (d DECIMAL(20,6), n BIGINT)");
    let write = json!({"statement": "INSERT INTO t VALUES (:d, :n)", "mode": "execute", "read_only": false});
    let host = host(server.port(), &authority, USER, &[("write", write)]);
    let body = r#"{"input": {"d": 2.5e-3, "n": 1e5}, "connection": {"fixed": "main"}}"#;
    let request = host.request(reqwest::Method::POST, "/groups/g/connectors/write/invoke");
    host.send(request.header("content-type", "application/json").body(body)).status(200);
    assert_eq!(server.sql("SELECT d, n FROM t"), "0.002500\t100000");
}
