//! Declarative gRPC connectors against a real server: where descriptors come from, what is sent, what comes back, and what is
//! refused.

use lockgate_tests::grpc_servers::{GrpcServer, Options, Reflection};
use lockgate_tests::{Answer, Authority, Home, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "token-of-the-stock";

/// A server that asks for the token, and a host with the group `g` that goes there.
struct Setup {
    server: GrpcServer,
    host: Host,
    authority: Authority,
}

impl Setup {
    fn new(protos: Value, options: Options) -> Self {
        let authority = Authority::new();
        let required = vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))];
        let server = GrpcServer::with(&authority, &Options { required, ..options });
        let host = Serve::new().reaching_addresses([server.address()]).start();
        let setup = Self { server, host, authority };
        setup.host.group("g", setup.group(protos));
        let credentials = json!({"main": {"values": {"token": TOKEN}}});
        let body = json!({"name": "main", "credentials": credentials});
        setup.host.send(setup.host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
        setup
    }

    fn group(&self, protos: Value) -> Value {
        let mut group = json!({
            "resource_type": "INTERNAL", "certificate_authorities": [self.authority.pem()],
            "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
            "destinations": [{"grpc": self.server.url(), "credential": "main"}],
        });
        group["protos"] = protos;
        group
    }

    fn create(&self, name: &str, grpc: Value) -> Answer {
        self.create_with(name, json!({"grpc": grpc}))
    }

    fn create_with(&self, name: &str, more: Value) -> Answer {
        let mut definition = json!({"name": name, "type": "grpc"});
        definition.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        self.host.send(self.host.request(Method::POST, "/groups/g/connectors").json(&definition))
    }

    fn call(&self, name: &str, input: Value) -> Answer {
        let body = json!({"input": input, "connection": {"fixed": "main"}});
        self.host.send(self.host.request(Method::POST, &format!("/groups/g/connectors/{name}/invoke")).json(&body))
    }
}

/// The files of the server that the inventory needs.
fn inventory() -> Value {
    json!({"files": {"inventory/v1/inventory.proto": GrpcServer::proto("inventory/v1/inventory.proto")}})
}

fn probe() -> Value {
    let names = [
        "lockgate/test/probe.proto",
        "lockgate/test/types.proto",
        "lockgate/test/legacy.proto",
        "inventory/v1/inventory.proto",
    ];
    let files: serde_json::Map<_, _> =
        names.into_iter().map(|name| (name.to_owned(), GrpcServer::proto(name).into())).collect();
    json!({"files": files})
}

#[test]
fn files_are_compiled_and_a_method_is_a_connector() {
    let setup = Setup::new(inventory(), Options { reflection: Reflection::None, ..Options::default() });
    setup.create("item", json!({"service": "inventory.v1.Inventory", "method": "GetItem"})).status(201);
    let shown = setup.host.run(["connector", "show", "g/item"]).ok().json();
    let sku = &shown["input_schema"]["properties"]["sku"];
    assert_eq!(
        (&sku["type"], &sku["description"]),
        (&json!("string"), &json!("The item's number, for example `pen-1`."))
    );
    let output = setup.call("item", json!({"sku": "pen-1"})).output();
    assert_eq!(
        output,
        json!({
            "sku": "pen-1", "name": "Pen", "unit": "UNIT_PIECE", "stock": "12", "countedAt": "2026-11-29T10:20:30Z",
            "labels": {"shelf": "P"}, "fixed": "199", "parts": [{"sku": "cap-1", "name": "Cap", "unit": "UNIT_PIECE"}],
        })
    );
    // A group has its files, and a list of groups leaves them out.
    let whole = setup.host.get("/groups/g").status(200).json();
    assert!(whole["protos"]["files"]["inventory/v1/inventory.proto"].is_string());
    assert_eq!(setup.host.get("/groups").status(200).json()["items"][0]["protos"], Value::Null);
    // What the schema lacks is refused before anything is sent, and what only the message refuses too.
    let before = setup.server.calls("GetItem").len();
    setup.call("item", json!({"SKU": "pen-1"})).problem(422, "LG1009");
    assert_eq!(setup.server.calls("GetItem").len(), before);
    // A group that starts again has the same descriptors.
    let mut setup = setup;
    setup.host.restart();
    assert_eq!(setup.call("item", json!({"sku": "ink-7"})).output()["name"], "Ink, blue");
}

