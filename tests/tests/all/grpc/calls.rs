//! The key, metadata, TLS, connections and repetitions.

use lockgate_tests::database_servers::Certificate;
use lockgate_tests::grpc_servers::{GrpcServer, Options, Transport};
use lockgate_tests::{Authority, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{KEY, call, connector, failure, group, host, host_of, make, protos, request};

fn pen(host: &Host) -> Value {
    call(host, "get", &json!({"sku": "pen-1"})).output()
}

const GET: (&str, &str) = ("get", "inventory.v1.Inventory/GetItem");

#[test]
fn calls_carry_the_key_and_the_metadata_of_the_connector() {
    let authority = Authority::new();
    let required = vec![("x-api-key".to_owned(), KEY.to_owned())];
    let server = GrpcServer::with(&authority, &Options { required, ..Options::default() });
    let mut shows = connector("show", "lockgate.test.Probe/ShowMetadata");
    shows["input_schema"] = json!({"type": "object", "properties": {"tenant": {"type": "string"}}});
    shows["grpc"]["metadata"] = json!({"x-tenant": "t-{{tenant}}", "x-fixed": "1"});
    shows["grpc"]["request"] = json!({"headers": {"x-answer": "{{tenant}}"}});
    let host = host_of(&server, &group(&server.url(), &authority, &protos(), &json!([shows])));
    let shown = call(&host, "show", &json!({"tenant": "ada"})).output();
    let entries = shown["entries"].as_array().unwrap();
    for (name, text) in [("x-api-key", "***"), ("x-tenant", "t-ada"), ("x-fixed", "1")] {
        let found = entries.iter().find(|entry| entry["name"] == name).unwrap_or_else(|| panic!("no {name}: {shown}"));
        assert!(name == "x-api-key" || found["text"] == text, "{found}");
    }
    assert!(!shown.to_string().contains(KEY));
    let metadata = server.calls("ShowMetadata")[0]["metadata"].clone();
    assert!(metadata.as_array().unwrap().contains(&json!(["x-api-key", KEY])), "{metadata}");
    // Without the right key there is no answer.
    let credentials = json!({"main": {"values": {"value": "another-key-1234"}}});
    let other = json!({"name": "other", "credentials": credentials});
    host.send(host.request(Method::POST, "/groups/g/connections").json(&other)).status(201);
    let body = json!({"input": {"tenant": "ada"}, "connection": {"fixed": "other"}});
    let refused = host.send(host.request(Method::POST, "/groups/g/connectors/show/invoke").json(&body));
    assert_eq!(failure(refused)["code"], "unauthenticated");
}

#[test]
fn what_is_the_hosts_can_not_be_set() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = host(&server, &authority, &[GET]);
    for name in [
        "grpc-timeout",
        "grpc-encoding",
        "grpc-status",
        "grpc-anything",
        "te",
        "content-type",
        "user-agent",
        "host",
        ":authority",
        ":path",
        "connection",
        "authorization",
        "x-api-key",
        "X-API-KEY",
        "transfer-encoding",
    ] {
        let mut definition = connector("other", GET.1);
        definition["grpc"]["metadata"] = json!({name: "forged"});
        let request = host.request(Method::POST, "/groups/g/connectors").json(&definition);
        let answer = host.send(request);
        if answer.status == 201 {
            // It is the credential's only in this group.
            let refused = call(&host, "other", &json!({"sku": "pen-1"}));
            assert!(refused.status != 200, "{name}: {refused:?}");
            host.send(host.request(Method::DELETE, "/groups/g/connectors/other")).status(204);
        } else {
            answer.problem(422, "LG1010");
        }
    }
    assert_eq!(server.calls("GetItem").len(), 0);
    assert_eq!(pen(&host)["name"], "Pen");
}

#[test]
fn certificates_are_verified_with_their_names() {
    let authority = Authority::new();
    for (certificate, works) in [
        (Certificate::Right, true),
        (Certificate::OtherName, false),
        (Certificate::OtherAuthority, false),
        (Certificate::Expired, false),
    ] {
        let transport = Transport::TlsWith(certificate);
        let server = GrpcServer::with(&authority, &Options { transport, ..Options::default() });
        let host = host(&server, &authority, &[GET]);
        if works {
            assert_eq!(pen(&host)["name"], "Pen");
        } else {
            call(&host, "get", &json!({"sku": "pen-1"})).problem(502, "LG4005");
            assert_eq!(server.calls("GetItem").len(), 0, "{certificate:?}");
        }
    }
}

#[test]
fn a_server_without_tls_is_one_of_an_internal_group_that_says_so() {
    let authority = Authority::new();
    let server = GrpcServer::with(&authority, &Options { transport: Transport::Plain, ..Options::default() });
    assert_eq!(pen(&host(&server, &authority, &[GET]))["name"], "Pen");
    let host = Serve::new().reaching_addresses([server.address()]).start();
    let mut definition = group(&server.url(), &authority, &protos(), &json!([]));
    definition.as_object_mut().unwrap().extend([("slug".to_owned(), json!("g")), ("name".to_owned(), json!("g"))]);
    for change in
        [json!({"resource_type": "EXTERNAL"}), json!({"destinations": [{"grpc": server.url(), "credential": "main"}]})]
    {
        let mut wrong = definition.clone();
        wrong.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        host.send(host.request(Method::POST, "/groups").json(&wrong)).status(422);
    }
    for address in [
        "dns:///localhost:50051",
        "unix:/tmp/socket",
        "unix:///tmp/socket",
        "xds:///a",
        "ipv4:127.0.0.1:1",
        "localhost:1",
        "grpc://a.example",
    ] {
        let mut wrong = definition.clone();
        wrong["destinations"] = json!([{"grpc": address, "credential": "main"}]);
        let refused = host.send(host.request(Method::POST, "/groups").json(&wrong)).status(422);
        assert!(refused.body.contains("/destinations/0/grpc"), "{address}: {}", refused.body);
    }
}

