//! Declarative database connectors against a real PostgreSQL with TLS: what is bound, what comes back, what is refused, and
//! that nothing of a call is left for the next.

mod reach;
mod saved;

use lockgate_tests::database_group::{call, connect, failure};
use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::{Authority, Host, Serve, eventually};
use reqwest::Method;
use serde_json::{Value, json};

/// A host with the group `g`, whose connectors go to this server by a verified TLS connection.
fn host(server: &PostgreSql, authority: &Authority, connectors: Value) -> Host {
    let address = format!("127.0.0.1:{}", server.port()).parse().expect("an address");
    let host = Serve::new().reaching_addresses([address]).start();
    host.group("g", group(server.port(), authority, connectors));
    connect(&host, "g", USER);
    host
}

fn group(port: u16, authority: &Authority, connectors: Value) -> Value {
    json!({
        "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
        "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
        "destinations": [{"database": database(port), "credential": "main"}],
        "connectors": connectors,
    })
}

fn database(port: u16) -> Value {
    json!({"engine": "postgresql", "host": "localhost", "port": port, "name": DATABASE})
}

/// A connector that takes anything.
fn connector(name: &str, database: Value) -> Value {
    let mut database = database;
    database["engine"] = "postgresql".into();
    json!({"name": name, "type": "database", "input_schema": true, "output_schema": true, "database": database})
}

fn first(host: &Host, name: &str, input: &Value) -> Value {
    call(host, name, input).output()["rows"][0].clone()
}

#[test]
fn a_statement_is_a_connector_whose_schemas_come_from_the_server() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TABLE items (id bigint PRIMARY KEY, name text NOT NULL, price numeric(10,2), at timestamptz DEFAULT now()); \
         CREATE VIEW cheap AS SELECT id FROM items WHERE price < 1; \
         ALTER TABLE items OWNER TO {USER}; ALTER VIEW cheap OWNER TO {USER}; \
         INSERT INTO items VALUES (1, 'pen', 1.10, '2026-11-29 10:20:30+00'), (2, 'ink', NULL, NULL)"
    ));
    let host = host(&server, &authority, json!([]));
    let file = host.home.write(
        "items.yaml",
        "name: items\ntype: database\ndatabase:\n  engine: postgresql\n  statement: |\n    SELECT id, name, price, at \
         FROM items WHERE id IN (:ids) ORDER BY id\n",
    );
    let file = file.to_str().expect("text");
    host.run(["connector", "create", "g", "-f", file]).exits(1).says("LG1015");
    host.run(["connector", "create", "g", "-f", file, "--connection", "main"]).ok();
    let shown = host.run(["connector", "show", "g/items"]).ok().json();
    assert_eq!(shown["input_schema"]["properties"]["ids"]["items"]["type"], "integer");
    let row = &shown["output_schema"]["properties"]["rows"]["items"];
    assert_eq!(row["properties"]["price"]["type"], json!(["string", "null"]));
    let output = host.run(["invoke", "g/items", "--input", r#"{"ids": [2, 1]}"#, "--connection", "main"]).ok().json();
    let expected = json!({"rows": [
        {"id": 1, "name": "pen", "price": "1.10", "at": "2026-11-29T10:20:30Z"},
        {"id": 2, "name": "ink", "price": null, "at": null},
    ], "more": false});
    assert_eq!(output, expected);
    let none = call(&host, "items", &json!({"ids": []})).output();
    assert_eq!(none, json!({"rows": [], "more": false}));
    call(&host, "items", &json!({"ids": ["x"]})).problem(422, "LG1009");

    let tested = host.run(["connector", "test", "g/items", "--input", r#"{"ids": [1]}"#, "--connection", "main"]).ok();
    tested.says("= ANY ($1)").says("1 rows after");
    let tables = host.run(["database", "tables", "g", "--connection", "main"]).ok();
    tables.prints("items").prints("cheap");
    let table = host.run(["database", "describe", "g", "items", "--connection", "main"]).ok();
    table.prints("numeric").prints("items_pkey").prints("primary");
    let described =
        host.run(["database", "describe", "g", "-f", file, "--connection", "main", "--output", "json"]).ok();
    assert_eq!(described.json()["parameters"], json!(["int8[]"]));
}

/// What a schema that comes from the server says holds for the call.
#[test]
fn derived_schemas_fit_what_is_called() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE TABLE t (k int, moods mood[], bits bit(4), doc jsonb); \
         ALTER TABLE t OWNER TO {USER}; INSERT INTO t VALUES (0, '{{sad,glad}}', '1010', '[]')"
    ));
    let host = host(&server, &authority, json!([]));
    let made = |name: &str, database: Value| {
        let definition = json!({"name": name, "type": "database", "database": database});
        let path = "/groups/g/connectors?connection=main";
        host.send(host.request(Method::POST, path).json(&definition)).status(201);
    };
    made("read", json!({"engine": "postgresql", "statement": "SELECT moods, bits FROM t"}));
    assert_eq!(first(&host, "read", &json!({})), json!({"moods": "{sad,glad}", "bits": "1010"}));
    // A list of objects is JSON where the parameter is.
    let insert = "INSERT INTO t SELECT r.k FROM jsonb_to_recordset(:rows) AS r (k int) RETURNING k";
    made(
        "add",
        json!({"engine": "postgresql", "statement": insert, "mode": "execute", "read_only": false, "max_rows": 1}),
    );
    let rows: Vec<Value> = (1..=1_500).map(|k| json!({"k": k})).collect();
    assert_eq!(call(&host, "add", &json!({"rows": rows})).output(), json!({"changed": 1_500}));
    assert_eq!(server.sql("SELECT count(*), max(k) FROM t"), "1501|1500");
    let doc = json!([[1, "x", null], {"a": [true]}, [], 1.5, 9_007_199_254_740_993_u64]);
    made("echo", json!({"engine": "postgresql", "statement": "SELECT :doc::jsonb AS doc"}));
    assert_eq!(first(&host, "echo", &json!({"doc": doc})), json!({"doc": doc}));
    // In a list that is compared they are none.
    made("compare", json!({"engine": "postgresql", "statement": "SELECT k FROM t WHERE k IN (:ks)"}));
    call(&host, "compare", &json!({"ks": [[1]]})).problem(422, "LG1009");
}