#[test]
fn a_template_makes_the_message_and_its_metadata() {
    let setup = Setup::new(probe(), Options::default());
    let schema = json!({"type": "object", "properties": {"trace": {"type": "string"}, "id": {}, "wanted": {}}});
    let grpc = json!({
        "service": "lockgate.test.Probe", "method": "ShowMetadata",
        "request": {"headers": {"x-id": "n-{{id}}"}, "binary": "{{wanted}}"},
        "metadata": {"x-trace": "t-{{trace}}", "x-none": "{{id}}", "x-raw-bin": "AP8="},
    });
    setup.create_with("probe", json!({"grpc": grpc, "input_schema": schema})).status(201);
    let output = setup.call("probe", json!({"trace": "7"})).output();
    let entry = |name: &str| {
        let all = output["entries"].as_array().expect("a list");
        all.iter().find(|entry| entry["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(entry("x-trace")["text"], "t-7");
    assert_eq!(entry("x-raw-bin")["raw"], "AP8=");
    assert_eq!(entry("x-none"), Value::Null);
    // What comes back of the credential is masked.
    let back = entry("authorization")["text"].to_string();
    assert!(!back.is_empty() && !back.contains(TOKEN), "{back}");
    // The message takes what its fields take, whatever the schema says.
    let wrong = setup.call("probe", json!({"wanted": {"a-bin": "*"}})).problem(422, "LG1009");
    let detail = wrong["errors"][0]["detail"].as_str().expect("a text");
    assert!(detail.contains("/binary/a-bin") && !detail.contains('*'), "{detail}");
}

#[test]
fn a_stream_gives_a_list_up_to_its_limit() {
    let setup = Setup::new(probe(), Options::default());
    let count = |max: u64| json!({"service": "lockgate.test.Probe", "method": "Count", "max_messages": max});
    setup.create("three", count(3)).status(201);
    let output = setup.call("three", json!({"numbers": 3})).output();
    // Zero is the default, and so left out.
    assert_eq!(output, json!({"messages": [{}, {"value": "1"}, {"value": "2"}], "more": false}));
    let output = setup.call("three", json!({"numbers": 4})).output();
    assert_eq!(output["messages"].as_array().map(Vec::len), Some(3));
    assert_eq!(output["more"], true);
    // A stream without an end is ended by the host.
    assert_eq!(setup.call("three", json!({"numbers": -1})).output()["more"], true);
    setup.server.happens(1, "cancelled", "Count");
    // A status at the end takes the list with it.
    let failed = setup.call("three", json!({"numbers": 2, "code": 9})).problem(422, "LG3001");
    assert_eq!(failed["failure"]["code"], "failed_precondition");
    // The group's limit is beside it.
    setup.create("many", count(100)).status(201);
    setup.host.set("g", json!({"limits": {"rows": 5}}));
    let limited = setup.call("many", json!({"numbers": 6})).problem(502, "LG4007");
    assert_eq!(limited["limit"]["name"], "rows");
    assert_eq!(setup.call("many", json!({"numbers": 5})).output()["more"], false);
    setup.host.set("g", json!({"limits": {"rows": 6}}));
    assert_eq!(setup.call("many", json!({"numbers": 6})).output()["more"], false);
}

#[test]
fn an_answer_ends_at_the_limit_of_the_output() {
    let setup = Setup::new(probe(), Options::default());
    setup.create("grow", json!({"service": "lockgate.test.Probe", "method": "Grow"})).status(201);
    setup.host.set("g", json!({"limits": {"output_bytes": 10_000}}));
    // Base64 is a third longer than the bytes.
    setup.call("grow", json!({"bytes": 9_000})).limit(500, "LG3007", "output_bytes", 10_000);
    assert_eq!(setup.call("grow", json!({"bytes": 6_000})).output()["data"].as_str().map(str::len), Some(8_000));
    setup.host.set("g", json!({"limits": {"output_bytes": 20_000}}));
    assert_eq!(setup.call("grow", json!({"bytes": 9_000})).output()["data"].as_str().map(str::len), Some(12_000));
}

#[test]
fn a_status_is_a_failure_with_its_details() {
    let setup = Setup::new(probe(), Options::default());
    setup.create("fail", json!({"service": "lockgate.test.Probe", "method": "Fail"})).status(201);
    let input = json!({
        "code": 8, "message": "no more",
        "errorInfo": {"reason": "QUOTA", "domain": "stock.example"},
        "retryInfo": {"retryDelay": "2.5s"},
        "others": [{"@type": "type.googleapis.com/inventory.v1.Item", "sku": "pen-1"}],
    });
    let failed = setup.call("fail", input).problem(422, "LG3001");
    let failure = &failed["failure"];
    assert_eq!((&failure["code"], &failure["message"]), (&json!("resource_exhausted"), &json!("no more")));
    assert_eq!((&failure["retryable"], &failure["retry_after_ms"]), (&json!(true), &json!(2_500)));
    assert_eq!(
        failure["details"],
        json!({"status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "QUOTA", "domain": "stock.example"},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.500s"},
            {"@type": "type.googleapis.com/inventory.v1.Item", "sku": "pen-1"},
        ]})
    );
    let failed = setup.call("fail", json!({"code": 5})).problem(422, "LG3001");
    assert_eq!((&failed["failure"]["code"], &failed["failure"]["retryable"]), (&json!("not_found"), &json!(false)));
}

/// What its author calls repeatable is repeated while the server can't.
#[test]
fn a_call_that_may_be_made_twice_is() {
    let setup = Setup::new(probe(), Options::default());
    let fail = json!({"service": "lockgate.test.Probe", "method": "Fail"});
    let input = |key: &str| json!({"code": 14, "message": "busy", "key": key, "times": 2});
    for (name, hints, made) in
        [("none", json!({}), 1), ("reads", json!({"read_only": true}), 3), ("repeats", json!({"idempotent": true}), 3)]
    {
        setup.create_with(name, json!({"grpc": fail, "hints": hints})).status(201);
        let before = setup.server.calls("Fail").len();
        let answer = setup.call(name, input(name));
        if made == 1 {
            assert_eq!(answer.problem(422, "LG3001")["failure"]["code"], "unavailable");
        } else {
            answer.output();
        }
        assert_eq!(setup.server.calls("Fail").len() - before, made, "{name}");
    }
}

#[test]
fn reflection_tells_the_descriptors_when_it_is_asked() {
    for (reflection, one_file) in [(Reflection::V1, false), (Reflection::V1Alpha, true)] {
        let setup = Setup::new(json!({"reflection": true}), Options { reflection, one_file, ..Options::default() });
        let item = json!({"service": "inventory.v1.Inventory", "method": "GetItem"});
        // Nobody has asked yet.
        let refused = setup.create("item", item.clone()).problem(422, "LG1010");
        assert!(
            refused["errors"][0]["detail"].as_str().is_some_and(|text| text.contains("lockgate grpc refresh")),
            "{refused}"
        );
        let dry = setup.host.run(["grpc", "refresh", "g", "--connection", "main", "--dry-run"]).ok();
        dry.prints("+ method inventory.v1.Inventory/GetItem").prints("not kept");
        setup.create("item", item.clone()).problem(422, "LG1010");
        // It is asked in the name of the group.
        setup.host.run(["grpc", "refresh", "g"]).exits(1).says("LG1015");
        let first = setup.host.run(["grpc", "refresh", "g", "--connection", "main"]).ok();
        first
            .prints("+ method inventory.v1.Inventory/GetItem")
            .prints("+ field inventory.v1.Item.parts")
            .prints("kept");
        setup.host.run(["grpc", "refresh", "g", "--connection", "main"]).ok().prints("nothing changed");
        setup.create("item", item).status(201);
        assert_eq!(setup.call("item", json!({"sku": "pen-1"})).output()["name"], "Pen");
        let audit = setup.host.run(["audit", "--output", "json"]).ok().json().to_string();
        assert!(audit.contains("group.descriptors"), "{audit}");
        let list = setup.host.run(["grpc", "list", "g"]).ok();
        list.prints("inventory.v1.Inventory/ListItems").prints("stream inventory.v1.Item");
        let described =
            setup.host.run(["grpc", "describe", "g", "inventory.v1.Inventory/GetItem", "--output", "json"]).ok();
        assert_eq!(described.json()["output_schema"]["type"], Value::Null);
        assert_eq!(described.json()["method"]["request"], "inventory.v1.GetItemRequest");
        setup.host.run(["grpc", "describe", "g", "inventory.v1.Inventory/Nope"]).exits(1).says("LG1004");
    }
}

#[test]
fn a_difference_shows_what_breaks() {
    let setup = Setup::new(json!({"reflection": true}), Options::default());
    setup.host.run(["grpc", "refresh", "g", "--connection", "main"]).ok();
    let Setup { server, host, authority } = setup;
    // The group leads to another server, whose methods are others, by the same name and port.
    let port = server.address().port();
    drop(server);
    let required = vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    let _server =
        GrpcServer::on(port, &authority, &Options { required, reflection: Reflection::None, ..Options::default() });
    let gone = host.run(["grpc", "refresh", "g", "--connection", "main"]).exits(1);
    gone.says("LG4030").says("no reflection");
    // What was kept is still there.
    host.run(["grpc", "list", "g"]).ok().prints("inventory.v1.Inventory/GetItem");
}

#[test]
fn what_no_connector_can_call_is_refused_when_it_is_saved() {
    let setup = Setup::new(inventory(), Options::default());
    let refused = |grpc: Value, pointer: &str, word: &str| {
        let problem = setup.create("c", grpc).problem(422, "LG1010");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], pointer, "{problem}");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains(word)), "{problem}");
    };
    refused(json!({"service": "inventory.v1.Inventory", "method": "Import"}), "/grpc/method", "stream of requests");
    refused(json!({"service": "inventory.v1.Inventory", "method": "Nope"}), "/grpc/method", "`GetItem`");
    refused(json!({"service": "inventory.v1.Nope", "method": "GetItem"}), "/grpc/service", "`inventory.v1.Inventory`");
    // Without descriptors schemas can't follow.
    setup.host.set("g", json!({"protos": null}));
    refused(json!({"service": "inventory.v1.Inventory", "method": "GetItem"}), "/input_schema", "protos");
    // A definition with schemas may come before them, and says at each call what is missing.
    let grpc = json!({"service": "inventory.v1.Inventory", "method": "GetItem"});
    let schemas = json!({"grpc": grpc, "input_schema": true, "output_schema": true});
    setup.create_with("c", schemas).status(201);
    setup.call("c", json!({"sku": "pen-1"})).problem(422, "LG1060");
    setup.host.set("g", json!({"protos": inventory()}));
    assert_eq!(setup.call("c", json!({"sku": "pen-1"})).output()["name"], "Pen");
    // Without `protos` of its own it lists what its server tells, and keeps nothing.
    setup.host.set("g", json!({"protos": null}));
    setup.host.run(["grpc", "list", "g", "--connection", "main"]).ok().prints("inventory.v1.Inventory/GetItem");
    setup.call("c", json!({"sku": "pen-1"})).problem(422, "LG1060");
}

