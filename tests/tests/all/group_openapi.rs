//! The OpenAPI document of a group: what is in it, who sees it, and what programs that know nothing else do with it.

mod clients;
mod tools;

use std::fs;

use lockgate_domain::written;
use lockgate_tests::{Host, Reply, Serve, Upstream, connected, guests};
use reqwest::Method;
use serde_json::{Value, json};

const SHOP: &str = "/groups/shop/openapi.json";

/// A group whose connectors are scripts, with schemas of every kind that 3.0 can and can't say.
fn shop() -> Value {
    let line = json!({
        "type": "object", "required": ["sku", "price"], "additionalProperties": false,
        "properties": {
            "sku": {"type": "string", "pattern": "^[A-Z]{2}[0-9]{3}$"},
            "price": {"type": "number", "minimum": 0, "maximum": 1000},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
            "parts": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/line"}},
        },
    });
    let order_total = json!({
        "name": "order_total", "title": "Add up an order", "description": "Prices of all lines.", "type": "function",
        "tags": ["orders"], "hints": {"read_only": true, "idempotent": true},
        "input_schema": {
            "type": "object", "required": ["lines", "currency"], "additionalProperties": false,
            "$defs": {"line": line},
            "properties": {
                "lines": {"type": "array", "minItems": 1, "maxItems": 5, "items": {"$ref": "#/$defs/line"}},
                "currency": {"enum": ["EUR", "USD"]},
                "note": {"type": ["string", "null"], "maxLength": 100},
                "discount": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
            },
        },
        "output_schema": {
            "type": "object", "required": ["kind", "total", "pair"],
            "properties": {
                "kind": {"const": "total"}, "total": {"type": "number"}, "note": {"type": ["string", "null"]},
                "pair": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "number"}], "items": false},
            },
        },
        "examples": [{
            "title": "Two lines",
            "input": {"lines": [{"sku": "AB123", "price": 2}, {"sku": "AB124", "price": 1.5, "quantity": 2}], "currency": "EUR"},
            "output": {"kind": "total", "total": 5, "pair": ["EUR", 5], "note": null},
        }],
        "script": {"language": "typescript", "source": "
            interface Line { price: number; quantity?: number }
            export default function (input: { lines: Line[]; currency: string; note?: string | null }) {
                const total = input.lines.reduce((sum, line) => sum + line.price * (line.quantity ?? 1), 0);
                return { kind: 'total', total, pair: [input.currency, total], note: input.note ?? null };
            }"},
    });
    let labels = json!({
        "name": "labels", "title": "Count labels", "type": "function", "tags": ["labels"],
        "input_schema": {
            "type": "object", "patternProperties": {"^[a-z]+$": {"type": "string", "maxLength": 20}},
            "additionalProperties": false, "maxProperties": 5,
            "if": {"required": ["a"]}, "then": {"required": ["b"]},
        },
        "output_schema": {"type": "integer", "minimum": 0},
        "script": {"language": "javascript", "source": "export default (input) => Object.keys(input).length;"},
    });
    let anything = json!({
        "name": "anything", "type": "function", "input_schema": true, "output_schema": true,
        "script": {"language": "javascript", "source": "export default (input) => input;"},
    });
    let off = json!({
        "name": "off", "type": "function", "enabled": false,
        "script": {"language": "javascript", "source": "export default () => 1;"},
    });
    json!({
        "name": "Shop", "description": "Orders of a shop.\n\nTwo paragraphs.", "documentation_url": "https://shop.example/docs",
        "connectors": [order_total, labels, anything, off],
    })
}

/// A group whose calls need a connection and go to this server, which answers with what it got and whose key that was.
fn desk(upstream: &Upstream) -> Value {
    json!({
        "name": "Desk", "resource_type": "INTERNAL", "base_url": upstream.url(),
        "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-key"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}],
        "connectors": [{
            "name": "ticket", "title": "Read a ticket", "type": "http",
            "input_schema": {
                "type": "object", "required": ["number"], "additionalProperties": false,
                "properties": {"number": {"type": "integer", "minimum": 1, "maximum": 9999}},
            },
            "output_schema": {"type": "object", "required": ["number"], "properties": {"number": {"type": "string"}}},
            "examples": [{"input": {"number": 7}}],
            "http": {"method": "GET", "path": "/tickets/{{number}}"},
        }],
    })
}

fn tickets() -> Upstream {
    Upstream::start(|seen| {
        let number = seen.path().rsplit('/').next().unwrap_or_default();
        let of = seen.header("x-key").and_then(|key| key.strip_prefix("key-of-"));
        Reply::new(200).json(&json!({"number": number, "owner": of}))
    })
}

