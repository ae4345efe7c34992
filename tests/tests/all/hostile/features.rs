//! WebAssembly that is switched off: what no toolchain of connectors makes does not get as far as an instance.

use serde_json::json;

use super::beside_a_neighbour;

/// A component with this core module is refused as not valid, for a reason that has this word.
#[track_caller]
fn is_off(module: &str, word: &str) {
    component_is_off(&format!("(component (core module {module}))"), word);
}

#[track_caller]
fn component_is_off(component: &str, word: &str) {
    let component = wat::parse_str(component).unwrap();
    beside_a_neighbour(|host| {
        host.group("g", json!({}));
        let refused = host.load("g", component).problem(422, "LG2005");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("the component is not valid") && detail.contains(word), "{refused:#}");
    });
}

#[test]
fn memory_of_64_bits() {
    is_off("(memory i64 1)", "memory64");
}

#[test]
fn tables_of_64_bits() {
    is_off("(table i64 1 funcref)", "memory64");
}

#[test]
fn relaxed_simd() {
    is_off(
        "(func (param v128 v128 v128) (result v128)
            (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))",
        "relaxed SIMD",
    );
}

#[test]
fn custom_page_sizes() {
    is_off("(memory 1 (pagesize 1))", "custom page sizes");
}

#[test]
fn wide_arithmetic() {
    is_off("(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))", "wide arithmetic");
}

#[test]
fn shared_memory() {
    is_off("(memory 1 1 shared)", "threads");
}

#[test]
fn atomic_instructions() {
    is_off("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", "threads");
}

#[test]
fn garbage_collection() {
    is_off("(type (struct (field i32)))", "gc");
}

#[test]
fn exceptions() {
    is_off("(tag)", "exceptions");
}

#[test]
fn stack_switching() {
    is_off("(type $f (func)) (type (cont $f))", "stack switching");
}

#[test]
fn asynchronous_component_functions() {
    component_is_off("(component (type (future)))", "async");
}