#[test]
fn errors_in_files_have_their_place() {
    let setup = Setup::new(inventory(), Options::default());
    let set = |protos: Value| {
        let request = setup.host.request(Method::PATCH, "/groups/g").json(&json!({"protos": protos}));
        setup.host.send(request).problem(422, "LG1010")["errors"][0].clone()
    };
    let wrong = set(json!({"files": {"a/b.proto": "syntax = \"proto3\";\nmessage A {\n  Nope nope = 1;\n}\n"}}));
    assert_eq!(wrong["pointer"], "/protos/files/a~1b.proto", "{wrong}");
    assert!(wrong["detail"].as_str().is_some_and(|detail| detail.starts_with("a/b.proto:3:3: ")), "{wrong}");
    let wrong = set(json!({"files": {"../b.proto": ""}}));
    assert_eq!(wrong["rule"], "path", "{wrong}");
    let wrong = set(json!({"files": null, "descriptor_set": "CgU="}));
    assert_eq!(
        (&wrong["pointer"], &wrong["rule"]),
        (&json!("/protos/descriptor_set"), &json!("descriptors")),
        "{wrong}"
    );
    let wrong = set(json!({"files": {"a.proto": "syntax = \"proto3\"; import \"/etc/passwd\";"}}));
    assert!(!wrong.to_string().contains("root:"), "{wrong}");
    // Nesting that overflows a compiler's stack ends the child, and not the host.
    let deep = format!("syntax = \"proto3\"; option (x) = {}{};", "{a:".repeat(60_000), "}".repeat(60_000));
    let wrong = set(json!({"files": {"a.proto": deep}}));
    assert!(wrong["pointer"].as_str().is_some_and(|pointer| pointer.starts_with("/protos/files")), "{wrong}");
    // What was there before is there still.
    setup.create("item", json!({"service": "inventory.v1.Inventory", "method": "GetItem"})).status(201);
    assert_eq!(setup.call("item", json!({"sku": "pen-1"})).output()["name"], "Pen");
}

