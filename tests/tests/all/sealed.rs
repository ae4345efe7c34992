//! A unique text in every secret, looked for in everything that a host writes and answers.

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

/// Secrets with letters that every encoding changes.
const KEY: &str = "mK1/key+7%\"\u{e9}";
const NOTE: &str = "mK2/note+7%\"\u{e9}";
const CLIENT: &str = "mK3/client+7%\"\u{e9}";
const PAGE: &str = "mK4/page+7%\"\u{e9}";

fn clean(traces: &[Trace]) {
    for secret in [KEY, NOTE, CLIENT, PAGE] {
        Marker::new(secret, secret.as_bytes()).is_in_none(traces, &[]);
    }
}

fn trace(place: &str, text: String) -> Trace {
    Trace { place: place.to_owned(), bytes: text.into_bytes() }
}

#[test]
fn no_secret_is_anywhere_but_sealed() {
    let mut host = Serve::new().with(["--log", "trace"]).start();
    host.with_activation();
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://id.acme.example/token"});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"oauth": oauth}}}}}));
    let mut seen = Vec::new();
    let mut ask = |request: reqwest::RequestBuilder| {
        let answer = host.send(request);
        seen.push(trace("an answer", format!("{:?}\n{}", answer.headers, answer.body)));
        answer
    };
    let client =
        json!({"oauth": {"main": {"client_id": "id", "client_secret": CLIENT}}, "return_urls": ["https://a.example/"]});
    ask(host.request(Method::PUT, "/groups/g/installation").json(&client)).status(200);
    let mut body = lockgate_tests::connected::values(KEY);
    body["fields"]["note"] = json!(NOTE);
    ask(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    // What is wrong with a secret is told without it.
    let mut wrong = body.clone();
    wrong["fields"]["subdomain"] = json!(NOTE);
    wrong["name"] = json!("wrong");
    ask(host.request(Method::POST, "/groups/g/connections").json(&wrong)).status(422);
    let session = json!({"tenant": "ada", "groups": ["g"], "return_url": "https://a.example/"});
    let session = ask(host.request(Method::POST, "/connect-sessions").json(&session)).status(201).json();
    let path = session["path"].as_str().unwrap();
    let page = host.at(Method::GET, path).status(200);
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let encoded: String = PAGE.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for subdomain in ["Wrong+Label", "shop"] {
        let form =
            format!("csrf={csrf}&step=0&m%3Amain=key&f%3Asubdomain={subdomain}&c%3Amain%3Akey%3Avalue={encoded}");
        let request = host.plain(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let answer = host.send(request.header("cookie", format!("lockgate-connect={csrf}")).body(form));
        clean(&[trace("the page", format!("{:?}\n{}", answer.headers, answer.body))]);
        assert!(matches!(answer.status, 303 | 422), "{answer:#?}");
    }
    let call = |connection: Value| {
        let body = json!({"input": {}, "connection": connection});
        host.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&body)
    };
    ask(call(json!({"fixed": "main"}))).status(200);
    ask(call(json!({"dynamic": {"tenant": "ada"}}))).status(200);
    host.set("g", json!({"base_url": "https://{subdomain}.acme.example/other"}));
    ask(call(json!({"fixed": "main"}))).status(409);
    for path in ["/groups/g/connections", "/connections", "/groups/g/installation", "/groups/g", "/calls"] {
        ask(host.request(Method::GET, path)).status(200);
    }
    ask(host.admin(Method::GET, "/v1/audit?limit=500")).status(200);
    ask(host.plain(Method::GET, "/metrics")).status(200);
    clean(&seen);
    // While it runs, for the write-ahead log, and after it was killed and began anew.
    clean(&host.traces());
    host.kill_and_restart();
    clean(&host.traces());
    // What an orderly end writes.
    clean(&host.end().traces());
}

#[test]
fn a_secret_of_the_command_line_is_in_no_argument() {
    let host = Host::start();
    host.with_activation();
    host.home.write("secret", KEY);
    let arguments = ["connection", "create", "g", "--field", "subdomain=shop", "--secret", "main.value=@secret"];
    let ran = host.run(arguments).ok();
    clean(&[trace("the output", format!("{}{}", ran.stdout, ran.stderr))]);
    // The others are looked for in the list of processes, so this one is a text of its own.
    let typed = "mK5/typed+7%\"\u{e9}";
    let literal = format!("main.value={typed}");
    let ran =
        host.run(["connection", "create", "g", "two", "--field", "subdomain=shop", "--secret", &literal]).exits(2);
    Marker::new(typed, typed.as_bytes()).is_in_none(&[trace("the refusal", ran.stderr)], &[]);
}
