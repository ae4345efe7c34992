//! The ready-made definitions, each against a server that wants what its provider wants and answers as that does. They are
//! as they are shipped, but for the addresses.

use std::collections::BTreeMap;
use std::fs;

use lockgate_domain::written;
use lockgate_tests::upstream::Seen;
use lockgate_tests::{Host, Reply, Serve, Upstream, root};
use reqwest::Method;
use serde_json::{Value, json};

use super::{SECRET, public_url};

/// What one provider wants, and how it answers.
struct Wanted {
    name: &'static str,
    /// Values that a person gives.
    fields: Value,
    /// What its first connector takes, and what that asks of the API.
    input: Value,
    found: Value,
    /// What the address where a person agrees has.
    authorize: &'static [&'static str],
    /// The path of the token address.
    token: &'static str,
    /// How a token request is written: its type, and where the client is.
    content: &'static str,
    client: Client,
    pkce: bool,
    /// What a reply has beside the tokens.
    reply: Value,
    /// Whether a renewal gives another refresh token.
    rotates: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Client {
    Header,
    Body,
    /// The secret alone.
    Secret,
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

fn wanted() -> Vec<Wanted> {
    let of = |name, authorize, token, content, client| Wanted {
        name,
        fields: json!({}),
        input: json!({}),
        found: json!({"me": "ada"}),
        authorize,
        token,
        content,
        client,
        pkce: false,
        reply: json!({"token_type": "bearer", "expires_in": 3600}),
        rotates: false,
    };
    vec![
        Wanted { pkce: true, ..of("google", &["access_type=offline", "prompt=consent"], "/token", FORM, Client::Body) },
        Wanted {
            pkce: true,
            input: json!({"title": "T"}),
            found: json!({"documentId": "D", "title": "T"}),
            ..of(
                "google-docs",
                &["access_type=offline", "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fdocuments"],
                "/token",
                FORM,
                Client::Body,
            )
        },
        Wanted {
            reply: json!({"ok": true, "error": "", "expires_in": 43200, "team": {"id": "T1"}}),
            rotates: true,
            ..of("slack", &["scope=chat%3Awrite%2Cchannels%3Aread"], "/api/oauth.v2.access", FORM, Client::Body)
        },
        Wanted {
            pkce: true,
            reply: json!({"token_type": "bearer", "expires_in": 28800, "refresh_token_expires_in": 15_897_600}),
            found: json!([]),
            rotates: true,
            ..of("github", &["scope=repo"], "/login/oauth/access_token", FORM, Client::Body)
        },
        Wanted {
            reply: json!({"token_type": "bearer", "workspace_id": "W1"}),
            ..of("notion", &["owner=user"], "/v1/oauth/token", JSON, Client::Header)
        },
        of("hubspot", &["scope=oauth%20crm.objects.contacts.read"], "/oauth/v1/token", FORM, Client::Body),
        Wanted {
            pkce: true,
            // No lifetime.
            reply: json!({"instance_url": "https://acme-dev.my.salesforce.com", "issued_at": "1767225600000"}),
            ..of("salesforce", &["scope=api%20refresh_token"], "/services/oauth2/token", FORM, Client::Body)
        },
        Wanted {
            pkce: true,
            reply: json!({"token_type": "Bearer", "expires_in": 4999, "ext_expires_in": 4999}),
            rotates: true,
            ..of(
                "microsoft",
                &["scope=offline_access%20User.Read"],
                "/organizations/oauth2/v2.0/token",
                FORM,
                Client::Body,
            )
        },
        Wanted {
            reply: json!({"token_type": "bearer", "livemode": false, "stripe_user_id": "acct_1"}),
            ..of("stripe", &["scope=read_write"], "/oauth/token", FORM, Client::Secret)
        },
        Wanted {
            pkce: true,
            reply: json!({"token_type": "Bearer", "expires_in": 3600, "refresh_expires_in": 5_184_000}),
            rotates: true,
            ..of("airtable", &["code_challenge_method=S256"], "/oauth2/v1/token", FORM, Client::Header)
        },
        Wanted {
            fields: json!({"subdomain": "acme"}),
            pkce: true,
            rotates: true,
            ..of("zendesk", &["scope=read%20write"], "/oauth/tokens", JSON, Client::Body)
        },
    ]
}

/// The parameters of a token request.
fn parameters(seen: &Seen) -> BTreeMap<String, String> {
    if seen.header("content-type") == Some(JSON) {
        return serde_json::from_slice(&seen.body).unwrap();
    }
    seen.form().into_iter().collect()
}

/// What is not as the provider wants it.
fn wrong(wanted: &Wanted, seen: &Seen) -> Option<String> {
    let sent = parameters(seen);
    let has = |name: &str| sent.contains_key(name);
    let client = (seen.header("authorization").is_some(), has("client_id"), has("client_secret"));
    let expected = match wanted.client {
        Client::Header => (true, false, false),
        Client::Body => (false, true, true),
        Client::Secret => (false, false, true),
    };
    let is_code = sent["grant_type"] == "authorization_code";
    if seen.header("content-type") != Some(wanted.content) {
        return Some(format!("content-type {:?}", seen.header("content-type")));
    }
    if client != expected {
        return Some(format!("client {client:?}"));
    }
    if is_code && has("code_verifier") != wanted.pkce {
        return Some("code_verifier".to_owned());
    }
    if is_code && has("redirect_uri") == (wanted.client == Client::Secret) {
        return Some("redirect_uri".to_owned());
    }
    None
}

fn answer(wanted: &Wanted, seen: &Seen) -> Reply {
    if seen.path() != wanted.token {
        // The API: the token of the last reply.
        return match seen.header("authorization") {
            Some("Bearer access-1" | "Bearer access-2") => Reply::new(200).json(&wanted.found),
            _ => Reply::new(401).json(&json!({})),
        };
    }
    if let Some(wrong) = wrong(wanted, seen) {
        return Reply::new(400).json(&json!({"error": wrong}));
    }
    let sent = parameters(seen);
    let mut reply = wanted.reply.clone();
    match (sent["grant_type"].as_str(), sent.get("refresh_token").map(String::as_str)) {
        ("authorization_code", None) => {
            reply["access_token"] = json!("access-1");
            reply["refresh_token"] = json!("refresh-1");
        }
        ("refresh_token", Some("refresh-1")) => {
            reply["access_token"] = json!("access-2");
            if wanted.rotates {
                reply["refresh_token"] = json!("refresh-2");
            }
        }
        _ => return Reply::new(400).json(&json!({"error": "invalid_grant"})),
    }
    Reply::new(200).json(&reply)
}

/// The definition as it is shipped, whose addresses lead to the test's server.
fn shipped(name: &str, upstream: &str) -> Value {
    let text = fs::read_to_string(root().join("community").join(name).join("group.yaml")).unwrap();
    let mut group = written::definition(&text).unwrap();
    let here = |url: &Value| {
        let path = url.as_str().unwrap().splitn(4, '/').nth(3).unwrap_or_default().to_owned();
        json!(format!("{upstream}/{path}"))
    };
    group["slug"] = json!("g");
    group["resource_type"] = json!("INTERNAL");
    let base = here(&group["base_url"]);
    group["base_url"] = json!(base.as_str().unwrap().trim_end_matches('/'));
    group["destinations"] = json!([{"url": upstream, "credential": "main", "plaintext": true}]);
    group["activation"]["credentials"]["main"]["default"] = json!("oauth");
    let methods = group["activation"]["credentials"]["main"]["methods"].as_object_mut().unwrap();
    methods.retain(|method, _| method == "oauth");
    for key in ["authorize_url", "token_url"] {
        methods["oauth"][key] = here(&methods["oauth"][key]);
    }
    group
}

#[test]
fn each_definition_gets_and_renews_tokens_as_its_provider_wants_it() {
    for (index, name) in wanted().iter().map(|one| one.name).enumerate() {
        let upstream = Upstream::start(move |seen| answer(&wanted()[index], seen));
        let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), upstream.address());
        let host = Serve::new().configured(&text).start();
        let own = &wanted()[index];
        let group = shipped(name, &upstream.url());
        let connector = group["connectors"][0]["name"].as_str().unwrap().to_owned();
        host.send(host.request(Method::POST, "/groups").json(&group)).status(201);
        super::client(&host, "app");
        follow(&host, own, &connector);
        assert_eq!(upstream.seen().iter().filter(|seen| seen.path() == own.token).count(), 2, "{name}");
    }
}

