//! A unique text in every secret, looked for in everything that a host writes and answers.

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

/// Secrets with letters that every encoding changes.
const SECRETS: [(&str, &str); 5] = [
    ("the key", "mK1/key+7%\"é <01>"),
    ("the note", "mK2/note+7%\"é <02>"),
    ("the client's secret", "mK3/client+7%\"é <03>"),
    ("what the page takes", "mK4/page+7%\"é <04>"),
    ("the client's id", "mK5/id+7%\"é <05>"),
];

fn clean(traces: &[Trace]) {
    for (name, secret) in SECRETS {
        Marker::text(name, secret).is_in_none(traces, &[]);
    }
}

fn secret(number: usize) -> &'static str {
    SECRETS[number].1
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
        seen.push(Trace::new("an answer", format!("{:?}\n{}", answer.headers, answer.body)));
        answer
    };
    let client = json!({"oauth": {"main": {"client_id": secret(4), "client_secret": secret(2)}}, "return_urls": ["https://a.example/"]});
    ask(host.request(Method::PUT, "/groups/g/installation").json(&client)).status(200);
    let mut body = lockgate_tests::connected::values(secret(0));
    body["fields"]["note"] = json!(secret(1));
    ask(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    // What is wrong with a secret is told without it.
    let mut wrong = body.clone();
    wrong["fields"]["subdomain"] = json!(secret(1));
    wrong["name"] = json!("wrong");
    ask(host.request(Method::POST, "/groups/g/connections").json(&wrong)).status(422);
    let session = json!({"tenant": "ada", "groups": ["g"], "return_url": "https://a.example/"});
    let session = ask(host.request(Method::POST, "/connect-sessions").json(&session)).status(201).json();
    let path = session["path"].as_str().unwrap();
    let page = host.at(Method::GET, path).status(200);
    let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let encoded: String = secret(3).bytes().map(|byte| format!("%{byte:02x}")).collect();
    for (subdomain, status) in [("Wrong+Label", 422), ("shop", 303)] {
        let form =
            format!("csrf={csrf}&step=0&m%3Amain=key&f%3Asubdomain={subdomain}&c%3Amain%3Akey%3Avalue={encoded}");
        let request = host.plain(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        let answer = host.send(request.header("cookie", format!("lockgate-connect={csrf}")).body(form));
        clean(&[Trace::new("the page", format!("{:?}\n{}", answer.headers, answer.body))]);
        assert_eq!(answer.status, status, "{answer:#?}");
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
    seen.push(Trace::new("an answer", host.run(["connection", "list", "--output", "json"]).ok().stdout));
    if host.home.database().is_none() {
        let copy = host.home.work().join("backup.db");
        host.run(["backup".as_ref(), copy.as_os_str(), "--data-dir".as_ref(), host.home.data().as_os_str()]).ok();
        seen.push(Trace::new("a backup", std::fs::read(copy).unwrap()));
    }
    clean(&seen);
    // While it runs, for the write-ahead log, after it was killed and began anew, and for what an orderly end writes.
    clean(&host.traces());
    host.kill_and_restart();
    clean(&host.traces());
    clean(&host.end().written());
}

#[test]
fn a_secret_of_the_command_line_is_in_no_argument() {
    let host = Host::start();
    host.with_activation();
    host.home.write("secret", secret(0));
    let arguments = ["connection", "create", "g", "--field", "subdomain=shop", "--secret", "main.value=@secret"];
    let ran = host.run(arguments).ok();
    clean(&[Trace::new("the output", format!("{}{}", ran.stdout, ran.stderr))]);
    // Its own, since another test may look at this machine's processes meanwhile.
    let typed = "typed/where+everyone%reads";
    let literal = format!("main.value={typed}");
    let ran =
        host.run(["connection", "create", "g", "two", "--field", "subdomain=shop", "--secret", &literal]).exits(2);
    Marker::text("a typed secret", typed).is_in_none(&[Trace::new("the refusal", ran.stderr)], &[]);
}
