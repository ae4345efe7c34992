//! The sample plugins: every example input gives its expected output.

use std::fs;

use lockgate_tests::{Home, guests};
use serde_json::Value;

fn examples_hold(guest: &guests::Guest, connector: &str) {
    let home = Home::new();
    let component = guest.path();
    let entries = fs::read_dir(guest.folder().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let expectations: Vec<_> = entries.filter(|path| path.to_string_lossy().ends_with(".expected.json")).collect();
    assert!(!expectations.is_empty(), "{} has no examples", guest.name);
    for path in expectations {
        let input = path.with_extension("").with_extension("json");
        let argument = format!("@{}", input.display());
        let output = home.run(["run", component.to_str().unwrap(), connector, "--input", &argument]).ok().json();
        let expected: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(output, expected, "{}", input.display());
    }
}

#[test]
fn pricing() {
    examples_hold(&guests::PRICING, "price_order");
}

#[test]
fn transform() {
    examples_hold(&guests::TRANSFORM, "transform");
}