fn follow(host: &Host, own: &Wanted, connector: &str) {
    let name = own.name;
    let body = json!({"fields": own.fields, "credentials": {"main": {"method": "oauth"}}});
    let made = super::made(host, &body);
    let path = made["authorize_url"].as_str().unwrap().strip_prefix(public_url()).unwrap().to_owned();
    let page = host.at(Method::GET, &path).status(200);
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let address = page.body.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    for part in own.authorize {
        assert!(address.contains(part), "{name}: {address} has no {part}");
    }
    assert_eq!(address.contains("code_challenge="), own.pkce, "{name}");
    let state = address.split("state=").nth(1).unwrap().split('&').next().unwrap();
    let callback = format!("/v1/oauth/callback?code=c&state={state}");
    let done = host.send(host.plain(Method::GET, &callback).header("cookie", &cookie));
    assert!(done.status == 200 && done.body.contains("Connected"), "{name}: {}", done.body);
    let call = || {
        let body = json!({"input": own.input, "connection": {"fixed": "main"}});
        let path = format!("/groups/g/connectors/{connector}/invoke");
        host.send(host.request(Method::POST, &path).json(&body)).status(200)
    };
    call();
    let shown = super::shown(host);
    assert_eq!(shown["state"], "active", "{name}: {shown}");
    let tokens = &shown["tokens"]["main"];
    let ends = own.reply.get("expires_in").is_some() || name == "salesforce";
    assert_eq!(tokens["expires_at"].is_string(), ends, "{name}: {tokens}");
    assert_eq!(tokens["refresh_expires_at"].is_string(), ["airtable", "github"].contains(&name), "{name}: {tokens}");
    if name == "salesforce" {
        assert_eq!(shown["fields"]["instance"], "acme-dev", "{shown}");
    }
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 60000");
    host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).status(200);
    call();
    assert!(!host.log().contains(SECRET));
}

