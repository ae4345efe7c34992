//! The host's description of its own API, beside what it really answers.

mod lists;

use lockgate_tests::schemathesis::Schemathesis;
use lockgate_tests::{Answer, Host, connected, environment, guests, percent};
use reqwest::Method;
use serde_json::{Value, json};

fn document(host: &Host) -> Value {
    host.at(Method::GET, "/openapi.json").status(200).json()
}

#[test]
fn the_description_and_its_page_are_there_for_everybody() {
    let host = Host::start();
    let answer = host.at(Method::GET, "/openapi.json").status(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    assert_eq!((&document["openapi"], &document["info"]["version"]), (&json!("3.1.0"), &json!("0.1.0")));
    let page = host.at(Method::GET, "/docs").status(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    assert_eq!((page.header("x-content-type-options"), page.header("referrer-policy")), ("nosniff", "no-referrer"));
    assert!(page.body.contains("<h3 id=\"list_groups_in_workspace\"><code>GET {S}/groups</code></h3>"));
}

/// The operation that a path belongs to.
fn operation<'d>(document: &'d Value, method: &Method, path: &str) -> &'d Value {
    let path = path.split('?').next().unwrap();
    let fits = |template: &str| {
        let (own, found): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        own.len() == found.len() && own.iter().zip(found).all(|(own, found)| own.starts_with('{') || *own == found)
    };
    let paths = document["paths"].as_object().unwrap();
    let item = paths.iter().find(|(template, _)| fits(template)).unwrap_or_else(|| panic!("{path} is not described"));
    &item.1[method.as_str().to_lowercase()]
}

/// Members of a value that its schema does not name.
fn unnamed(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
        return unnamed(document, schema, value, at);
    }
    if let Some(one_of) = schema["anyOf"].as_array() {
        let found = one_of.iter().map(|schema| unnamed(document, schema, value, at));
        return found.min_by_key(Vec::len).unwrap();
    }
    match (value, schema["properties"].as_object()) {
        (Value::Object(members), Some(named)) => {
            let of = |(name, value): (&String, &Value)| match named.get(name) {
                Some(schema) => unnamed(document, schema, value, &format!("{at}/{name}")),
                None => vec![format!("{at}/{name}")],
            };
            members.iter().flat_map(of).collect()
        }
        (Value::Array(items), _) => {
            items.iter().flat_map(|item| unnamed(document, &schema["items"], item, &format!("{at}/*"))).collect()
        }
        _ => Vec::new(),
    }
}

/// Checks an answer against the description: its status, and each of its members.
#[track_caller]
fn described(document: &Value, method: &Method, path: &str, answer: &Answer) {
    let operation = operation(document, method, path);
    let shown = &operation["responses"][answer.status.to_string()];
    assert!(shown.is_object(), "{method} {path}: {} is not described: {}", answer.status, answer.body);
    let Some((_, content)) = shown["content"].as_object().and_then(|content| content.iter().next()) else {
        assert!(answer.body.is_empty(), "{method} {path} has a body: {}", answer.body);
        return;
    };
    if answer.header("content-type").contains("json") {
        let unnamed = unnamed(document, &content["schema"], &answer.json(), "");
        assert!(unnamed.is_empty(), "{method} {path}: members that are not described: {unnamed:?}");
    }
}

