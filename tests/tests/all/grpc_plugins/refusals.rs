//! What guests are refused, by name.

use serde_json::{Value, json};

use super::{KEY, setup};

fn get(sku: &str) -> Value {
    json!({"method": "inventory.v1.Inventory/GetItem", "request": {"sku": sku}})
}

#[test]
fn what_is_not_granted_is_denied_by_name() {
    let setup = setup(json!({}));
    setup.host.set("g", json!({"capabilities": []}));
    let failure = setup.refused("call", &get("pen-1"), "denied");
    assert!(failure["message"].as_str().unwrap().contains("does not grant `grpc`"), "{failure}");
    assert!(setup.server.events().is_empty());
    setup.host.set("g", json!({"capabilities": ["grpc"]}));
    assert_eq!(setup.invoke("call", &get("pen-1")).status, 200);
}

#[test]
fn json_needs_descriptors_and_bytes_do_not() {
    let setup = setup(json!({"protos": null}));
    let failure = setup.refused("call", &get("pen-1"), "no-descriptors");
    assert!(failure["message"].as_str().unwrap().contains("`protos`"), "{failure}");
    let bytes = json!({"method": "lockgate.test.Probe/Measure", "bytes": [0x0a, 1, 1]});
    assert_eq!(setup.invoke("call", &bytes).output()["messages"], json!([[0x08, 1]]));
}

#[test]
fn messages_that_do_not_fit_are_named_with_their_place() {
    let setup = setup(json!({}));
    for (request, said) in
        [(json!({"sku": 7}), "/sku"), (json!({"sku": "pen-1", "colour": "red"}), "colour"), (json!([]), "message")]
    {
        let asked = json!({"method": "inventory.v1.Inventory/GetItem", "request": request});
        let failure = setup.refused("call", &asked, "invalid-request");
        assert!(failure["message"].as_str().unwrap().contains(said), "{said}: {failure}");
    }
    let unknown = json!({"method": "inventory.v1.Inventory/Steal", "request": {}});
    setup.refused("call", &unknown, "no-descriptors");
    // Known by the group, and not by bytes alone: the server says so.
    let unknown = json!({"method": "inventory.v1.Inventory/Steal", "bytes": []});
    setup.refused("call", &unknown, "grpc-unimplemented");
    let wrong = json!({"method": "lockgate.test.Echo/Split", "bytes": [0xff]});
    assert!(setup.invoke("stream", &wrong).status == 422);
    assert!(setup.server.calls("GetItem").is_empty());
}

#[test]
fn metadata_of_the_host_and_the_auth_method_are_refused() {
    let setup = setup(json!({}));
    for name in
        ["grpc-timeout", "grpc_encoding", "te", "content-type", "authorization", "x-api-key", "X_Api_Key", ":path"]
    {
        let mut asked = get("pen-1");
        asked["metadata"] = json!([[name, "mine"]]);
        setup.refused("call", &asked, "invalid-request");
    }
    let mut asked = get("pen-1");
    asked["metadata"] = json!([["x-bin", "text"]]);
    // Bytes of a text are bytes.
    assert_eq!(setup.invoke("call", &asked).status, 200);
}

#[test]
fn servers_that_are_no_destinations_are_denied() {
    let setup = setup(json!({}));
    for (destination, code) in [
        ("other", "invalid-request"),
        ("dns:///localhost:1", "invalid-request"),
        ("unix:///run/x.sock", "invalid-request"),
        ("https://other.example", "denied"),
        ("https://localhost:1", "denied"),
    ] {
        let mut asked = get("pen-1");
        asked["destination"] = json!(destination);
        setup.refused("call", &asked, code);
    }
    let mut asked = get("pen-1");
    asked["destination"] = json!(setup.server.url());
    assert_eq!(setup.invoke("call", &asked).status, 200);
}

#[test]
fn a_key_that_comes_back_is_masked() {
    let setup = setup(json!({}));
    let shown = setup.invoke("call", &json!({"method": "lockgate.test.Probe/ShowMetadata", "request": {}}));
    assert!(shown.body.contains("x-api-key") && !shown.body.contains(KEY), "{}", shown.body);
    let entries = shown.output()["messages"][0]["entries"].take();
    let key = entries.as_array().unwrap().iter().find(|entry| entry["name"] == "x-api-key").unwrap().clone();
    assert_eq!(key["text"], "*".repeat(KEY.len()));
}
