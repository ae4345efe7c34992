//! Declarative connectors as objects: made, versioned, compared, rolled back, deleted, alone and with their group.

use lockgate_tests::{Answer, Host, Serve, guests};
use reqwest::Method;
use serde_json::{Value, json};

fn definition(name: &str, change: impl Fn(&mut Value)) -> Value {
    let mut value = json!({
        "name": name, "type": "http", "title": "Read an item",
        "input_schema": {
            "type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}, "note": {"type": "string"}},
        },
        "output_schema": {"type": "object"},
        "http": {"method": "GET", "url": "https://api.example/items/{{id}}", "query": {"note": "{{note}}"}},
    });
    change(&mut value);
    value
}

fn post(host: &Host, definition: &Value) -> Answer {
    host.send(host.request(Method::POST, "/groups/g/connectors").json(definition))
}

fn put(host: &Host, name: &str, definition: &Value) -> Answer {
    host.send(host.request(Method::PUT, &format!("/groups/g/connectors/{name}")).json(definition))
}

fn names(host: &Host) -> Value {
    host.get("/groups/g").status(200).json()["connector_names"].clone()
}

fn titled(text: &str) -> impl Fn(&mut Value) {
    move |value| value["title"] = json!(text)
}

#[test]
fn each_save_is_a_version_and_the_last_one_is_current() {
    let host = Host::start();
    host.group("g", json!({}));
    let first = definition("item", |_| {});
    let made = post(&host, &first).status(201);
    assert_eq!(made.header("etag"), "\"1\"");
    let made = made.json();
    assert_eq!((&made["version"], &made["type"], &made["definition"]), (&json!(1), &json!("http"), &first));
    assert_eq!((&made["input_schema"], &made["limits"]["deadline_ms"]), (&first["input_schema"], &json!(30_000)));
    assert_eq!(names(&host), json!(["item"]));

    let second = definition("item", titled("Second"));
    let saved = put(&host, "item", &second).status(200);
    assert_eq!((saved.header("etag"), saved.json()["version"].clone()), ("\"2\"", json!(2)));
    // What is current already is not saved again.
    assert_eq!(put(&host, "item", &second).status(200).header("etag"), "\"2\"");
    let versions = host.get("/groups/g/connectors/item/versions").status(200).json();
    let numbers: Vec<_> =
        versions["items"].as_array().unwrap().iter().map(|one| (&one["number"], &one["current"])).collect();
    assert_eq!(numbers, [(&json!(2), &json!(true)), (&json!(1), &json!(false))]);
    let page = host.get("/groups/g/connectors/item/versions?limit=1").status(200).json();
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next_cursor"]), (1, &json!("2")));
    let rest = host.get("/groups/g/connectors/item/versions?limit=1&cursor=2").status(200).json();
    assert_eq!((&rest["items"][0]["number"], &rest["next_cursor"]), (&json!(1), &Value::Null));
    let one = host.get("/groups/g/connectors/item/versions/1").status(200).json();
    assert_eq!((&one["definition"], &one["current"]), (&first, &json!(false)));
    host.get("/groups/g/connectors/item/versions/3").problem(404, "LG1004");
    host.get("/groups/g/connectors/item/versions/x").problem(400, "LG1001");

    let home = host.end();
    let host = Serve::at(home).start();
    let shown = host.get("/groups/g/connectors/item").status(200);
    assert_eq!(shown.header("etag"), "\"2\"");
    assert_eq!((&shown.json()["title"], &shown.json()["definition"]), (&json!("Second"), &second));
}

