//! Bytes that are offered as plugins, and components that are made to be hard to compile.

use std::fmt::Write;

use lockgate_tests::component::{HEADER, section, slow_to_compile};
use lockgate_tests::{Answer, Host, Random, environment, guests};
use serde_json::{Value, json};

use super::beside_a_neighbour;

/// Refused while it is loaded, in whatever way, and nothing is kept.
#[track_caller]
fn refused(host: &Host, answer: Answer) -> Value {
    assert_eq!(answer.status, 422, "{answer:#?}");
    let problem = answer.json();
    assert!(problem["code"].as_str().unwrap().starts_with("LG2"), "{problem:#}");
    assert_eq!(host.get("/groups/g/plugins").json()["items"], json!([]));
    problem
}

#[test]
fn zero_bytes_and_random_ones() {
    let seed = environment::seed();
    let mut random = Random::new(seed);
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        host.load("g", []).problem(422, "LG2001");
        host.load("g", vec![0; 1 << 20]).problem(422, "LG2001");
        for _ in 0..20 {
            let length = 1 + random.below(100_000);
            let bytes = random.bytes(length);
            refused(host, host.load("g", bytes.as_slice()));
            // What begins as a component gets further.
            refused(host, host.load("g", [HEADER, &bytes].concat()));
        }
    });
}

/// A true component in which some bytes are others: it is refused, or works, or fails as a plugin.
#[test]
fn components_with_random_bytes_in_them() {
    let seed = environment::seed();
    let mut random = Random::new(seed);
    let whole = guests::STATE.bytes();
    beside_a_neighbour(|host| {
        for round in 0..environment::rounds(50, 2000) {
            let mut bent = whole.clone();
            for _ in 0..=random.below(4) {
                let place = 8 + random.below(bent.len() - 8);
                bent[place] = bent[place].wrapping_add(1 + u8::try_from(random.below(255)).unwrap());
            }
            let group = format!("bent-{round}");
            host.group(&group, json!({"limits": {"cpu_ms": 100}}));
            match host.load(&group, bent) {
                answer if answer.status == 201 => {
                    let answer = host.invoke(&format!("{group}/count"), &json!({}));
                    assert!(matches!(answer.status, 200 | 404 | 422 | 500), "{answer:#?}");
                    assert!(answer.status != 500 || answer.json()["fault"] == "plugin", "{answer:#?}");
                }
                answer => {
                    assert_eq!((answer.status, &answer.json()["fault"]), (422, &json!("plugin")), "{answer:#?}");
                }
            }
        }
    });
}

#[test]
fn an_upload_of_200_megabytes() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let mut large = guests::STATE.bytes();
        large.resize(200_000_000, 0);
        host.load("g", large.clone()).limit(413, "LG2004", "component_bytes", 32 << 20);
        assert!(host.resident_bytes() < 256 << 20, "{}", host.resident_bytes());
        // As large as a group may allow, it is read, and refused for what it is.
        host.run(["group", "set", "g", "limits.component_bytes=268435456"]).ok();
        refused(host, host.load("g", large));
    });
}

#[test]
fn an_upload_without_an_end() {
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let head = format!(
            "POST /v1/workspaces/default/groups/g/plugins HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/wasm\r\ntransfer-encoding: chunked\r\n\r\n",
            host.address(),
            host.token()
        );
        let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
        let answer = host.connect().send(head).send(chunk.repeat(40)).answer();
        assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("LG2004"), "{answer}");
        assert!(answer.contains("limits.component_bytes of the group"), "{answer}");
    });
}

fn component_with(function: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module {function}))")).unwrap()
}

/// Refused for the time or the memory that compiling takes, or compiled within them: then it lacks the handler.
#[track_caller]
fn bounded(component: Vec<u8>) {
    beside_a_neighbour(|host| {
        host.group("g", json!({"limits": {"compile_ms": 2000}}));
        let problem = refused(host, host.load("g", component));
        match problem["code"].as_str().unwrap() {
            "LG2003" => {}
            "LG2005" => {
                let limit = &problem["limit"]["name"];
                let valid = *limit == "compile_ms" || *limit == "compile_memory_bytes";
                assert!(valid || problem["detail"].as_str().unwrap().contains("not valid"), "{problem:#}");
            }
            _ => panic!("{problem:#}"),
        }
    });
}

#[test]
fn a_function_as_large_as_the_format_allows() {
    bounded(component_with(&format!(
        "(func (param i64) (result i64) {} (local.get 0))",
        "(local.set 0 (i64.mul (local.get 0) (i64.const 3)))".repeat(1_000_000)
    )));
}

#[test]
fn a_function_whose_values_all_live_at_once() {
    beside_a_neighbour(|host| {
        host.group("g", json!({"limits": {"compile_ms": 2000}}));
        host.load("g", slow_to_compile()).limit(422, "LG2005", "compile_ms", 2000);
    });
}

#[test]
fn blocks_in_a_hundred_thousand_levels() {
    bounded(component_with(&format!("(func {} {})", "block ".repeat(100_000), "end ".repeat(100_000))));
}

#[test]
fn loops_in_ten_thousand_levels() {
    bounded(component_with(&format!(
        "(func (param i32) {} {})",
        "loop ".repeat(10_000),
        "local.get 0 br_if 0 end ".repeat(10_000)
    )));
}

#[test]
fn a_giant_br_table() {
    let targets: String = (0..60_000).map(|target| format!("{} ", target % 1000)).collect();
    bounded(component_with(&format!(
        "(func (param i32) {} local.get 0 br_table {targets} {})",
        "block ".repeat(1000),
        "end ".repeat(1000)
    )));
}

#[test]
fn a_hundred_thousand_functions() {
    bounded(component_with(&"(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))".repeat(100_000)));
}

#[test]
fn components_in_a_thousand_levels() {
    let nested = format!("{}{}", "(component ".repeat(90), ")".repeat(90));
    let mut bytes = wat::parse_str(&nested).unwrap();
    for _ in 0..1000 {
        // 4 is a component.
        bytes = [HEADER, &section(4, &bytes)].concat();
    }
    bounded(bytes);
}

/// A type whose expanded form has 2^60 members.
#[test]
fn types_that_double() {
    let mut text = "(component (type $t0 (record (field \"a\" u8)))".to_owned();
    for level in 1..60 {
        let below = level - 1;
        write!(text, "(type $t{level} (record (field \"a\" $t{below}) (field \"b\" $t{below})))").unwrap();
    }
    text.push(')');
    bounded(wat::parse_str(text).unwrap());
}

/// More of everything than one instance may have.
#[test]
fn more_than_an_instance_may_have() {
    beside_a_neighbour(|host| {
        host.group("g", json!({"limits": {"memory_bytes": 1 << 30}}));
        for fields in [
            "(memory 20000)".to_owned(),
            "(memory 1)".repeat(9),
            "(table 20001 funcref)".to_owned(),
            "(table 1 funcref)".repeat(33),
            "(memory 1) (data (i32.const -1) \"x\")".to_owned(),
        ] {
            let text = format!("(component (core module $m {fields}) (core instance (instantiate $m)))");
            refused(host, host.load("g", wat::parse_str(text).unwrap()));
        }
        let instances = "(core instance (instantiate $m))".repeat(200);
        let text = format!("(component (core module $m) {instances})");
        refused(host, host.load("g", wat::parse_str(text).unwrap()));
    });
}