/// A provider that says so in a 200, and an API that refuses a token in one.
#[test]
fn an_error_inside_a_200_is_one() {
    let replies = std::sync::Mutex::new(vec!["token_revoked", "token_expired"]);
    let upstream = Upstream::start(move |seen| match seen.path() {
        "/api/oauth.v2.access" if parameters(seen)["grant_type"] == "authorization_code" => {
            Reply::new(200).json(&json!({"ok": true, "access_token": "a", "refresh_token": "r", "expires_in": 43200}))
        }
        "/api/oauth.v2.access" => Reply::new(200).json(&json!({"ok": false, "error": "token_revoked"})),
        _ => match replies.lock().unwrap().pop() {
            Some(error) => Reply::new(200).json(&json!({"ok": false, "error": error})),
            None => Reply::new(200).json(&json!({"ok": true})),
        },
    });
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), upstream.address());
    let host = Serve::new().configured(&text).start();
    host.send(host.request(Method::POST, "/groups").json(&shipped("slack", &upstream.url()))).status(201);
    super::client(&host, "app");
    let made = super::made(&host, &json!({"credentials": {"main": {}}}));
    let path = made["authorize_url"].as_str().unwrap().strip_prefix(public_url()).unwrap().to_owned();
    let page = host.at(Method::GET, &path).status(200);
    let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    let state = page.body.split("state=").nth(1).unwrap().split(['&', '"']).next().unwrap().to_owned();
    let callback = format!("/v1/oauth/callback?code=c&state={state}");
    host.send(host.plain(Method::GET, &callback).header("cookie", &cookie)).status(200);
    // The token is an hour old when the API refuses it, and the provider has ended the grant.
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 3600000");
    let body = json!({"input": {}, "connection": {"fixed": "main"}});
    let answer = host.send(host.request(Method::POST, "/groups/g/connectors/who_am_i/invoke").json(&body));
    answer.problem(502, "LG4040");
    assert_eq!(super::shown(&host)["tokens"]["main"]["failure"]["code"], "LG4040");
}
