//! What people read of a provider's answers: kept values and the words of errors. Neither is ever a token or a secret, for
//! whoever may write the definition may be somebody who may see none.

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Answer, Host, Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

use super::{SECRET, client, invoke, made, public_url, shown};

const ACCESS: &str = "marker-access-9c1d";
const REFRESH: &str = "marker-refresh-2b7e";
const ID: &str = "marker-identity-41f0";
const USER: &str = "marker-user-token-77aa";
const OTHER: &str = "marker-other-token-31c7";
const CODE: &str = "marker-code-5d0f";

/// A provider that repeats what it was sent, in several places.
fn provider() -> Upstream {
    Upstream::start(|seen| match seen.path() {
        "/token" => Reply::new(200).json(&json!({
            "access_token": ACCESS, "refresh_token": REFRESH, "id_token": ID, "expires_in": 3600, "account": "acme-42",
            "authed_user": {"access_token": USER}, "header": format!("Bearer {ACCESS}"), "secret": SECRET,
            "authorization": seen.header("authorization"),
        })),
        _ => Reply::new(200).json(&json!({"account": "ada"})),
    })
}

fn serve(provider: &Upstream) -> Host {
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", public_url(), provider.address());
    Serve::new().configured(&text).with(["--log", "trace"]).start()
}

/// What makes a method of these keys the only one of the group, beside a field that people read.
fn activation(provider: &Upstream, keys: &Value) -> Value {
    let mut method = json!({
        "type": "oauth2", "grant": "client_credentials", "token_url": format!("{}/token", provider.url()),
    });
    method.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    json!({
        "credentials": {"main": {"methods": {"oauth": method}}},
        "fields": {"account": {"type": "text", "visible": true, "hidden": true}},
    })
}

fn group(host: &Host, provider: &Upstream, keys: &Value) {
    let group = json!({
        "resource_type": "INTERNAL", "base_url": provider.url(), "activation": activation(provider, keys),
        "destinations": [{"url": provider.url(), "credential": "main", "plaintext": true}],
        "connectors": [{
            "name": "me", "type": "http", "input_schema": {"type": "object"}, "output_schema": true,
            "http": {"method": "GET", "path": "/api"},
        }],
    });
    host.group("g", group);
    client(host, "app");
}

fn token_requests(provider: &Upstream) -> usize {
    provider.seen().iter().filter(|seen| seen.path() == "/token").count()
}

/// No secret is in what anybody reads, in the store, in the log or in these answers.
fn nothing_is_shown(host: &Host, answers: impl IntoIterator<Item = Answer>) {
    let mut traces = host.traces();
    traces.extend(
        answers.into_iter().map(|answer| Trace::new("an answer", format!("{:?}{}", answer.headers, answer.body))),
    );
    traces.push(Trace::new("the connections", host.get("/groups/g/connections").body));
    for (name, secret) in [
        ("the access token", ACCESS),
        ("the refresh token", REFRESH),
        ("the identity token", ID),
        ("another token", USER),
        ("the client's secret", SECRET),
        ("a token beside the code", OTHER),
        ("the code", CODE),
    ] {
        Marker::text(name, secret).is_in_none(&traces, &[]);
    }
}

/// An editor may see no secret, and changes where the host finds what it shows: an admin has to look first.
#[test]
fn an_editor_turns_no_token_into_what_people_read() {
    let provider = provider();
    let host = serve(&provider);
    let keep = json!({"keep": {"reply": {"account": "/account"}}});
    let moved = json!({"access_token": "/id_token", "refresh_token": "/none"});
    for (start, change, line) in [
        (
            &keep,
            json!({"keep": {"reply": {"account": "/access_token"}}, "reply": moved, "rejected": {"statuses": [200]}}),
            "keep.reply account: /account -> /access_token",
        ),
        (
            &keep,
            json!({"keep": {"reply": {"account": "/refresh_token"}}, "reply": moved}),
            "keep.reply account: /account -> /refresh_token",
        ),
        (
            &keep,
            json!({"keep": {"reply": {"account": {"from": "/header", "pattern": "Bearer (.*)"}}}}),
            "keep.reply account: /account -> /header ~ Bearer (.*)",
        ),
        (
            &json!({}),
            json!({"keep": {"reply": {"account": "/account"}}}),
            "+ credential main, keep.reply account: /account",
        ),
        (
            &json!({}),
            json!({"reply": {"error": "/access_token"}}),
            "reply.error: as the standard says -> /access_token",
        ),
        (&json!({}), json!({"reply": moved}), "reply.access_token: as the standard says -> /id_token"),
    ] {
        group(&host, &provider, start);
        made(&host, &json!({"credentials": {"main": {}}}));
        invoke(&host).status(200);
        let kept = if start == &keep { json!("acme-42") } else { Value::Null };
        assert_eq!(shown(&host)["fields"]["account"], kept, "{line}");
        let before = token_requests(&provider);
        let editor = host.token_with("editor", json!({}));
        let patch = json!({"activation": activation(&provider, &change)});
        let path = "/v1/workspaces/default/groups/g";
        host.send(host.shown(&editor, Method::PATCH, path).json(&patch)).status(200);
        let connection = shown(&host);
        assert_eq!(connection["state"], "needs_review", "{line}");
        assert!(connection["review"].to_string().contains(line), "{line}: {connection:#}");
        let body = json!({"input": {}, "connection": {"fixed": "main"}});
        let test = host.shown(&editor, Method::POST, &format!("{path}/connectors/me/test")).json(&body);
        let answers = [host.send(test), host.send(super::call(&host))];
        invoke(&host).problem(409, "LG1021");
        host.send(host.request(Method::POST, "/groups/g/connections/main/refresh")).problem(409, "LG1021");
        assert_eq!((token_requests(&provider), &shown(&host)["fields"]["account"]), (before, &kept), "{line}");
        nothing_is_shown(&host, answers);
        host.send(host.request(Method::DELETE, "/groups/g")).status(204);
    }
}

