//! Plugins whose schemas would cost the host's own processor or reach outside. What is taken is called with the worst
//! input there is for it.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Host, hostile};
use serde_json::{Value, json};

use super::beside_a_neighbour;

fn plugin(schema: Value) -> Vec<u8> {
    Crafted::plugin("schemas", "1").typed("check", schema, json!(true)).component()
}

#[track_caller]
fn refused(host: &Host, schema: Value, found: &str) {
    let problem = host.load("g", plugin(schema)).problem(422, "LG2009");
    assert!(problem["detail"].as_str().unwrap().contains(found), "{problem:#}");
}

/// Loads a schema, which may be refused, and checks inputs with it.
fn checks(host: &Host, schema: Value, inputs: &[Value]) {
    let answer = host.load("g", plugin(schema));
    if answer.status != 201 {
        answer.problem(422, "LG2009");
        return;
    }
    for input in inputs {
        let answer = host.invoke("g/check", input);
        if answer.status != 200 {
            answer.problem(422, "LG1009");
        }
    }
}

#[test]
fn references_to_files_and_hosts() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        for reference in
            ["file:///etc/passwd", "http://127.0.0.1/schema.json", "https://acme.example/schema.json", "other.json#/a"]
        {
            refused(host, json!({"$ref": reference}), "expected references inside");
            refused(host, json!({"properties": {"a": {"items": {"$ref": reference}}}}), "expected references inside");
        }
    });
}

/// A reference that leads back to itself without going down in the value.
#[test]
fn references_to_itself() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let inputs = [json!(null), json!({"a": [1, {"a": []}]}), json!([[[[]]]])];
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}),
            json!({"anyOf": [{"$ref": "#"}, {"type": "string"}]}),
            json!({"oneOf": [{"$ref": "#"}, {"$ref": "#"}]}),
            json!({"not": {"$ref": "#"}}),
            json!({"if": {"$ref": "#"}, "then": {"$ref": "#"}, "else": {"$ref": "#"}}),
            json!({"$dynamicAnchor": "x", "allOf": [{"$dynamicRef": "#x"}]}),
            json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}),
            json!({"dependentSchemas": {"a": {"$ref": "#"}}, "unevaluatedProperties": {"$ref": "#"}}),
            json!({"contains": {"$ref": "#"}, "propertyNames": {"$ref": "#"}}),
        ] {
            checks(host, schema, &inputs);
        }
    });
}

/// A recursive schema doubles its work with each level of the value when it says everything twice: 2^60 steps here. The
/// check counts as the call's CPU time.
#[test]
fn recursion_that_doubles_with_each_level() {
    beside_a_neighbour(|host| {
        host.group("g", json!({"limits": {"cpu_ms": 300}}));
        let deep = |levels| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        for keyword in ["anyOf", "oneOf"] {
            let again = json!({"type": "array", "items": {"$ref": "#"}});
            host.load("g", plugin(json!({keyword: [again, again, {"type": "string"}]}))).status(201);
            host.invoke("g/check", &deep(3)).problem(422, "LG1009");
            host.invoke("g/check", &deep(60)).limit(500, "LG3005", "cpu_ms", 300);
        }
    });
}

#[test]
fn doubled_references() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        for keyword in ["anyOf", "allOf", "oneOf"] {
            let mut defs = serde_json::Map::new();
            for level in 0..30 {
                let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
                defs.insert(format!("d{level}"), json!({keyword: [next, next]}));
            }
            defs.insert("d30".to_owned(), json!({"type": "string"}));
            refused(host, json!({"$ref": "#/$defs/d0", "$defs": defs}), "nodes");
        }
    });
}

#[test]
fn a_large_enum() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        refused(host, json!({"enum": ["x".repeat(300_000)]}), "bytes");
        refused(host, json!({"enum": vec![1; 20_000]}), "nodes");
    });
}

/// Linear in the text for the engine that is used, a matter of hours for one that goes back.
#[test]
fn a_catastrophic_pattern() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let text = json!(format!("{}b", "a".repeat(500_000)));
        for pattern in ["^(a+)+$", "^(a|aa)+$", "^(a|a)*$", "(.*a){12}$"] {
            host.load("g", plugin(json!({"type": "string", "pattern": pattern}))).status(201);
            host.invoke("g/check", &text).problem(422, "LG1009");
        }
    });
}

#[test]
fn patterns_that_explode_when_they_are_compiled() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        for pattern in ["((a{1000}){1000}){1000}", "(\\p{L}{500}){500}", "(a)\\1", "(?=a)b"] {
            refused(host, json!({"pattern": pattern}), "not valid");
        }
        let many: serde_json::Map<_, _> =
            (0..200).map(|name| (format!("{name}\\p{{L}}{{50}}"), json!({"type": "string"}))).collect();
        checks(host, json!({"patternProperties": many}), &[json!({"a": 1}), json!({"1": 2})]);
    });
}

/// An input, an output and a manifest of brackets: 500,000 levels for whoever reads them by recursion.
#[test]
fn values_that_are_nested_very_deeply() {
    let brackets = format!("{}{}", "[".repeat(250_000), "]".repeat(250_000));
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        host.load("g", Crafted::describing(&brackets).component()).problem(422, "LG2008");

        let recursive = json!({"items": {"$ref": "#"}});
        let plugin = Crafted::plugin("schemas", "1").typed("check", recursive.clone(), recursive).returns(&brackets);
        host.load("g", plugin.component()).status(201);
        let body = format!("{{\"input\":{brackets}}}");
        let answer = host.send(host.call("g/check", &json!(null)).body(body));
        assert!(matches!(answer.status, 400 | 422), "{}", answer.status);
        let answer = host.invoke("g/check", &json!(null));
        assert_eq!(answer.status, 500);
        assert!(answer.body.len() < 10_000);
    });
}

/// The rest of the host, seen by somebody whose plugin is refused again and again.
#[test]
fn a_refused_schema_leaves_the_version_before() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        host.load("g", hostile::HOST_CALLS.component()).status(201);
        let items = || host.get("/groups/g/plugins").json()["items"].as_array().unwrap().len();
        assert_eq!(items(), 1);
        for _ in 0..3 {
            refused(host, json!({"$ref": "#/nowhere"}), "does not have");
        }
        assert_eq!(items(), 1);
    });
}