/// A host with both groups, and connections of the second: `main`, and one of the tenant `ada`.
fn started(upstream: &Upstream) -> Host {
    let host = Serve::new().reaching(&[upstream]).start().with_scripts();
    host.group("shop", shop());
    host.group("desk", desk(upstream));
    for body in [
        json!({"name": "main", "credentials": {"main": {"values": {"value": "key-of-all"}}}}),
        json!({"name": "own", "tenant": "ada", "credentials": {"main": {"values": {"value": "key-of-ada"}}}}),
    ] {
        host.send(host.request(Method::POST, "/groups/desk/connections").json(&body)).status(201);
    }
    host
}

/// Every reference of a document leads somewhere in it, and every component is referred to.
fn check_references(document: &Value) {
    let (mut open, mut used) = (vec![document], std::collections::BTreeSet::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref") {
                    let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                    used.insert(pointer.to_owned());
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    for kind in ["schemas", "responses", "parameters"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(used.contains(&format!("/components/{kind}/{name}")), "{kind}/{name} is not used");
        }
    }
}

#[test]
fn each_connector_is_an_operation_at_the_address_where_it_is_called() {
    let upstream = tickets();
    let host = started(&upstream);
    for version in ["3.1", "3.0"] {
        let document = host.get(&format!("{SHOP}?version={version}")).status(200).json();
        check_references(&document);
        assert!(document["openapi"].as_str().unwrap().starts_with(version));
        assert_eq!((&document["info"]["title"], &document["x-lockgate-group"]), (&json!("Shop"), &json!("shop")));
        let paths = document["paths"].as_object().unwrap();
        let ids: Vec<_> = paths.values().map(|item| item["post"]["operationId"].as_str().unwrap()).collect();
        assert_eq!(ids, ["anything", "labels", "order_total"]);
        // What the document says is an example of a call is one.
        let (path, item) = paths.iter().next_back().unwrap();
        let operation = &item["post"];
        let example = &operation["requestBody"]["content"]["application/json"]["examples"]["example_1"];
        assert_eq!(example["summary"], "Two lines");
        let answer = host.send(host.admin(Method::POST, path).json(&example["value"])).status(200).json();
        let shown = &operation["responses"]["200"]["content"]["application/json"]["examples"]["example_1"]["value"];
        assert_eq!(answer["output"], shown["output"]);
        assert!(operation["description"].as_str().unwrap().contains("It changes nothing outside of the host."));
        // A group without an activation takes no connection, and no call of it ends for the lack of one.
        let request = &document["components"]["schemas"]["OrderTotalRequest"];
        assert_eq!(request["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["input"]);
        let texts = document["components"]["responses"].to_string();
        assert!(texts.contains("LG1014") && !texts.contains("LG1015") && !texts.contains("LG1017"), "{texts}");
    }
    let marked = |version: &str, name: &str| {
        let document = host.get(&format!("{SHOP}?version={version}")).json();
        document["components"]["schemas"][name]["x-lockgate-widened"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((marked("3.1", "LabelsInput"), marked("3.0", "LabelsInput")), (0, 2));
}

#[test]
fn a_group_with_an_activation_is_called_with_a_connection() {
    let upstream = tickets();
    let host = started(&upstream);
    let document = host.get("/groups/desk/openapi.json").status(200).json();
    check_references(&document);
    let request = &document["components"]["schemas"]["TicketRequest"];
    assert_eq!(request["required"], json!(["input", "connection"]));
    let forms = document["components"]["schemas"]["Connection"]["oneOf"].as_array().unwrap();
    assert_eq!(forms.len(), 2);
    let texts = document["components"]["responses"].to_string();
    assert!(!texts.contains("LG1014") && texts.contains("LG1015"), "{texts}");
    let (path, item) = document["paths"].as_object().unwrap().iter().next().unwrap();
    let example = &item["post"]["requestBody"]["content"]["application/json"]["examples"]["example_1"]["value"];
    let answer = host.send(host.admin(Method::POST, path).json(example)).status(200);
    assert_eq!(answer.json()["output"]["number"], "7");
    // Connections and what is in them are nobody's to read here.
    assert!(!document.to_string().contains("key-of"));
}

#[test]
fn a_document_is_the_same_until_the_group_changes() {
    let host = Host::start().with_scripts();
    host.group("shop", shop());
    let first = host.get(SHOP).status(200);
    let tag = first.header("etag").to_owned();
    assert_eq!((first.header("content-type"), &host.get(SHOP).body), ("application/json", &first.body));
    let again = |tag: &str| host.send(host.request(Method::GET, SHOP).header("if-none-match", tag));
    let known = again(&tag).status(304);
    assert_eq!((known.body.as_str(), known.header("etag")), ("", tag.as_str()));
    let change = json!({"name": "off", "type": "function", "script": {"language": "javascript", "source": "export default () => 2;"}});
    host.send(host.request(Method::PUT, "/groups/shop/connectors/off").json(&change)).status(200);
    let changed = again(&tag).status(200);
    assert_ne!(changed.header("etag"), tag);
    assert!(changed.json()["paths"].as_object().unwrap().keys().any(|path| path.ends_with("/off/invoke")));
    let yaml = host.get("/groups/shop/openapi.yaml?version=3.0").status(200);
    assert_eq!(yaml.header("content-type"), "application/yaml");
    let json = host.get(&format!("{SHOP}?version=3.0")).json();
    assert_eq!(written::definition(&yaml.body).unwrap(), json);
    for wrong in ["?version=2.0", "?version", "?colour=red"] {
        host.get(&format!("{SHOP}{wrong}")).problem(400, "LG1001");
    }
}

#[test]
fn the_command_prints_and_writes_it() {
    let host = Serve::new().with(["--public-url", "https://gate.example"]).start().with_scripts();
    host.group("shop", shop());
    let printed = host.run(["openapi", "shop"]).ok().json();
    assert_eq!((&printed["openapi"], &printed["servers"][0]["url"]), (&json!("3.1.0"), &json!("https://gate.example")));
    let file = host.home.work().join("shop.yaml");
    let written = ["openapi", "shop", "--version", "3.0", "--format", "yaml", "-o", file.to_str().unwrap()];
    assert_eq!(host.run(written).ok().stdout, "");
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text, host.get("/groups/shop/openapi.yaml?version=3.0").body);
    host.run(["openapi", "other"]).exits(1).says("LG1004");
    assert!(host.run(["openapi", "shop", "--version", "2.0"]).exits(2).stderr.contains("3.1"));
}

/// Scope, role and limits of a token hold here as they do for the group.
#[test]
fn who_may_not_see_the_group_sees_no_document() {
    let host = Host::start().with_scripts();
    host.group("shop", shop());
    host.group("other", json!({}));
    let token = |body: Value| {
        let made = host.send(host.request(Method::POST, "/tokens").json(&body)).status(201).json();
        made["token"].as_str().unwrap().to_owned()
    };
    let viewer = token(json!({"name": "v", "role": "viewer", "groups": ["shop"]}));
    let path = |group: &str| format!("/v1/workspaces/default/groups/{group}/openapi.json");
    let get = |token: &str, group: &str| host.send(host.plain(Method::GET, &path(group)).bearer_auth(token));
    get(&viewer, "shop").status(200);
    get(&viewer, "other").problem(404, "LG1004");
    host.send(host.plain(Method::GET, &path("shop"))).problem(401, "LG1002");
    host.get("/groups/org:shop/openapi.json").problem(404, "LG1004");
}

/// A plugin's connectors, those of the organization, and ready-made ones have the address of the scope that asks.
#[test]
fn addresses_are_those_of_the_scope_that_asks() {
    let host = Host::start().with_scripts();
    host.with_guest(&guests::STATE, connected::reach());
    let shared =
        json!({"slug": "shared", "name": "Shared", "resource_type": "EXTERNAL", "connectors": shop()["connectors"]});
    host.send(host.admin(Method::POST, "/v1/organizations/default/groups").json(&shared)).status(201);
    let paths = |path: &str| {
        let document = host.send(host.admin(Method::GET, path)).status(200).json();
        check_references(&document);
        document["paths"].as_object().unwrap().keys().next().unwrap().clone()
    };
    let facts = paths("/v1/workspaces/default/groups/g/openapi.json");
    assert!(facts.starts_with("/v1/workspaces/default/groups/g/connectors/"), "{facts}");
    let seen = paths("/v1/workspaces/default/groups/org%3Ashared/openapi.json");
    assert_eq!(seen, "/v1/workspaces/default/groups/org:shared/connectors/anything/invoke");
    let own = paths("/v1/organizations/default/groups/shared/openapi.json");
    assert_eq!(own, "/v1/organizations/default/groups/shared/connectors/anything/invoke");
}
