//! Guests that query databases: PostgreSQL and MariaDB of the test's own, over TCP with TLS.

mod contract;
mod endings;
mod limits;
mod mariadb_values;
mod refusals;
mod sessions;
mod streams;
mod tenants;
mod values;
mod verifying;

use std::net::{Ipv4Addr, SocketAddr};

use lockgate_tests::database_servers::{DATABASE, MariaDb, PASSWORD, PostgreSql, Redshift, USER};
use lockgate_tests::{Answer, Authority, Host, Serve, eventually, guests};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// A database, and a host whose group `g` has it and a component that asks it.
struct Setup<S = PostgreSql> {
    host: Host,
    server: S,
}

/// What tests ask of a server of any engine.
trait Server {
    /// As destinations name it.
    const ENGINE: &str;

    fn start(authority: &Authority) -> Self;
    fn port(&self) -> u16;
    /// Runs statements as an administrator.
    fn sql(&self, statements: &str) -> String;
    /// Sessions, transactions and locks of connectors.
    fn counts(&self) -> [usize; 3];
    /// The sessions of connectors, for a failure's message.
    fn activity(&self) -> String;
}

impl Server for PostgreSql {
    const ENGINE: &str = "postgresql";

    fn start(authority: &Authority) -> Self {
        Self::start(authority)
    }

    fn port(&self) -> u16 {
        self.port()
    }

    fn sql(&self, statements: &str) -> String {
        self.sql(statements)
    }

    fn counts(&self) -> [usize; 3] {
        [self.sessions(), self.open_transactions(), self.locks()]
    }

    fn activity(&self) -> String {
        self.activity()
    }
}

impl Server for MariaDb {
    const ENGINE: &str = "mysql";

    fn start(authority: &Authority) -> Self {
        Self::start(authority)
    }

    fn port(&self) -> u16 {
        self.port()
    }

    fn sql(&self, statements: &str) -> String {
        self.sql(statements)
    }

    fn counts(&self) -> [usize; 3] {
        [self.sessions(), self.open_transactions(), self.locks()]
    }

    fn activity(&self) -> String {
        self.activity()
    }
}

impl Server for Redshift {
    const ENGINE: &str = "redshift";

    fn start(authority: &Authority) -> Self {
        Self::start(authority)
    }

    fn port(&self) -> u16 {
        self.port()
    }

    fn sql(&self, statements: &str) -> String {
        self.server().sql(statements)
    }

    fn counts(&self) -> [usize; 3] {
        self.server().counts()
    }

    fn activity(&self) -> String {
        self.server().activity()
    }
}

/// Makes one with the guest of these tests, and with these members of the group beside those that reach the database.
fn setup(members: Value) -> Setup {
    on(members)
}

/// The same with the server of an engine.
fn on<S: Server>(members: Value) -> Setup<S> {
    of(guests::DATABASE.bytes(), members)
}

/// Makes one with any component.
fn with(component: impl Into<Vec<u8>>, members: Value) -> Setup {
    of(component, members)
}

fn of<S: Server>(component: impl Into<Vec<u8>>, members: Value) -> Setup<S> {
    let authority = Authority::new();
    let server = S::start(&authority);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let host = Serve::new().reaching_addresses([address]).start();
    let mut group = json!({
        "resource_type": "INTERNAL", "capabilities": ["database"],
        "certificate_authorities": [authority.pem()],
        "activation": {"credentials": {"main": {"methods": {"login": {"type": "basic"}}}}},
        "destinations": [{
            "name": "orders", "credential": "main",
            "database": {"engine": S::ENGINE, "host": "127.0.0.1", "port": server.port(), "name": DATABASE},
        }],
    });
    group.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.group("g", group);
    host.load("g", component).status(201);
    let login = json!({"main": {"method": "login", "values": {"username": USER, "password": PASSWORD}}});
    let connection = json!({"name": "main", "credentials": login});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    Setup { host, server }
}

impl<S: Server> Setup<S> {
    fn call(&self, connector: &str, input: &Value) -> RequestBuilder {
        let path = format!("/groups/g/connectors/{connector}/invoke");
        self.host.request(Method::POST, &path).json(&json!({"input": input, "connection": {"fixed": "main"}}))
    }

    fn invoke(&self, connector: &str, input: &Value) -> Answer {
        self.host.send(self.call(connector, input))
    }

    /// Rows of a statement without parameters.
    #[track_caller]
    fn rows(&self, statement: &str) -> Value {
        self.invoke("query", &json!({"statement": statement})).output()["rows"].take()
    }

