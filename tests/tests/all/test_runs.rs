//! Calls that are made to see what happens: on a host, and from a file without one.

use lockgate_tests::marker::Marker;
use lockgate_tests::{Answer, Authority, Home, Host, Ran, Reply, Serve, Upstream, program};
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "marker-7b1d9c40e2f85a36";

/// A server that sends back the headers that it got.
fn echo() -> Upstream {
    Upstream::start(|seen| Reply::new(200).json(&json!({"headers": seen.headers, "target": seen.target})))
}

fn connector() -> Value {
    json!({
        "name": "c", "type": "http", "output_schema": {"type": "object"},
        "input_schema": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        "http": {"method": "GET", "path": "/items/{{id}}"},
    })
}

fn group(upstream: &Upstream) -> Value {
    json!({
        "slug": "g", "name": "G", "resource_type": "INTERNAL", "base_url": upstream.url(),
        "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-key"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        "connectors": [connector()],
    })
}

/// A host that may reach these servers, with the group of the first and a connection of it.
fn host(upstreams: &[&Upstream]) -> Host {
    let host = Serve::new().with(["--log", "trace"]).reaching(upstreams).start();
    host.send(host.request(Method::POST, "/groups").json(&group(upstreams[0]))).status(201);
    let values = json!({"credentials": {"main": {"values": {"value": SECRET}}}});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&values)).status(201);
    host
}

fn unsaved(host: &Host, token: &str, group: Value, connector: Value) -> Answer {
    let body = json!({"group": group, "connector": connector, "input": {"id": 7}, "connection": {"fixed": "main"}});
    host.send(host.shown(token, Method::POST, "/v1/workspaces/default/tests/run").json(&body))
}