#[test]
fn values_are_what_psql_prints() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let host = host(&server, &authority, json!([]));
    // The settings of the host's sessions: what psql prints is compared under the same.
    let settings = "SET IntervalStyle = iso_8601; SET TimeZone = UTC; ";
    let cases = [
        ("bool", "'t'"),
        ("int2", "'-32768'"),
        ("int4", "'2147483647'"),
        ("int8", "'-9223372036854775808'"),
        ("oid", "'4294967295'"),
        ("numeric", "'99999999999999999999999999999999999999'"),
        ("numeric", "'-0.00000000000000000000000000000000000001'"),
        ("numeric", "'NaN'"),
        ("numeric", "'Infinity'"),
        ("float4", "'0.1'"),
        ("float8", "'1.7976931348623157e308'"),
        ("float8", "'NaN'"),
        ("float8", "'-Infinity'"),
        ("float8", "'5e-324'"),
        ("text", "''"),
        ("text", "'ü \"quoted\" \\ back'"),
        ("varchar", "'v'"),
        ("bpchar", "'c'"),
        ("name", "'n'"),
        ("date", "'0001-01-01'"),
        ("date", "'9999-12-31'"),
        ("date", "'infinity'"),
        ("time", "'23:59:59.999999'"),
        ("time", "'24:00:00'"),
        ("interval", "'178000000 years'"),
        ("interval", "'-1 year 2 mons -3 days 04:05:06.7'"),
        ("uuid", "'00000000-0000-0000-0000-000000000001'"),
        ("json", "'{\"a\": 1.10, \"a\" : 12345678901234567890}'"),
        ("inet", "'10.0.0.1/8'"),
        ("money", "'12.34'"),
        ("bit", "'1'"),
        ("int4range", "'[1,5)'"),
        ("point", "'(1,2)'"),
    ];
    for (kind, literal) in cases {
        let definition = connector("c", json!({"statement": format!("SELECT {literal}::{kind} AS v")}));
        save(&host, &definition);
        let answer = call(&host, "c", &json!({}));
        let printed = server.sql(&format!("{settings}SELECT {literal}::{kind}"));
        let value = if kind == "json" {
            // Duplicate members are refused as outputs: what is ambiguous is passed on to nobody.
            assert_eq!(failure(answer), "unexpected_answer");
            continue;
        } else {
            answer.output()["rows"][0]["v"].clone()
        };
        let shown = match value {
            Value::String(text) => text,
            Value::Bool(true) => "t".to_owned(),
            Value::Number(number) => match kind {
                "float4" | "float8" => {
                    assert_eq!(number.as_f64(), printed.parse().ok(), "{kind} {literal}");
                    continue;
                }
                _ => number.to_string(),
            },
            other => panic!("{kind} {literal}: {other}"),
        };
        assert_eq!(shown, printed, "{kind} {literal}");
    }
    for (kind, literal, expected) in [
        ("timestamp", "'2026-11-29 10:20:30.5'", json!("2026-11-29T10:20:30.5")),
        ("timestamptz", "'2026-11-29 10:20:30+05:30'", json!("2026-11-29T04:50:30Z")),
        ("timestamptz", "'infinity'", json!("infinity")),
        ("timestamp", "'0044-03-15 12:00:00 BC'", json!("0044-03-15 12:00:00 BC")),
        ("bytea", "'\\x00ff'", json!("AP8=")),
        ("jsonb", "'{\"a\": [1, null]}'", json!({"a": [1, null]})),
        ("text", "NULL", Value::Null),
        ("int4[]", "'{{1,NULL},{3,4}}'", json!([[1, null], [3, 4]])),
        ("text[]", "'{\"a,b\",\"NULL\",NULL,\"\"}'", json!(["a,b", "NULL", null, ""])),
        ("int4[]", "'{}'", json!([])),
    ] {
        save(&host, &connector("c", json!({"statement": format!("SELECT {literal}::{kind} AS v")})));
        assert_eq!(first(&host, "c", &json!({}))["v"], expected, "{kind} {literal}");
    }
    save(&host, &connector("c", json!({"statement": "SELECT repeat('x', 1000000) AS v"})));
    assert_eq!(first(&host, "c", &json!({}))["v"].as_str().map(str::len), Some(1_000_000));
}