    /// The only value of such a statement, without its kind.
    #[track_caller]
    fn one(&self, statement: &str) -> String {
        let rows = self.rows(statement);
        let value = rows[0][0].as_object().and_then(|value| value.values().next());
        value.map_or_else(|| rows[0][0].to_string(), |value| value.as_str().unwrap_or_default().to_owned())
    }

    /// With what a call fails.
    #[track_caller]
    fn failure(&self, connector: &str, input: &Value) -> Value {
        self.invoke(connector, input).problem(422, "LG3001")["failure"].take()
    }

    /// Waits until no transaction is open and no lock is held.
    #[track_caller]
    fn nothing_is_open(&self, after: &str) {
        eventually(after, || match self.server.counts() {
            [_, 0, 0] => Ok(()),
            counts => Err((counts, self.server.activity())),
        });
    }
}

#[test]
fn statements_have_named_and_numbered_parameters() {
    let setup = setup(json!({}));
    setup.server.sql("CREATE TABLE items (id bigint PRIMARY KEY, name text); GRANT ALL ON items TO ada");
    let insert = "INSERT INTO items VALUES (:id, :name)";
    for (id, name) in [("1", "a'); DROP TABLE items; --"), ("2", "two"), ("3", "three")] {
        let named = json!([["id", {"int64": id}], ["name", {"text": name}]]);
        assert_eq!(setup.invoke("execute", &json!({"statement": insert, "named": named})).output(), 1);
    }
    let ask = json!({"statement": "SELECT name FROM items WHERE id = $1", "numbered": [{"int64": "1"}]});
    let told = setup.invoke("query", &ask).output();
    assert_eq!(told["rows"], json!([[{"text": "a'); DROP TABLE items; --"}]]));
    assert_eq!((&told["columns"], &told["more"]), (&json!(["name text"]), &json!(false)));
    let list =
        json!([["ids", {"array": {"element": "", "dimensions": [], "items": [{"int64": "2"}, {"int64": "3"}]}}]]);
    let ask = json!({"statement": "SELECT id FROM items WHERE id IN (:ids) ORDER BY id", "named": list});
    assert_eq!(setup.invoke("query", &ask).output()["rows"], json!([[{"int64": "2"}], [{"int64": "3"}]]));
    // Rows that nobody asked for are read past.
    let returning = json!({"statement": "UPDATE items SET name = 'x' RETURNING id"});
    assert_eq!(setup.invoke("execute", &returning).output(), 3);
    assert_eq!(setup.invoke("query", &returning).output()["changed"], 3);
    let some = json!({"statement": "SELECT id FROM items ORDER BY id", "max_rows": 2});
    let told = setup.invoke("query", &some).output();
    assert_eq!((told["rows"].as_array().unwrap().len(), &told["more"]), (2, &json!(true)));
    let reads = setup.invoke("execute", &json!({"statement": "SELECT * FROM items"})).output();
    assert_eq!(reads, 0);
    setup.nothing_is_open("no session is in use");
    // A call that comes before a session was reset opens another, and both are kept; one that comes later uses one of them.
    eventually("a session is used again", || {
        let before = setup.server.sessions();
        setup.invoke("execute", &json!({"statement": "SELECT * FROM items"})).output();
        let after = setup.server.sessions();
        if after == before { Ok(()) } else { Err((before, setup.server.activity())) }
    });
}

#[test]
fn a_group_with_several_databases_names_one() {
    let setup = setup(json!({}));
    let group = setup.host.get("/groups/g").status(200).json();
    let mut destinations = group["destinations"].clone();
    let mut other = destinations[0].clone();
    other["name"] = json!("system");
    other["database"]["name"] = json!("postgres");
    destinations.as_array_mut().unwrap().push(other);
    setup.host.set("g", json!({"destinations": destinations}));
    let shown = setup.host.get("/groups/g/connections/main").status(200).json();
    let accept = json!({"digest": shown["review"]["digest"]});
    setup.host.send(setup.host.request(Method::POST, "/groups/g/connections/main/accept").json(&accept)).status(200);
    let ask = |database: Option<&str>| json!({"statement": "SELECT current_database()", "database": database});
    let name = |database| setup.invoke("query", &ask(Some(database))).output()["rows"][0][0]["text"].take();
    assert_eq!((name("orders"), name("system")), (json!("orders"), json!("postgres")));
    for wrong in [None, Some("none")] {
        let failure = setup.failure("query", &ask(wrong));
        assert_eq!(failure["code"], "invalid-request", "{failure}");
    }
}