#[test]
fn rolling_back_is_a_switch_and_loses_nothing() {
    let host = Host::start();
    host.group("g", json!({}));
    post(&host, &definition("item", |_| {})).status(201);
    put(&host, "item", &definition("item", titled("Second"))).status(200);
    let switch = |body: Value| host.send(host.request(Method::PUT, "/groups/g/connectors/item/current").json(&body));
    let back = switch(json!({"version": 1})).status(200);
    assert_eq!((back.header("etag"), back.json()["title"].clone()), ("\"3\"", json!("Read an item")));
    switch(json!({"version": 7})).problem(404, "LG1004");
    switch(json!({"number": 1})).problem(400, "LG1001");
    assert_eq!(put(&host, "item", &definition("item", titled("Third"))).status(200).json()["version"], 3);
    switch(json!({"version": 2})).status(200);
    assert_eq!(host.get("/groups/g/connectors/item").json()["title"], "Second");
    let actions: Vec<_> = host.send(host.admin(Method::GET, "/v1/audit?limit=5")).json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| format!("{} {}", entry["action"].as_str().unwrap(), entry["subject"].as_str().unwrap()))
        .collect();
    assert_eq!(
        actions,
        [
            "connector.switch g/item@2",
            "connector.save g/item@3",
            "connector.switch g/item@1",
            "connector.save g/item@2",
            "connector.save g/item@1",
        ]
    );
}

#[test]
fn a_change_names_the_version_that_it_changes() {
    let host = Host::start();
    host.group("g", json!({}));
    post(&host, &definition("item", |_| {})).status(201);
    let before = host.get("/groups/g").header("etag").to_owned();
    let put = |tag: &str, title: &str| {
        let request = host.request(Method::PUT, "/groups/g/connectors/item").header("if-match", tag);
        host.send(request.json(&definition("item", titled(title))))
    };
    put("\"1\"", "Second").status(200);
    put("\"1\"", "Lost").problem(412, "LG1006");
    assert_ne!(host.get("/groups/g").header("etag"), before, "the group shows its connectors, so it changed too");
    let delete =
        |tag: &str| host.send(host.request(Method::DELETE, "/groups/g/connectors/item").header("if-match", tag));
    delete("\"1\"").problem(412, "LG1006");
    delete("\"2\"").status(204);
    host.get("/groups/g/connectors/item").problem(404, "LG1004");
    host.get("/groups/g/connectors/item/versions").problem(404, "LG1004");
    assert_eq!(names(&host), json!([]));
    // Made again it begins anew.
    assert_eq!(post(&host, &definition("item", |_| {})).status(201).json()["version"], 1);
}

#[test]
fn what_breaks_a_rule_is_told_with_its_place() {
    let host = Host::start();
    host.group("g", json!({}));
    for (pointer, change) in [
        ("/colour", json!({"colour": 1})),
        ("/name", json!({"name": "a-b"})),
        ("/http", json!({"type": "grpc"})),
        ("/http", json!({"type": "database"})),
        ("/input_schema", json!({"input_schema": {"$ref": "https://a.example/s.json"}})),
        ("/http/url", json!({"http": {"method": "GET", "url": "https://api.example/{{nothing}}"}})),
        ("/http/method", json!({"http": {"method": "FETCH", "path": "/"}})),
        ("/limits/memory_bytes", json!({"limits": {"memory_bytes": 1_000_000}})),
        ("/examples/0/input", json!({"examples": [{"input": {}}]})),
    ] {
        let changed = definition("item", |value| {
            value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        });
        let refused = post(&host, &changed).problem(422, "LG1010");
        let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
        assert!(pointers.contains(&&json!(pointer)), "{pointer}: {refused:#}");
    }
    assert_eq!(names(&host), json!([]), "nothing was made");
    post(&host, &definition("item", |_| {})).status(201);
    let renamed = put(&host, "item", &definition("other", |_| {})).problem(422, "LG1010");
    assert_eq!(renamed["errors"][0]["pointer"], "/name");
    post(&host, &definition("item", |_| {})).problem(409, "LG1005");
    put(&host, "none", &definition("none", |_| {})).problem(404, "LG1004");
}

