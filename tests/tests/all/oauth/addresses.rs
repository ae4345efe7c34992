//! Every address at which a provider is asked for tokens is reached like any other of a group: what its name means is
//! checked when it is resolved, private addresses are refused, no redirect is followed, and nothing that a provider says
//! of itself is an address that the host asks.

use std::collections::HashSet;

use lockgate_tests::network::{self, Network};
use lockgate_tests::{Answer, CALLBACK, Home, Host, Record, Reply, Seen, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::public_url;

const PUBLIC: &str = "93.184.216.34";
const PRIVATE: &str = "10.0.0.1";
const SITE: &str = "http://site.probe.example";
/// What a provider says of itself: its name, and where else things are.
const SAID: [&str; 3] = ["http://issuer.probe.example", "http://10.0.0.1", "http://elsewhere.example"];

/// Where a refused redirect would lead: to private addresses, and to what the host may reach.
const LOCATIONS: [&str; 4] =
    ["http://10.0.0.1/token", "//alias.probe.example/token", "/token", "http://elsewhere.example/token"];

/// `/redirect/STATUS/INDEX` leads away; everything else is a token endpoint and an API at once. A reply has what documents of
/// discovery have, with addresses that nobody may ask.
fn reply(seen: &Seen) -> Reply {
    let parts: Vec<&str> = seen.path().trim_matches('/').split('/').collect();
    let reply = match parts.as_slice() {
        ["redirect", status, index] => {
            let index: usize = index.parse().unwrap();
            Reply::new(status.parse().unwrap()).header("location", LOCATIONS[index])
        }
        ["token"] => {
            let [issuer, private, elsewhere] = SAID;
            Reply::new(200).header("link", format!("<{elsewhere}/jwks>; rel=\"jwks_uri\"")).json(&json!({
                "access_token": "a-token", "refresh_token": "the-next-one", "expires_in": 3600, "issuer": issuer,
                "iss": issuer, "jwks_uri": format!("{private}/jwks"), "token_endpoint": format!("{private}/token"),
                // {"alg":"RS256","jku":"http://10.0.0.1/jwks"}.{"iss":"http://issuer.probe.example"}.
                "id_token": "eyJhbGciOiJSUzI1NiIsImprdSI6Imh0dHA6Ly8xMC4wLjAuMS9qd2tzIn0.\
                             eyJpc3MiOiJodHRwOi8vaXNzdWVyLnByb2JlLmV4YW1wbGUifQ.AA",
            }))
        }
        _ => Reply::new(200).json(&json!({"account": seen.to.ip().to_string()})),
    };
    reply.header("connection", "close")
}

fn zone(name: &str, times: usize) -> Vec<Record> {
    let (public, private) = (Record::Address(PUBLIC.parse().unwrap()), Record::Address(PRIVATE.parse().unwrap()));
    match name {
        // Public for the check, private for the connection: the attack on whoever resolves twice.
        _ if name.starts_with("rebinding") && times > 0 => vec![private],
        "alias.probe.example" => vec![Record::Alias("inner.corp.example"), private],
        "inner.probe.example" => vec![private],
        "mixed.probe.example" => vec![private, public],
        _ => vec![public],
    }
}

/// By which request the host gets tokens.
#[derive(Debug, Clone, Copy)]
enum Request {
    /// By the client alone.
    Client,
    /// With the code that a person's browser brings.
    Code,
    /// With a refresh token, at the address of the first request.
    Refresh,
    /// The same, at an address for that.
    RefreshUrl,
    /// By the client alone, at an address that a field of the connection fills.
    Field,
}

const REQUESTS: [Request; 5] = [Request::Client, Request::Code, Request::Refresh, Request::RefreshUrl, Request::Field];

impl Request {
    /// The method whose token request goes to this URL, and nothing else does.
    fn method(self, url: &str) -> Value {
        let own = match self {
            Self::Client => json!({"grant": "client_credentials", "token_url": url}),
            Self::Field => json!({"grant": "client_credentials", "token_url": url.replacen(
                &self.filled(url), "{place}", 1,
            )}),
            Self::Code => json!({
                "grant": "authorization_code", "token_url": url, "authorize_url": format!("{SITE}/authorize"),
                "issuer": SAID[0],
            }),
            Self::Refresh => json!({"grant": "refresh_token", "token_url": url}),
            Self::RefreshUrl => {
                json!({"grant": "refresh_token", "token_url": format!("{SITE}/token"), "refresh_url": url})
            }
        };
        let mut method = json!({"type": "oauth2"});
        method.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        method
    }

    /// The first label of the URL's host, as the value of the field.
    fn filled(self, url: &str) -> String {
        url.trim_start_matches("http://").split('.').next().unwrap().to_owned()
    }

    /// Makes a group whose token request goes to this URL, and asks for a token.
    fn ask(self, host: &Host, slug: &str, url: &str) -> Answer {
        let hosts =
            ["http://*.probe.example", "http://10.0.0.1", "http://169.254.169.254", "http://[::1]", "http://127.0.0.1"];
        let destinations: Vec<_> =
            hosts.iter().map(|url| json!({"url": url, "credential": "main", "plaintext": true})).collect();
        let mut activation = json!({"credentials": {"main": {"methods": {"oauth": self.method(url)}}}});
        let mut connection = json!({"name": "main", "credentials": {"main": {"method": "oauth", "values": {}}}});
        match self {
            Self::Client | Self::Code => {}
            Self::Refresh | Self::RefreshUrl => {
                connection["credentials"]["main"]["values"] = json!({"refresh_token": "the-first-one"});
            }
            Self::Field => {
                activation["fields"] = json!({"place": {"type": "text", "required": true, "pattern": "[a-z0-9-]+"}});
                connection["fields"] = json!({"place": self.filled(url)});
            }
        }
        host.group(
            slug,
            json!({
                "resource_type": "INTERNAL", "base_url": SITE, "activation": activation, "destinations": destinations,
                "connectors": [{
                    "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
                    "http": {"method": "GET", "path": "/api", "response": {"pointer": "/account"}},
                }],
            }),
        );
        let client = json!({"oauth": {"main": {"client_id": "app", "client_secret": super::SECRET}}});
        host.send(host.request(Method::PUT, &format!("/groups/{slug}/installation")).json(&client)).status(200);
        let path = format!("/groups/{slug}/connections");
        let made = host.send(host.request(Method::POST, &path).json(&connection)).status(201).json();
        match self {
            Self::Code => agree(host, made["authorize_url"].as_str().unwrap()),
            Self::Client | Self::Refresh | Self::RefreshUrl | Self::Field => {
                let body = json!({"input": {}, "connection": {"fixed": "main"}});
                host.send(host.request(Method::POST, &format!("/groups/{slug}/connectors/me/invoke")).json(&body))
            }
        }
    }
}

/// What a browser does whose person agrees at the provider.
fn agree(host: &Host, address: &str) -> Answer {
    let page = host.at(Method::GET, address.strip_prefix(public_url()).unwrap()).status(200);
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let state = page.body.split("state=").nth(1).unwrap().split(['&', '"']).next().unwrap().to_owned();
    let back = format!("/v1/oauth/callback?code=c&state={state}&iss={}", lockgate_tests::percent::encoded(SAID[0]));
    host.send(host.plain(Method::GET, &back).header("cookie", &cookie))
}

fn start() -> Host {
    let public_url = CALLBACK.strip_suffix("/v1/oauth/callback").unwrap();
    Serve::new().configured(&format!("public_url = \"{public_url}\"\n")).start()
}

fn private(network: &Network) -> usize {
    network.arrivals().iter().filter(|at| at.ip().to_string() != PUBLIC).count()
}

#[test]
fn names_and_addresses_of_token_requests_are_checked_when_they_are_resolved() {
    let name = "oauth::addresses::names_and_addresses_of_token_requests_are_checked_when_they_are_resolved";
    network::run(name, || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone);
        let host = start();
        for request in REQUESTS {
            let slug = |number: usize| format!("g-{}-{number}", format!("{request:?}").to_lowercase());
            // Where it may go it goes, and of several addresses to the public one.
            for (number, name) in ["site", "mixed"].into_iter().enumerate() {
                let answer = request.ask(&host, &slug(number), &format!("http://{name}.probe.example/token"));
                assert_eq!(answer.status, 200, "{request:?} {name}: {}", answer.body);
            }
            let before = network.arrivals().len();
            let names = ["http://alias.probe.example/token", "http://inner.probe.example/token"];
            let addresses = [
                "http://10.0.0.1/token",
                "http://169.254.169.254/token",
                "http://[::1]/token",
                "http://127.0.0.1/token",
            ];
            let addresses: &[&str] = if matches!(request, Request::Field) { &[] } else { &addresses };
            for (number, url) in names.iter().chain(addresses).enumerate() {
                let answer = request.ask(&host, &slug(10 + number), url);
                assert!(answer.status >= 400 && answer.body.contains("LG4002"), "{request:?} {url}: {}", answer.body);
            }
            assert_eq!(network.arrivals().len(), before, "{request:?}");
            // Resolved once for each family, and the connection goes to what was checked.
            network.dns.take();
            let rebinding = format!("rebinding-{}.probe.example", slug(0));
            let answer = request.ask(&host, &slug(20), &format!("http://{rebinding}/token"));
            assert_eq!(answer.status, 200, "{request:?}: {}", answer.body);
            let asked: Vec<_> = network.dns.take().into_iter().filter(|name| *name == rebinding).collect();
            assert_eq!(asked.len(), 2, "{request:?}: {asked:?}");
            // The next time it means something else.
            host.home.sql("UPDATE oauth_tokens SET issued_at = 0");
            let renewed = host.request(Method::POST, &format!("/groups/{}/connections/main/refresh", slug(20)));
            let answer = host.send(renewed);
            assert!(answer.status >= 400 && answer.body.contains("LG4002"), "{request:?}: {}", answer.body);
        }
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
    });
}

