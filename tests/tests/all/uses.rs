//! Connectors that call connectors: what has to be granted, which connection such a call gets, what its failures look like,
//! and what it costs.

mod budget;
mod contract;
mod grants;
mod rights;
mod shown;

use lockgate_tests::{Answer, Host, Ran, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

/// A server that says which key each request had and what was in it.
fn upstream() -> Upstream {
    Upstream::start(|seen| {
        let key = seen.header("x-api-key").unwrap_or_default().to_owned();
        match seen.path() {
            "/missing" => Reply::new(404).json(&json!({"error": "no such channel"})),
            path => Reply::new(200)
                .json(&json!({"path": path, "last": key.chars().last().map(String::from), "sent": seen.json()})),
        }
    })
}

/// A host with two groups that need a connection, `docs` and `chat`, of which each has a connection of the workspace and one
/// of `ada`, and with the group `flow`, whose code uses both.
fn host(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    for slug in ["docs", "chat"] {
        host.group(slug, group(upstream));
        for (tenant, name) in [(Value::Null, "main"), (json!("ada"), "own"), (json!("bo"), "own")] {
            let key = format!("{slug}-key-of-{}-{}", tenant.as_str().unwrap_or("all"), slug.len());
            let value = format!("{key}{}", tenant.as_str().map_or("W", |tenant| &tenant[..1]));
            let body = json!({"name": name, "tenant": tenant, "credentials": {"main": {"values": {"value": value}}}});
            let path = format!("/groups/{slug}/connections");
            host.send(host.request(Method::POST, &path).json(&body)).status(201);
        }
    }
    host.group("flow", json!({"capabilities": ["connectors"], "uses": uses(), "connectors": [script(ANNOUNCE)]}));
    host.load("flow", guests::FLOWS.bytes()).status(201);
    host
}

fn group(upstream: &Upstream) -> Value {
    let connector = |name: &str, path: &str| {
        json!({
            "name": name, "type": "http", "output_schema": true,
            "input_schema": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "http": {"method": "POST", "path": path, "body": {"json": {"text": "{{text}}"}}},
        })
    };
    json!({
        "resource_type": "INTERNAL", "base_url": upstream.url(),
        "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-api-key"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        "connectors": [connector("send", "/send"), connector("lose", "/missing")],
    })
}

fn uses() -> Value {
    json!([
        {"connector": "docs/send", "as": "write", "connection": {"fixed": "main"}},
        {"connector": "chat/send", "as": "post", "connection": {"dynamic": {}}},
        {"connector": "chat/send", "as": "same", "connection": "inherit"},
        {"connector": "chat/lose", "as": "lose", "connection": {"fixed": "main"}},
        {"connector": "docs/send", "as": "gone", "connection": {"fixed": "nobody's"}},
    ])
}

/// A flow: writes a document and posts what came of it.
const ANNOUNCE: &str = r#"
    import { call } from "lockgate/connectors";
    export default async function ({ title }) {
        const written = await call("write", { text: title });
        const posted = await call("post", { text: `${written.sent.text} is there` });
        return { written, posted };
    }"#;

fn script(source: &str) -> Value {
    json!({"name": "announce", "type": "function", "script": {"language": "javascript", "source": source}})
}

/// What an operator types.
#[track_caller]
fn grant(host: &Host, group: &str, names: &[&str]) -> Ran {
    host.run(["group", "grant", group].iter().chain(names)).ok()
}

/// A call of `GROUP/CONNECTOR` for a tenant.
fn call_for(host: &Host, connector: &str, input: &Value, tenant: &str) -> Answer {
    host.send(host.call(connector, input).header("lockgate-tenant", tenant))
}

/// What the compiled flow's call of an entry fails with.
#[track_caller]
fn failure(host: &Host, entry: &str, input: &Value) -> Value {
    host.invoke("flow/failure", &json!({"connector": entry, "input": input})).output()
}

#[test]
fn a_script_makes_one_connector_of_two() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["write", "post"]);
    let answer = call_for(&host, "flow/announce", &json!({"title": "Plan"}), "ada").output();
    assert_eq!(answer["written"], json!({"path": "/send", "last": "W", "sent": {"text": "Plan"}}));
    assert_eq!(answer["posted"], json!({"path": "/send", "last": "a", "sent": {"text": "Plan is there"}}));
    // The same for another tenant, with that one's connection.
    let answer = call_for(&host, "flow/announce", &json!({"title": "Plan"}), "bo").output();
    assert_eq!((&answer["written"]["last"], &answer["posted"]["last"]), (&json!("W"), &json!("b")));
}

#[test]
fn a_plugin_makes_one_connector_of_two() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let asks = json!([
        {"connector": "write", "input": {"text": "one"}},
        {"connector": "post", "input": {"text": "two"}},
    ]);
    let answer = call_for(&host, "flow/each", &asks, "ada").output();
    assert_eq!(answer, json!({"path": "/send", "last": "a", "sent": {"text": "two"}}));
    assert_eq!(upstream.seen().len(), 2);
}

#[test]
fn a_failure_of_the_other_connector_is_a_value() {
    let upstream = upstream();
    let host = host(&upstream);
    grant(&host, "flow", &["--all"]);
    let lost = failure(&host, "lose", &json!({"text": "x"}));
    assert_eq!(lost["code"], "http_404", "{lost:#}");
    assert_eq!(lost["details"]["code"], "LG3001", "{lost:#}");
    let call = lost["details"]["call"].as_str().expect("its id").to_owned();
    assert!(call.len() == 36, "{call}");
    // What the host says has a word of its own.
    let wrong = failure(&host, "write", &json!({"txt": "x"}));
    assert_eq!((&wrong["code"], &wrong["details"]["code"]), (&json!("invalid-input"), &json!("LG1009")), "{wrong:#}");
    assert_eq!(wrong["details"]["errors"][0]["rule"], "required", "{wrong:#}");
    let missing = failure(&host, "gone", &json!({"text": "x"}));
    assert_eq!((&missing["code"], &missing["details"]["code"]), (&json!("connection"), &json!("LG1017")));
    assert_eq!(failure(&host, "nothing", &json!({}))["code"], "unknown-connector");
    assert_eq!(failure(&host, "post", &json!({"text": "x"}))["code"], "no-tenant");
    // A flow that does not look passes it on as its own.
    let passed = host.invoke("flow/pass", &json!({"connector": "lose", "input": {"text": "x"}}));
    assert_eq!(passed.problem(422, "LG3001")["failure"]["code"], "http_404");
    // And a script can catch it.
    let source = r#"
        import { call } from "lockgate/connectors";
        import { Failure } from "lockgate";
        export default async () => {
            try {
                await call("lose", { text: "x" });
            } catch (error) {
                return { is: error instanceof Failure, code: error.code, code2: error.details.code };
            }
        };"#;
    host.send(host.request(Method::PUT, "/groups/flow/connectors/announce").json(&script(source))).status(200);
    let caught = host.invoke("flow/announce", &json!({})).output();
    assert_eq!(caught, json!({"is": true, "code": "http_404", "code2": "LG3001"}));
}
