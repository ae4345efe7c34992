//! Records of calls and of changes: what ran, who changed what, for whom it is seen, how long it is kept.

use lockgate_tests::connected::reach;
use lockgate_tests::{Answer, Host, Reply, Serve, Upstream, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn host() -> Host {
    let host = Host::start();
    for slug in ["g", "h"] {
        host.group(slug, json!({}));
        host.load(slug, guests::STATE.bytes()).status(201);
    }
    host
}

fn call(host: &Host, connector: &str, tenant: &str) -> Answer {
    host.send(host.call(connector, &json!({})).header("lockgate-tenant", tenant))
}

fn items(answer: &Answer) -> Vec<Value> {
    answer.json()["items"].as_array().unwrap().clone()
}

/// Records are written within a second of the call.
#[track_caller]
fn records(host: &Host, query: &str, number: usize) -> Vec<Value> {
    let path = format!("/calls{query}");
    let answer = host.until(
        &path,
        || host.request(Method::GET, &path),
        |answer| answer.status == 200 && items(answer).len() >= number,
    );
    let found = items(&answer);
    assert_eq!(found.len(), number, "{found:#?}");
    found
}

#[test]
fn every_call_has_its_record() {
    let host = host();
    let answered = call(&host, "g/facts", "ada").status(200).json();
    let refused = host.send(host.call("h/facts", &json!([]))).problem(422, "LG1009");
    let found = records(&host, "", 2);
    let (last, first) = (&found[0], &found[1]);
    assert_eq!(
        (&last["id"], &last["outcome"], &last["tenant"]),
        (&refused["instance"], &json!("LG1009"), &Value::Null)
    );
    assert_eq!((&first["id"], &first["outcome"]), (&answered["call"]["id"], &json!("ok")));
    assert_eq!((&first["group"], &first["connector"], &first["tenant"]), (&json!("g"), &json!("facts"), &json!("ada")));
    assert_eq!((&first["plugin"], &first["usage"]), (&answered["call"]["plugin"], &answered["call"]["usage"]));
    let mut one = host.get(&format!("/calls/{}", first["id"].as_str().unwrap())).status(200).json();
    assert_eq!(one.as_object_mut().unwrap().remove("logs"), Some(json!([])));
    assert_eq!(one, *first);
    for id in ["0", "01a20315-01c2-7299-8198-36c0b4e6e7d9"] {
        host.get(&format!("/calls/{id}")).problem(404, "LG1004");
    }
    assert!(!found.iter().any(|record| record.to_string().contains("input")), "metadata only");
}

#[test]
fn records_are_found_by_what_they_have() {
    let host = host();
    for (connector, tenant) in [("g/facts", "ada"), ("g/facts", "bo"), ("g/count", "ada"), ("h/facts", "ada")] {
        call(&host, connector, tenant).status(200);
    }
    call(&host, "h/count", "no such tenant").problem(400, "LG1001");
    host.set("h", json!({"enabled": false}));
    call(&host, "h/count", "cy").problem(409, "LG1011");
    let all = records(&host, "", 5);
    for (query, number) in [
        ("?group=g", 3),
        ("?group=g&tenant=ada", 2),
        ("?connector=facts", 3),
        ("?connector=facts&tenant=ada&group=h&outcome=ok", 1),
        ("?outcome=ok", 4),
        ("?outcome=LG1011", 1),
        ("?tenant=nobody", 0),
        ("?since=2099-01-31T12:00:00Z", 0),
        ("?since=2020-01-31T12:00:00Z", 5),
    ] {
        records(&host, query, number);
    }
    let since = all[2]["ended_at"].as_str().unwrap();
    assert!(records(&host, &format!("?since={since}&connector=facts&group=h"), 1).len() == 1);
    // Page by page, the latest first.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = host.get(&format!("/calls?limit=2{cursor}")).status(200);
        seen.extend(items(&page));
        match page.json()["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, all);
    for wrong in ["since=yesterday", "cursor=x", "group=Not", "tenant=a%20b", "q=x", "colour=red", "limit=0"] {
        host.get(&format!("/calls?{wrong}")).problem(400, "LG1001");
    }
    host.get("/calls?group=none").problem(404, "LG1004");
}

#[test]
fn a_call_whose_caller_hangs_up_is_there() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"cpu_ms": 60_000, "deadline_ms": 60_000}}));
    let body = json!({"input": 1_000_000_000}).to_string();
    let connection = host.connect().send(host.head("g/spin", body.len())).send(&body);
    let running = |answer: &Answer| answer.body.contains("lockgate_calls_in_flight 1");
    host.until("the call runs", || host.plain(Method::GET, "/metrics"), running);
    drop(connection);
    let found = records(&host, "?outcome=gone", 1);
    assert_eq!((&found[0]["connector"], &found[0]["group"]), (&json!("spin"), &json!("g")));
}

