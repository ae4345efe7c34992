//! Manifests of any bytes.

use lockgate_tests::Host;
use lockgate_tests::component::Crafted;
use serde_json::{Value, json};

use super::beside_a_neighbour;

/// What a manifest may have, in bytes.
const MANIFEST_MAX: usize = 4 << 20;

fn manifest(change: impl FnOnce(&mut Value)) -> String {
    let connector = json!({"name": "check", "input_schema": true, "output_schema": true});
    let mut manifest = json!({"name": "manifests", "version": "1", "connectors": [connector]});
    change(&mut manifest);
    manifest.to_string()
}

#[track_caller]
fn refused(host: &Host, manifest: &str, code: &str, found: &str) -> Value {
    let problem = host.load("g", Crafted::describing(manifest).component()).problem(422, code);
    assert!(problem["detail"].as_str().unwrap().contains(found), "{problem:#}");
    assert_eq!(host.get("/groups/g/plugins").json()["items"], json!([]));
    problem
}

#[test]
fn a_manifest_that_is_larger_than_it_may_be() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let of = |bytes: usize| manifest(|manifest| manifest["more"] = json!("x".repeat(bytes)));
        refused(host, &of(MANIFEST_MAX), "LG2008", "expected at most");
        host.load("g", Crafted::describing(&of(MANIFEST_MAX - 1000)).component()).status(201);
    });
}

/// No setting of a group raises this bound, so none is named.
#[test]
fn a_manifest_of_ten_megabytes() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let large = manifest(|manifest| manifest["more"] = json!("x".repeat(10_000_000)));
        let problem = refused(host, &large, "LG2008", "expected at most");
        assert_eq!(problem.get("limit"), None, "{problem:#}");
        let large =
            manifest(|manifest| manifest["connectors"][0]["input_schema"] = json!({"enum": vec!["x"; 2_500_000]}));
        refused(host, &large, "LG2008", "expected at most");
    });
}

#[test]
fn many_connectors() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let of = |count: usize| {
            let connector = |number| json!({"name": format!("c{number}"), "input_schema": true, "output_schema": true});
            manifest(|manifest| manifest["connectors"] = (0..count).map(connector).collect())
        };
        refused(host, &of(257), "LG2008", "/connectors");
        refused(host, &of(30_000), "LG2008", "/connectors");
        host.load("g", Crafted::describing(&of(256)).component()).status(201);
    });
}

#[test]
fn names_twice() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let twice = manifest(|manifest| {
            let connector = manifest["connectors"][0].clone();
            manifest["connectors"].as_array_mut().unwrap().push(connector);
        });
        refused(host, &twice, "LG2008", "`check` is listed twice");
        // A member twice: readers differ in which of them they take, so neither is.
        for twice in ["{\"name\":\"other\",", "{\"version\":\"2\",", "{\"connectors\":[],"] {
            refused(host, &manifest(|_| {}).replacen('{', twice, 1), "LG2008", "");
        }
    });
}

#[test]
fn control_characters() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        for text in ["a\u{1b}[2Jb", "a\nb", "a\0b", "a\u{7f}b", "a\r\nx-forged: yes"] {
            for place in ["name", "version", "title"] {
                refused(host, &manifest(|manifest| manifest[place] = json!(text)), "LG2008", place);
            }
            for place in ["name", "title"] {
                let change = |manifest: &mut Value| manifest["connectors"][0][place] = json!(text);
                refused(host, &manifest(change), "LG2008", place);
            }
            let answer = host.load("g", Crafted::describing(&format!("\"{text}")).component());
            assert!(!answer.body.contains(['\u{1b}', '\n', '\0', '\u{7f}']), "{answer:#?}");
            answer.problem(422, "LG2008");
        }
    });
}

#[test]
fn names_that_look_like_others() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        // Cyrillic, a zero-width joiner, a mark that turns the direction, full-width letters.
        for name in ["сheck", "che\u{200d}ck", "check\u{202e}", "ｃheck", "../check", "check%2f"] {
            let change = |manifest: &mut Value| manifest["connectors"][0]["name"] = json!(name);
            refused(host, &manifest(change), "LG2008", "/connectors/0/name");
        }
    });
}

/// Definitions of groups come as YAML, in which a few aliases make gigabytes.
#[test]
fn an_alias_bomb_in_yaml() {
    beside_a_neighbour(|host| {
        let mut bomb =
            "slug: bomb\nname: bomb\nresource_type: EXTERNAL\nsettings:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
                .to_owned();
        for level in 1..12 {
            let below = format!("*a{}, ", level - 1).repeat(10);
            bomb.push_str(&format!("  a{level}: &a{level} [{}]\n", below.trim_end_matches(", ")));
        }
        let file = host.home.write("bomb.yaml", bomb);
        host.run(["group", "create", "--file", file.to_str().unwrap()])
            .exits(2)
            .says("its aliases stand for more than a definition may have");
        host.get("/groups/bomb").problem(404, "LG1004");

        let deep = format!("settings: {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
        let file = host.home.write("deep.yaml", deep);
        host.run(["group", "create", "--file", file.to_str().unwrap()])
            .exits(2)
            .says("no YAML: recursion limit exceeded");
    });
}
