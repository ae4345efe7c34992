//! The host's keys: lost, wrong, from elsewhere, rotated while it is killed.

use std::fs;
use std::time::Duration;

use lockgate_tests::{Host, Serve};
use reqwest::Method;
use serde_json::json;

/// Connections of one group, so that a rotation has something to do.
fn connected(count: usize) -> Host {
    let host = Host::start();
    host.with_activation();
    for number in 0..count {
        host.connection(&format!("key-{number}"), json!({"name": format!("c{number}")})).status(201);
    }
    host
}

fn all_open(host: &Host, count: usize) {
    for number in 0..count {
        host.call_as(json!({"fixed": format!("c{number}")})).status(200);
    }
}

fn rotate(host: &Host) -> serde_json::Value {
    host.send(host.admin(Method::POST, "/v1/keys/rotate")).status(200).json()
}

#[test]
fn without_its_key_a_host_does_not_start() {
    let home = connected(1).end();
    let key = home.data().join("master.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let (home, ran) = Serve::at(home).refused_at_home();
    ran.exits(1).says("the store holds sealed values, and there is no key ring");
    assert!(!key.exists(), "no other key was made");
    let other = Host::start().end();
    fs::copy(other.data().join("master.key"), &key).unwrap();
    let (home, ran) = Serve::at(home).refused_at_home();
    ran.exits(1).says("and the key ring holds");
    fs::write(&key, kept).unwrap();
    all_open(&Serve::at(home).start(), 1);
}

#[test]
fn without_a_sealed_value_a_lost_key_is_made_anew() {
    let host = connected(1);
    host.send(host.request(Method::DELETE, "/groups/g/connections/c0")).status(204);
    let home = host.end();
    fs::remove_file(home.data().join("master.key")).unwrap();
    let host = Serve::at(home).start();
    host.connection("again", json!({"name": "c0"})).status(201);
    all_open(&host, 1);
}

#[test]
fn a_key_comes_from_a_command_or_a_file_elsewhere() {
    let home = connected(1).end();
    let elsewhere = home.path().join("elsewhere.key");
    fs::rename(home.data().join("master.key"), &elsewhere).unwrap();
    let config = home.write("config.toml", format!("master_key_command = ['cat', '{}']\n", elsewhere.display()));
    let host = Serve::at(home).with(["--config".into(), config.into_os_string()]).start();
    all_open(&host, 1);
    assert!(!host.home.data().join("master.key").exists());
    // The host can't write what a command reads.
    host.send(host.admin(Method::POST, "/v1/keys/rotate")).problem(409, "LG1005");
    let line = host.run(["keys", "generate"]).ok().stdout;
    let mut ring = fs::read_to_string(&elsewhere).unwrap();
    ring.push_str(&line);
    fs::write(&elsewhere, ring).unwrap();
    let done = rotate(&host);
    assert_eq!((&done["values"], &done["retired"]), (&json!(1), &json!(false)));
    fs::write(&elsewhere, line).unwrap();
    let home = host.end();
    let config = home.work().join("config.toml");
    all_open(&Serve::at(home).with(["--config".into(), config.into_os_string()]).start(), 1);
}

#[test]
fn a_key_comes_from_a_file_that_is_named() {
    let home = connected(1).end();
    let elsewhere = home.path().join("elsewhere.key");
    fs::rename(home.data().join("master.key"), &elsewhere).unwrap();
    let config = home.write("config.toml", format!("master_key_file = '{}'\n", elsewhere.display()));
    let host = Serve::at(home).with(["--config".into(), config.into_os_string()]).start();
    all_open(&host, 1);
    assert!(!host.home.data().join("master.key").exists());
}

#[test]
fn a_key_comes_from_the_environment() {
    let home = connected(1).end();
    let key = home.data().join("master.key");
    let ring = fs::read_to_string(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let host = Serve::at(home).with_variable("LOCKGATE_MASTER_KEY", ring.trim()).start();
    all_open(&host, 1);
    assert!(!host.home.data().join("master.key").exists());
    let home = host.end();
    let other = Host::start().end();
    let wrong = fs::read_to_string(other.data().join("master.key")).unwrap();
    let (_, ran) = Serve::at(home).with_variable("LOCKGATE_MASTER_KEY", wrong.trim()).refused_at_home();
    let ran = ran.exits(1).says("and the key ring holds");
    assert!(!ran.stderr.contains(wrong.trim()), "a key in an error");
}

#[test]
fn a_rotation_wraps_everything_and_takes_the_old_key_away() {
    let host = connected(3);
    if host.home.database().is_some() {
        // Other hosts may use the same database, so their owner adds the key.
        host.send(host.admin(Method::POST, "/v1/keys/rotate")).problem(409, "LG1005");
        return;
    }
    let key = host.home.data().join("master.key");
    let before = fs::read_to_string(&key).unwrap();
    host.run(["keys", "rotate"]).ok().prints("3 values were wrapped");
    let after = fs::read_to_string(&key).unwrap();
    assert!(after.lines().count() == 1 && after != before);
    all_open(&host, 3);
    host.connection("new", json!({"name": "c3"})).status(201);
    let admin = host.token_with("admin", json!({}));
    host.send(host.shown(&admin, Method::POST, "/v1/keys/rotate")).problem(403, "LG1003");
    let home = host.end();
    all_open(&Serve::at(home).start(), 4);
}

#[test]
fn a_rotation_is_killed_anywhere_and_goes_on() {
    const COUNT: usize = 60;
    let mut host = connected(COUNT);
    if host.home.database().is_some() {
        return;
    }
    for round in 0..6 {
        let asked = host.admin(Method::POST, "/v1/keys/rotate");
        host.send_and_forget(asked);
        std::thread::sleep(Duration::from_millis(1 + 3 * round));
        host.kill_and_restart();
        for number in [0, COUNT / 2, COUNT - 1] {
            host.call_as(json!({"fixed": format!("c{number}")})).status(200);
        }
    }
    rotate(&host);
    let ring = fs::read_to_string(host.home.data().join("master.key")).unwrap();
    assert_eq!(ring.lines().count(), 1, "the former keys are gone");
    let home = host.end();
    all_open(&Serve::at(home).start(), COUNT);
}

#[test]
fn a_moved_or_changed_value_opens_nowhere() {
    let host = connected(2);
    host.connection("key-of-bo", json!({"name": "bo", "tenant": "bo"})).status(201);
    let all = host.get("/connections").json();
    let id = |name: &str| {
        let found = all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        found["id"].as_str().unwrap().replace('-', "")
    };
    let (one, two, bo) = (id("c0"), id("c1"), id("bo"));
    let mut home = host.end();
    let sealed = |home: &lockgate_tests::Home, id: &str| {
        let (column, id) = (home.hex("sealed"), home.blob(id));
        home.sql(&format!("SELECT {column} FROM connection_values WHERE connection = {id}"))
    };
    let put = |home: &lockgate_tests::Home, id: &str, hex: &str| {
        let (hex, id) = (home.blob(hex), home.blob(id));
        home.sql(&format!("UPDATE connection_values SET sealed = {hex} WHERE connection = {id}"));
    };
    let (of_one, of_two, of_bo) = (sealed(&home, &one), sealed(&home, &two), sealed(&home, &bo));
    let last = of_two.len() - 1;
    let flipped = format!("{}{}", &of_two[..last], if of_two.ends_with('0') { "1" } else { "0" });
    for wrong in [&of_one, &of_bo, &flipped, &format!("00{}", &of_two[2..]), &format!("02{}", &of_two[2..])] {
        put(&home, &two, wrong);
        let host = Serve::at(home).start();
        host.call_as(json!({"fixed": "c1"})).problem(500, "LG5001");
        host.call_as(json!({"fixed": "c0"})).status(200);
        home = host.end();
    }
    // Nor does a tenant get what is the workspace's.
    put(&home, &bo, &of_two);
    put(&home, &two, &of_two);
    let host = Serve::at(home).start();
    host.call_as(json!({"dynamic": {"tenant": "bo"}})).problem(500, "LG5001");
    // Put back, it opens again: nothing else was wrong.
    host.call_as(json!({"fixed": "c1"})).status(200);
}

#[test]
fn a_value_opens_in_its_own_field_alone() {
    let host = Host::start();
    host.with_activation();
    let mut body = lockgate_tests::connected::values("the key");
    body["fields"]["note"] = json!("the note");
    host.send(host.request(Method::POST, "/groups/g/connections").json(&body)).status(201);
    host.call_as(json!({"fixed": "main"})).status(200);
    let home = host.end();
    for statement in [
        "UPDATE connection_values SET field = 'x' WHERE field = 'fields/note'",
        "UPDATE connection_values SET field = 'fields/note' WHERE field = 'credentials/main/value'",
        "UPDATE connection_values SET field = 'credentials/main/value' WHERE field = 'x'",
    ] {
        home.sql(statement);
    }
    let host = Serve::at(home).start();
    host.call_as(json!({"fixed": "main"})).problem(500, "LG5001");
}
