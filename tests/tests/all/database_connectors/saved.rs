//! What saving says of a definition, and what is told of an answer, a table or a number that does not fit.

use super::*;

#[test]
fn what_does_not_fit_the_database_is_said_when_it_is_saved() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let host = host(&server, &authority, json!([]));
    let mut of_another = connector("c", json!({"statement": "SELECT 1 AS n"}));
    of_another["database"]["engine"] = "mysql".into();
    let saved = host.send(host.request(Method::POST, "/groups/g/connectors").json(&of_another)).problem(422, "LG1010");
    assert_eq!(saved["errors"][0]["pointer"], "/database/engine", "{saved}");
    let mut listed = group(server.port(), &authority, json!([of_another]));
    listed["slug"] = "h".into();
    listed["name"] = "H".into();
    let refused = host.send(host.request(Method::POST, "/groups").json(&listed)).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/connectors/0/database/engine", "{refused}");
    // An option that no session of PostgreSQL would get.
    let placements = json!([
        {"in": "user", "value": "{{user}}"}, {"in": "option", "name": "sql_mode", "value": "{{user}}"},
    ]);
    let method = json!({
        "type": "custom", "fields": {"user": {"type": "text", "required": true}}, "placements": placements,
    });
    listed["connectors"] = json!([]);
    listed["activation"] = json!({"credentials": {"main": {"methods": {"login": method}}}});
    let refused = host.send(host.request(Method::POST, "/groups").json(&listed)).problem(422, "LG1010");
    let error = &refused["errors"][0];
    assert_eq!(error["pointer"], "/activation/credentials/main/methods/login/placements/1/name", "{refused}");
    assert!(error["detail"].to_string().contains("search_path"), "{error}");
    // Who is asked for schemas and has no connection is told what to name.
    let file = host
        .home
        .write("one.yaml", "name: one\ntype: database\ndatabase: {engine: postgresql, statement: SELECT 1 AS n}\n");
    let file = file.to_str().expect("text");
    host.run(["connector", "create", "g", "-f", file]).exits(1).says("LG1015").says("--connection NAME");
    // What the server says of a place in the statement, and what it advises.
    let file = host.home.write(
        "wrong.yaml",
        "name: wrong\ntype: database\ndatabase: {engine: postgresql, statement: SELECT relnam FROM pg_class}\n",
    );
    let ran = host.run(["connector", "create", "g", "-f", file.to_str().expect("text"), "--connection", "main"]);
    ran.exits(1).says("LG4017").says("at character 8").says("Perhaps you meant");
}

#[test]
fn a_table_that_has_changed_is_read_as_it_is_now() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server
        .sql(&format!("CREATE TABLE t (n int, m text); ALTER TABLE t OWNER TO {USER}; INSERT INTO t VALUES (1, 'a')"));
    let host = host(&server, &authority, json!([connector("c", json!({"statement": "SELECT * FROM t"}))]));
    assert_eq!(first(&host, "c", &json!({})), json!({"n": 1, "m": "a"}));
    server.sql("ALTER TABLE t ALTER COLUMN n TYPE text, ADD COLUMN more int DEFAULT 2");
    assert_eq!(first(&host, "c", &json!({})), json!({"n": "1", "m": "a", "more": 2}));
}

#[test]
fn what_was_written_is_said_where_the_answer_does_not_fit() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!("CREATE TABLE t (n int); ALTER TABLE t OWNER TO {USER}"));
    let write = |mode: &str| json!({"statement": "INSERT INTO t VALUES (1), (2) RETURNING n", "mode": mode, "read_only": false});
    let mut strict = connector("strict", write("rows"));
    strict["output_schema"] = json!({"type": "object", "properties": {"rows": {"maxItems": 1}}});
    let read = connector("read", json!({"statement": "SELECT n FROM t", "mode": "one"}));
    let host = host(&server, &authority, json!([connector("one", write("one")), strict, read]));
    let several = call(&host, "one", &json!({})).problem(422, "LG3001");
    assert_eq!(several["failure"]["code"], "several_rows");
    assert!(several["failure"]["message"].to_string().contains("has taken effect"), "{several}");
    assert_eq!(several["retryable"], false);
    let misfit = call(&host, "strict", &json!({})).problem(500, "LG3009");
    assert!(misfit["detail"].to_string().contains("has taken effect"), "{misfit}");
    assert_eq!(server.sql("SELECT count(*) FROM t"), "4");
    // What only reads has none.
    let several = call(&host, "read", &json!({})).problem(422, "LG3001");
    assert!(!several.to_string().contains("taken effect"), "{several}");
}