#[test]
fn a_client_certificate_is_shown_where_it_is_asked_for() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let transport = Transport::Mutual(clients.pem());
    let server = GrpcServer::with(&authority, &Options { transport, ..Options::default() });
    let mut definition = group(&server.url(), &authority, &protos(), &json!([connector(GET.0, GET.1)]));
    definition["activation"] = json!({"credentials": {"main": {"methods": {"certificate": {
        "type": "custom", "fields": {"identity": {"type": "certificate", "required": true}},
        "placements": [{"in": "certificate", "value": "{{identity}}"}],
    }}}}});
    let host = Serve::new().reaching_addresses([server.address()]).start();
    host.group("g", definition);
    for (name, by, works) in [("known", &clients, true), ("unknown", &authority, false)] {
        let identity = by.identify(&["ada.example"], None);
        let values = json!({"identity": format!("{}{}", identity.cert_pem(), identity.key_pem())});
        let connection = json!({"name": name, "credentials": {"main": {"values": values}}});
        host.send(host.request(Method::POST, "/groups/g/connections").json(&connection)).status(201);
        let body = json!({"input": {"sku": "pen-1"}, "connection": {"fixed": name}});
        let answer = host.send(host.request(Method::POST, "/groups/g/connectors/get/invoke").json(&body));
        assert_eq!(answer.status == 200, works, "{name}: {answer:?}");
    }
    assert_eq!(server.calls("GetItem").len(), 1);
}

#[test]
fn a_connection_is_made_again_when_its_server_was() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let host = host(&server, &authority, &[GET]);
    assert_eq!(pen(&host)["name"], "Pen");
    let port = server.address().port();
    drop(server);
    let refused = call(&host, "get", &json!({"sku": "pen-1"}));
    assert_eq!(refused.status, 502, "{refused:?}");
    let server = GrpcServer::on(port, &authority, &Options::default());
    assert_eq!(pen(&host)["name"], "Pen");
    assert_eq!(server.calls("GetItem").len(), 1);
}

#[test]
fn more_calls_than_a_connection_takes_are_made() {
    let authority = Authority::new();
    let settings = vec![("grpc.max_concurrent_streams", 2)];
    let server = GrpcServer::with(&authority, &Options { settings, ..Options::default() });
    let host = host(&server, &authority, &[("hold", "lockgate.test.Probe/Hold")]);
    let held: Vec<_> = (0..8).map(|_| request(&host, "hold", &json!({}))).collect();
    std::thread::scope(|scope| {
        let answers = scope.spawn(|| host.send_all(held));
        // All of them are there at one time.
        server.happens(8, "began", "Hold");
        server.release();
        for answer in answers.join().unwrap() {
            assert_eq!(answer.output(), json!({}));
        }
    });
}

#[test]
fn only_what_may_be_repeated_is_repeated() {
    let authority = Authority::new();
    let server = GrpcServer::start(&authority);
    let connectors =
        [("once", json!({})), ("again", json!({"idempotent": true})), ("read", json!({"read_only": true}))];
    let connectors = connectors.map(|(name, hints)| {
        let mut connector = connector(name, "lockgate.test.Probe/Fail");
        connector["hints"] = hints;
        connector
    });
    let host = host_of(&server, &group(&server.url(), &authority, &protos(), &json!(connectors)));
    let busy = |key: &str, times: u32| json!({"code": 14, "message": "busy", "key": key, "times": times});
    let failed = failure(call(&host, "once", &busy("a", 1)));
    assert_eq!((&failed["code"], &failed["retryable"]), (&json!("unavailable"), &json!(true)));
    assert_eq!(server.calls("Fail").len(), 1);
    // What may be made twice is made again, three times in all.
    assert_eq!(call(&host, "again", &busy("b", 1)).output(), json!({}));
    assert_eq!(server.calls("Fail").len(), 3);
    assert_eq!(call(&host, "read", &busy("c", 2)).output(), json!({}));
    assert_eq!(server.calls("Fail").len(), 6);
    assert_eq!(failure(call(&host, "again", &busy("d", 3)))["code"], "unavailable");
    assert_eq!(server.calls("Fail").len(), 9);
    // Other refusals stay as they are.
    let refused = json!({"code": 9, "message": "no", "key": "e", "times": 1});
    assert_eq!(failure(call(&host, "again", &refused))["code"], "failed_precondition");
    assert_eq!(server.calls("Fail").len(), 10);
}

/// Which way a destination is chosen when there are several.
#[test]
fn a_destination_is_chosen_by_its_name() {
    let authority = Authority::new();
    let (one, other) = (GrpcServer::start(&authority), GrpcServer::start(&authority));
    let host = Serve::new().reaching_addresses([one.address(), other.address()]).start();
    let mut first = connector("first", GET.1);
    first["grpc"]["destination"] = json!("one");
    let mut second = connector("second", GET.1);
    second["grpc"]["destination"] = json!("other");
    let mut definition = group(&one.url(), &authority, &protos(), &json!([first, second]));
    definition["destinations"] = json!([
        {"grpc": one.url(), "name": "one", "credential": "main"},
        {"grpc": other.url(), "name": "other", "credential": "none"},
    ]);
    make(&host, &definition);
    for (name, calls) in [("first", (1, 0)), ("second", (1, 1))] {
        call(&host, name, &json!({"sku": "pen-1"})).status(200);
        assert_eq!((one.calls("GetItem").len(), other.calls("GetItem").len()), calls);
    }
    let shown = other.calls("GetItem")[0].to_string();
    assert!(!shown.contains(KEY), "{shown}");
}
