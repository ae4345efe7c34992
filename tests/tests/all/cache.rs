//! Compiled code on disk: whoever changes it reaches nothing but a compilation.

use std::fs;
use std::path::PathBuf;

use lockgate_tests::component::Crafted;
use lockgate_tests::{Home, Host, Serve, eventually, guests};
use reqwest::Method;
use serde_json::json;

/// A host that compiles what it loads.
fn host() -> Host {
    Serve::at(Home::new().with_keys_of_its_own()).start()
}

/// A home in which two plugins were compiled.
fn home() -> Home {
    let host = host();
    host.with_guest(&guests::STATE, json!({}));
    host.group("h", json!({}));
    host.load("h", guests::LIMITS.bytes()).status(201);
    host.end()
}

fn code(home: &Home) -> Vec<PathBuf> {
    let entries = fs::read_dir(home.data().join("cache")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|kind| kind == "cwasm")).collect()
}

fn works(home: Home) -> Host {
    let host = Serve::at(home).start();
    assert_eq!(host.invoke("g/count", &json!({})).output(), 1);
    assert_eq!(host.invoke("h/input", &json!("abc")).output(), 3);
    host
}

#[test]
fn it_is_used_again_after_a_restart() {
    let home = home();
    let before: Vec<_> = code(&home).iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    let host = works(home);
    let after: Vec<_> = code(&host.home).iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    assert_eq!((before.len(), before), (2, after));
    assert!(!host.log().contains("compiling anew"), "{}", host.log());
}

#[test]
fn a_changed_byte_means_a_compilation() {
    let home = home();
    for path in code(&home) {
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
    }
    let host = works(home);
    assert_eq!(host.log().matches("cache file is damaged or was changed: compiling anew").count(), 2, "{}", host.log());
    let host = works(host.end());
    assert!(!host.log().contains("compiling anew"), "the new files are good: {}", host.log());
}

#[test]
fn the_code_of_another_plugin_is_not_taken() {
    let home = home();
    let files = code(&home);
    for kind in ["cwasm", "mac"] {
        let (one, other) = (files[0].with_extension(kind), files[1].with_extension(kind));
        let (first, second) = (fs::read(&one).unwrap(), fs::read(&other).unwrap());
        fs::write(&one, second).unwrap();
        fs::write(&other, first).unwrap();
    }
    let host = works(home);
    assert_eq!(host.log().matches("compiling anew").count(), 2, "{}", host.log());
}

#[test]
fn cut_and_missing_files_mean_a_compilation() {
    for damage in ["cut", "empty", "no code", "no authentication", "no folder"] {
        let home = home();
        for path in code(&home) {
            match damage {
                "cut" => fs::write(&path, &fs::read(&path).unwrap()[..1000]).unwrap(),
                "empty" => fs::write(&path, "").unwrap(),
                "no code" => fs::remove_file(&path).unwrap(),
                _ => fs::remove_file(path.with_extension("mac")).unwrap(),
            }
        }
        if damage == "no folder" {
            fs::remove_dir_all(home.data().join("cache")).unwrap();
        }
        drop(works(home));
    }
}

/// A new key makes every file fail its check.
#[test]
fn code_of_another_key_is_not_taken() {
    let home = home();
    fs::remove_file(home.data().join("master.key")).unwrap();
    let host = works(home);
    assert!(host.log().contains("made a new master key"), "{}", host.log());
    assert_eq!(host.log().matches("compiling anew").count(), 2, "{}", host.log());
}

#[test]
fn code_goes_with_the_last_group_that_has_its_plugin() {
    let host = works(home());
    host.group("i", json!({}));
    host.load("i", guests::LIMITS.bytes()).status(201);
    for (group, left) in [("g", 1), ("h", 1), ("i", 0)] {
        host.send(host.request(Method::DELETE, &format!("/groups/{group}"))).status(204);
        assert_eq!(code(&host.home).len(), left, "without {group}");
    }
}

/// Code that nobody will ask for would fill the disk, one refused load after the other.
#[test]
fn a_load_that_is_refused_leaves_no_code() {
    let host = host();
    host.group("g", json!({}));
    let version = |number: &str, connector: &str| Crafted::plugin("shop", number).connector(connector).component();
    host.load("g", version("1", "price")).status(201);
    let before = code(&host.home);
    host.load("g", version("2", "other")).problem(409, "LG2010");
    host.load("g", Crafted::describing("nonsense").component()).problem(422, "LG2008");
    assert_eq!(code(&host.home), before);
    assert_eq!(host.invoke("g/price", &json!(1)).output(), "1");

    // What the end of a host cut off is found by the next one.
    let home = host.end();
    let left = before[0].with_file_name(before[0].file_name().unwrap().to_str().unwrap().replace(['0', '1', '2'], "3"));
    fs::copy(&before[0], &left).unwrap();
    let host = Serve::at(home).start();
    eventually("it is cleared away", || !left.exists());
    assert_eq!((code(&host.home), host.invoke("g/price", &json!(1)).output()), (before, json!("1")));
}