#[track_caller]
fn is_nowhere(texts: &[&str]) {
    let marker = Marker::new("the key", SECRET.as_bytes());
    for text in texts {
        assert_eq!(marker.form_in(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_test_shows_everything_but_the_credential() {
    let upstream = echo();
    let host = host(&[&upstream]);
    let run = |input: Value| {
        let body = json!({"input": input, "connection": {"fixed": "main"}});
        host.send(host.request(Method::POST, "/groups/g/connectors/c/test").json(&body)).status(200)
    };
    let answer = run(json!({"id": 7}));
    let shown = answer.json();
    assert_eq!(shown["output"]["target"], "/items/7");
    assert_eq!((&shown["credentials_withheld"], &shown["usage"]["host_calls"]), (&json!(false), &json!(1)));
    let exchange = &shown["exchanges"][0];
    assert_eq!(
        (&exchange["method"], &exchange["status"], &exchange["attempt"]),
        (&json!("GET"), &json!(200), &json!(1))
    );
    assert_eq!(exchange["url"], format!("{}/items/7", upstream.url()));
    let key = exchange["request_headers"].as_array().unwrap().iter().find(|pair| pair[0] == "x-key").unwrap();
    assert_ne!(key[1], SECRET);
    assert!(exchange["response_body"].as_str().unwrap().contains("/items/7"));
    // It was sent, and what the server echoed is clean.
    assert_eq!(upstream.seen()[0].header("x-key"), Some(SECRET));

    let wrong = run(json!({"id": "seven"})).json();
    assert_eq!(wrong["problem"]["code"], "LG1009");
    assert_eq!((&wrong["violations"]["input"][0]["pointer"], &wrong["exchanges"]), (&json!("/id"), &json!([])));
    let mut strict = connector();
    strict["output_schema"] = json!({"type": "string"});
    let narrow = unsaved(&host, host.token(), json!("g"), strict).status(200).json();
    assert_eq!(
        (&narrow["problem"]["code"], &narrow["violations"]["output"][0]["rule"]),
        (&json!("LG3009"), &json!("type"))
    );

    let told = host.run(["connector", "test", "g/c", "--input", "{\"id\": 7}", "--connection", "main"]).ok();
    assert!(told.stderr.contains("> GET ") && told.stderr.contains("< 200 "), "{told:#?}");
    is_nowhere(&[&answer.body, &told.stdout, &told.stderr, &host.log()]);
}

#[test]
fn an_unsaved_connector_runs_where_the_saved_group_goes() {
    let (upstream, other) = (echo(), echo());
    let host = host(&[&upstream, &other]);
    let editor = host.token_with("editor", json!({}));
    let mut changed = connector();
    changed["http"]["path"] = json!("/other/{{id}}");
    let answer = unsaved(&host, &editor, json!("g"), changed.clone()).status(200);
    assert_eq!(answer.json()["output"]["target"], "/other/7");
    assert_eq!(upstream.seen()[0].header("x-key"), Some(SECRET));
    is_nowhere(&[&answer.body]);
    // Nothing was saved.
    let versions = host.get("/groups/g/connectors/c/versions").json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 1);

    changed["http"] = json!({"method": "GET", "url": format!("{}/x", other.url())});
    let denied = unsaved(&host, &editor, json!("g"), changed.clone()).status(200).json();
    assert_eq!(denied["problem"]["code"], "LG4001");
    assert_eq!(other.seen().len(), 0);
    let broken = json!({"name": "c", "type": "http"});
    let refused = unsaved(&host, &editor, json!("g"), broken).problem(422, "LG1010");
    assert!(refused["errors"][0]["pointer"].as_str().unwrap().starts_with("/connector"), "{refused}");
    unsaved(&host, &editor, json!("nothing"), connector()).problem(404, "LG1004");
    unsaved(&host, &editor, json!("g"), json!("nothing")).problem(404, "LG1004");
    host.home.write("c.yaml", serde_json::to_string(&changed).unwrap());
    let told =
        host.run(["connector", "test", "g/c", "--file", "c.yaml", "--input", "{\"id\": 7}", "--connection", "main"]);
    is_nowhere(&[&told.exits(1).says("LG4001").stderr]);
}

#[test]
fn a_definition_is_checked_and_nothing_runs() {
    let upstream = echo();
    let host = host(&[&upstream]);
    let editor = host.token_with("editor", json!({}));
    let ask = |token: &str, connector: &Value| {
        let body = json!({"group": "g", "connector": connector});
        host.send(host.shown(token, Method::POST, "/v1/workspaces/default/tests/check").json(&body))
    };
    let errors = |connector: &Value| ask(&editor, connector).status(200).json()["errors"].clone();
    let places = |connector: &Value| {
        let found = errors(connector);
        found.as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(errors(&connector()), json!([]));
    let mut wrong = connector();
    wrong["http"] = json!({"method": "GTE", "path": "/items/{{id}}"});
    assert_eq!(places(&wrong), ["/connector/http/method"]);
    wrong["http"] = json!({"method": "GET", "path": "/items/{{key}}"});
    assert_eq!(places(&wrong), ["/connector/http/path"]);
    let script =
        |source: &str| json!({"name": "s", "type": "function", "script": {"language": "typescript", "source": source}});
    let typed = script("/** Echoes. */\nexport default (input: number) => input;\n");
    let checked = ask(&editor, &typed).status(200).json();
    let derived = json!({"description": "Echoes.", "input_schema": {"type": "number"}});
    assert_eq!(checked, json!({"errors": [], "derived": &derived}));
    let mut given = typed.clone();
    (given["input_schema"], given["output_schema"]) = (json!({"type": "integer"}), json!(true));
    assert_eq!(ask(&editor, &given).json()["derived"], json!({"description": "Echoes."}));
    assert_eq!(ask(&editor, &connector()).json()["derived"], json!({}));
    // Types are read although something else is wrong, such as a name that is not typed yet.
    let mut nameless = typed.clone();
    nameless["name"] = json!("");
    let checked = ask(&editor, &nameless).json();
    assert_eq!((&checked["errors"][0]["pointer"], &checked["derived"]), (&json!("/connector/name"), &derived));
    let found = errors(&script("export default () => {\n  retrun 1;\n};\n"));
    assert_eq!(found[0]["pointer"], "/connector/script/source");
    assert!(found[0]["detail"].as_str().unwrap().starts_with("line 2, column "), "{found}");
    assert_eq!(ask(&editor, &script("export default (input: number) => {")).json()["derived"], json!({}));
    // No database is asked for what would come from it.
    let statement =
        |text: &str| json!({"name": "d", "type": "database", "database": {"engine": "postgresql", "statement": text}});
    assert_eq!(errors(&statement("SELECT :id::int AS id")), json!([]));
    assert_eq!(places(&statement("DELETE FROM items")), ["/connector/database/statement"]);
    assert_eq!(upstream.seen().len(), 0);
    assert_eq!(host.get("/calls").json()["items"], json!([]));
    assert_eq!(host.get("/groups/g/connectors").json()["items"].as_array().unwrap().len(), 1);

    host.group("other", json!({}));
    ask(&host.token_with("invoker", json!({})), &connector()).problem(403, "LG1003");
    ask(&host.token_with("editor", json!({"groups": ["other"], "name": "of another"})), &connector())
        .problem(404, "LG1004");
}

/// An editor, who may see no secret, asks for it to be sent elsewhere: by every part of a definition that could.
#[test]
fn a_group_that_leads_elsewhere_gets_no_credential() {
    let (upstream, other) = (echo(), echo());
    let host = host(&[&upstream, &other]);
    let editor = host.token_with("editor", json!({}));
    let saved = group(&upstream);
    // As it is saved, it gets the credential.
    let same = unsaved(&host, &editor, saved.clone(), connector()).status(200);
    assert_eq!(same.json()["credentials_withheld"], false);
    assert_eq!(upstream.seen()[0].header("x-key"), Some(SECRET));

    let to = |url: String| json!([{"url": url, "credential": "main", "plaintext": true}]);
    let method = |name: &str, place: &str| json!({"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": place, "name": name}}}}});
    let tries = [
        json!({"base_url": other.url(), "destinations": to(other.url())}),
        json!({"destinations": [to(upstream.url())[0], to(other.url())[0]]}),
        json!({"activation": method("x-other", "header")}),
        json!({"activation": method("x-key", "query")}),
        json!({"certificate_authorities": [Authority::new().pem()]}),
        json!({"slug": "new", "base_url": other.url(), "destinations": to(other.url())}),
    ];
    let mut told = vec![same.body];
    for change in tries {
        let mut group = saved.clone();
        group.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        // A group that is not saved needs the role that would save it.
        let token = if group["slug"] == "new" { host.token() } else { &editor };
        let answer = unsaved(&host, token, group, connector()).status(200);
        let shown = answer.json();
        assert_eq!(
            (&shown["credentials_withheld"], &shown["output"]["target"]),
            (&json!(true), &json!("/items/7")),
            "{change}"
        );
        told.push(answer.body);
    }
    for request in upstream.seen().iter().skip(1).chain(&other.seen()) {
        is_nowhere(&[&String::from_utf8_lossy(&request.raw)]);
    }
    assert_eq!((upstream.seen().len(), other.seen().len()), (5, 2));
    // Where a connection would name the place, there is none without one.
    let mut group = saved.clone();
    group["activation"]["fields"] = json!({"sub": {"type": "text", "required": true, "visible": true}});
    group["destinations"] = json!([{"url": "https://{sub}.acme.example", "credential": "main"}]);
    group["base_url"] = json!("https://{sub}.acme.example");
    let nowhere = unsaved(&host, &editor, group, connector()).status(200).json();
    assert_eq!(nowhere["credentials_withheld"], true);
    assert!(nowhere["problem"]["code"].as_str().unwrap().starts_with("LG40"), "{nowhere}");
    // An editor widens nothing by a test either.
    let mut wider = saved;
    wider["capabilities"] = json!(["http"]);
    unsaved(&host, &editor, wider, connector()).problem(403, "LG1003");
    told.push(host.log());
    is_nowhere(&told.iter().map(String::as_str).collect::<Vec<_>>());
}

