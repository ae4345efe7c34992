//! A source of megabytes: refused with the name of the limit on every way in, and no more of it is read than shows its size.

use std::os::unix::fs::symlink;

use lockgate_flow::archive;
use lockgate_tests::{Answer, Home, Host, Ran, program};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, host, javascript, save};

const MIB: usize = 1024 * 1024;

/// A script of about so many bytes, which does not become much smaller in an archive.
fn source(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 64);
    text.push_str("export default () => [");
    let mut number = 0_u64;
    while text.len() < bytes {
        number += 1;
        text.push_str(&format!("{},", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11));
    }
    text.push_str("];");
    text
}

fn group(slug: &str, source: &str) -> Value {
    json!({"slug": slug, "name": slug, "resource_type": "INTERNAL", "connectors": [javascript(source)]})
}

fn send(host: &Host, method: Method, path: &str, body: &Value) -> Answer {
    host.send(host.request(method, path).json(body))
}

#[test]
fn a_large_source_is_refused_by_the_api() {
    let host = host("export default () => 1;");
    let test = |definition: Value| json!({"group": "g", "connector": definition, "input": null});
    let check = |definition: Value| json!({"group": "g", "connector": definition});
    let mut other = javascript(&source(10 * MIB));
    other["name"] = json!("other");
    // It is there before anything is measured, and every engine and compiler is loaded.
    send(&host, Method::POST, "/tests/run", &test(javascript("export default () => 2;"))).status(200);
    let before = host.resources().resident_kib;
    host.forget_peak();
    for (method, path, body) in [
        (Method::PUT, "/groups/g/connectors/c", javascript(&source(10 * MIB))),
        (Method::POST, "/groups/g/connectors", other.clone()),
        (Method::POST, "/groups", group("large", &source(10 * MIB))),
        (Method::PATCH, "/groups/g", json!({"connectors": [javascript(&source(10 * MIB))]})),
        (Method::POST, "/tests/run", test(javascript(&source(10 * MIB)))),
        (
            Method::POST,
            "/tests/run",
            json!({"group": group("large", &source(10 * MIB)), "connector": "c", "input": null}),
        ),
        (Method::POST, "/tests/check", check(javascript(&source(10 * MIB)))),
    ] {
        let told = send(&host, method, path, &body).problem(413, "LG1007")["detail"].as_str().unwrap().to_owned();
        assert!(told.ends_with("expected at most 1048576"), "{path}: {told}");
    }
    let grown = host.peak_kib().saturating_sub(before) / 1024;
    assert!(grown < 128, "{grown} MiB");
    // What a body can have and a source can not is said with its place.
    let large = javascript(&source(300 * 1024));
    for (method, path, body, pointer) in [
        (Method::PUT, "/groups/g/connectors/c", large.clone(), "/script/source"),
        (Method::POST, "/groups", group("large", &source(300 * 1024)), "/connectors/0/script/source"),
        (Method::POST, "/tests/run", test(large.clone()), "/connector/script/source"),
    ] {
        let problem = send(&host, method, path, &body).problem(422, "LG1010");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        is_about_the_limit(&problem["errors"][0]);
    }
    let checked = send(&host, Method::POST, "/tests/check", &check(large)).status(200).json();
    assert_eq!(checked["errors"][0]["pointer"], "/connector/script/source");
    is_about_the_limit(&checked["errors"][0]);
    assert_eq!(call(&host, &json!(null)).output(), json!(1));
    // The largest that there may be is saved and runs.
    let text = source(256 * 1024 - 64);
    save(&host, &javascript(&format!("{text}{}", " ".repeat(256 * 1024 - text.len())))).status(200);
    assert!(call(&host, &json!(null)).output().as_array().unwrap().len() > 10_000);
}

#[track_caller]
fn is_about_the_limit(violation: &Value) {
    let detail = violation["detail"].as_str().unwrap();
    assert_eq!(violation["rule"], "size");
    assert!(detail.starts_with("it has 30") && detail.ends_with(" bytes: expected at most 262144"), "{detail}");
}

