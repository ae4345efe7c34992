//! Which plugins are in memory, and what happens to their compiled code when it does not fit the engine any more.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Home, Host, Serve, eventually};
use reqwest::Method;
use serde_json::json;

/// A group for each name, with a plugin whose connector `which` returns the name.
fn load(host: &Host, names: &[&str]) {
    for name in names {
        host.group(name, json!({}));
        host.load(name, Crafted::plugin(name, "1").connector("which").returns(&json!(name).to_string()).component())
            .status(201);
    }
}

fn call(host: &Host, name: &str) {
    assert_eq!(host.invoke(&format!("{name}/which"), &json!(1)).output(), name);
}

const NAMES: [&str; 5] = ["ada", "bo", "cy", "di", "ed"];

#[test]
fn no_more_plugins_are_loaded_than_set_and_each_answers() {
    let home = Home::new();
    let file = home.write("lockgate.toml", "loaded_plugins = 2\n");
    let host = Serve::at(home).with(["--config".into(), file.into_os_string()]).start();
    load(&host, &NAMES);
    for name in NAMES.into_iter().chain(["ada", "ada", "ed"]) {
        call(&host, name);
        assert!((1..=2).contains(&host.metric("lockgate_plugins_loaded")));
    }
    let mixed = (0..60).map(|turn| host.call(&format!("{}/which", NAMES[turn % 5]), &json!(1)));
    for (turn, answer) in host.send_all(mixed.collect::<Vec<_>>()).into_iter().enumerate() {
        assert_eq!(answer.output(), NAMES[turn % 5]);
    }
}

#[test]
fn none_is_loaded_before_its_first_call() {
    let mut host = Host::start();
    load(&host, &NAMES);
    host.kill_and_restart();
    assert_eq!(host.metric("lockgate_plugins_loaded"), 0);
    call(&host, "cy");
    assert_eq!(host.metric("lockgate_plugins_loaded"), 1);
}

#[test]
fn code_of_another_engine_is_compiled_again_most_called_first() {
    let host = Host::start();
    load(&host, &NAMES);
    for name in ["di", "di", "di", "bo", "bo", "cy"] {
        call(&host, name);
    }
    let plugins =
        |host: &Host, name: &str| host.get(&format!("/groups/{name}/plugins")).json()["items"][0]["digest"].clone();
    let digests = ["di", "bo", "cy"].map(|name| plugins(&host, name).as_str().unwrap().to_owned());

    // What an engine of another version would find: files whose names end in the hash of this one.
    let home = host.end();
    for entry in std::fs::read_dir(home.data().join("cache")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some((digest, rest)) = name.split_once('-') {
            let kind = rest.rsplit_once('.').unwrap().1;
            std::fs::rename(&path, path.with_file_name(format!("{digest}-0123456789abcdef.{kind}"))).unwrap();
        }
    }

    let host = Serve::at(home).start();
    call(&host, "ed");
    let log = host.logs("all plugins are compiled");
    let compiled = log.lines().filter(|line| line.contains("plugin compiled"));
    let compiled: Vec<_> =
        compiled.filter_map(|line| digests.iter().position(|digest| line.contains(digest))).collect();
    assert_eq!(compiled, [0, 1, 2], "{log}");
    assert_eq!(host.at(Method::GET, "/readyz").json(), json!({"status": "ready", "plugins_to_compile": 0}));
    NAMES.iter().for_each(|name| call(&host, name));
    let useless = |name: &std::fs::DirEntry| name.file_name().to_str().unwrap().contains("0123456789abcdef");
    let left = || std::fs::read_dir(host.home.data().join("cache")).unwrap().flatten().any(|entry| useless(&entry));
    eventually("no code that no engine here can use", || !left());
}
