//! Tokens of OAuth as metadata: renewed once when the server says UNAUTHENTICATED, however the call is made.

use lockgate_tests::grpc_servers::{GrpcServer, Options};
use lockgate_tests::{Authority, CALLBACK, Home, Host, Provider, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, connector, failure, group, protos};

/// A server that asks the provider about the token of each call.
fn server(authority: &Authority, provider: &Provider) -> GrpcServer {
    let token_check = Some(format!("{}/api", provider.url()));
    GrpcServer::with(authority, &Options { token_check, ..Options::default() })
}

/// A host whose connection has a refresh token, and its connectors.
fn host(server: &GrpcServer, authority: &Authority, provider: &Provider) -> Host {
    let public_url = CALLBACK.strip_suffix("/v1/oauth/callback").unwrap();
    let reachable = format!("reachable = ['{}', '{}']", provider.address(), server.address());
    let host = Serve::at(Home::new()).configured(&format!("public_url = \"{public_url}\"\n{reachable}\n")).start();
    let connectors = json!([
        connector("get", "inventory.v1.Inventory/GetItem"),
        connector("list", "inventory.v1.Inventory/ListItems")
    ]);
    let mut definition = group(&server.url(), authority, &protos(), &connectors);
    definition["activation"]["credentials"]["main"]["methods"] = json!({"oauth": {
        "type": "oauth2", "grant": "refresh_token", "token_url": format!("{}/token", provider.url()),
    }});
    definition["destinations"] = json!([
        {"grpc": server.url(), "credential": "main"},
        {"url": provider.url(), "credential": "main", "plaintext": true},
    ]);
    host.group("g", definition);
    let client = json!({"oauth": {"main": {"client_id": "app", "client_secret": "marker-client-secret-7f3a"}}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&client)).status(200);
    let values = json!({"refresh_token": provider.mint()});
    let connection = json!({"name": "main", "credentials": {"main": {"values": values}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
    host
}

/// Two minutes pass, after which the host has nothing in memory.
fn later(host: &mut Host) {
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 120000");
    host.signal_end();
    host.wait();
    host.restart();
}

/// A connector whose method gives the item `pen-1` first or only.
fn follow(name: &str, method: &str, input: &Value) {
    let authority = Authority::new();
    let provider = Provider::start();
    let server = server(&authority, &provider);
    let mut host = host(&server, &authority, &provider);
    let finds = |host: &Host| {
        let output = call(host, name, input).output();
        assert!(output.to_string().contains("pen-1"), "{output}");
    };
    let counts = || (server.calls(method).len(), provider.count("requests"));
    finds(&host);
    assert_eq!(counts(), (1, 1));
    // It is new: whatever the server refuses, it is not an old token.
    provider.forget();
    assert_eq!(failure(call(&host, name, input))["code"], "unauthenticated");
    assert_eq!(counts(), (2, 1));
    // The call with the old token is refused, and made again with the new one.
    later(&mut host);
    finds(&host);
    assert_eq!(counts(), (4, 2));
    finds(&host);
    assert_eq!(counts(), (5, 2));
    // Neither the server nor the provider is asked again and again.
    later(&mut host);
    provider.take_none();
    assert_eq!(failure(call(&host, name, input))["code"], "unauthenticated");
    assert_eq!(counts(), (7, 3));
    assert_eq!((provider.count("refused"), provider.count("revoked")), (0, 0));
}

#[test]
fn a_call_whose_token_is_refused_is_made_once_more_with_a_new_one() {
    follow("get", "GetItem", &json!({"sku": "pen-1"}));
}

#[test]
fn a_stream_whose_token_is_refused_is_begun_once_more_with_a_new_one() {
    follow("list", "ListItems", &json!({"warehouse": "north"}));
}
