//! Where a connector goes and as whom: what needs a look, and what has no say.

use super::*;

#[test]
fn another_database_or_less_tls_needs_a_look_at_every_connection() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let host = host(&server, &authority, json!([connector("c", json!({"statement": "SELECT 1 AS n"}))]));
    call(&host, "c", &json!({})).status(200);
    let set = |database: Value| host.set("g", json!({"destinations": [{"database": database, "credential": "main"}]}));
    for change in [
        json!({"name": "postgres"}),
        json!({"tls": "verify-ca"}),
        json!({"options": {"search_path": "x"}}),
        json!({"host": "127.0.0.1"}),
    ] {
        let mut changed = database(server.port());
        for (key, value) in change.as_object().expect("an object") {
            changed[key] = value.clone();
        }
        set(changed);
        call(&host, "c", &json!({})).problem(409, "LG1021");
        set(database(server.port()));
        call(&host, "c", &json!({})).status(200);
    }
    // A name that connectors use leads nowhere else.
    let named = json!([{"name": "orders", "database": database(server.port()), "credential": "main"}]);
    host.set("g", json!({"destinations": named}));
    call(&host, "c", &json!({})).status(200);
}

#[test]
fn the_environment_has_no_say_and_the_password_is_nowhere() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let address = format!("127.0.0.1:{}", server.port()).parse().expect("an address");
    let host = Serve::new()
        .reaching_addresses([address])
        .with_variable("PGPASSWORD", PASSWORD)
        .with_variable("PGUSER", USER)
        .with_variable("PGSSLMODE", "disable")
        .start();
    host.group("g", group(server.port(), &authority, json!([connector("c", json!({"statement": "SELECT 1 AS n"}))])));
    let credentials = json!({"main": {"values": {"username": USER, "password": "wrong"}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&json!({"credentials": credentials})))
        .status(201);
    call(&host, "c", &json!({})).problem(502, "LG4013");
    assert!(!host.log().contains(PASSWORD));
}
