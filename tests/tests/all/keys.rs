//! The host's keys: lost, wrong, from elsewhere, rotated while it is killed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lockgate_tests::{Home, Host, Serve};
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
    let other = Serve::at(Home::new().with_keys_of_its_own()).start().end();
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

/// A host of this home whose configuration says this.
fn configured(home: Home, text: &str) -> Serve {
    let config = home.write("config.toml", text);
    Serve::at(home).with(["--config".into(), config.into_os_string()])
}

/// The ring of a home, moved out of its data folder.
fn moved_away(home: &Home) -> PathBuf {
    let elsewhere = home.path().join("elsewhere.key");
    fs::rename(home.data().join("master.key"), &elsewhere).unwrap();
    elsewhere
}

/// Adds a new line to a ring, and gives that line.
fn add_line(host: &Host, ring: &Path) -> String {
    let line = host.run(["keys", "generate"]).ok().stdout;
    let text = fs::read_to_string(ring).unwrap() + &line;
    fs::write(ring, text).unwrap();
    line
}

#[test]
fn a_key_comes_from_a_command() {
    let home = connected(1).end();
    let elsewhere = moved_away(&home);
    let config = format!("master_key_command = ['cat', '{}']\n", elsewhere.display());
    let host = configured(home, &config).start();
    all_open(&host, 1);
    assert!(!host.home.data().join("master.key").exists());
    // The host can't write what a command reads.
    host.send(host.admin(Method::POST, "/v1/keys/rotate")).problem(409, "LG1005");
    let line = add_line(&host, &elsewhere);
    let done = rotate(&host);
    assert_eq!((&done["values"], &done["retired"]), (&json!(1), &json!(false)));
    fs::write(&elsewhere, line).unwrap();
    let host = configured(host.end(), &config).start();
    all_open(&host, 1);
    // One that fails, or says something else, is no ring.
    let (home, ran) = configured(host.end(), "master_key_command = ['false']\n").refused_at_home();
    ran.exits(1).says("key command `false`");
    let (_, ran) = configured(home, "master_key_command = ['echo', 'open sesame']\n").refused_at_home();
    assert!(!ran.exits(1).says("output of key command `echo`").stderr.contains("sesame"));
}

#[test]
fn a_key_comes_from_a_file_elsewhere() {
    let home = connected(1).end();
    let elsewhere = moved_away(&home);
    let config = format!("master_key_file = '{}'\n", elsewhere.display());
    let host = configured(home, &config).start();
    all_open(&host, 1);
    let home = host.end();
    assert!(!home.data().join("master.key").exists());
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o640)).unwrap();
    let (home, ran) = configured(home, &config).refused_at_home();
    ran.exits(1).says("elsewhere.key");
    fs::remove_file(&elsewhere).unwrap();
    let (_, ran) = configured(home, &config).refused_at_home();
    ran.exits(1).says("there is no key ring");
}