/// Nor does a connection that is made after the change, to which somebody agreed who reads no pointers.
#[test]
fn a_visible_value_that_is_a_secret_fails_the_token_request() {
    let provider = provider();
    let host = serve(&provider);
    let moved = json!({"access_token": "/id_token", "refresh_token": "/none"});
    for from in [
        json!("/access_token"),
        json!("/refresh_token"),
        json!("/authed_user/access_token"),
        json!("/secret"),
        json!("/authorization"),
        json!({"from": "/authorization", "pattern": "Basic (.*)"}),
        json!({"from": "/header", "pattern": "Bearer (.*)"}),
        json!({"from": "/header", "pattern": "Bearer (.).*"}),
    ] {
        group(&host, &provider, &json!({"keep": {"reply": {"account": from}}, "reply": moved}));
        made(&host, &json!({"credentials": {"main": {}}}));
        let refused = host.send(super::call(&host));
        let connection = shown(&host);
        assert_eq!(connection["tokens"]["main"]["failure"]["code"], "LG4043", "{from}: {connection:#}");
        assert_eq!(connection["fields"]["account"], Value::Null, "{from}");
        invoke(&host).problem(502, "LG4043");
        nothing_is_shown(&host, [refused]);
        host.send(host.request(Method::DELETE, "/groups/g")).status(204);
    }
}

/// A text of the provider's is a word only if the standards or the definition have it.
#[test]
fn no_error_repeats_a_secret() {
    let basic = super::grants::basic("app", SECRET);
    for body in [json!({"error": SECRET}), json!({"error": {"code": SECRET}}), json!({"error": basic})] {
        let provider = Upstream::start(move |_| Reply::new(400).json(&body));
        let host = serve(&provider);
        group(&host, &provider, &json!({}));
        made(&host, &json!({"credentials": {"main": {}}}));
        let answer = host.send(super::call(&host));
        let problem = invoke(&host).problem(502, "LG4041");
        assert!(problem["detail"].as_str().unwrap().contains("(status 400)"), "{problem}");
        nothing_is_shown(&host, [answer]);
    }
    // A token in a reply whose error is looked for in its place.
    let provider = provider();
    let host = serve(&provider);
    group(&host, &provider, &json!({"reply": {"error": "/access_token"}}));
    made(&host, &json!({"credentials": {"main": {}}}));
    let answer = host.send(super::call(&host));
    let problem = invoke(&host).problem(502, "LG4041");
    assert!(problem["detail"].as_str().unwrap().contains("(status 200)"), "{problem}");
    nothing_is_shown(&host, [answer]);
}

/// A browser brings parameters of anybody's, and those of the provider.
#[test]
fn nothing_of_a_callback_shows_a_secret() {
    let provider = provider();
    let host = serve(&provider);
    let keys = json!({
        "grant": "authorization_code", "authorize_url": format!("{}/authorize", provider.url()),
        "keep": {"callback": {"account": "realm"}}, "authorize_rename": {"code": "auth_code"},
    });
    group(&host, &provider, &keys);
    made(&host, &json!({"credentials": {"main": {}}}));
    let answered = |parameters: &str| {
        let begun = host.send(host.request(Method::POST, "/groups/g/connections/main/reconnect")).status(201).json();
        let path = begun["authorize_url"].as_str().unwrap().strip_prefix(public_url()).unwrap().to_owned();
        let page = host.at(Method::GET, &path).status(200);
        let cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
        let state = page.body.split("state=").nth(1).unwrap().split("&amp;").next().unwrap().to_owned();
        let callback = format!("/v1/oauth/callback?{parameters}&state={state}");
        host.send(host.plain(Method::GET, &callback).header("cookie", &cookie))
    };
    let code = format!("auth_code={CODE}");
    for parameters in [
        format!("{code}&realm={CODE}"),
        format!("{code}&realm={ACCESS}"),
        format!("{code}&realm={OTHER}&access_token={OTHER}"),
        format!("error={CODE}"),
    ] {
        let refused = answered(&parameters).status(502);
        assert_eq!(shown(&host)["fields"]["account"], Value::Null, "{parameters}");
        nothing_is_shown(&host, [refused]);
    }
    let done = answered(&format!("{code}&realm=acme-42")).status(200);
    assert_eq!(shown(&host)["fields"]["account"], "acme-42");
    nothing_is_shown(&host, [done]);
    // What the definition calls the code is not kept, whatever its name.
    let mut wrong = activation(&provider, &keys);
    wrong["credentials"]["main"]["methods"]["oauth"]["keep"] = json!({"callback": {"account": "auth_code"}});
    let patch = json!({"activation": wrong});
    host.send(host.request(Method::PATCH, "/groups/g").json(&patch)).problem(422, "LG1010");
}
