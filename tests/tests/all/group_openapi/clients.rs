//! Clients that others' programs generate of the documents of groups, and that make real calls.

use std::fs;
use std::process::Command;

use lockgate_tests::{Host, Ran, environment, root};
use serde_json::{Value, json};

use super::tools::tool;
use super::{started, tickets};

/// What the clients print that call everything.
fn expected() -> Value {
    json!({
        "kind": "total", "total": 10.0, "note": null, "code": "LG1009", "count": 0, "echo": {"b": [1, null]},
        "fixed": {"number": "7", "owner": "all"}, "dynamic": {"number": "8", "owner": "ada"}, "none": "LG1015",
    })
}

/// Compares what a client printed, of which numbers are as its language writes them.
#[track_caller]
fn printed(ran: &Ran) {
    let mut found = ran.json();
    found["total"] = json!(found["total"].as_f64());
    assert_eq!(found, expected());
}

/// A document in the folder of the test.
fn document(host: &Host, group: &str, version: &str) -> String {
    let file = format!("{group}-{version}.json");
    let text = host.get(&format!("/groups/{group}/openapi.json?version={version}")).status(200).body;
    fs::write(host.home.work().join(&file), text).unwrap();
    file
}

fn with_host<'c>(command: &'c mut Command, host: &Host) -> &'c mut Command {
    let url = format!("http://{}", host.address());
    command.env("HOST", url).env("TOKEN", host.token()).env_remove("http_proxy").env("NO_PROXY", "127.0.0.1")
}

#[test]
fn typescript() {
    let upstream = tickets();
    let host = started(&upstream);
    let folder = host.home.work().join("client");
    fs::create_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(root().join("target/openapi/node_modules"), folder.join("node_modules")).unwrap();
    fs::write(folder.join("package.json"), r#"{"type": "module"}"#).unwrap();
    for version in ["3.1", "3.0"] {
        for group in ["shop", "desk"] {
            let file = format!("../{}", document(&host, group, version));
            let types = format!("{group}.d.ts");
            let mut generator = tool("node_modules/.bin/openapi-typescript");
            Ran::of(generator.args([&file, "--output", &types, "--default-non-nullable=false"]).current_dir(&folder))
                .ok();
        }
        fs::copy(root().join("tests/openapi/client.ts"), folder.join("client.ts")).unwrap();
        let mut compiler = tool("node_modules/.bin/tsc");
        let options =
            ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable", "client.ts"];
        Ran::of(compiler.args(options).current_dir(&folder)).ok();
        let mut node = Command::new("node");
        printed(&Ran::of(with_host(node.arg("client.js").current_dir(&folder), &host)).ok());
    }
}

#[test]
fn python() {
    let upstream = tickets();
    let host = started(&upstream);
    for version in ["3.1", "3.0"] {
        let folder = host.home.work().join(version);
        fs::create_dir_all(&folder).unwrap();
        for group in ["shop", "desk"] {
            let file = host.home.work().join(document(&host, group, version));
            let mut generator = tool("python/bin/openapi-python-client");
            generator.args(["generate", "--meta", "none", "--fail-on-warning", "--path"]).arg(file);
            generator.arg("--output-path").arg(folder.join(group)).current_dir(&folder);
            // The generator formats what it wrote with a program beside it.
            let path = std::env::var("PATH").unwrap_or_default();
            let beside = root().join("target/openapi/python/bin");
            Ran::of(generator.env("PATH", format!("{}:{path}", beside.display()))).ok();
        }
        let mut client = tool("python/bin/python");
        client.arg(root().join("tests/openapi/client.py")).env("PYTHONPATH", &folder).current_dir(&folder);
        printed(&Ran::of(with_host(&mut client, &host)).ok());
    }
}

/// A client in Rust takes minutes to build the first time, so only the long run has it. What was built stays in `target`.
#[test]
fn rust() {
    if !environment::is_long() {
        return;
    }
    let upstream = tickets();
    let host = started(&upstream);
    let documents = ["shop", "desk"].map(|group| host.home.work().join(document(&host, group, "3.0")));
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--quiet", "--locked", "--manifest-path"]).arg(root().join("tests/openapi/rust/Cargo.toml"));
    cargo.arg("--target-dir").arg(root().join("target/openapi-rust"));
    for (name, path) in ["SHOP", "DESK"].iter().zip(documents) {
        cargo.env(name, path);
    }
    let found = Ran::of(with_host(&mut cargo, &host)).ok().json();
    // Its types have the members that schemas name; whose connections were used is for the server to say.
    let mut expected = expected();
    for call in ["fixed", "dynamic"] {
        expected[call].as_object_mut().unwrap().remove("owner");
    }
    assert_eq!(found, expected);
    let keys: Vec<_> = upstream.seen().iter().map(|seen| seen.header("x-key").unwrap_or_default().to_owned()).collect();
    assert_eq!(keys, ["key-of-all", "key-of-ada"]);
}