#[test]
fn a_key_comes_from_the_environment() {
    let home = connected(1).end();
    let elsewhere = moved_away(&home);
    let ring = fs::read_to_string(&elsewhere).unwrap();
    let with = |home: Home, ring: &str| Serve::at(home).with_variable("LOCKGATE_MASTER_KEY", ring);
    // It comes before the configuration.
    let config = home.write("config.toml", "master_key_command = ['false']\n");
    let host = with(home, &ring).with(["--config".into(), config.into_os_string()]).start();
    all_open(&host, 1);
    host.send(host.admin(Method::POST, "/v1/keys/rotate")).problem(409, "LG1005");
    let line = host.run(["keys", "generate"]).ok().stdout;
    let host = with(host.end(), &(ring + &line)).start();
    let done = rotate(&host);
    assert_eq!((&done["values"], &done["retired"]), (&json!(1), &json!(false)));
    let host = with(host.end(), &line).start();
    all_open(&host, 1);
    assert!(!host.home.data().join("master.key").exists());
    let other = Serve::at(Home::new().with_keys_of_its_own()).start().end();
    let wrong = fs::read_to_string(other.data().join("master.key")).unwrap();
    let (home, ran) = with(host.end(), wrong.trim()).refused_at_home();
    assert!(!ran.exits(1).says("and the key ring holds").stderr.contains(wrong.trim()), "a key in an error");
    let (_, ran) = with(home, "open sesame").refused_at_home();
    assert!(!ran.exits(1).says("LOCKGATE_MASTER_KEY").stderr.contains("sesame"), "a text that may be a key");
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

/// Under how many keys the stored values are.
fn keys_in_use(home: &Home) -> usize {
    // The algorithm's number, and then the key's id.
    home.sql("SELECT count(DISTINCT substr(sealed, 2, 8)) FROM connection_values").parse().unwrap()
}

/// Kills a host in the midst of rotations until one was cut off between two values, and more often. Between two of them
/// something may be done to the ring.
fn kill_rotations(mut host: Host, count: usize, between: impl Fn(&Host)) -> Host {
    let mut cut = 0;
    for round in 0..60 {
        between(&host);
        let asked = host.admin(Method::POST, "/v1/keys/rotate");
        host.send_and_forget(asked);
        // Later with every twenty rounds, for machines whose disk takes longer.
        std::thread::sleep(Duration::from_micros(500 * (1 + round % 20) * (1 + round / 20 * 4)));
        host.kill_and_restart();
        for number in [0, count / 2, count - 1] {
            host.call_as(json!({"fixed": format!("c{number}")})).status(200);
        }
        cut += usize::from(keys_in_use(&host.home) > 1);
        if cut == 3 {
            break;
        }
    }
    assert!(cut > 0, "no rotation was cut off between two values");
    host
}

/// Enough for several transactions of a rotation.
fn many(count: usize) -> Host {
    let host = Host::start();
    host.with_activation();
    host.lift_rate();
    let requests = (0..count).map(|number| {
        let mut body = lockgate_tests::connected::values(&format!("key-{number}"));
        (body["name"], body["fields"]["note"]) = (json!(format!("c{number}")), json!("a note"));
        host.request(Method::POST, "/groups/g/connections").json(&body)
    });
    host.send_all(requests).into_iter().for_each(|answer| drop(answer.status(201)));
    host
}

#[test]
fn a_rotation_is_killed_anywhere_and_goes_on() {
    const COUNT: usize = 150;
    let host = many(COUNT);
    if host.home.database().is_some() {
        // The next test: the ring is its owner's.
        return;
    }
    let host = kill_rotations(host, COUNT, |_| ());
    rotate(&host);
    let ring = fs::read_to_string(host.home.data().join("master.key")).unwrap();
    assert_eq!(ring.lines().count(), 1, "the former keys are gone");
    all_open(&Serve::at(host.end()).start(), COUNT);
}

#[test]
fn a_rotation_of_a_ring_from_elsewhere_is_killed_anywhere_and_goes_on() {
    const COUNT: usize = 150;
    let home = many(COUNT).end();
    let ring = moved_away(&home);
    let config = format!("master_key_command = ['cat', '{}']\n", ring.display());
    let host = kill_rotations(configured(home, &config).start(), COUNT, |host| {
        // One that was cut off goes on under the same key.
        if keys_in_use(&host.home) == 1 {
            add_line(host, &ring);
        }
    });
    rotate(&host);
    assert_eq!(keys_in_use(&host.home), 1);
    let text = fs::read_to_string(&ring).unwrap();
    fs::write(&ring, text.lines().last().unwrap()).unwrap();
    all_open(&configured(host.end(), &config).start(), COUNT);
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
    let sealed = |home: &Home, id: &str| {
        let (column, id) = (home.hex("sealed"), home.blob(id));
        home.sql(&format!("SELECT {column} FROM connection_values WHERE connection = {id}"))
    };
    let put = |home: &Home, id: &str, hex: &str| {
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

#[test]
fn a_value_opens_for_its_own_tenant_and_group_alone() {
    let host = Host::start();
    host.with_activation();
    host.connection("key-of-ada", json!({"tenant": "ada"})).status(201);
    let mut home = host.end();
    for (statement, back) in [
        ("UPDATE connections SET tenant = 'eve'", "UPDATE connections SET tenant = 'ada'"),
        // A tenant's becomes the workspace's.
        ("UPDATE connections SET tenant = ''", "UPDATE connections SET tenant = 'ada'"),
    ] {
        home.sql(statement);
        let host = Serve::at(home).start();
        let choice =
            if statement.contains("eve") { json!({"dynamic": {"tenant": "eve"}}) } else { json!({"fixed": "main"}) };
        host.call_as(choice).problem(500, "LG5001");
        home = host.end();
        home.sql(back);
    }
    let host = Serve::at(home).start();
    host.call_as(json!({"dynamic": {"tenant": "ada"}})).status(200);
    // And in a group that is made like it, with the same fields.
    let mut like = lockgate_tests::connected::reach();
    like["slug"] = json!("h");
    host.group("h", like);
    host.load("h", lockgate_tests::guests::STATE.bytes()).status(201);
    let home = host.end();
    home.sql("UPDATE connections SET group_id = (SELECT id FROM groups WHERE slug = 'h')");
    let host = Serve::at(home).start();
    let body = json!({"input": {}, "connection": {"dynamic": {"tenant": "ada"}}});
    let call = host.request(Method::POST, "/groups/h/connectors/facts/invoke").json(&body);
    host.send(call).problem(500, "LG5001");
}

#[test]
fn a_changed_value_is_not_wrapped_anew() {
    let host = connected(1);
    let oauth = json!({"type": "oauth2", "grant": "client_credentials", "token_url": "https://id.acme.example/token"});
    host.set("g", json!({"activation": {"credentials": {"main": {"methods": {"oauth": oauth}}}}}));
    let client = json!({"oauth": {"main": {"client_id": "an id", "client_secret": "a secret"}}});
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&client)).status(200);
    let home = host.end();
    let ring = moved_away(&home);
    let config = format!("master_key_command = ['cat', '{}']\n", ring.display());
    let exchange = |home: &Home| {
        home.sql("UPDATE installation_values SET field = 'x' WHERE field = 'oauth/main/client_id'");
        home.sql(
            "UPDATE installation_values SET field = 'oauth/main/client_id' WHERE field = 'oauth/main/client_secret'",
        );
        home.sql("UPDATE installation_values SET field = 'oauth/main/client_secret' WHERE field = 'x'");
    };
    exchange(&home);
    let host = configured(home, &config).start();
    add_line(&host, &ring);
    host.send(host.admin(Method::POST, "/v1/keys/rotate")).problem(500, "LG5001");
    all_open(&host, 1);
    let home = host.end();
    exchange(&home);
    let host = configured(home, &config).start();
    assert_eq!(rotate(&host)["retired"], false);
    all_open(&host, 1);
}
