//! OAuth with a real provider, whose refresh tokens rotate and which ends a grant when one is used twice.

mod addresses;
mod authorizing;
mod clock;
mod crash;
mod grants;
mod lists;
mod loops;
mod providers;
mod renewing;
mod secrets;
mod visible;

use lockgate_tests::{Answer, CALLBACK, Home, Host, Provider, Serve};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// The client's secret at the provider.
const SECRET: &str = "marker-client-secret-7f3a";

/// The settings of a host whose groups reach this provider, and to which it sends people back.
fn serve(home: Home, provider: &Provider) -> Serve {
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), provider.address());
    Serve::at(home).configured(&text)
}

fn public_url() -> &'static str {
    CALLBACK.strip_suffix("/v1/oauth/callback").unwrap()
}

/// A host with the group `g`, whose connector `me` asks the provider's API who the token is of. The method of its one
/// credential has these keys beside the provider's address.
fn host(provider: &Provider, method: Value) -> Host {
    let host = serve(Home::new(), provider).start();
    prepare(&host, provider, method);
    host
}

fn prepare(host: &Host, provider: &Provider, method: Value) {
    host.group("g", group(provider, method));
    client(host, "app");
}

fn client(host: &Host, id: &str) {
    let set = json!({
        "oauth": {"main": {"client_id": id, "client_secret": SECRET}}, "return_urls": ["https://shop.example/done"],
    });
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
}

fn group(provider: &Provider, method: Value) -> Value {
    let mut own = json!({"type": "oauth2", "token_url": format!("{}/token", provider.url())});
    own.as_object_mut().unwrap().extend(method.as_object().unwrap().clone());
    json!({
        "resource_type": "INTERNAL", "base_url": provider.url(),
        "activation": {"credentials": {"main": {"default": "oauth", "methods": {
            "oauth": own, "key": {"type": "api_key", "in": "header", "name": "x-api-key"},
        }}}},
        "destinations": [{"url": provider.url(), "credential": "main", "plaintext": true}],
        "connectors": [{
            "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
            "http": {"method": "GET", "path": "/api", "response": {"pointer": "/account"}},
        }],
    })
}

/// The method by which a person agrees.
fn code(provider: &Provider) -> Value {
    json!({
        "grant": "authorization_code", "authorize_url": format!("{}/auth", provider.url()),
        "scopes": ["openid", "offline_access"], "authorize_parameters": {"prompt": "consent"},
        "issuer": provider.url(),
    })
}

/// A connection by a refresh token that somebody has.
fn with_refresh_token(host: &Host, refresh_token: &str) -> Value {
    let values = json!({"credentials": {"main": {"values": {"refresh_token": refresh_token}}}});
    made(host, &values)
}

fn made(host: &Host, body: &Value) -> Value {
    host.send(host.request(Method::POST, "/groups/g/connections").json(body)).status(201).json()
}

fn shown(host: &Host) -> Value {
    host.get("/groups/g/connections/main").status(200).json()
}

fn call(host: &Host) -> RequestBuilder {
    let body = json!({"input": {}, "connection": {"fixed": "main"}});
    host.request(Method::POST, "/groups/g/connectors/me/invoke").json(&body)
}

fn invoke(host: &Host) -> Answer {
    host.send(call(host))
}
