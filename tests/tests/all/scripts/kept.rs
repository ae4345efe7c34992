//! Bytecode on disk: made once, taken only as this host wrote it, made anew otherwise.

use std::fs;
use std::path::PathBuf;

use lockgate_tests::{Home, Host, Serve, eventually};
use reqwest::Method;
use serde_json::json;

use super::{call, host, javascript, save};

fn kept(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.data().join("cache/made")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// A home in which a script was called.
fn home() -> Home {
    let host = host("export default (input) => input.a + 1;");
    assert_eq!(call(&host, &json!({"a": 1})).output(), 2);
    host.end()
}

fn works(home: Home) -> Host {
    let host = Serve::at(home).start();
    assert_eq!(call(&host, &json!({"a": 1})).output(), 2);
    host
}

#[test]
fn it_is_used_again_after_a_restart() {
    let home = home();
    let [file] = kept(&home).try_into().unwrap();
    let written = fs::metadata(&file).unwrap().modified().unwrap();
    let host = works(home);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), written);
    assert!(!host.log().contains("made anew"), "{}", host.log());
}

#[test]
fn a_changed_byte_means_that_it_is_made_anew() {
    let mut home = home();
    let [file] = kept(&home).try_into().unwrap();
    let good = fs::read(&file).unwrap();
    // In the code, in what follows it, and in the bytecode itself.
    for at in [0, 40, good.len() / 2, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        fs::write(&file, changed).unwrap();
        let host = works(home);
        assert!(host.log().contains("cache file is damaged or was changed: made anew"), "{}", host.log());
        home = host.end();
        assert_eq!(fs::read(&file).unwrap(), good, "the same text gives the same bytecode");
    }
    // Bytecode of another script under the name of this one.
    let host = works(home);
    save(&host, &javascript("export default () => 'another';")).status(200);
    assert_eq!(call(&host, &json!({})).output(), "another");
    let other = kept(&host.home).into_iter().find(|path| *path != file).unwrap();
    let home = host.end();
    fs::copy(&file, &other).unwrap();
    let host = Serve::at(home).start();
    assert_eq!(call(&host, &json!({})).output(), "another");
    assert!(host.log().contains("made anew"), "{}", host.log());
}

#[test]
fn what_no_current_version_needs_goes_at_the_next_start() {
    let host = host("export default () => 1;");
    assert_eq!(call(&host, &json!({})).output(), 1);
    save(&host, &javascript("export default () => 2;")).status(200);
    assert_eq!(call(&host, &json!({})).output(), 2);
    assert_eq!(kept(&host.home).len(), 2);
    let host = Serve::at(host.end()).start();
    eventually("one file is left", || kept(&host.home).len() == 1);
    assert_eq!(call(&host, &json!({})).output(), 2);
    // The earlier version is made again.
    let first = host.request(Method::POST, "/groups/g/connectors/c@1/invoke");
    assert_eq!(host.send(first.json(&json!({"input": {}}))).output(), 1);
}

#[test]
fn nothing_is_kept_of_what_is_not_saved() {
    let host = host("export default () => 1;");
    let run = |group: serde_json::Value, connector: serde_json::Value| {
        let body = json!({"group": group, "connector": connector, "input": {}});
        host.send(host.request(Method::POST, "/tests/run").json(&body)).status(200).json()
    };
    for number in 0..3 {
        let source = format!("export default () => 'tested {number}';");
        assert_eq!(run(json!("g"), javascript(&source))["output"], format!("tested {number}"));
        let group =
            json!({"slug": "new", "name": "n", "resource_type": "EXTERNAL", "connectors": [javascript(&source)]});
        assert_eq!(run(group, json!("c"))["output"], format!("tested {number}"));
    }
    assert_eq!(kept(&host.home), Vec::<PathBuf>::new());
    // The saved one is, also where its group is tested.
    assert_eq!(run(json!("g"), json!("c"))["output"], 1);
    assert_eq!(kept(&host.home).len(), 1);
}