#[test]
fn a_name_belongs_to_one_connector_of_the_group() {
    let host = Host::start();
    host.group("g", json!({}));
    host.load("g", guests::STATE.bytes()).status(201);
    let taken = post(&host, &definition("facts", |_| {})).problem(409, "LG2011");
    assert!(taken["detail"].as_str().unwrap().contains("belongs to plugin"), "{taken:#}");
    for (method, path) in
        [(Method::PUT, ""), (Method::DELETE, ""), (Method::PUT, "/current"), (Method::GET, "/versions")]
    {
        let request = host.request(method, &format!("/groups/g/connectors/facts{path}"));
        let body = if path.is_empty() { definition("facts", |_| {}) } else { json!({"version": 1}) };
        host.send(request.json(&body)).problem(409, "LG1005");
    }
    host.group("h", json!({"connectors": [definition("facts", |_| {})]}));
    let refused = host.load("h", guests::STATE.bytes()).problem(409, "LG2011");
    assert!(refused["detail"].as_str().unwrap().contains("declarative connector"), "{refused:#}");
    let listed = host.request(Method::PATCH, "/groups/g").json(&json!({"connectors": [definition("facts", |_| {})]}));
    host.send(listed).problem(409, "LG2011");
}

#[test]
fn two_versions_are_compared() {
    let host = Host::start();
    host.group("g", json!({}));
    post(&host, &definition("item", |_| {})).status(201);
    let narrower = definition("item", |value| {
        value["input_schema"]["required"] = json!(["id", "note"]);
        value["output_schema"] = json!({"type": ["object", "null"]});
        value["http"]["method"] = json!("DELETE");
    });
    let path = "/groups/g/connectors/item?allow_removal";
    host.send(host.request(Method::PUT, path).json(&narrower)).status(200);
    let diff = host.get("/groups/g/connectors/item/versions/1/diff/2").status(200).json();
    let change = |pointer: &str| {
        let changes = diff["changes"].as_array().unwrap().iter();
        changes.filter(|one| one["pointer"] == pointer).map(|one| (one["from"].clone(), one["to"].clone())).next()
    };
    assert_eq!(change("/http/method"), Some((json!("GET"), json!("DELETE"))));
    assert_eq!(change("/input_schema/required"), Some((json!(["id"]), json!(["id", "note"]))));
    let breaks: Vec<_> =
        diff["breaks"].as_array().unwrap().iter().map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(breaks, ["/input_schema/properties/note", "/output_schema"]);
    let same = host.get("/groups/g/connectors/item/versions/2/diff/2").status(200).json();
    assert_eq!((&same["changes"], &same["breaks"]), (&json!([]), &json!([])));
    host.get("/groups/g/connectors/item/versions/1/diff/9").problem(404, "LG1004");
}

#[test]
fn a_group_lists_its_connectors() {
    let host = Host::start();
    host.group("g", json!({"connectors": [definition("one", |_| {}), definition("two", |_| {})]}));
    let shown = host.get("/groups/g").status(200).json();
    assert_eq!(shown["connector_names"], json!(["one", "two"]));
    assert_eq!(shown["connectors"], json!([definition("one", |_| {}), definition("two", |_| {})]));
    let set = |patch: Value| host.send(host.request(Method::PATCH, "/groups/g?allow_removal").json(&patch));
    // A change without the key leaves them alone.
    set(json!({"description": "Changed"})).status(200);
    assert_eq!(names(&host), json!(["one", "two"]));
    // The list is the whole truth: one is removed, one changed, one added.
    set(json!({"connectors": [definition("two", titled("Second")), definition("three", |_| {})]})).status(200);
    assert_eq!(names(&host), json!(["three", "two"]));
    let version = |name: &str| host.get(&format!("/groups/g/connectors/{name}")).json()["version"].clone();
    assert_eq!((version("two"), version("three")), (json!(2), json!(1)));
    // What is shown can be sent back as it is, and nothing is saved by that.
    let mut whole = host.get("/groups/g").json();
    for added in ["id", "version", "created_at", "updated_at", "connector_names"] {
        whole.as_object_mut().unwrap().remove(added);
    }
    host.send(host.request(Method::PUT, "/groups/g").json(&whole)).status(200);
    assert_eq!((version("two"), version("three")), (json!(2), json!(1)));

    let broken = definition("one", |value| value["http"]["method"] = json!("NOPE"));
    let refused =
        set(json!({"name": "Lost", "connectors": [definition("two", |_| {}), broken]})).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/connectors/1/http/method");
    let twice =
        set(json!({"connectors": [definition("two", |_| {}), definition("two", |_| {})]})).problem(422, "LG1010");
    assert_eq!(twice["errors"][0]["pointer"], "/connectors/1/name");
    assert_eq!((host.get("/groups/g").json()["name"].clone(), names(&host)), (json!("g"), json!(["three", "two"])));
    set(json!({"connectors": []})).status(200);
    assert_eq!((names(&host), host.get("/groups/g").json()["connectors"].clone()), (json!([]), Value::Null));
    host.send(host.request(Method::DELETE, "/groups/g")).status(204);
}

