//! Components that nobody wrote.

use arbitrary::Unstructured;
use lockgate_tests::component::{Crafted, section};
use lockgate_tests::{Host, Random, environment};
use serde_json::json;
use wasm_smith::{Component, Config, Module};

use super::beside_a_neighbour;

/// Bytes that one component is made from.
const ENTROPY: usize = 4096;

/// Loaded or refused as the plugin's fault, and never as the host's.
#[track_caller]
fn survives(host: &Host, component: Vec<u8>, what: &str) {
    let answer = host.load("g", component);
    if answer.status != 201 {
        assert_eq!(answer.status, 422, "{what}: {answer:#?}");
        let problem = answer.json();
        assert_eq!(problem["fault"], "plugin", "{what}: {problem:#}");
    }
}

/// Any valid component: nearly all import what is not offered or lack the handler, and all are compiled before.
#[test]
fn random_components() {
    let seed = environment::seed();
    beside_a_neighbour(|host| {
        host.group("g", json!({"limits": {"cpu_ms": 100}}));
        for round in 0..environment::rounds(100, 5000) {
            let entropy = Random::new(seed + round as u64).bytes(ENTROPY);
            let made = Component::new(Config::default(), &mut Unstructured::new(&entropy));
            // Some bytes make no component.
            if let Ok(component) = made {
                survives(host, component.to_bytes(), &format!("seed {seed}, round {round}"));
            }
        }
    });
}

/// A plugin that is as it should be, and beside it in the component a random module whose start function runs: its code
/// is random, and gets as far as the limits let it.
#[test]
fn random_modules_that_run() {
    let seed = environment::seed();
    beside_a_neighbour(|host| {
        let mut ran = 0;
        let rounds = environment::rounds(100, 5000);
        for round in 0..rounds {
            let group = format!("random-{round}");
            host.group(&group, json!({"limits": {"cpu_ms": 50}}));
            let entropy = Random::new(seed + round as u64).bytes(ENTROPY);
            let config = Config {
                max_imports: 0,
                allow_start_export: true,
                min_funcs: 1,
                memory64_enabled: false,
                relaxed_simd_enabled: false,
                custom_page_sizes_enabled: false,
                wide_arithmetic_enabled: false,
                threads_enabled: false,
                gc_enabled: false,
                exceptions_enabled: false,
                max_memory32_bytes: 1 << 24,
                max_table_elements: 1000,
                ..Config::default()
            };
            let Ok(module) = Module::new(config, &mut Unstructured::new(&entropy)) else { continue };
            let plugin = beside(&module.to_bytes());
            let answer = host.load(&group, plugin);
            let what = format!("seed {seed}, round {round}");
            if answer.status == 201 {
                ran += 1;
                assert_eq!(host.invoke(&format!("{group}/attack"), &json!(null)).output(), "1", "{what}");
            } else {
                assert_eq!((answer.status, &answer.json()["fault"]), (422, &json!("plugin")), "{what}: {answer:#?}");
            }
        }
        assert!(ran > rounds / 10, "{ran} of {rounds} ran");
    });
}

/// The plugin has one core module, so the other is module 1: one instance of it, without arguments.
fn beside(module: &[u8]) -> Vec<u8> {
    let plugin = Crafted::plugin("random", "1").connector("attack").component();
    [plugin, section(1, module), section(2, &[1, 0, 1, 0])].concat()
}
