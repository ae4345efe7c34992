//! What logs in at a database is known to that database and to nobody else: also when it sends it back, in whatever form.

use lockgate_tests::database_servers::{DATABASE, MariaDb, PostgreSql};
use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Authority, Collector, Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

const USER: &str = "mk-user-q7Zx-91";
const PASSWORD: &str = "mk-pass/+q7Zx:91";

/// The password in a table, and ways to send it or the user back.
const POSTGRESQL: [&str; 10] = [
    "SELECT current_user, session_user::text, usename FROM pg_stat_activity WHERE pid = pg_backend_pid()",
    "SELECT value FROM echo",
    "SELECT encode(convert_to(value, 'UTF8'), 'base64') FROM echo",
    "SELECT encode(convert_to(value, 'UTF8'), 'hex') FROM echo",
    "SELECT convert_to(value, 'UTF8') FROM echo",
    "SELECT to_json(value), json_build_object('a', value), to_jsonb('{' || value || '}') FROM echo",
    "SELECT ARRAY[value, 'and ' || value] FROM echo",
    "SELECT value::integer FROM echo",
    "SELECT 1 / (CASE WHEN value::xml IS NULL THEN 1 ELSE 0 END) FROM echo",
    "SELECT tell()",
];
const MYSQL: [&str; 7] = [
    "SELECT CURRENT_USER(), USER(), CONCAT(user, '!') FROM information_schema.processlist WHERE id = CONNECTION_ID()",
    "SELECT value FROM echo",
    "SELECT TO_BASE64(value) FROM echo",
    "SELECT HEX(value), LOWER(HEX(value)) FROM echo",
    "SELECT CAST(value AS BINARY) FROM echo",
    "SELECT JSON_OBJECT('a', value), JSON_ARRAY(value) FROM echo",
    "SELECT EXTRACTVALUE(1, CONCAT('~', value)) FROM echo",
];

/// Calls a guest that asks each statement, over every route, and looks through all that is left.
fn looks(engine: &str, port: u16, authority: &Authority, statements: &[&str]) {
    let collector = Collector::start();
    let host = Serve::new()
        .reaching_addresses([format!("127.0.0.1:{port}").parse().unwrap()])
        .with(["--log", "trace", "--otlp-endpoint", &collector.endpoint()])
        .start();
    let database = json!({"engine": engine, "host": "localhost", "port": port, "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "capabilities": ["database"], "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}],
        }),
    );
    host.load("g", guests::DATABASE.bytes()).status(201);
    let values = json!({"main": {"values": {"username": USER, "password": PASSWORD}}});
    let connection = json!({"name": "main", "credentials": values});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    let mut answers = Vec::new();
    for statement in statements {
        for route in ["invoke", "test"] {
            let bytes = ask(&host, route, statement);
            answers.push(Trace { place: format!("{engine}: the answer of {route} to {statement}"), bytes });
        }
    }
    let whole = answers.iter().map(|answer| String::from_utf8_lossy(&answer.bytes).into_owned()).collect::<String>();
    assert!(!whole.contains("login-failed") && whole.contains("\"rows\""), "nothing was answered: {whole}");
    let mut traces = host.traces();
    let spans = || collector.spans();
    lockgate_tests::eventually("the spans of the calls", || {
        let upstream = spans().iter().filter(|span| span["name"] == "upstream").count();
        if upstream < statements.len() { Err(upstream) } else { Ok(()) }
    });
    traces.push(Trace { place: "the spans".to_owned(), bytes: Value::from(spans()).to_string().into_bytes() });
    // PostgreSQL has the user in the title of a session's process.
    for (secret, but) in [(USER, &["ps"][..]), (PASSWORD, &[])] {
        let marker = Marker::new(&format!("{engine}: {secret}"), secret.as_bytes());
        marker.is_in_none(&answers, &[]);
        marker.is_in_none(&traces, but);
    }
}

fn ask(host: &Host, route: &str, statement: &str) -> Vec<u8> {
    let body = json!({"input": {"statement": statement}, "connection": {"fixed": "main"}});
    let request = host.request(Method::POST, &format!("/groups/g/connectors/query/{route}"));
    let answer = host.send(request.json(&body));
    format!("{:?}\n{}", answer.headers, answer.body).into_bytes()
}

#[test]
fn postgresql_tells_nobody_who_logged_in() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE ROLE \"{USER}\" LOGIN PASSWORD '{PASSWORD}'; CREATE TABLE echo (value text); \
         INSERT INTO echo VALUES ('{PASSWORD}'); GRANT SELECT ON echo TO \"{USER}\"; \
         CREATE FUNCTION tell() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN \
         RAISE NOTICE 'notice {PASSWORD}'; RAISE EXCEPTION 'exception {PASSWORD}' USING DETAIL = 'of {USER}', HINT = '{PASSWORD}'; \
         END $$"
    ));
    looks("postgresql", server.port(), &authority, &POSTGRESQL);
    assert!(server.log().contains(&format!("{USER}@{DATABASE}")), "it logged in");
}

#[test]
fn mariadb_tells_nobody_who_logged_in() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql(&format!(
        "CREATE USER '{USER}' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {DATABASE}.* TO '{USER}'; \
         CREATE TABLE echo (value VARCHAR(100)); INSERT INTO echo VALUES ('{PASSWORD}')"
    ));
    looks("mysql", server.port(), &authority, &MYSQL);
}