#[test]
fn what_was_answered_survives_a_kill() {
    let mut host = Host::start();
    host.group("g", json!({"connectors": [definition("one", |_| {})]}));
    put(&host, "one", &definition("one", titled("Second"))).status(200);
    let before = host.get("/groups/g/connectors/one").status(200).json();
    host.kill_and_restart();
    assert_eq!(host.get("/groups/g/connectors/one").status(200).json(), before);
    host.send(host.request(Method::DELETE, "/groups/g/connectors/one")).status(204);
    host.kill_and_restart();
    assert_eq!(names(&host), json!([]));
}

#[test]
fn an_editor_saves_and_a_viewer_reads() {
    let host = Host::start();
    host.group("g", json!({"connectors": [definition("one", |_| {})]}));
    let path = "/v1/workspaces/default/groups/g/connectors/one";
    for (role, status) in [("viewer", 403), ("invoker", 403), ("editor", 200)] {
        let token = host.token_with(role, json!({}));
        let request = host.shown(&token, Method::PUT, path).json(&definition("one", titled(role)));
        host.send(request).status(status);
        host.send(host.shown(&token, Method::GET, path)).status(200);
        host.send(host.shown(&token, Method::GET, &format!("{path}/versions/1"))).status(200);
    }
}

#[test]
fn a_rollback_goes_to_what_was_current_before() {
    let host = Host::start();
    host.group("g", json!({"connectors": [definition("one", |_| {})]}));
    put(&host, "one", &definition("one", titled("Second"))).status(200);
    let roll_back = || host.send(host.request(Method::POST, "/groups/g/connectors/one/rollback"));
    assert_eq!(roll_back().status(200).json()["version"], 1);
    put(&host, "one", &definition("one", titled("Third"))).status(200);
    // Not to 2, which was saved before 3 and was not current then.
    assert_eq!(roll_back().status(200).json()["version"], 1);
    roll_back().problem(409, "LG1005");

    put(&host, "one", &definition("one", titled("Fourth"))).status(200);
    put(&host, "one", &definition("one", titled("Fifth"))).status(200);
    host.run(["connector", "mark-bad", "g/one@4"]).ok().says("as bad");
    host.run(["connector", "mark-bad", "g/one"]).exits(2).says("expected a version");
    host.run(["connector", "mark-bad", "g/one@9"]).exits(1).says("LG1004");
    assert_eq!(host.get("/groups/g/connectors/one/versions/4").json()["bad"], true);
    host.run(["connector", "rollback", "g/one"]).ok().prints("version 1 is current");
    let history = host.run(["connector", "history", "g/one", "--output", "json"]).ok().json();
    let rows = history.as_array().unwrap().iter().map(|row| (row["action"].clone(), row["version"].clone()));
    let rows: Vec<_> = rows.collect();
    let expected = [
        ("rollback", "1"),
        ("save", "5"),
        ("save", "4"),
        ("rollback", "1"),
        ("save", "3"),
        ("rollback", "1"),
        ("save", "2"),
        ("save", "1"),
    ];
    assert_eq!(rows, expected.map(|(action, version)| (json!(action), json!(version))));

    // A connector of the same name that is made later has versions of its own.
    host.send(host.request(Method::DELETE, "/groups/g/connectors/one")).status(204);
    host.run(["connector", "rollback", "g/one"]).exits(1).says("LG1004");
    let request = host.request(Method::POST, "/groups/g/connectors").json(&definition("one", |_| {}));
    host.send(request).status(201);
    roll_back().problem(409, "LG1005");
    host.run(["connector", "history", "g/one"]).ok().prints("delete").prints("none");
}

