//! Whether a connection works is known by a login at each database of its group.

use lockgate_tests::database_servers::{DATABASE, MariaDb, PASSWORD, PostgreSql, USER};
use lockgate_tests::{Answer, Authority, Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Server, Setup, on};

/// A server whose user can get another password.
trait Renamed: Server {
    const OTHER_PASSWORD: &str;
}

impl Renamed for PostgreSql {
    const OTHER_PASSWORD: &str = "ALTER ROLE ada PASSWORD 'another-one'";
}

impl Renamed for MariaDb {
    const OTHER_PASSWORD: &str = "ALTER USER ada IDENTIFIED BY 'another-one'";
}

impl<S: Server> Setup<S> {
    fn verify(&self) -> Answer {
        self.host.send(self.host.request(Method::POST, "/groups/g/connections/main/verify")).status(200)
    }

    /// The result of the whole, and of each destination its name, its result and its code.
    fn verified(&self) -> (String, Vec<[Value; 3]>) {
        let mut answer = self.verify().json();
        let all = answer["destinations"].as_array_mut().expect("destinations");
        let told = |one: &mut Value| ["name", "result", "code"].map(|name| one[name].take());
        let all = all.iter_mut().map(told).collect();
        (answer["result"].as_str().expect("a result").to_owned(), all)
    }

    fn log_in_with(&self, password: &str) {
        let credentials = json!({"main": {"method": "login", "values": {"username": USER, "password": password}}});
        let request = self.host.request(Method::PUT, "/groups/g/connections/main/credentials");
        self.host.send(request.json(&json!({"credentials": credentials}))).status(200);
    }
}

#[test]
fn a_login_tells_whether_a_connection_works_on_postgresql() {
    a_login_tells_whether_a_connection_works::<PostgreSql>();
}

#[test]
fn a_login_tells_whether_a_connection_works_on_mariadb() {
    a_login_tells_whether_a_connection_works::<MariaDb>();
}

fn a_login_tells_whether_a_connection_works<S: Renamed>() {
    let setup = on::<S>(json!({}));
    let logged_in = |name: &str| [json!(name), json!("logged in"), Value::Null];
    let failed = |name: &str, code: &str| [json!(name), json!("failed"), json!(code)];
    assert_eq!(setup.verified(), ("verified".to_owned(), vec![logged_in("orders")]));
    let shown = setup.verify().json();
    let place = shown["destinations"][0]["place"].as_str().unwrap();
    assert!(place.ends_with(&format!("://127.0.0.1:{}/{DATABASE}", setup.server.port())), "{place}");
    setup.log_in_with("a-wrong-password");
    let told = setup.verify();
    assert!(!told.body.contains("wrong-password"), "{}", told.body);
    assert_eq!(setup.verified(), ("failed".to_owned(), vec![failed("orders", "LG4013")]));

    // Each database of the group by itself.
    setup.log_in_with(PASSWORD);
    let mut destinations = setup.host.get("/groups/g").json()["destinations"].clone();
    let mut other = destinations[0].clone();
    other["name"] = json!("missing");
    other["database"]["name"] = json!("not-there");
    destinations.as_array_mut().unwrap().push(other);
    setup.host.set("g", json!({"destinations": destinations}));
    setup.log_in_with(PASSWORD);
    let expected = ("failed".to_owned(), vec![logged_in("orders"), failed("missing", "LG4017")]);
    assert_eq!(setup.verified(), expected);
    let printed = setup.host.run(["connection", "verify", "g", "main"]).exits(1);
    printed.prints("connection main: failed").prints("orders (").prints(": logged in").prints(": failed LG4017 ");

    // It is a login of its own, whatever sessions are open.
    setup.host.set("g", json!({"destinations": [destinations[0].clone()]}));
    assert_eq!(setup.verified(), ("verified".to_owned(), vec![logged_in("orders")]));
    setup.server.sql(S::OTHER_PASSWORD);
    assert_eq!(setup.verified(), ("failed".to_owned(), vec![failed("orders", "LG4013")]));

    // What is on the way there is told as it is to a call.
    setup.host.set("g", json!({"certificate_authorities": null}));
    assert_eq!(setup.verified(), ("failed".to_owned(), vec![failed("orders", "LG4005")]));
}

/// Beside databases too, whose logins say nothing then.
#[test]
fn a_request_that_the_group_declares_says_it_alone() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    let upstream = Upstream::start(|seen| {
        let status = if seen.header("x-key") == Some("right") { 200 } else { 401 };
        Reply::new(status).json(&json!({}))
    });
    let address = format!("127.0.0.1:{}", server.port()).parse().unwrap();
    let host = Serve::new().reaching_addresses([address, upstream.address()]).start();
    let database = json!({"engine": "postgresql", "host": "127.0.0.1", "port": server.port(), "name": DATABASE});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()], "base_url": upstream.url(),
            "activation": {
                "verify": {"path": "/me"},
                "credentials": {
                    "main": {"methods": {"login": {"type": "basic"}}},
                    "api": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-key"}}},
                },
            },
            "destinations": [
                {"name": "orders", "credential": "main", "database": database},
                {"url": upstream.url(), "credential": "api", "plaintext": true},
            ],
        }),
    );
    let credentials = |key: &str, password: &str| {
        let login = json!({"method": "login", "values": {"username": USER, "password": password}});
        json!({"credentials": {"main": login, "api": {"method": "key", "values": {"value": key}}}})
    };
    let mut connection = credentials("right", "a-wrong-password");
    connection["name"] = json!("main");
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    let setup = Setup { host, server };
    assert_eq!(setup.verify().json(), json!({"result": "verified"}));
    setup.host.run(["connection", "verify", "g", "main"]).ok().prints("connection main: verified");
    let set = |values: &Value| {
        let request = setup.host.request(Method::PUT, "/groups/g/connections/main/credentials");
        setup.host.send(request.json(values)).status(200);
    };
    set(&credentials("wrong", PASSWORD));
    assert_eq!(setup.verify().json(), json!({"result": "refused", "status": 401}));
    assert_eq!(upstream.seen().iter().map(|seen| seen.path()).collect::<Vec<_>>(), ["/me"; 3]);

    // Without it the database says it, and nothing more is asked of the upstream.
    setup.host.set("g", json!({"activation": {"verify": null}}));
    let logged_in = [json!("orders"), json!("logged in"), Value::Null];
    assert_eq!(setup.verified(), ("verified".to_owned(), vec![logged_in]));
    assert_eq!(upstream.seen().len(), 3);
}
