//! One group whose plugin asks a server of HTTP, one of gRPC and a database in one call, each with a credential of its own
//! of one connection.

use lockgate_tests::database_servers::{DATABASE, PostgreSql, USER};
use lockgate_tests::grpc_servers::{GrpcServer, Options};
use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Authority, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::json;

const PAGES_KEY: &str = "mk-pages/+q7Zx=91";
const STOCK_KEY: &str = "mk-stock/+q7Zx=92";
const PASSWORD: &str = "mk-orders/+q7Zx=93";

#[test]
fn each_system_gets_its_own_credential_and_a_test_shows_every_exchange() {
    let authority = Authority::new();
    // Both send back what they were asked with.
    let pages = Upstream::start(|seen| Reply::new(200).json(&json!({"title": "Pen", "headers": seen.headers})));
    let required = vec![("x-stock-key".to_owned(), STOCK_KEY.to_owned())];
    let stock = GrpcServer::with(&authority, &Options { required, ..Options::default() });
    let orders = PostgreSql::start(&authority);
    orders.sql(&format!(
        "ALTER ROLE {USER} PASSWORD '{PASSWORD}'; CREATE TABLE orders (number text, sku text, quantity integer); \
         INSERT INTO orders VALUES ('A-1', 'pen-1', 3), ('A-2', 'ink-7', 1); GRANT SELECT ON orders TO {USER}"
    ));
    let database = format!("127.0.0.1:{}", orders.port()).parse().unwrap();
    let host =
        Serve::new().reaching_addresses([pages.address(), stock.address(), database]).with(["--log", "trace"]).start();
    let key = |name: &str| json!({"methods": {"key": {"type": "api_key", "in": "header", "name": name}}});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "capabilities": ["http", "grpc", "database"], "base_url": pages.url(),
            "certificate_authorities": [authority.pem()],
            "activation": {"credentials": {
                "pages": key("x-pages-key"), "stock": key("x-stock-key"), "orders": {"methods": {"login": {"type": "basic"}}},
            }},
            "destinations": [
                {"url": pages.url(), "credential": "pages", "plaintext": true},
                {"grpc": stock.url(), "credential": "stock"},
                {"database": {"engine": "postgresql", "host": "localhost", "port": orders.port(), "name": DATABASE},
                 "credential": "orders"},
            ],
            "protos": {"files": {"inventory/v1/inventory.proto": GrpcServer::proto("inventory/v1/inventory.proto")}},
        }),
    );
    host.load("g", guests::TOGETHER.bytes()).status(201);
    let connection = json!({"name": "main", "credentials": {
        "pages": {"values": {"value": PAGES_KEY}},
        "stock": {"values": {"value": STOCK_KEY}},
        "orders": {"values": {"username": USER, "password": PASSWORD}},
    }});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    let send = |route: &str| {
        let body = json!({"input": "pen-1", "connection": {"fixed": "main"}});
        host.send(host.request(Method::POST, &format!("/groups/g/connectors/report/{route}")).json(&body)).status(200)
    };
    let answer = send("invoke");
    let output = answer.json()["output"].take();
    assert_eq!((&output["page"]["title"], &output["item"]["name"]), (&json!("Pen"), &json!("Pen")));
    assert_eq!(output["orders"], json!([{"number": "A-1", "quantity": 3}]));

    let tested = send("test");
    let shown = tested.json();
    assert_eq!(shown["output"], output, "{shown:#}");
    let exchanges = shown["exchanges"].as_array().unwrap();
    assert_eq!(exchanges.len(), 3, "{shown:#}");
    assert_eq!((&exchanges[0]["status"], &exchanges[0]["method"]), (&json!(200), &json!("GET")));
    assert_eq!((&exchanges[1]["status"], &exchanges[1]["method"]), (&json!("OK"), &json!("GetItem")));
    assert_eq!(exchanges[1]["request_message"], json!({"sku": "pen-1"}));
    assert_eq!(exchanges[1]["response_messages"][0]["name"], "Pen");
    assert!(exchanges[2].to_string().contains("SELECT number, quantity"), "{shown:#}");

    // Each is at its own system, and nowhere else.
    let at_pages: Vec<u8> = pages.seen().iter().flat_map(|seen| seen.raw.clone()).collect();
    let at_stock: Vec<u8> = stock.events().iter().flat_map(|event| event.to_string().into_bytes()).collect();
    let bytes = |answer: &lockgate_tests::Answer| format!("{:?}\n{}", answer.headers, answer.body);
    let mut traces = host.traces();
    traces.push(Trace::new("the answer", bytes(&answer)));
    traces.push(Trace::new("the test's answer", bytes(&tested)));
    for (secret, pages, stock) in [(PAGES_KEY, true, false), (STOCK_KEY, false, true), (PASSWORD, false, false)] {
        let marker = Marker::text(secret, secret);
        assert_eq!(
            (marker.form_in(&at_pages).is_some(), marker.form_in(&at_stock).is_some()),
            (pages, stock),
            "{secret}"
        );
        marker.is_in_none(&traces, &[]);
    }
}
