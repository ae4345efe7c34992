//! JSON of a database with two members of one name: neither is taken in silence.

use lockgate_tests::database_group::{self, connect, failure};
use lockgate_tests::database_servers::{DATABASE, MariaDb, PostgreSql, USER};
use lockgate_tests::{Authority, Host, Serve};
use serde_json::{Value, json};

use super::javascript;

/// Gives the column `value` of each statement, or the error.
const SOURCE: &str = "
    import { query } from 'lockgate/database';
    export default async (statements) => {
        const found = [];
        for (const statement of statements) {
            found.push(await query(statement).then(([{ value }]) => value, (error) => `${error.name}: ${error.message}`));
        }
        return found;
    };";

/// A host whose group has the script, and a connector `declared` with a statement.
fn host(engine: &str, port: u16, authority: &Authority, statement: &str) -> Host {
    let host = Serve::new().reaching_addresses([format!("127.0.0.1:{port}").parse().unwrap()]).start().with_scripts();
    let database = json!({"engine": engine, "host": "localhost", "port": port, "name": DATABASE});
    let declared = json!({
        "name": "declared", "type": "database", "input_schema": true, "output_schema": true,
        "database": {"engine": engine, "statement": statement, "mode": "one"},
    });
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()], "capabilities": ["database"],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": database, "credential": "main"}], "connectors": [javascript(SOURCE), declared],
        }),
    );
    connect(&host, "g", USER);
    host
}

fn values(host: &Host, statements: &[&str]) -> Value {
    database_group::call(host, "c", &json!(statements)).output()
}

#[test]
fn of_two_members_of_one_name_none_is_taken() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let host = host("postgresql", server.port(), &authority, r#"SELECT '{"a":1,"a":2}'::json AS value"#);
    assert_eq!(failure(database_group::call(&host, "declared", &json!({}))), "unexpected_answer");
    let refused = [
        (r#"'{"a":1,"a":2}'::json"#, "a"),
        (r#"'[7,{"b":{"c":[],"\u0061":[{}],"a":"}"}}]'::json"#, "a"),
        (r#"array['{}'::json, '{"a":"\\","a":null}'::json]"#, "a"),
        (r#"'{"a":9007199254740993,"a":1}'::json"#, "a"),
        (r#"'{"\n\ud83d\ude00":1,"\u000a😀":2}'::json"#, "\n😀"),
        (r#"'{"":{"":1},"x":[{"":2}],"":3}'::json"#, ""),
    ];
    let statements: Vec<String> = refused.iter().map(|(value, _)| format!("SELECT {value} AS value")).collect();
    let found = values(&host, &statements.iter().map(String::as_str).collect::<Vec<_>>());
    for ((value, name), found) in refused.iter().zip(found.as_array().unwrap()) {
        let told = "twice: select it as text, such as `value::text`";
        assert_eq!(
            found,
            &json!(format!("SyntaxError: an object in JSON of the database has `{name}` {told}")),
            "{value}"
        );
    }
    let taken = [
        (r#"'{"a":1,"a":2}'::json::text"#, json!(r#"{"a":1,"a":2}"#)),
        (r#"'{"a":1,"a":2}'::jsonb"#, json!({"a": 2})),
        (
            r#"'{"a":{"a":"a"},"b":[{"a":1},{"a":2}],"c":"\"a\":1,\"a\":2","A":["a","a"]}'::json"#,
            json!({"a": {"a": "a"}, "b": [{"a": 1}, {"a": 2}], "c": "\"a\":1,\"a\":2", "A": ["a", "a"]}),
        ),
        (
            r#"'{"\\u0061":1,"a":2,"\"":3,"\\":4,"\/":5,"\\/":6}'::json"#,
            json!({"\\u0061": 1, "a": 2, "\"": 3, "\\": 4, "/": 5, "\\/": 6}),
        ),
        ("array['[]'::json, '\"a\"'::json, 'null'::json]", json!([[], "a", null])),
    ];
    let statements: Vec<String> = taken.iter().map(|(value, _)| format!("SELECT {value} AS value")).collect();
    let found = values(&host, &statements.iter().map(String::as_str).collect::<Vec<_>>());
    for ((value, expected), found) in taken.iter().zip(found.as_array().unwrap()) {
        assert_eq!(found, expected, "{value}");
    }
}

/// MariaDB's type of columns is one for texts, which come as they are.
#[test]
fn json_of_mariadb_is_a_text_with_both() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    server.sql(r#"CREATE TABLE kept (value JSON); INSERT INTO kept VALUES ('{"a":1,"a":2}')"#);
    let host = host("mysql", server.port(), &authority, "SELECT value FROM kept");
    let both = r#"{"a":1,"a":2}"#;
    assert_eq!(database_group::call(&host, "declared", &json!({})).output(), json!({"value": both}));
    assert_eq!(values(&host, &["SELECT value FROM kept"]), json!([both]));
}
