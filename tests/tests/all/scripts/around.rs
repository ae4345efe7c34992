//! `http` connectors with a script: functions before and behind the declared request.

use lockgate_tests::{Answer, Home, Host, Ran, Reply, Serve, Upstream, program};
use reqwest::Method;
use serde_json::{Value, json};

/// A host whose group goes to this server with a token, and has the connector `c`: a declared request and a script.
fn host(upstream: &Upstream, connector: &Value) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    host.group("g", group(upstream, connector));
    let body = json!({"credentials": {"main": {"values": {"token": "marker-5d1c"}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    host
}

fn group(upstream: &Upstream, connector: &Value) -> Value {
    json!({
        "resource_type": "INTERNAL", "base_url": format!("{}/api", upstream.url()), "capabilities": ["http", "signing"],
        "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        "connectors": [connector],
    })
}

fn connector(http: Value, source: &str) -> Value {
    json!({
        "name": "c", "type": "http", "output_schema": true, "http": http,
        "input_schema": {"type": "object", "properties": {"id": {"type": "integer"}}},
        "script": {"language": "typescript", "source": source},
    })
}

fn save(host: &Host, definition: &Value) -> Answer {
    host.send(host.request(Method::PUT, "/groups/g/connectors/c").query(&[("allow_removal", true)]).json(definition))
}

fn call(host: &Host, input: &Value) -> Answer {
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    host.send(host.request(Method::POST, "/groups/g/connectors/c/invoke").json(&body))
}

const POST: &str = r#"{"method": "POST", "path": "/items", "query": {"id": "{{id}}"}, "headers": {"x-a": "1"}, "body": {"json": {"id": "{{id}}"}}}"#;

fn post() -> Value {
    serde_json::from_str(POST).unwrap()
}

#[test]
fn functions_stand_before_and_behind_the_request() {
    let upstream =
        Upstream::start(|seen| Reply::new(200).json(&json!({"data": {"target": seen.target}})).header("etag", "\"7\""));
    let source = r#"
        import type { DeclaredRequest } from "lockgate";
        export async function request(input: { id: number }, request: DeclaredRequest, ctx) {
            const body = JSON.parse(request.body!);
            const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(request.body));
            request.headers.set("x-body", btoa(String.fromCharCode(...new Uint8Array(hash))));
            request.headers.delete("x-a");
            console.log("before", request.method, request.url);
            return { ...request, method: "PUT", url: request.url + "&more=a b", body: JSON.stringify({ ...body, by: ctx.callId.length }) };
        }
        export function response(answer: any, input: { id: number }) {
            console.log("behind");
            return { tag: answer.headers.etag, status: answer.status, target: answer.body.target, id: input.id };
        }"#;
    let mut http = post();
    http["response"] = json!({"pointer": "/data", "status": true, "headers": ["etag"]});
    let host = host(&upstream, &connector(http, source));
    let output = call(&host, &json!({"id": 7})).output();
    assert_eq!(output, json!({"tag": "\"7\"", "status": 200, "target": "/api/items?id=7&more=a%20b", "id": 7}));
    let seen = upstream.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.header("x-a")), ("PUT", None));
    assert_eq!(seen.header("authorization"), Some("Bearer marker-5d1c"));
    assert_eq!(seen.header("x-body"), Some("o8kOO3RI0j2erOvQ6/FcrhAOIfmyxojz+dI47c0m1n8="));
    assert_eq!((seen.header("content-type"), seen.json()), (Some("application/json"), json!({"id": 7, "by": 36})));
    // Who tests it sees the lines of both, and the exchange between them.
    let tested = host.request(Method::POST, "/groups/g/connectors/c/test");
    let tested = host.send(tested.json(&json!({"input": {"id": 7}, "connection": {"fixed": "main"}}))).json();
    let lines: Vec<&str> =
        tested["logs"].as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap()).collect();
    assert_eq!(lines, ["before POST /items?id=7", "behind"]);
    assert_eq!(tested["exchanges"].as_array().unwrap().len(), 1);
    assert!(!tested.to_string().contains("marker-5d1c"), "{tested}");
}