#[test]
fn a_file_lists_connectors_without_schemas() {
    let setup = Setup::new(inventory(), Options::default());
    let connector =
        json!({"name": "item", "type": "grpc", "grpc": {"service": "inventory.v1.Inventory", "method": "GetItem"}});
    setup.host.set("g", json!({"protos": inventory(), "connectors": [connector]}));
    assert_eq!(setup.call("item", json!({"sku": "ink-7"})).output()["name"], "Ink, blue");
    // A test route sees the messages, and not the credential.
    let tested =
        setup.host.run(["connector", "test", "g/item", "--input", r#"{"sku": "pen-1"}"#, "--connection", "main"]).ok();
    let tested = tested.says("inventory.v1.Inventory").says("GetItem").says("pen-1");
    assert!(!tested.stdout.contains(TOKEN) && !tested.stderr.contains(TOKEN));
    // A definition that is not saved is tried in the same way.
    let item = setup
        .host
        .home
        .write("item.yaml", "name: other\ntype: grpc\ngrpc: {service: inventory.v1.Inventory, method: GetItem}\n");
    let file = item.to_str().expect("text");
    setup
        .host
        .run(["connector", "test", "g/item", "-f", file, "--input", r#"{"sku": "pen-1"}"#, "--connection", "main"])
        .ok()
        .prints("Pen");
}

#[test]
fn an_author_runs_it_without_a_host() {
    let authority = Authority::new();
    let required = vec![("authorization".to_owned(), format!("Bearer {TOKEN}"))];
    let server = GrpcServer::with(&authority, &Options { required, ..Options::default() });
    let home = Home::new();
    let group = json!({
        "slug": "g", "name": "G", "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
        "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
        "destinations": [{"grpc": server.url(), "credential": "main"}], "protos": inventory(),
        "connectors": [{
            "name": "item", "type": "grpc", "grpc": {"service": "inventory.v1.Inventory", "method": "GetItem"},
        }],
    });
    let file = home.write("g.yaml", group.to_string());
    let secret = home.write("token", TOKEN);
    let (file, secret) = (file.to_str().expect("text"), format!("main.token=@{}", secret.display()));
    let reachable = server.address().to_string();
    let run = |input: &str| {
        home.run(["run", "item", "--group", file, "--input", input, "--secret", &secret, "--reachable", &reachable])
    };
    run(r#"{"sku": "pen-1"}"#).ok().prints("\"Pen\"").says("inventory.v1.Inventory/GetItem");
    run(r#"{"nope": "pen-1"}"#).exits(1).says("LG1009").says("/nope");
}
