//! What goes wrong in an author's first hour, and what `build` says.
#![allow(clippy::expect_used, clippy::panic, reason = "the helpers of tests end a test that can't go on")]

mod debian;

use lockgate_toolchain::{Error, Event, Options, Project, Template, build, create, inspect};
use std::{fs, io::IsTerminal, os::unix::fs::symlink, path::Path};

/// A project with this code, in which the standard library is compiled.
fn project(folder: &Path, dependencies: &str, code: &str) -> Project {
    let project = create(folder, "mistake", Template::Rust).expect("written");
    debian::prepare(&project.folder);
    let manifest = project.folder.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("the manifest");
    let text = text.replace("[dependencies]\n", &format!("[dependencies]\n{dependencies}\n"));
    fs::write(manifest, text).expect("written");
    fs::write(project.folder.join("src/lib.rs"), format!("use lockgate_sdk::prelude::*;\n{code}")).expect("written");
    project
}

fn error_of(dependencies: &str, code: &str) -> Error {
    let folder = tempfile::tempdir().expect("a folder");
    let project = project(folder.path(), dependencies, code);
    build(&debian::options(&project.folder), &mut |event| {
        // No terminal, no colour.
        if let (Event::Diagnostic(text), false) = (event, std::io::stderr().is_terminal()) {
            assert!(!text.contains('\u{1b}'), "{text}");
        }
    })
    .expect_err(code)
}

#[test]
fn a_clock_for_browsers_is_named_with_its_crate_and_feature() {
    let error = error_of(
        "chrono = \"0.4\"",
        "#[connector]\nfn now() -> String { chrono::Utc::now().to_string() }\nlockgate_sdk::plugin!(now);",
    );
    let Error::Foreign { imports } = &error else { panic!("{error}") };
    assert!(imports.iter().all(|import| import.module.starts_with("__wbindgen")), "{imports:?}");
    let text = error.to_string();
    assert!(text.contains("chrono 0.4.") && text.contains("has its feature `wasmbind` on"), "{text}");
    assert!(text.contains("lockgate_sdk::clock::now()"), "{text}");
}

#[test]
fn a_date_says_which_features_it_takes() {
    let dependency = "chrono = { version = \"0.4\", default-features = false, features = [\"std\", \"alloc\"] }";
    let error = error_of(
        dependency,
        "#[connector]\nfn now() -> String { chrono::Utc::now().to_string() }\nlockgate_sdk::plugin!(now);",
    );
    assert!(error.to_string().contains("chrono: a plugin has no clock of its own"), "{error}");
    let types = "#[derive(Serialize, JsonSchema)]\nstruct Day { day: chrono::NaiveDate }\n\
                 #[connector]\nfn day() -> Day { Day { day: chrono::NaiveDate::MIN } }\nlockgate_sdk::plugin!(day);";
    let text = error_of(dependency, types).to_string();
    assert!(text.contains("chrono: turn on the feature `chrono04` of schemars"), "{text}");
    assert!(text.contains("chrono: turn on its feature `serde`"), "{text}");
}

#[test]
fn what_needs_a_system_is_named_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = "#[connector]\nfn ask() -> Result<String, Failure> {\n    println!(\"asking\");\n    \
                Ok(std::fs::read_to_string(\"a\")?)\n}\nlockgate_sdk::plugin!(ask);";
    let project = project(folder.path(), "", code);
    let mut hints = Vec::new();
    let built = build(&debian::options(&project.folder), &mut |event| {
        if let Event::Hint(hint) = event {
            hints.push(hint.to_string());
        }
    });
    built.expect("it compiles");
    assert_eq!(hints.len(), 2, "{hints:?}");
    assert!(hints[0].starts_with("src/lib.rs:4: `println!`: nobody sees it: write `log::info!(…)`"), "{hints:?}");
    assert!(hints[1].starts_with("src/lib.rs:5: `std::fs`: a plugin has no files"), "{hints:?}");
}

#[test]
fn ids_without_a_source_of_randomness_are_explained() {
    let error = error_of(
        "uuid = { version = \"1\", features = [\"v4\"] }",
        "#[connector]\nfn id() -> String { uuid::Uuid::new_v4().to_string() }\nlockgate_sdk::plugin!(id);",
    );
    assert!(matches!(error, Error::Compile { .. }), "{error}");
    assert!(error.to_string().ends_with("\n  - uuid: turn on the feature `rng-getrandom`"), "{error}");
}

#[test]
fn a_crate_without_a_list_of_connectors_is_explained() {
    let error = error_of("", "#[connector]\nfn lost() -> u8 { 7 }");
    assert!(error.to_string().contains("lockgate_sdk::plugin!(name_of_a_connector);"), "{error}");
}

#[test]
fn crates_that_are_no_plugins_are_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    let nothing = build(&debian::options(folder.path()), &mut |_| {}).expect_err("no project");
    assert!(nothing.to_string().contains("lockgate new NAME"), "{nothing}");

    fs::create_dir(folder.path().join("src")).expect("a folder");
    fs::write(folder.path().join("src/lib.rs"), "").expect("written");
    for (library, expected) in [("", "needs `crate-type ="), ("[lib]\ncrate-type = [\"cdylib\"]", "`lockgate-sdk`")] {
        let manifest = format!("[package]\nname = \"plain\"\nedition = \"2024\"\n{library}\n[workspace]\n");
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("written");
        let error = build(&debian::options(folder.path()), &mut |_| {}).expect_err("no plugin");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_machine_without_a_compiler_gets_one_command_to_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = create(folder.path(), "hello", Template::Rust).expect("written");
    let empty = Options { folder: project.folder.clone(), path: folder.path().into() };
    let error = build(&empty, &mut |_| {}).expect_err("no compiler").to_string();
    assert!(error.contains("no rustup, rustc or cargo in PATH"), "{error}");
    assert!(error.contains("run this, then build again:\n  curl "), "{error}");

    // A compiler and its library's source alone don't do: something must link.
    for program in [debian::CARGO, debian::RUSTC] {
        let link = folder.path().join(Path::new(program).file_name().expect("a name"));
        symlink(program, link).expect("linked");
    }
    fs::write(folder.path().join("apt-get"), "").expect("written");
    let error = build(&empty, &mut |_| {}).expect_err("no linker").to_string();
    assert!(error.contains("rustc has the source of the standard library, and there is no wasm linker"), "{error}");
    assert!(error.ends_with("apt-get install rustc-web cargo-web rust-web-src lld"), "{error}");
}

#[test]
fn what_is_no_component_is_named() {
    let refused = |bytes: &[u8]| inspect(bytes).expect_err("no component").to_string();
    assert!(refused(&wat::parse_str("(module)").expect("a module")).contains("found a core module"));
    assert!(refused(b"PK\x03\x04").contains("does not begin as WebAssembly"));
    assert!(refused(b"\0asm\x0d\0\x01\0\xff").contains("its type can't be read"));
    let empty = inspect(&wat::parse_str("(component)").expect("a component")).expect("a component");
    assert!(empty.imports.is_empty() && empty.exports.is_empty());
}