#[test]
fn either_function_may_be_absent() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!({"sent": String::from_utf8_lossy(&seen.body)})));
    let nothing = "export function request(input, request) { request.headers.append('x-b', 'ä'); }";
    let host = host(&upstream, &connector(post(), nothing));
    assert_eq!(call(&host, &json!({"id": 1})).output(), json!({"sent": "{\"id\":1}"}));
    assert_eq!(upstream.seen()[0].header("x-a"), Some("1"));
    // A body of another kind, and a `Request` in place of the declared one.
    let form = "export const request = (input, { url, method, headers }) =>
        new Request('/other', { method, headers: { 'x-c': headers.get('x-a') }, body: new URLSearchParams([['a', 'b c']]) });";
    save(&host, &connector(post(), form)).status(200);
    assert_eq!(call(&host, &json!({"id": 1})).output(), json!({"sent": "a=b+c"}));
    let seen = upstream.seen().remove(1);
    assert_eq!((seen.target.as_str(), seen.header("x-c")), ("/api/other", Some("1")));
    assert_eq!(seen.header("content-type"), Some("application/x-www-form-urlencoded;charset=UTF-8"));
    let behind = "export const response = async (answer) => answer.sent.length;";
    save(&host, &connector(post(), behind)).status(200);
    assert_eq!(call(&host, &json!({"id": 1})).output(), json!(8));
}

#[test]
fn pages_are_read_before_the_answer_is_given() {
    let upstream = Upstream::start(|seen| {
        let next = if seen.target.contains("cursor=") { Value::Null } else { json!("c2") };
        Reply::new(200).json(&json!({"rows": [seen.target], "next": next}))
    });
    let http = json!({
        "method": "GET", "path": "/items", "response": {"pointer": "/rows"},
        "pagination": {"type": "cursor", "pointer": "/next", "query": "cursor"},
    });
    let source = "
        export function request(input, request) { console.log('once'); return { ...request, url: '/rows?q=1' }; }
        export function response({ items, more }, input) { return { count: items.length, first: items[0], last: items.at(-1), more }; }";
    let host = host(&upstream, &connector(http, source));
    let output = call(&host, &json!({})).output();
    let expected = json!({"count": 2, "first": "/api/rows?q=1", "last": "/api/rows?q=1&cursor=c2", "more": false});
    assert_eq!(output, expected);
}

#[test]
fn an_error_of_the_upstream_reaches_no_function() {
    let upstream = Upstream::start(|_| Reply::new(404).json(&json!({"code": "gone"})));
    let mut http = post();
    http["errors"] = json!({"code": "/code"});
    let source = "export function response() { return 'never'; }";
    let host = host(&upstream, &connector(http.clone(), source));
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["code"], "gone");
    // Unless the definition says that it is none.
    http["errors"] = json!({"statuses": ["5xx"]});
    http["response"] = json!({"status": true});
    let source = "import { Failure } from 'lockgate';
        export function response(answer) { throw new Failure('status', `${answer.status} ${answer.body.code}`); }";
    save(&host, &connector(http, source)).status(200);
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["message"], "404 gone");
}

#[test]
fn without_statuses_that_are_errors_every_answer_reaches_the_function() {
    let upstream = Upstream::start(|_| Reply::new(500).json(&json!({"code": "broken"})));
    let mut http = post();
    http["errors"] = json!({"statuses": []});
    http["response"] = json!({"status": true});
    let source = "export const response = (answer) => [answer.status, answer.body.code];";
    let mut connector = connector(http, source);
    // A guest has limits of its own.
    connector["limits"] = json!({"memory_bytes": 8_000_000});
    let host = host(&upstream, &connector);
    assert_eq!(call(&host, &json!({"id": 1})).output(), json!([500, "broken"]));
    connector["http"]["errors"] = json!({"statuses": [], "when": {"pointer": "/code"}});
    save(&host, &connector).status(200);
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["code"], "http_500");
}