#[test]
fn limited_tokens_see_their_own_calls() {
    let host = host();
    for (connector, tenant) in [("g/facts", "ada"), ("g/facts", "bo"), ("h/facts", "ada")] {
        call(&host, connector, tenant).status(200);
    }
    let all = records(&host, "", 3);
    let seen = |token: &str, query: &str| {
        let request = host.shown(token, Method::GET, &format!("/v1/workspaces/default/calls{query}"));
        items(&host.send(request).status(200))
    };
    let of_bo = host.token_with("viewer", json!({"tenants": ["bo"]}));
    assert_eq!(seen(&of_bo, ""), [all[1].clone()]);
    assert_eq!((seen(&of_bo, "?tenant=ada"), seen(&of_bo, "?tenant=none")), (vec![], vec![]));
    let of_h = host.token_with("viewer", json!({"groups": ["h"]}));
    assert_eq!(seen(&of_h, ""), [all[0].clone()]);
    for token in [&of_bo, &of_h] {
        let path = format!("/v1/workspaces/default/calls/{}", all[2]["id"].as_str().unwrap());
        host.send(host.shown(token, Method::GET, &path)).problem(404, "LG1004");
    }
    let other = host.shown(&of_h, Method::GET, "/v1/workspaces/default/calls?group=g");
    host.send(other).problem(404, "LG1004");
}