#[test]
fn callers_of_the_current_version_are_not_broken_by_mistake() {
    let host = Host::start();
    let narrow = definition("one", |value| value["input_schema"]["required"] = json!(["id", "note"]));
    let wide = |value: &mut Value| value["input_schema"]["properties"]["id"]["type"] = json!(["string", "integer"]);
    let listed = |definitions: Value| host.send(host.request(Method::PATCH, "/groups/g").json(&definitions));
    host.group("g", json!({"connectors": [definition("one", |_| {}), definition("two", |_| {})]}));
    let at = "/connectors/one/input_schema/properties/note";
    assert_eq!(put(&host, "one", &narrow).problem(409, "LG2010")["errors"][0]["pointer"], at);
    let refused = listed(json!({"connectors": [narrow]})).problem(409, "LG2010");
    let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(pointers, ["/connectors/two", at]);
    assert_eq!(host.get("/groups/g/connectors/one").json()["version"], 1);
    // What takes more or gives more needs nothing.
    put(&host, "one", &definition("one", wide)).status(200);

    host.home.write("narrow.yaml", narrow.to_string());
    host.run(["connector", "update", "g/one", "-f", "narrow.yaml"]).exits(1).says("--allow-removal");
    host.run(["connector", "update", "g/one", "-f", "narrow.yaml", "--allow-removal"]).ok().prints("version 3");
    // Back needs no consent, forward does.
    let switch = |number: i64, query: &str| {
        let path = format!("/groups/g/connectors/one/current{query}");
        host.send(host.request(Method::PUT, &path).json(&json!({"version": number})))
    };
    switch(1, "").status(200);
    switch(3, "").problem(409, "LG2010");
    switch(3, "?allow_removal").status(200);
    let assignment = format!("connectors=[{}]", definition("one", |_| {}));
    host.run(["group", "set", "g", &assignment]).exits(1).says("LG2010");
    host.run(["group", "set", "g", &assignment, "--allow-removal"]).ok();
    assert_eq!(names(&host), json!(["one"]));
}

#[test]
fn connectors_on_the_command_line() {
    let host = Host::start();
    host.group("g", json!({}));
    host.home.write("item.yaml", serde_json::to_string(&definition("item", |_| {})).unwrap());
    host.home.write("second.yaml", serde_json::to_string(&definition("item", titled("Second"))).unwrap());
    host.home.write("broken.yaml", "name: item\ntype: soap\n");
    host.run(["connector", "create", "g", "--file", "item.yaml"]).ok().prints("made connector g/item: version 1");
    host.run(["connector", "create", "g", "--file", "broken.yaml"]).exits(1).says("LG1010").says("`input_schema`");
    host.run(["connector", "update", "g/item", "--file", "second.yaml"]).ok().prints("version 2 is current");
    host.run(["connector", "list", "g"]).ok().prints("g/item").prints("http");
    host.run(["connector", "versions", "g/item"]).ok().prints("*").prints("2");
    host.run(["connector", "diff", "g/item", "1"]).ok().prints("/title").prints("\"Second\"");
    host.run(["connector", "rollback", "g/item"]).ok().prints("version 1 is current");
    host.run(["connector", "rollback", "g/item"]).exits(1).says("no earlier version");
    host.run(["connector", "rollback", "g/item", "2"]).ok().prints("version 2 is current");
    let shown = host.run(["connector", "show", "g/item", "--definition"]).ok().json();
    assert_eq!(shown, definition("item", titled("Second")));
    let earlier = host.run(["connector", "show", "g/item@1"]).ok().json();
    assert_eq!(earlier["definition"], definition("item", |_| {}));
    let listed = host.run(["connector", "list", "g", "--output", "json"]).ok().json();
    assert_eq!(listed[0]["name"], "item");
    host.run(["connector", "show", "g/item@x"]).exits(2).says("no version");
    host.run(["connector", "delete", "g/item"]).exits(2).says("version 1").says("version 2").says("--yes");
    host.run(["connector", "delete", "g/item", "--yes"]).ok();
    host.run(["connector", "show", "g/item"]).exits(1).says("LG1004");
}