fn save(host: &Host, definition: &Value) {
    let put = host.send(host.request(Method::PUT, "/groups/g/connectors/c").json(definition));
    if put.status == 404 {
        host.send(host.request(Method::POST, "/groups/g/connectors").json(definition)).status(201);
    } else {
        put.status(200);
    }
}

#[test]
fn values_are_bound_and_never_become_sql() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server
        .sql(&format!("CREATE TABLE t (a text, n int); ALTER TABLE t OWNER TO {USER}; INSERT INTO t VALUES ('x', 1)"));
    let statement =
        "SELECT a, :echo::text AS echo FROM t WHERE a = :a OR n = :n OR a IN (:list) ORDER BY a LIMIT :limit";
    let host = host(&server, &authority, json!([connector("c", json!({"statement": statement}))]));
    let attacks = [
        "' OR '1'='1",
        "'; DROP TABLE t; --",
        "\\'; DROP TABLE t; --",
        "$$",
        "$1",
        ":a",
        "/* */",
        "x' UNION SELECT 1 --",
        "{\"x\"}",
        "{x,y}",
        "\u{2019} OR 1=1",
        "%",
        "'||pg_sleep(9)||'",
    ];
    for attack in attacks {
        let input = json!({"echo": attack, "a": attack, "n": -1, "list": [attack], "limit": 5});
        assert_eq!(call(&host, "c", &input).output()["rows"], json!([]), "{attack}");
        let input = json!({"echo": attack, "a": "x", "n": -1, "list": [attack, "y"], "limit": 5});
        assert_eq!(first(&host, "c", &input)["echo"], *attack);
        // A text in the place of a number is no number.
        let input = json!({"echo": "", "a": "", "n": attack, "list": [], "limit": 5});
        assert_eq!(failure(call(&host, "c", &input)), "invalid-value", "{attack}");
        let input = json!({"echo": "", "a": "x", "n": 1, "list": [], "limit": attack});
        assert_eq!(failure(call(&host, "c", &input)), "invalid-value", "{attack}");
    }
    assert_eq!(server.sql("SELECT count(*) FROM t"), "1");
    for refused in ["SELECT 1; DROP TABLE t", "SELECT ';'; SELECT 2", "SELECT $1"] {
        let definition = connector("d", json!({"statement": refused}));
        host.send(host.request(Method::POST, "/groups/g/connectors").json(&definition)).problem(422, "LG1010");
    }
}