#[test]
fn the_trail_tells_who_changed_what() {
    let host = host();
    host.set("g", json!({"description": "new"}));
    let token = host.token_with("editor", json!({}));
    let made = json!({"slug": "x", "name": "x", "resource_type": "EXTERNAL"});
    host.send(host.shown(&token, Method::POST, "/v1/workspaces/default/groups").json(&made)).status(201);
    host.run(["workspace", "create", "second"]).ok();
    host.run(["tenant", "create", "ada"]).ok();
    host.run(["group", "create", "far", "--workspace", "second"]).ok();
    let audit = |query: &str| items(&host.send(host.admin(Method::GET, &format!("/v1/audit{query}"))).status(200));
    let actions = |entries: &[Value]| {
        entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = audit("");
    assert_eq!(
        actions(&all),
        [
            "group.create",
            "tenant.create",
            "workspace.create",
            "group.create",
            "token.create",
            "group.update",
            "plugin.load",
            "group.create",
            "plugin.load",
            "group.create",
            "token.create",
            "workspace.create",
            "organization.create",
        ]
    );
    assert_eq!((&all[0]["workspace"], &all[0]["subject"]), (&json!("second"), &json!("far")));
    assert_eq!((&all[2]["organization"], &all[2]["workspace"]), (&json!("default"), &Value::Null));
    let tokens = host.get("/tokens").json();
    assert_eq!((&all[3]["token"], &all[3]["subject"]), (&tokens["items"][0]["id"], &json!("x")));
    assert_eq!(all[12]["token"], Value::Null, "the host itself");
    assert_eq!(actions(&audit("?workspace=second")), ["group.create"]);
    assert_eq!(audit("?action=group.create").len(), 4);
    assert_eq!(actions(&audit("?organization=default&limit=2")), ["workspace.create", "token.create"]);
    assert_eq!(audit("?since=2099-01-31T12:00:00Z"), [] as [Value; 0]);
    let page = host.send(host.admin(Method::GET, "/v1/audit?limit=10")).json();
    let next = page["next_cursor"].as_str().unwrap();
    assert_eq!(audit(&format!("?limit=10&cursor={next}")), all[10..]);
    for wrong in ["since=x", "cursor=x", "workspace=a&organization=b", "q=x"] {
        host.send(host.admin(Method::GET, &format!("/v1/audit?{wrong}"))).problem(400, "LG1001");
    }
    host.send(host.admin(Method::GET, "/v1/audit?workspace=none")).problem(404, "LG1004");
    host.send(host.shown(&token, Method::GET, "/v1/audit")).problem(403, "LG1003");
    // An admin of a workspace reads what happened there.
    let admin = host.token_with("admin", json!({}));
    let own = items(&host.send(host.shown(&admin, Method::GET, "/v1/audit")).status(200));
    assert!(own.iter().all(|entry| entry["workspace"] == "default"), "{own:#?}");
    let other = host.shown(&admin, Method::GET, "/v1/audit?workspace=second");
    host.send(other).problem(404, "LG1004");
}

#[test]
fn what_is_older_or_more_than_is_kept_is_deleted() {
    let host = host();
    for _ in 0..30 {
        call(&host, "g/facts", "ada").status(200);
    }
    records(&host, "", 30);
    let home = host.end();
    let file = home.write("lockgate.toml", "calls_bytes = 2000\naudit_days = 0");
    let host = Serve::at(home).with(["--config", file.to_str().unwrap()]).start();
    host.until("trimmed", || host.request(Method::GET, "/calls"), |answer| items(answer).len() == 10);
    host.until("trimmed", || host.admin(Method::GET, "/v1/audit"), |answer| items(answer).is_empty());
    let home = host.end();
    let file = home.write("lockgate.toml", "calls_days = 0");
    let host = Serve::at(home).with(["--config", file.to_str().unwrap()]).start();
    host.until("trimmed", || host.request(Method::GET, "/calls"), |answer| items(answer).is_empty());
}

#[test]
fn records_on_the_command_line() {
    let host = host();
    call(&host, "g/facts", "ada").status(200);
    let id = records(&host, "", 1)[0]["id"].as_str().unwrap().to_owned();
    host.run(["calls"]).ok().prints("g/facts").prints("ada").prints(&id);
    host.run(["calls", "--tenant", "bo", "--output", "json"]).ok().prints("[]");
    host.run(["calls", &id]).ok().prints("\"outcome\": \"ok\"");
    host.run(["logs"]).ok().prints("g/facts tenant=ada");
    host.run(["audit", "--action", "group.create"]).ok().prints("group.create").prints("workspace default");
}

#[test]
fn the_log_of_calls_can_be_followed() {
    use std::io::{BufRead, BufReader};
    let host = host();
    let mut command = host.home.command(lockgate_tests::program("lockgate"));
    command.args(["logs", "-f", "--tenant", "ada"]).stdout(std::process::Stdio::piped());
    let mut follower = command.spawn().unwrap();
    let mut lines = BufReader::new(follower.stdout.take().unwrap()).lines();
    for connector in ["g/facts", "h/facts", "g/count"] {
        call(&host, connector, "bo").status(200);
        call(&host, connector, "ada").status(200);
        let line = lines.next().unwrap().unwrap();
        assert!(line.contains(connector) && line.contains("tenant=ada"), "{line}");
    }
    follower.kill().unwrap();
    follower.wait().unwrap();
}

/// The record of the only call, with what is kept beside it.
fn only(host: &Host) -> Value {
    let id = records(host, "", 1)[0]["id"].as_str().unwrap().to_owned();
    host.get(&format!("/calls/{id}")).status(200).json()
}

/// A call that logs a line and then calls the host once too often.
fn logs_and_fails(host: &Host, limits: Value) -> Value {
    host.with_activation();
    let mut limits = limits;
    limits["host_calls"] = json!(3);
    host.set("g", json!({"limits": limits}));
    host.connection("k-1", json!({})).status(201);
    host.call_as(json!({"fixed": "main"})).problem(500, "LG3010")
}

#[test]
fn a_record_says_why_the_call_failed() {
    let host = Host::start();
    let refused = logs_and_fails(&host, json!({}));
    let call = only(&host);
    let connection = host.get("/groups/g/connections/main").json()["id"].clone();
    assert_eq!((&call["id"], &call["outcome"]), (&refused["instance"], &json!("LG3010")));
    assert_eq!((&call["connection"], &call["failure"], &call["attempts"]), (&connection, &Value::Null, &json!(0)));
    assert_eq!(call["logs"], json!([{"level": "info", "message": "asked for facts", "fields": {"attempt": 1}}]));

    let id = call["id"].as_str().unwrap();
    let listed = host.run(["calls", "--failed"]).ok().prints(id);
    assert!(!listed.stdout.contains("asked for facts"), "{listed:?}");
    let shown =
        host.run(["calls", "show", id]).ok().prints("LG3010: host call limit reached").prints("asked for facts");
    shown.prints(connection.as_str().unwrap());
    host.run(["calls", "show", id, "--output", "json"]).ok().prints("\"logs\"");
    // Whoever may not test a connector does not read what it logs.
    let viewer = host.token_with("viewer", json!({}));
    let path = format!("/v1/workspaces/default/calls/{id}");
    assert_eq!(host.send(host.shown(&viewer, Method::GET, &path)).status(200).json()["logs"], json!([]));

    host.set("g", json!({"limits": {"host_calls": null}}));
    host.call_as(json!({"fixed": "main"})).status(200);
    records(&host, "", 2);
    assert_eq!(records(&host, "?failed", 1)[0]["id"], call["id"]);
    assert_eq!(records(&host, "?outcome=ok", 1)[0].get("logs"), None);
    let done = records(&host, "?outcome=ok", 1)[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(host.get(&format!("/calls/{done}")).json()["logs"], json!([]));
}

#[test]
fn a_record_has_the_code_of_a_failure_and_the_attempts() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    host.invoke("g/fail", &json!({})).problem(422, "LG3001");
    assert_eq!(only(&host)["failure"], "out_of_stock");

    let upstream = Upstream::start(|_| Reply::new(503).json(&json!({})));
    let host = Serve::new().reaching(&[&upstream]).start();
    let http = json!({"method": "GET", "path": "/a", "retry": {"attempts": 3, "wait_ms": 1}});
    let connector = json!({"name": "c", "type": "http", "input_schema": true, "output_schema": true, "http": http});
    host.group(
        "g",
        json!({
            "resource_type": "INTERNAL", "base_url": upstream.url(), "connectors": [connector],
            "destinations": [{"url": upstream.url(), "credential": "none", "plaintext": true}],
        }),
    );
    host.invoke("g/c", &json!({})).problem(422, "LG3001");
    let call = only(&host);
    assert_eq!((&call["failure"], &call["attempts"]), (&json!("http_503"), &json!(3)));
}

#[test]
fn log_lines_of_failed_calls_are_kept_as_far_as_group_and_operator_say() {
    for (limits, kind, configured, kept) in [
        (json!({"record_log_bytes": 0}), "EXTERNAL", "", 0),
        (json!({"record_log_bytes": 1}), "EXTERNAL", "", 1),
        (json!({}), "EXTERNAL", "internal_logs = false", 1),
        (json!({}), "INTERNAL", "internal_logs = false", 0),
        (json!({}), "INTERNAL", "", 1),
    ] {
        let host = Serve::new().configured(configured).start();
        let mut group = reach();
        group["resource_type"] = json!(kind);
        group["limits"] = limits.clone();
        group["limits"]["host_calls"] = json!(3);
        host.with_guest(&guests::STATE, group);
        host.connection("k-1", json!({})).status(201);
        host.call_as(json!({"fixed": "main"})).problem(500, "LG3010");
        let call = only(&host);
        let lines = call["logs"].as_array().unwrap();
        assert_eq!(lines.len(), kept, "{limits} {kind} {configured}: {call:#}");
        let left_out = limits["record_log_bytes"] == 1;
        assert!(!left_out || lines[0]["message"].as_str().unwrap().contains("limits.record_log_bytes"), "{call:#}");
    }
}

#[test]
fn an_outcome_that_does_not_exist_is_refused() {
    let host = Host::start();
    let refused = host.get("/calls?outcome=failed").problem(400, "LG1001");
    assert!(refused["detail"].as_str().unwrap().contains("`gone`"), "{refused}");
    host.run(["calls", "--outcome", "failed"]).exits(1).says("expected `ok`, `gone` or a code");
    host.run(["logs", "--outcome", "LG9999"]).exits(1).says("expected `ok`");
}

#[test]
fn a_guests_line_in_the_log_has_one_level() {
    let host = Serve::new().with(["--log", "info,lockgate::guest=debug"]).start();
    host.with_guest(&guests::STATE, json!({}));
    host.invoke("g/facts", &json!({})).status(200);
    let log = host.logs("asked for facts");
    let line = log.lines().find(|line| line.contains("asked for facts")).unwrap();
    assert_eq!(line.matches("\"level\"").count(), 1, "{line}");
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["level"], &line["guest_level"]), (&json!("DEBUG"), &json!("info")));
}
