//! The sample `orders`: a transaction over two statements, of which both happen or neither, on each engine by the group
//! that comes with the sample.

use std::fs;

use lockgate_tests::database_group::{call, connect, failure};
use lockgate_tests::database_servers::{MariaDb, PostgreSql, USER};
use lockgate_tests::{Authority, Host, Serve, eventually, guests};
use reqwest::Method;
use serde_json::{Value, json};

enum Server {
    PostgreSql(PostgreSql),
    MariaDb(MariaDb),
}

impl Server {
    fn all(authority: &Authority) -> [Self; 2] {
        [Self::PostgreSql(PostgreSql::start(authority)), Self::MariaDb(MariaDb::start(authority))]
    }

    /// Its group among those of the sample.
    fn file(&self) -> &'static str {
        match self {
            Self::PostgreSql(_) => "groups/postgresql.yaml",
            Self::MariaDb(_) => "groups/mysql.yaml",
        }
    }

    fn port(&self) -> u16 {
        match self {
            Self::PostgreSql(server) => server.port(),
            Self::MariaDb(server) => server.port(),
        }
    }

    fn sql(&self, statement: &str) -> String {
        match self {
            Self::PostgreSql(server) => server.sql(statement),
            Self::MariaDb(server) => server.sql(statement),
        }
    }

    fn open(&self) -> (usize, usize) {
        match self {
            Self::PostgreSql(server) => (server.open_transactions(), server.locks()),
            Self::MariaDb(server) => (server.open_transactions(), server.locks()),
        }
    }
}

/// The sample's tables, its group as it comes but for where the server is, its component, and a connection.
fn prepared(server: &Server, authority: &Authority) -> Host {
    let folder = guests::ORDERS.folder();
    server.sql(&fs::read_to_string(folder.join("tables.sql")).unwrap());
    if let Server::PostgreSql(server) = server {
        server.sql(&format!("GRANT ALL ON products, orders TO {USER}"));
    }
    let address = format!("127.0.0.1:{}", server.port()).parse().unwrap();
    let host = Serve::new().reaching_addresses([address]).start();
    let internal = format!("resource_type: INTERNAL\ncertificate_authorities: [{}]", Value::from(authority.pem()));
    let group = fs::read_to_string(folder.join(server.file())).unwrap();
    let group = group.replace("resource_type: EXTERNAL", &internal);
    let group = group.replace("db.example.com", &format!("localhost, port: {}", server.port()));
    host.run_with(&group, ["group", "create", "--file", "-"]).ok();
    host.load("orders", guests::ORDERS.bytes()).status(201);
    connect(&host, "orders", USER);
    host
}

fn order(number: &str, quantity: u32) -> Value {
    json!({"number": number, "sku": "desk-oak", "quantity": quantity})
}

#[test]
fn both_statements_happen_or_neither() {
    let authority = Authority::new();
    for server in Server::all(&authority) {
        let host = prepared(&server, &authority);
        let invoke = |connector: &str, input: &Value| call(&host, &format!("orders/{connector}"), input);
        assert_eq!(invoke("place_order", &order("A-1", 2)).output(), json!({"number": "A-1", "left": 3}));
        let stock = || server.sql("SELECT stock FROM products WHERE sku = 'desk-oak'");
        for (input, code) in [(order("A-2", 4), "out_of_stock"), (order("A-1", 1), "already_placed")] {
            assert_eq!(failure(invoke("place_order", &input)), code);
            assert_eq!((stock(), server.sql("SELECT count(*) FROM orders")), ("3".to_owned(), "1".to_owned()));
        }
        invoke("place_order", &order("A-3", 3)).status(200);
        let list = invoke("list_orders", &json!({"sku": "desk-oak"})).output();
        assert_eq!(list, json!([order("A-1", 2), order("A-3", 3)]));
        let rest = invoke("list_orders", &json!({"sku": "desk-oak", "after": "A-1"})).output();
        assert_eq!(rest, json!([order("A-3", 3)]));
        eventually("every transaction is over", || match server.open() {
            (0, 0) => Ok(()),
            counts => Err(counts),
        });
    }
}

/// An author reads all of it.
#[test]
fn the_sample_is_short() {
    let source = fs::read_to_string(guests::ORDERS.folder().join("src/lib.rs")).unwrap();
    assert!(source.lines().count() < 150, "{} lines", source.lines().count());
}

#[test]
fn the_last_piece_is_sold_once() {
    let authority = Authority::new();
    for server in Server::all(&authority) {
        let host = prepared(&server, &authority);
        let orders = (0..10).map(|number| {
            let body = json!({"input": order(&format!("A-{number}"), 1), "connection": {"fixed": "main"}});
            host.request(Method::POST, "/groups/orders/connectors/place_order/invoke").json(&body)
        });
        let answers = host.send_all(orders.collect::<Vec<_>>());
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5, "{answers:?}");
        for refused in answers.into_iter().filter(|answer| answer.status != 200) {
            assert_eq!(failure(refused), "out_of_stock");
        }
        assert_eq!(server.sql("SELECT sum(quantity) FROM orders"), "5");
    }
}