#[test]
fn a_request_of_a_script_goes_no_further_than_a_declared_one() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!(1)));
    let host =
        host(&upstream, &connector(post(), "export const request = () => ({ url: 'https://elsewhere.example/' });"));
    let told = call(&host, &json!({"id": 1})).problem(422, "LG4001");
    assert!(told["detail"].as_str().unwrap().contains("elsewhere.example"), "{told}");
    for (source, status, code, word) in [
        (
            "export const request = (i, r) => { r.headers.set('authorization', 'x'); return r; };",
            422,
            "LG4012",
            "authorization",
        ),
        ("export const request = (i, r) => { r.headers.set('host', 'x'); return r; };", 422, "LG4012", "host"),
        ("export const request = () => 7;", 500, "LG3003", "as in `return request`"),
        ("export const request = (i, r) => ({ ...r, method: 'GET' });", 500, "LG3003", "can't have a body"),
        (
            "export const request = (i, r) => ({ ...r, url: 'https://a:b@elsewhere.example/' });",
            500,
            "LG3003",
            "a user and a password",
        ),
        ("export const request = (i, r) => ({ ...r, method: 'A B' });", 422, "LG3001", "no HTTP method"),
        ("export const request = (i, r) => ({ ...r, body: 'x'.repeat(3 << 20) });", 413, "LG1007", "input"),
        ("export const response = () => 'x'.repeat(5 << 20);", 500, "LG3007", "output_bytes"),
        ("export const response = () => { for (;;) {} };", 500, "LG3005", "cpu_ms"),
    ] {
        let mut definition = connector(post(), source);
        definition["limits"] = json!({"cpu_ms": 300, "deadline_ms": 300_000, "memory_bytes": 64_000_000});
        save(&host, &definition).status(200);
        let told = call(&host, &json!({"id": 1})).problem(status, code).to_string();
        assert!(told.contains(word), "{source}: {told}");
    }
    assert!(upstream.seen().iter().all(|seen| seen.header("authorization") == Some("Bearer marker-5d1c")));
}

#[test]
fn an_answer_can_not_pass_for_an_input() {
    // Text that would end the object in which the answer is handed over.
    let upstream = Upstream::start(|_| Reply::new(200).body(r#"{"a": 1}, "input": {"id": 666}"#));
    let source = "export const response = (answer, input) => [answer, input];";
    let host = host(&upstream, &connector(post(), source));
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["code"], "unexpected_answer");
    let twice = Upstream::start(|_| Reply::new(200).body(r#"{"a": 1, "a": 2}"#));
    let host = self::host(&twice, &connector(post(), source));
    assert_eq!(call(&host, &json!({"id": 1})).problem(422, "LG3001")["failure"]["code"], "unexpected_answer");
}

#[test]
fn a_definition_says_what_it_is_missing() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!(1)));
    let host = host(&upstream, &connector(post(), "export const response = () => 1;"));
    let wrong = |definition: &Value| save(&host, definition).problem(422, "LG1010").to_string();
    let told = wrong(&connector(post(), "export default () => 1;"));
    assert!(told.contains("exports neither `request` nor `response`"), "{told}");
    let told = wrong(&connector(post(), "export const response = () => 1 +;"));
    assert!(told.contains("line 1, column 34"), "{told}");
    let mut no_function =
        json!({"name": "c", "type": "function", "http": post(), "script": {"language": "javascript", "source": ""}});
    assert!(wrong(&no_function).contains("/http"), "{no_function}");
    no_function["type"] = json!("grpc");
    assert!(wrong(&no_function).contains("/script"));
}

#[test]
fn it_runs_without_a_host_too() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!({"by": seen.header("x-by")})));
    let source = "export function request(input, request) { request.headers.set('x-by', `${input.id}`); }
        export const response = (answer, input, ctx) => [answer.by, ctx.attempt];";
    let home = Home::new();
    let mut group = group(&upstream, &connector(post(), source));
    (group["slug"], group["name"]) = (json!("g"), json!("G"));
    home.write("group.yaml", group.to_string());
    let arguments = ["run", "c", "--group", "group.yaml", "--input", "{\"id\":5}", "--secret", "main.token=env:TOKEN"];
    let mut command = home.command(program("lockgate"));
    command.args(arguments).args(["--reachable", &upstream.address().to_string()]);
    let run = Ran::of(command.env("TOKEN", "marker-5d1c")).ok();
    assert_eq!(serde_json::from_str::<Value>(&run.stdout).unwrap(), json!(["5", 1]));
}