#[test]
fn answers_have_no_status_and_no_member_that_is_not_described() {
    let host = Host::start();
    let document = document(&host);
    host.with_guest(&guests::LIMITS, json!({"description": "d", "limits": {"connectors": {"input": {"cpu_ms": 9}}}}));
    let digest = host.get("/groups/g/plugins").json()["items"][0]["digest"].as_str().unwrap().to_owned();
    let call = host.invoke("g/input", &json!("a")).status(200).json()["call"]["id"].as_str().unwrap().to_owned();
    let path = format!("/calls/{call}");
    host.until("the record", || host.request(Method::GET, &path), |answer| answer.status == 200);
    let defined = saved("item");
    let values = connected::values("key");
    let (w, o, digest) = ("/v1/workspaces/default", "/v1/organizations/default", percent::encoded(&digest));
    let group = json!({"slug": "h", "name": "H", "resource_type": "EXTERNAL"});
    let requests = [
        ("GET", "/healthz".to_owned(), Value::Null),
        ("GET", "/readyz".to_owned(), Value::Null),
        ("POST", "/v1/organizations".to_owned(), json!({"slug": "acme"})),
        ("POST", "/v1/organizations".to_owned(), json!({"slug": "acme"})),
        ("GET", "/v1/organizations".to_owned(), Value::Null),
        ("GET", o.to_owned(), Value::Null),
        ("POST", "/v1/workspaces".to_owned(), json!({"slug": "second", "organization": "default"})),
        ("GET", "/v1/workspaces".to_owned(), Value::Null),
        ("PATCH", w.to_owned(), json!({"name": "W"})),
        ("POST", format!("{w}/tenants"), json!({"name": "ada"})),
        ("GET", format!("{w}/tenants"), Value::Null),
        ("PATCH", format!("{w}/tenants/ada"), json!({"enabled": true})),
        ("POST", format!("{w}/tokens"), json!({"name": "t", "role": "viewer", "groups": ["g"], "tenants": ["ada"]})),
        ("POST", format!("{w}/tokens"), json!({"name": "t", "role": "king"})),
        ("GET", format!("{o}/tokens"), Value::Null),
        ("POST", format!("{o}/groups"), group.clone()),
        ("GET", format!("{w}/groups?visible=all"), Value::Null),
        ("DELETE", format!("{w}/groups/org:h"), Value::Null),
        ("POST", format!("{w}/groups"), json!({"slug": "x", "name": "X", "resource_type": "NONE"})),
        ("POST", format!("{w}/groups"), group.clone()),
        ("PUT", format!("{w}/groups/h"), group),
        ("PATCH", format!("{w}/groups/h"), json!({"description": "d", "limits": {"cpu_ms": 5}})),
        ("DELETE", format!("{w}/groups/h"), Value::Null),
        ("GET", format!("{w}/groups/g"), Value::Null),
        ("GET", format!("{w}/groups/g/openapi.json"), Value::Null),
        ("GET", format!("{w}/groups/g/openapi.yaml?version=3.0"), Value::Null),
        ("GET", format!("{w}/groups/g/openapi.json?version=2.0"), Value::Null),
        ("GET", format!("{w}/groups/g/connectors"), Value::Null),
        ("GET", format!("{w}/groups/g/connectors/input"), Value::Null),
        ("DELETE", format!("{w}/groups/g/connectors/input"), Value::Null),
        ("POST", format!("{w}/groups/g/connectors/input/invoke"), json!({"input": "a"})),
        ("POST", format!("{w}/groups/g/connectors/trap/invoke"), json!({"input": {}})),
        ("POST", format!("{w}/groups/g/connectors/fail/invoke"), json!({"input": {}})),
        ("POST", format!("{w}/groups/g/connectors/spin/invoke"), json!({"input": 1_000_000_000})),
        ("GET", format!("{w}/groups/g/plugins"), Value::Null),
        ("GET", format!("{w}/groups/g/plugins/{digest}"), Value::Null),
        ("PUT", format!("{w}/groups/g/plugins/{digest}/current"), Value::Null),
        ("DELETE", format!("{w}/groups/g/plugins/{digest}"), Value::Null),
        ("GET", format!("{w}/calls"), Value::Null),
        ("GET", format!("{w}/calls/{call}"), Value::Null),
        ("GET", "/v1/audit".to_owned(), Value::Null),
        ("POST", format!("{w}/groups/g/connectors"), defined.clone()),
        ("POST", format!("{w}/groups/g/connectors"), defined.clone()),
        ("POST", format!("{w}/groups/g/connectors"), json!({"name": "x", "type": "http"})),
        ("GET", format!("{w}/groups/g/connectors/item"), Value::Null),
        ("GET", format!("{w}/groups/g"), Value::Null),
        ("PUT", format!("{w}/groups/g/connectors/item"), saved_as("item", "Second")),
        ("GET", format!("{w}/groups/g/connectors/item/versions"), Value::Null),
        ("GET", format!("{w}/groups/g/connectors/item/versions/1"), Value::Null),
        ("GET", format!("{w}/groups/g/connectors/item/versions/1/diff/2"), Value::Null),
        ("PUT", format!("{w}/groups/g/connectors/item/current"), json!({"version": 1})),
        ("POST", format!("{w}/groups/g/connectors/item/invoke"), json!({"input": {}})),
        ("POST", format!("{w}/groups/g/connectors/item/test"), json!({"input": {}})),
        ("POST", format!("{w}/groups/g/connectors/input/test"), json!({"input": "a"})),
        ("POST", format!("{w}/tests/check"), json!({"group": "g", "connector": {"name": "x", "type": "http"}})),
        ("POST", format!("{w}/tests/run"), json!({"group": "g", "connector": defined, "input": {}})),
        ("DELETE", format!("{w}/groups/g/connectors/item"), Value::Null),
        ("POST", format!("{w}/groups"), connectable()),
        ("GET", format!("{w}/groups/c/installation"), Value::Null),
        ("PUT", format!("{w}/groups/c/installation"), json!({"return_urls": ["https://a.example/"]})),
        ("PUT", format!("{w}/groups/c/installation"), json!({"return_urls": ["nowhere"]})),
        ("POST", format!("{w}/groups/c/connections"), values.clone()),
        ("POST", format!("{w}/groups/c/connections"), values.clone()),
        ("POST", format!("{w}/groups/g/connections"), values.clone()),
        ("GET", format!("{w}/groups/c/connections"), Value::Null),
        ("GET", format!("{w}/connections?state=active"), Value::Null),
        ("GET", format!("{w}/groups/c/connections/main"), Value::Null),
        ("PATCH", format!("{w}/groups/c/connections/main"), json!({"default": true})),
        ("PUT", format!("{w}/groups/c/connections/main/credentials"), values),
        ("PATCH", format!("{w}/groups/c"), json!({"destinations": wider()})),
        ("GET", format!("{w}/groups/c/connections/main"), Value::Null),
        (
            "POST",
            format!("{w}/groups/c/connections/main/accept"),
            json!({"digest": format!("sha256:{}", "0".repeat(64))}),
        ),
        ("POST", format!("{w}/groups/c/connections/main/reconnect"), Value::Null),
        ("POST", format!("{w}/groups/c/connections/main/verify"), Value::Null),
        (
            "POST",
            format!("{w}/connect-sessions"),
            json!({"tenant": "ada", "groups": ["c"], "return_url": "https://a.example/"}),
        ),
        ("GET", "/connect/nothing".to_owned(), Value::Null),
        ("DELETE", format!("{w}/groups/c/connections/main"), Value::Null),
        ("POST", "/v1/keys/rotate".to_owned(), Value::Null),
        ("GET", format!("{w}/groups/nothing"), Value::Null),
        ("GET", format!("{w}/groups?colour=red"), Value::Null),
    ];
    for (method, path, body) in requests {
        let method: Method = method.parse().unwrap();
        let request = host.admin(method.clone(), &path);
        let request = if body.is_null() { request } else { request.json(&body) };
        described(&document, &method, &path, &host.send(request));
    }
}

