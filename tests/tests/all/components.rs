//! What is not loaded, each with its code and what to do.

use lockgate_tests::component::{Crafted, HANDLER, component};
use lockgate_tests::{Host, guests};
use serde_json::{Value, json};

/// Refused by a host with this code; gives the sentence.
#[track_caller]
fn refused(host: &Host, bytes: impl Into<Vec<u8>>, code: &str) -> String {
    let document = host.load("g", bytes).problem(422, code);
    assert_eq!(host.get("/groups/g/plugins").json()["items"], json!([]), "nothing was kept");
    document["detail"].as_str().unwrap().to_owned()
}

fn host() -> Host {
    let host = Host::start();
    host.group("g", json!({}));
    host
}

fn text(component: &str) -> Vec<u8> {
    wat::parse_str(component).unwrap()
}

#[test]
fn bytes_that_are_no_component() {
    let host = host();
    for (bytes, found) in [
        (Vec::new(), "found no bytes"),
        (b"PK\x03\x04 a zip file".to_vec(), "found other bytes"),
        (text("(module)"), "core module: build it with `lockgate build`"),
        (b"\x7fELF\x02\x01\x01".to_vec(), "takes no compiled ones"),
    ] {
        let detail = refused(&host, bytes, "LG2001");
        assert!(detail.contains("expected a WebAssembly component") && detail.contains(found), "{detail}");
    }
}

/// Whoever could load compiled code could run any instruction in the host.
#[test]
fn the_hosts_own_compiled_code() {
    let host = host();
    host.group("other", json!({}));
    host.load("other", guests::STATE.bytes()).status(201);
    let cache = std::fs::read_dir(host.home.data().join("cache")).unwrap().map(|entry| entry.unwrap().path());
    let compiled = cache.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "cwasm")).unwrap();
    assert!(refused(&host, std::fs::read(compiled).unwrap(), "LG2001").contains("takes no compiled ones"));
}

#[test]
fn components_that_are_damaged() {
    let host = host();
    let whole = guests::STATE.bytes();
    for length in [8, 9, 1000, whole.len() / 2, whole.len() - 1] {
        let answer = host.load("g", &whole[..length]);
        assert_eq!(answer.status, 422, "{length}: {answer:#?}");
        let code = answer.json()["code"].as_str().unwrap().to_owned();
        assert!(matches!(code.as_str(), "LG2003" | "LG2005"), "{length}: {answer:#?}");
    }
    let mut bent = whole;
    let middle = bent.len() / 2;
    bent[middle..middle + 64].fill(0xff);
    assert_eq!(host.load("g", bent).status, 422);
    assert_eq!(host.get("/groups/g/plugins").json()["items"], json!([]));
}

#[test]
fn interfaces_that_are_not_offered() {
    let host = host();
    for (import, found, hint) in [
        (
            r#"(import "acme:cache/store@1.0.0" (instance))"#,
            "interface `acme:cache/store@1.0.0`",
            "expected interfaces of",
        ),
        (r#"(import "wasi:http/incoming-handler@0.2.0" (instance))"#, "incoming-handler", "calls no handler of others"),
        (r#"(import "wasi:clocks/monotonic-clock@0.3.0" (instance))"#, "@0.3.0", "build it for WASI 0.2"),
        (r#"(import "lockgate:connector/log@0.9.0" (instance))"#, "@0.9.0", "expected interfaces of"),
        (r#"(import "run" (func))"#, "function `run`", "expected interfaces of"),
        // What the host's own engine of scripts imports.
        (
            r#"(import "lockgate:script/program@0.1.0" (instance (export "bytecode" (func (result (list u8))))))"#,
            "interface `lockgate:script/program@0.1.0`",
            "expected interfaces of",
        ),
    ] {
        let detail = refused(&host, text(&format!("(component {import})")), "LG2002");
        assert!(detail.contains(found) && detail.contains(hint), "{detail}");
    }
}

#[test]
fn functions_that_an_offered_interface_does_not_have() {
    let import = r#"(component (import "lockgate:connector/context@0.1.0" (instance (export "secret" (func (result string)))))
                     (instance (export "lockgate:connector/handler@0.1.0")))"#;
    let detail = refused(&host(), text(import), "LG2002");
    assert!(detail.contains("secret"), "{detail}");
}

#[test]
fn components_without_the_handler() {
    let host = host();
    let detail = refused(&host, text("(component)"), "LG2003");
    assert!(detail.contains("exports nothing") && detail.contains(HANDLER), "{detail}");
    let other = text(r#"(component (instance $i) (export "acme:shop/handler@1.0.0" (instance $i)))"#);
    assert!(refused(&host, other, "LG2003").contains("`acme:shop/handler@1.0.0`"));
}

#[test]
fn describe_that_does_not_return() {
    let host = host();
    let describing = |body: &str| {
        component(&format!(
            r#"(module (import "lockgate:connector/context@0.1.0" "remaining-ms" (func $remaining (result i64)))
                (memory (export "memory") 1)
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
                (func (export "{HANDLER}#describe") (result i32) {body})
                (func (export "{HANDLER}#invoke") (param i32 i32 i32 i32) (result i32) unreachable))"#
        ))
    };
    assert!(refused(&host, describing("unreachable"), "LG2007").contains("unreachable"));
    let detail = refused(&host, describing("(drop (call $remaining)) (i32.const 0)"), "LG2007");
    assert!(detail.contains("`context.remaining-ms` is not available during describe"), "{detail}");
}

#[test]
fn manifests_that_can_not_be_believed() {
    let host = host();
    let connector = |name: &str, input: Value| json!({"name": name, "input_schema": input, "output_schema": true});
    let manifest = |connectors: Value| json!({"name": "shop", "version": "1", "connectors": connectors}).to_string();
    for (text, found) in [
        ("nonsense".to_owned(), "no JSON"),
        ("[]".to_owned(), "object"),
        (manifest(json!([])), "connectors"),
        (manifest(json!([connector("Price!", json!(true))])), "/connectors/0/name"),
        (manifest(json!([connector("a", json!(true)), connector("a", json!(true))])), "`a` is listed twice"),
    ] {
        let detail = refused(&host, Crafted::describing(&text).component(), "LG2008");
        assert!(detail.contains(found), "{found}: {detail}");
    }
    for (schema, found) in [
        (json!({"$ref": "https://acme.example/schema.json"}), "expected references inside"),
        (json!({"type": "thing"}), "not valid"),
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "draft 2020-12"),
        (json!({"pattern": "(a"}), "not valid"),
    ] {
        let detail =
            refused(&host, Crafted::plugin("shop", "1").typed("price", schema, json!(true)).component(), "LG2009");
        assert!(detail.contains("input schema of connector `price`") && detail.contains(found), "{found}: {detail}");
    }
}