/// `lockgate` without a host, with this value in its environment.
fn local(home: &Home, arguments: &[&str]) -> Ran {
    Ran::of(home.command(program("lockgate")).env("THE_KEY", SECRET).args(arguments))
}

#[test]
fn a_group_is_run_from_its_file_without_a_host() {
    let upstream = echo();
    let home = Home::new();
    home.write("group.yaml", serde_json::to_string(&group(&upstream)).unwrap());
    home.write("key.txt", format!("{SECRET}\n"));
    let address = upstream.address().to_string();
    let run = |more: &[&str]| {
        let always = ["run", "--group", "group.yaml", "c", "--input", "{\"id\": 7}", "--reachable", &address];
        local(&home, &[&always[..], more].concat())
    };
    for from in ["main.value=env:THE_KEY", "main.value=@key.txt"] {
        let ran = run(&["--secret", from, "--usage"]).ok().says("> GET ").says("< 200 ").says("1 host calls");
        assert_eq!(ran.json()["target"], "/items/7");
        is_nowhere(&[&ran.stdout, &ran.stderr]);
        assert_eq!(upstream.seen().last().unwrap().header("x-key"), Some(SECRET));
    }
    let json = run(&["--secret", "main.value=env:THE_KEY", "--output", "json"]).ok().json();
    assert_eq!((&json["output"]["target"], &json["exchanges"][0]["status"]), (&json!("/items/7"), &json!(200)));
    is_nowhere(&[&json.to_string()]);
    let mut narrow = group(&upstream);
    narrow["connectors"][0]["output_schema"] = json!({"type": "array"});
    home.write("narrow.yaml", serde_json::to_string(&narrow).unwrap());
    let fails = ["run", "--group", "narrow.yaml", "c", "--input", "{\"id\": 7}", "--reachable", &address];
    let failed = local(&home, &[&fails[..], &["--secret", "main.value=env:THE_KEY", "--output", "json"]].concat());
    let shown = failed.exits(1).json();
    assert_eq!((&shown["code"], &shown["exchanges"][0]["status"]), (&json!("LG3009"), &json!(200)), "{shown:#}");
    assert!(shown["usage"]["host_calls"] == 1 && shown["logs"].is_array(), "{shown:#}");
    is_nowhere(&[&shown.to_string()]);
    let sent = upstream.seen().len();
    // Never on the command line, where every user of the machine can read it.
    run(&["--secret", "main.value=literal"]).exits(2).says("main.value=env:VARIABLE");
    run(&["--secret", "main.value=env:NOT_THERE"]).exits(2).says("no such environment variable");
    run(&["--secret", "main.value=@none.txt"]).exits(1).says("none.txt");
    run(&["--secret", "other.value=env:THE_KEY"]).exits(1).says("LG1022");
    run(&["--secret", "main.value=env:THE_KEY", "--method", "main=nothing"]).exits(1).says("no method `nothing`");
    run(&[]).exits(1).says("LG4011");
    // No private address without being told so.
    let closed = ["run", "--group", "group.yaml", "c", "--input", "{\"id\": 7}", "--secret", "main.value=env:THE_KEY"];
    local(&home, &closed).exits(1).says("LG4002");
    assert_eq!(upstream.seen().len(), sent);
}