#[test]
fn who_only_reads_changes_nothing() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TABLE t (n int); ALTER TABLE t OWNER TO {USER}; INSERT INTO t VALUES (1); \
         CREATE FUNCTION add() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (2) RETURNING n'"
    ));
    let reading = [
        "WITH x AS (INSERT INTO t VALUES (3) RETURNING n) SELECT n FROM x",
        "SELECT add() AS n",
        "SELECT nextval('pg_catalog.pg_class'::regclass) AS n",
        "SELECT set_config('transaction_read_only', 'off', false), add()",
    ];
    let mut connectors: Vec<Value> = reading
        .iter()
        .enumerate()
        .map(|(index, statement)| connector(&format!("r{index}"), json!({"statement": statement})))
        .collect();
    connectors.push(connector(
        "off",
        json!({"statement": "SELECT set_config('default_transaction_read_only', 'off', false)"}),
    ));
    let write = json!({"statement": "INSERT INTO t VALUES (:n)", "mode": "execute", "read_only": false});
    connectors.push(connector("w", write));
    let host = host(&server, &authority, json!(connectors));
    for index in 0..reading.len() {
        // What was switched off before is on again for the next.
        call(&host, "off", &json!({})).status(200);
        call(&host, &format!("r{index}"), &json!({})).status(422);
    }
    assert_eq!(server.sql("SELECT count(*) FROM t"), "1");
    for refused in [
        "INSERT INTO t VALUES (1)",
        "DO $$ BEGIN COMMIT; INSERT INTO t VALUES (1); END $$",
        "CALL p()",
        "COPY t FROM PROGRAM 'id'",
        "EXPLAIN ANALYZE CREATE TABLE u AS SELECT 1 AS n",
        "EXPLAIN (ANALYZE) SELECT 1 AS n INTO u",
        "SELECT lo_from_bytea(0, '')",
        "SELECT pg_notify('a', 'b')",
        "SELECT query_to_xml('SELECT lo_create(424299)', true, true, '')::text AS x",
        "SELECT pg_stat_reset()::text AS x",
        "--\rDO $$ BEGIN COMMIT; SET TRANSACTION READ WRITE; INSERT INTO t VALUES (1); END $$ /*\nSELECT 1 */",
    ] {
        let definition = connector("d", json!({"statement": refused}));
        host.send(host.request(Method::POST, "/groups/g/connectors").json(&definition)).problem(422, "LG1010");
    }
    assert_eq!(call(&host, "w", &json!({"n": 5})).output(), json!({"changed": 1}));
    assert_eq!(server.sql("SELECT sum(n) FROM t"), "6");
}

