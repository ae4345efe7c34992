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

#[test]
fn the_sdk_carries_the_published_contract() {
    let (published, copy) = (repository("wit/connector"), repository("guest-sdk/wit/deps/connector"));
    for name in names(&published) {
        let text = fs::read_to_string(published.join(&name)).expect("the published file");
        assert_same(&text, &copy.join(&name));
    }
    assert_eq!(names(&copy), names(&published), "no file more than is published");
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
