//! Editing and testing connectors in the console, in a real browser against real servers.

use lockgate_tests::component::Crafted;
use lockgate_tests::database_group::connect;
use lockgate_tests::database_servers::{DATABASE, PostgreSql, USER};
use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Authority, Host, Reply, Serve, Upstream, walk};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "marker-key-of-the-shop-91c7";

/// What an untrusted server answers: markup, marks of direction, controls of terminals, and a number with many digits.
const HOSTILE: &str = r#"{"html": "<img src=x onerror=\"window.hit=1\"><script>window.hit=1</script>", "rtl": "\u202egnp.exe",
    "ansi": "\u001b[31mred", "price": 12345678901234567890.10}"#;

fn upstream() -> Upstream {
    Upstream::start(|seen| match seen.target.as_str() {
        "/hostile" => {
            Reply::new(200).header("content-type", "application/json").header("x-markup", "<img src=x>").body(HOSTILE)
        }
        "/big" => Reply::new(200).json(&json!({"text": "x".repeat(1024 * 1024)})),
        target => Reply::new(200).json(&json!({"target": target})),
    })
}

/// A host with the group `shop`, which sends its key to this server.
fn host(upstream: &Upstream, connectors: &Value) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    host.group(
        "shop",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(), "connectors": connectors,
            "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-key"}}}}},
            "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        }),
    );
    let values = json!({"credentials": {"main": {"values": {"value": SECRET}}}});
    host.send(host.request(Method::POST, "/groups/shop/connections").json(&values)).status(201);
    host
}

#[test]
fn a_request_is_written_tested_saved_joined_and_rolled_back() {
    let upstream = upstream();
    let host = host(&upstream, &json!([]));
    walk(&host, "editor_request", json!({"secret": SECRET}));
    assert_eq!(upstream.seen()[0].header("x-key"), Some(SECRET));
}

#[test]
fn what_strangers_send_is_text() {
    let upstream = upstream();
    let connector = |name: &str| {
        json!({
            "name": name, "type": "http", "input_schema": true, "output_schema": true, "title": "<img src=x onerror=\"window.hit=1\">",
            "description": "\u{202e}<b>evil</b>", "http": {"method": "GET", "path": format!("/{name}")},
        })
    };
    let host = host(&upstream, &json!([connector("hostile"), connector("big"), connector("new")]));
    walk(&host, "editor_hostile", json!({}));
}

#[test]
fn a_schema_is_one_document_in_three_views() {
    let upstream = upstream();
    let input = json!({
        "type": "object", "x-own": {"kept": true}, "dependentRequired": {"note": ["total"]},
        "properties": {
            "total": {"type": "number", "minimum": 1.1}, "note": {"type": "string"},
            "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
        },
        "$defs": {"line": {"type": "object", "properties": {"price": {"type": "number"}}}},
    });
    let order = json!({
        "name": "order", "type": "http", "input_schema": input, "output_schema": true,
        "http": {"method": "GET", "path": "/order", "query": {"total": "{{total}}"}},
    });
    walk(&host(&upstream, &json!([order])), "editor_schema", json!({}));
}

#[test]
fn a_script_is_completed_and_its_mistakes_are_shown_as_one_types() {
    let host = Host::start().with_scripts();
    host.group("shop", json!({}));
    walk(&host, "editor_script", json!({}));
    // What is saved has the schemas that the types say at last.
    let saved = host.get("/groups/shop/connectors/greeting").json();
    let properties = json!({"name": {"type": "string"}, "title": {"type": "string"}});
    assert_eq!((&saved["version"], &saved["input_schema"]["properties"]), (&json!(2), &properties));
    assert_eq!(saved["output_schema"], json!({"type": "string"}));
}

#[test]
fn a_plugin_shows_what_it_wants_before_anything_is_kept() {
    let host = Host::start().with_scripts();
    host.group("shop", json!({}));
    let file = |name: &str, plugin: &Crafted| host.home.write(name, plugin.component());
    let first = file("first.wasm", &Crafted::plugin("shop", "1").connector("which").connector("other"));
    let second = file("second.wasm", &Crafted::plugin("shop", "2").connector("which").wants("http"));
    walk(&host, "editor_plugin", json!({"first": first, "second": second}));
}

#[test]
fn tables_are_browsed_and_methods_are_picked() {
    let authority = Authority::new();
    let database = PostgreSql::start(&authority);
    database.sql(&format!(
        "CREATE TABLE pens (id bigint PRIMARY KEY, name text NOT NULL); ALTER TABLE pens OWNER TO {USER}; \
         INSERT INTO pens VALUES (1, 'fountain'), (2, 'ball')"
    ));
    let server = GrpcServer::start(&authority);
    let addresses = [format!("127.0.0.1:{}", database.port()).parse().expect("an address"), server.address()];
    let host = Serve::new().reaching_addresses(addresses).start().with_scripts();
    let place = json!({"engine": "postgresql", "host": "localhost", "port": database.port(), "name": DATABASE});
    host.group(
        "base",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
            "destinations": [{"database": place, "credential": "main"}],
        }),
    );
    connect(&host, "base", USER);
    let path = "inventory/v1/inventory.proto";
    host.group(
        "calls",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
            "destinations": [{"grpc": server.url()}], "protos": {"files": {path: GrpcServer::proto(path)}},
        }),
    );
    walk(&host, "editor_servers", json!({"method": "inventory.v1.Inventory/ListItems"}));
    assert!(!server.calls("/inventory.v1.Inventory/ListItems").is_empty());
}
