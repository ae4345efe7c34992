//! The whole way in the console, in a real browser with real servers: from an empty host to a flow that runs and leaves it.

use lockgate_tests::database_servers::{DATABASE, PASSWORD, PostgreSql, USER};
use lockgate_tests::grpc_servers::GrpcServer;
use lockgate_tests::{Authority, CALLBACK, Provider, Serve, walk_at_public_url};
use reqwest::Method;
use serde_json::json;

#[test]
fn an_empty_host_becomes_a_flow_over_three_systems() {
    let (provider, authority) = (Provider::start(), Authority::new());
    let database = PostgreSql::start(&authority);
    database.sql(&format!(
        "CREATE TABLE pens (id bigint PRIMARY KEY, name text NOT NULL); ALTER TABLE pens OWNER TO {USER}; \
         INSERT INTO pens VALUES (1, 'fountain'), (2, 'ball')"
    ));
    let server = GrpcServer::start(&authority);
    let public_url = CALLBACK.trim_end_matches("/v1/oauth/callback");
    let reachable =
        [provider.address().to_string(), format!("127.0.0.1:{}", database.port()), server.address().to_string()];
    let host = Serve::new().configured(&format!("public_url = \"{public_url}\"\nreachable = {reachable:?}\n")).start();
    let link = host.send(host.admin(Method::POST, "/console/links")).json();
    let given = json!({
        "host": format!("http://{}", host.address()), "link": format!("{public_url}{}", link["path"].as_str().expect("a path")), "secret": "marker-client-secret-7f3a",
        "provider": provider.url(), "grpc": server.url(), "authority": authority.pem(),
        "database": {"port": database.port(), "name": DATABASE, "user": USER, "password": PASSWORD},
    });
    walk_at_public_url(&host, "story", given);
    assert!(provider.count("api") >= 2, "the ledger was asked by the test and by the flow");
    assert!(server.calls("/inventory.v1.Inventory/GetItem").len() >= 2);
}