/// A declarative connector.
fn saved(name: &str) -> Value {
    saved_as(name, "First")
}

fn saved_as(name: &str, title: &str) -> Value {
    json!({
        "name": name, "title": title, "type": "http", "input_schema": true, "output_schema": true, "tags": ["t"],
        "hints": {"read_only": true}, "examples": [{"input": {}}], "limits": {"deadline_ms": 1000},
        "http": {"method": "GET", "url": "https://nowhere.example/", "retry": {"attempts": 2}},
    })
}

/// A group that takes connections.
fn connectable() -> Value {
    let mut group = connected::reach();
    let own = json!({"slug": "c", "name": "C", "resource_type": "EXTERNAL"});
    group.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    group
}

/// Destinations beyond those of [`connectable`].
fn wider() -> Value {
    json!([
        {"url": "https://{subdomain}.acme.example", "credential": "main"},
        {"url": "https://other.example", "credential": "main"},
    ])
}

/// A host with a group of a plugin, one that takes connections and has one, and a tenant.
fn inhabited() -> Host {
    let host = Host::start().with_scripts();
    host.lift_rate();
    host.with_guest(&guests::STATE, json!({}));
    host.send(host.request(Method::POST, "/tenants").json(&json!({"name": "ada"}))).status(201);
    host.send(host.request(Method::POST, "/groups").json(&connectable())).status(201);
    host.send(host.request(Method::POST, "/groups/c/connections").json(&connected::values("key"))).status(201);
    host.send(host.request(Method::POST, "/groups/c/connectors").json(&saved("item"))).status(201);
    host
}

/// Routes of groups and what is in them are there twice, below workspaces and below organizations, and are the same rows of
/// one table: the long run alone takes both.
fn once(run: Schemathesis<'_>) -> Schemathesis<'_> {
    if environment::is_long() { run } else { run.without("^/v1/organizations/[^/]+/.") }
}

#[test]
fn a_flag_without_a_value_is_set_and_described() {
    let host = Host::start();
    let document = document(&host);
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    let parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
    let flags: Vec<_> = parameters.filter(|own| own["in"] == "query" && own["schema"]["type"] == "boolean").collect();
    assert!(flags.len() > 10, "{flags:?}");
    for flag in flags {
        assert_eq!(flag["allowEmptyValue"], true, "{flag}");
    }
    for query in ["?failed", "?failed=", "?failed=true", "?failed=false"] {
        host.send(host.request(Method::GET, &format!("/calls{query}"))).status(200);
    }
    host.send(host.request(Method::GET, "/calls?failed=1")).problem(400, "LG1001");
}

// Requests of every kind that the description allows, and of many that it does not, from a program that knows nothing but the
// description. Each test has a host of its own, so that they run side by side and one deletes nothing of another.

#[test]
fn a_stranger_with_the_description_finds_no_answer_that_it_lacks() {
    let host = inhabited();
    once(Schemathesis::new(&host)).run();
    host.at(Method::GET, "/healthz").status(200);
}

#[test]
fn nor_below_a_group_that_is_there() {
    let host = inhabited();
    let parts = [
        ("workspace", "default"),
        ("organization", "default"),
        ("ref", "g"),
        ("connector", "facts"),
        ("tenant", "ada"),
    ];
    // Other routes have no such parts, and are as they were without them.
    once(Schemathesis::new(&host).with_parts(&parts)).only("/\\{(ref|tenant)\\}").run();
    host.at(Method::GET, "/healthz").status(200);
}

#[test]
fn nor_below_a_connection_and_a_version() {
    let host = inhabited();
    let parts = [
        ("workspace", "default"),
        ("organization", "default"),
        ("ref", "c"),
        ("connector", "item"),
        ("connection", "main"),
        ("n", "1"),
        ("a", "1"),
        ("b", "1"),
    ];
    once(Schemathesis::new(&host).with_parts(&parts)).only("/connections|/connectors|/installation").run();
    host.at(Method::GET, "/healthz").status(200);
}