#[test]
fn nothing_of_a_session_reaches_the_next_call() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!("CREATE ROLE other NOLOGIN; GRANT other TO {USER}"));
    let traces = [
        "SELECT set_config('search_path', 'pg_catalog', false)",
        "SET ROLE other",
        "SELECT pg_advisory_lock(7)::text",
        "DO $$ BEGIN EXECUTE 'PREPARE kept AS SELECT 1'; END $$",
        "LISTEN news",
        "CREATE TEMP TABLE kept (n int)",
        "SET statement_timeout = 1",
        "SET DateStyle = 'German'",
    ];
    let look = "SELECT current_setting('search_path') AS path, current_user::text AS user, \
                (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks, \
                (SELECT count(*) FROM pg_prepared_statements WHERE from_sql) AS prepared, \
                (SELECT count(*) FROM pg_listening_channels()) AS channels, to_regclass('pg_temp.kept')::text AS temp, \
                current_setting('DateStyle') AS style";
    let traces_of = |(index, statement): (usize, &&str)| {
        let mode = if statement.starts_with("SELECT") { "rows" } else { "execute" };
        connector(&format!("t{index}"), json!({"statement": statement, "mode": mode, "read_only": false}))
    };
    let mut connectors: Vec<Value> = traces.iter().enumerate().map(traces_of).collect();
    connectors.push(connector("look", json!({"statement": look, "read_only": false})));
    let host = host(&server, &authority, json!(connectors));
    let clean = first(&host, "look", &json!({}));
    for (index, trace) in traces.iter().enumerate() {
        let left = call(&host, &format!("t{index}"), &json!({}));
        // The host reads values by it: a change ends the call, and the session with it.
        match trace.contains("DateStyle") {
            true => drop(left.problem(422, "LG4012")),
            false => drop(left.status(200)),
        }
        assert_eq!(first(&host, "look", &json!({})), clean, "{trace}");
    }
}

#[test]
fn what_nobody_waits_for_ends_on_the_server() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let sleep = json!({"statement": "SELECT pg_sleep(600)::text AS s"});
    let host = host(
        &server,
        &authority,
        json!([connector("c", sleep), connector("n", json!({"statement": "SELECT 1 AS n"}))]),
    );
    let request = host.request(Method::POST, "/groups/g/connectors/c/invoke");
    let body = json!({"input": {}, "connection": {"fixed": "main"}});
    host.send(request.header("lockgate-deadline-ms", "700").json(&body)).status(504);
    eventually("the statement has ended", || match server.open_transactions() {
        0 => Ok(()),
        _ => Err(server.activity()),
    });
    // A caller that goes away while the statement runs.
    let body = body.to_string();
    let caller = host.connect().send(host.head("g/c", body.len())).send(body);
    eventually("the statement runs", || match server.open_transactions() {
        1 => Ok(()),
        _ => Err(server.activity()),
    });
    drop(caller);
    eventually("the statement has ended", || match server.open_transactions() {
        0 => Ok(()),
        _ => Err(server.activity()),
    });
    assert_eq!(first(&host, "n", &json!({}))["n"], 1);
    assert!(server.log().contains("canceling statement due to user request"), "{}", server.log());
}

#[test]
fn refusals_of_the_server_are_failures_with_a_word() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TABLE t (n int PRIMARY KEY, m int NOT NULL CHECK (m > 0)); ALTER TABLE t OWNER TO {USER}"
    ));
    let insert = json!({"statement": "INSERT INTO t VALUES (:n, :m)", "mode": "execute", "read_only": false});
    let select = json!({"statement": "SELECT * FROM missing"});
    let other = json!({"statement": "SELECT rolpassword FROM pg_authid"});
    let connectors = json!([connector("w", insert), connector("s", select), connector("p", other)]);
    let host = host(&server, &authority, connectors);
    call(&host, "w", &json!({"n": 1, "m": 1})).status(200);
    for (input, code) in [
        (json!({"n": 1, "m": 1}), "unique-violation"),
        (json!({"n": 2, "m": null}), "not-null-violation"),
        (json!({"n": 2, "m": 0}), "check-violation"),
        (json!({"n": 3_000_000_000_u32, "m": 1}), "invalid-value"),
    ] {
        assert_eq!(failure(call(&host, "w", &input)), code);
    }
    let problem = call(&host, "w", &json!({"n": 1, "m": 1})).problem(422, "LG3001");
    assert_eq!(problem["failure"]["details"]["constraint"], "t_pkey");
    assert_eq!(failure(call(&host, "s", &json!({}))), "invalid-statement");
    assert_eq!(failure(call(&host, "p", &json!({}))), "permission-denied");
}
