//! The SDK's copies of what is published: the WIT, and the bindings that are generated from it.
//!
//! `LOCKGATE_BLESS=1 cargo test -p lockgate-toolchain --test contract` writes both anew.
#![allow(clippy::expect_used, clippy::panic, reason = "the helpers of tests end a test that can't go on")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};
use wit_bindgen_core::{Files, WorldGenerator};

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn assert_same(published: &str, copy: &Path) {
    if env::var_os("LOCKGATE_BLESS").is_some() {
        fs::write(copy, published).expect("written");
    }
    let found = fs::read_to_string(copy).unwrap_or_default();
    assert!(found == published, "{} is not what it is made from: run this test with LOCKGATE_BLESS=1", copy.display());
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// A published package, and where the SDK keeps its copy.
const COPIES: [(&str, &str); 8] = [
    ("wit/connector", "connector"),
    ("wit/http", "http"),
    ("wit/grpc", "grpc"),
    ("wit/database", "database"),
    ("wit/signing", "signing"),
    ("wit/connectors", "connectors"),
    ("wit/wasi/io", "io"),
    ("wit/wasi/clocks", "clocks"),
];

/// What the SDK asks of WASI beside the contract.
const OWN: [&str; 1] = ["clocks/wall-clock.wit"];

#[test]
fn the_sdk_carries_the_published_contract() {
    let copies = repository("guest-sdk/wit/deps");
    for (published, copy) in COPIES {
        let (published, folder) = (repository(published), copies.join(copy));
        let wit = |folder: &Path| names(folder).into_iter().filter(|name| name.ends_with(".wit")).collect::<Vec<_>>();
        for name in wit(&published) {
            let text = fs::read_to_string(published.join(&name)).expect("the published file");
            assert_same(&text, &folder.join(&name));
        }
        let copied = wit(&folder).into_iter().filter(|name| !OWN.contains(&format!("{copy}/{name}").as_str()));
        assert_eq!(copied.collect::<Vec<_>>(), wit(&published), "no file more than is published");
    }
}

#[test]
fn the_worlds_choose_among_the_published_packages() {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(repository("wit/worlds")).expect("the worlds");
    for world in ["http-connector", "grpc-connector", "database-connector", "full"] {
        let world = resolve.select_world(&[package], Some(world)).expect("the world");
        let world = &resolve.worlds[world];
        let exports: Vec<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
        assert_eq!(exports, ["lockgate:connector/handler@0.1.0"], "{}", world.name);
    }
}

#[test]
fn the_bindings_are_those_of_the_contract() {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve.push_dir(repository("guest-sdk/wit")).expect("the SDK's WIT");
    let world = resolve.select_world(&[package], Some("plugin")).expect("the SDK's world");
    let options = wit_bindgen_rust::Opts {
        generate_all: true,
        format: true,
        disable_run_ctors_once_workaround: true,
        ..Default::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("bindings");
    let (_, bindings) = files.iter().next().expect("one file");
    assert_same(std::str::from_utf8(bindings).expect("text"), &repository("guest-sdk/src/bindings.rs"));
}
