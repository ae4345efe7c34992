//! `kill -9` at any moment of an import and of an application: all of it is there afterwards, or nothing of it.

use std::time::{Duration, Instant};

use lockgate_domain::Digest;
use lockgate_tests::{Host, Random, environment};
use serde_json::{Value, json};

use super::{every_type, plugin, zip};

/// How long after the answer the host may still be killed.
const AFTER: Duration = Duration::from_millis(20);

/// One of two states of a group; every part of it is another one.
fn group(slug: &str, state: u64) -> Value {
    let mut group = every_type(slug);
    group["settings"] = json!({"state": state});
    group["destinations"][0]["methods"] = json!([if state == 0 { "GET" } else { "POST" }]);
    let connectors = group["connectors"].as_array_mut().unwrap();
    connectors[0]["http"]["method"] = json!(if state == 0 { "GET" } else { "DELETE" });
    connectors[0]["title"] = json!(format!("state {state}"));
    connectors[4]["name"] = json!(format!("only_{state}"));
    group
}

/// The files of a package of that state.
fn package(slug: &str, state: u64) -> Vec<(String, Vec<u8>)> {
    let component = plugin(if state == 0 { "1.0.0" } else { "2.0.0" });
    let digest = Digest::of(&component);
    let mut group = group(slug, state);
    let version = if state == 0 { "1.0.0" } else { "2.0.0" };
    group["plugins"] = json!([{"name": "shop", "version": version, "digest": digest.to_string()}]);
    vec![
        ("group.yaml".to_owned(), group.to_string().into_bytes()),
        (format!("plugins/{}.wasm", digest.hex()), component),
    ]
}

fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    zip(&files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect::<Vec<_>>())
}

/// A folder of five groups in that state, of which the last is another one in each.
fn folder(state: u64) -> Vec<u8> {
    let mut files = Vec::new();
    for slug in ["a", "b", "c", "d", if state == 0 { "e" } else { "f" }] {
        files.extend(package(slug, state).into_iter().map(|(name, content)| (format!("{slug}/{name}"), content)));
    }
    packed(&files)
}

/// The digests of everything that the scope would export.
fn exported(host: &Host) -> String {
    host.run(["export", "--dir", "out", "--replace", "--plugins"]).ok();
    let listed =
        host.home.command("/bin/sh").args(["-c", "cd out && find . -type f | sort | xargs sha256sum"]).output();
    String::from_utf8(listed.unwrap().stdout).unwrap()
}

/// Goes back and forth between two states, and kills the host meanwhile.
fn killed(path: &str, states: [Vec<u8>; 2], rounds: usize) {
    let mut random = Random::new(environment::seed());
    let mut host = Host::start().with_scripts();
    let send = |host: &Host, state: usize| host.request_bytes("POST", path, "application/zip", &states[state]);
    let mut expected = Vec::new();
    let mut took = Duration::ZERO;
    for state in [0, 1, 0] {
        let began = Instant::now();
        assert_eq!(host.connect().send(send(&host, state)).status(), 200);
        took = took.max(began.elapsed());
        expected.push(exported(&host));
    }
    assert!(expected[0] == expected[2] && expected[0] != expected[1]);
    let (mut current, mut acknowledged, mut lost) = (0, 0, 0);
    for round in 0..rounds {
        let wanted = 1 - current;
        let moment = Duration::from_micros(random.below((took + AFTER).as_micros() as usize) as u64);
        let began = Instant::now();
        let connection = host.connect().send(send(&host, wanted));
        let answer = std::thread::spawn(move || (connection.status(), began.elapsed()));
        std::thread::sleep(moment.saturating_sub(began.elapsed()));
        host.kill_and_restart();
        let (status, duration) = answer.join().unwrap();
        let found = exported(&host);
        let state = expected[..2].iter().position(|one| *one == found);
        let state = state.unwrap_or_else(|| panic!("round {round}, killed after {moment:?}: a part of it is there"));
        match status {
            0 => lost += 1,
            200 => {
                assert_eq!(state, wanted, "round {round}: acknowledged, and not there");
                (took, acknowledged) = (duration, acknowledged + 1);
            }
            other => panic!("round {round}: refused with {other}"),
        }
        current = state;
    }
    eprintln!("{acknowledged} were acknowledged before the kill, {lost} were not");
    assert!(lost > 0, "moments before the answer");
}

#[test]
fn an_import_is_there_whole_or_not_at_all() {
    let states = [0, 1].map(|state| packed(&package("shop", state)));
    killed("/imports?on_conflict=update&allow_removal", states, environment::rounds(6, 100));
}

#[test]
fn an_application_is_there_whole_or_not_at_all() {
    killed("/apply?prune&allow_removal", [0, 1].map(folder), environment::rounds(6, 100));
}