#[test]
fn materialized_views_and_types_of_ones_own_are_shown() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    server.sql(&format!(
        "CREATE TYPE mood AS ENUM ('sad', 'glad'); \
         CREATE TABLE people (id int PRIMARY KEY, feels mood NOT NULL DEFAULT 'sad', moods mood[], tags text[]); \
         CREATE MATERIALIZED VIEW glad AS SELECT id FROM people; CREATE TABLE hidden (n int); \
         ALTER TABLE people OWNER TO {USER}; GRANT SELECT ON glad TO {USER}"
    ));
    let host = host(&server, &authority, json!([]));
    let tables = host.run(["database", "tables", "g", "--connection", "main", "--output", "json"]).ok().json();
    let names: Vec<_> = tables["tables"].as_array().expect("a list").iter().map(|table| &table["name"]).collect();
    assert_eq!(names, ["glad", "people"]);
    assert_eq!(tables["tables"][0]["kind"], "view");
    let columns = &tables["tables"][1]["columns"];
    assert_eq!(columns[1], json!({"name": "feels", "type": "mood", "nullable": false, "default": "'sad'::mood"}));
    assert_eq!((&columns[2]["type"], &columns[3]["type"]), (&json!("mood[]"), &json!("text[]")));
    // An item of an array may be NULL, in and out.
    let definition = json!({
        "name": "echo", "type": "database",
        "database": {"engine": "postgresql", "statement": "SELECT :tags::text[] AS tags"},
    });
    let path = "/groups/g/connectors?connection=main";
    host.send(host.request(Method::POST, path).json(&definition)).status(201);
    let tags = json!({"tags": ["a", null, "NULL"]});
    assert_eq!(first(&host, "echo", &tags), tags);
}

/// A whole number is one however a caller writes it.
#[test]
fn numbers_with_an_exponent_are_whole_where_they_have_no_fraction() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let statement = "SELECT :n::int AS n, :many::numeric AS many";
    let host = host(&server, &authority, json!([connector("c", json!({"statement": statement}))]));
    let body = r#"{"input": {"n": 1.5e3, "many": 2.5e-3}, "connection": {"fixed": "main"}}"#;
    let request =
        host.request(Method::POST, "/groups/g/connectors/c/invoke").header("content-type", "application/json");
    let output = host.send(request.body(body)).output();
    assert_eq!(output["rows"][0], json!({"n": 1500, "many": "0.0025"}));
}

#[test]
fn what_a_server_has_is_asked_for_calls_that_may_be_made() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let host = host(&server, &authority, json!([]));
    // A token of some tenants can save no connector, and has none described by the workspace's credential.
    let token = host.token_with("editor", json!({"tenants": ["ada"]}));
    let unsaved = json!({"name": "probe", "type": "database", "database": {"engine": "postgresql", "statement": "SELECT 1 FROM nowhere"}});
    let test = json!({"group": "g", "connector": unsaved, "input": {}, "connection": {"fixed": "main"}});
    host.send(host.shown(&token, Method::POST, "/v1/workspaces/default/tests/run").json(&test)).problem(403, "LG1003");
    host.send(host.request(Method::POST, "/tests/run").json(&test)).problem(422, "LG4017");
    // A scope that has switched the group off sends nothing to its servers.
    let tables =
        || host.request(Method::POST, "/groups/g/databases/tables").json(&json!({"connection": {"fixed": "main"}}));
    host.send(tables()).status(200);
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&json!({"enabled": false}))).status(200);
    host.send(tables()).problem(409, "LG1011");
}