#[test]
fn no_redirect_of_a_token_request_is_followed() {
    network::run("oauth::addresses::no_redirect_of_a_token_request_is_followed", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone);
        let host = start();
        for (row, request) in REQUESTS.into_iter().enumerate() {
            for (column, status) in [301, 302, 303, 307, 308].into_iter().enumerate() {
                // Every request and every status has most of them.
                let index = (row + column) % LOCATIONS.len();
                network.dns.take();
                let before = network.seen().len();
                let url = format!("{SITE}/redirect/{status}/{index}");
                let answer = request.ask(&host, &format!("g-{row}-{column}"), &url);
                assert!(answer.status >= 400, "{request:?} {url}: {}", answer.body);
                let paths: Vec<_> =
                    network.seen().iter().skip(before).map(|seen| format!("{} {}", seen.method, seen.path())).collect();
                assert_eq!(paths, [format!("POST /redirect/{status}/{index}")], "{request:?}");
                let names: HashSet<_> = network.dns.take().into_iter().collect();
                assert_eq!(names, HashSet::from(["site.probe.example".to_owned()]), "{request:?} {url}");
            }
        }
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
    });
}

/// There is no discovery and no set of keys: what a provider says of itself is compared or left alone, and a definition
/// that names such an address is refused.
#[test]
fn no_address_is_learnt_from_a_provider() {
    network::run("oauth::addresses::no_address_is_learnt_from_a_provider", || {
        let home = Home::new();
        let network = Network::lay(&home, reply, zone);
        let host = start();
        for (number, request) in REQUESTS.into_iter().enumerate() {
            let answer = request.ask(&host, &format!("g{number}"), &format!("{SITE}/token"));
            assert_eq!(answer.status, 200, "{request:?}: {}", answer.body);
        }
        let names: HashSet<_> = network.dns.take().into_iter().collect();
        assert_eq!(names, HashSet::from(["site.probe.example".to_owned()]));
        assert_eq!(private(&network), 0, "{:?}", network.arrivals());
        for key in ["discovery_url", "issuer_url", "jwks_uri", "jwks_url", "metadata_url", "well_known"] {
            let mut method = Request::Client.method("https://a.example/token");
            method[key] = json!("https://10.0.0.1/keys");
            let group = json!({
                "slug": "refused", "name": "refused", "resource_type": "EXTERNAL", "base_url": "https://a.example",
                "activation": {"credentials": {"main": {"methods": {"oauth": method}}}},
                "destinations": [{"url": "https://a.example", "credential": "main"}],
            });
            let refused = host.send(host.request(Method::POST, "/groups").json(&group)).problem(422, "LG1010");
            assert!(refused.to_string().contains(&format!("/methods/oauth/{key}")), "{refused}");
        }
    });
}