#[test]
fn a_large_source_is_refused_in_a_package() {
    let host = host("export default () => 1;");
    let named = b"slug: large\nname: Large\nresource_type: INTERNAL\nconnectors:\n  - {name: c, type: function, script: {language: javascript, file: scripts/c.js}}\n";
    let inline = |bytes: usize| serde_json::to_vec(&group("large", &source(bytes))).unwrap();
    let zip = |entries: &[(&str, Vec<u8>)]| {
        archive::write(&entries.iter().map(|(name, content)| ((*name).to_owned(), content.clone())).collect()).unwrap()
    };
    let packaged = |bytes: usize| zip(&[("group.yaml", named.to_vec()), ("scripts/c.js", source(bytes).into_bytes())]);
    let folder =
        |bytes: usize| zip(&[("large/group.yaml", named.to_vec()), ("large/scripts/c.js", source(bytes).into_bytes())]);
    let send = |path: &str, kind: &str, body: Vec<u8>| {
        host.send(host.request(Method::POST, path).header("content-type", kind).body(body))
    };
    let (zipped, yaml) = ("application/zip", "application/yaml");
    let before = host.resources().resident_kib;
    host.forget_peak();
    for (path, kind, body) in [
        ("/imports", zipped, packaged(10 * MIB)),
        ("/imports", zipped, zip(&[("group.yaml", inline(10 * MIB))])),
        ("/imports", yaml, inline(10 * MIB)),
        ("/apply", zipped, folder(10 * MIB)),
    ] {
        let told = send(path, kind, body).problem(413, "LG1041")["detail"].as_str().unwrap().to_owned();
        assert!(told.ends_with("expected at most 8388608"), "{path} {kind}: {told}");
    }
    for (path, kind, body) in [
        ("/imports", zipped, packaged(7 * MIB)),
        ("/imports", zipped, zip(&[("group.yaml", inline(7 * MIB))])),
        ("/imports", yaml, inline(7 * MIB)),
        ("/apply", zipped, folder(7 * MIB)),
    ] {
        let problem = send(path, kind, body).problem(422, "LG1010");
        let of_source = |error: &&Value| error["pointer"].as_str().unwrap().ends_with("/connectors/0/script/source");
        let error = problem["errors"].as_array().unwrap().iter().find(of_source);
        let detail = error.unwrap_or_else(|| panic!("{path} {kind}: {problem}"))["detail"].as_str().unwrap();
        assert!(detail.ends_with("expected at most 262144"), "{path} {kind}: {problem}");
    }
    let grown = host.peak_kib().saturating_sub(before) / 1024;
    assert!(grown < 256, "{grown} MiB");
    host.get("/groups/large").problem(404, "LG1004");
}

fn lockgate(home: &Home, arguments: &[&str]) -> Ran {
    Ran::of(home.command(program("lockgate")).args(arguments))
}

#[test]
fn a_large_source_is_refused_by_the_command_line() {
    let home = Home::new();
    home.write("large.js", source(10 * MIB));
    // A file without an end is read no further.
    symlink("/dev/zero", home.work().join("zero.js")).unwrap();
    home.write(
        "named.yaml",
        "slug: g\nname: G\nresource_type: INTERNAL\nconnectors:\n  - {name: c, type: function, script: {language: javascript, file: large.js}}\n",
    );
    home.write("inline.json", group("g", &source(3 * MIB)).to_string());
    home.write("whole.json", group("g", &source(10 * MIB)).to_string());
    symlink("/dev/zero", home.work().join("zero.yaml")).unwrap();
    for (arguments, told) in [
        (&["run", "large.js"][..], "at /script/source: `large.js` has more than 262144 bytes (size)"),
        (&["run", "zero.js"], "at /script/source: `zero.js` has more than 262144 bytes (size)"),
        (&["test", "large.js"], "at /script/source: `large.js` has more than 262144 bytes (size)"),
        (
            &["run", "c", "--group", "named.yaml"],
            "at /connectors/0/script/source: `file: large.js` has more than 262144 bytes (size)",
        ),
        (&["run", "c", "--group", "inline.json"], "bytes: expected at most 262144 (size)"),
    ] {
        lockgate(&home, arguments).exits(1).says("LG1010").says(told);
    }
    for file in ["whole.json", "zero.yaml"] {
        lockgate(&home, &["run", "c", "--group", file]).exits(2).says("has more than 8388608 bytes");
    }
    let host = host("export default () => 1;");
    let file = home.work().join("large.js");
    let file = file.to_str().unwrap();
    for command in [["connector", "create", "g"], ["connector", "update", "g/c"], ["connector", "test", "g/c"]] {
        host.run(command.into_iter().chain(["--file", file]))
            .exits(1)
            .says("LG1010")
            .says("has more than 262144 bytes");
    }
}
