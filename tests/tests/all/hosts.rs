//! Several hosts on one PostgreSQL: each sees what the others change, also when no notification comes.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Database, Home, Host, Postgres, Serve, equal, eventually, postgres};
use reqwest::Method;
use serde_json::json;

fn database() -> Database {
    Postgres::start().database("lockgate")
}

fn two() -> (Host, Host) {
    let one = Serve::at(Home::on(&database())).start();
    let other = Serve::beside(&one).start();
    (one, other)
}

fn version(number: &str) -> Vec<u8> {
    Crafted::plugin("shop", number).connector("which").component()
}

/// Waits until a host answers a path so.
#[track_caller]
fn sees(host: &Host, path: &str, status: u16) {
    host.until(path, || host.request(Method::GET, path), |answer| answer.status == status);
}

#[track_caller]
fn answers(host: &Host, output: &str) {
    let fits = |answer: &lockgate_tests::Answer| answer.status == 200 && answer.json()["output"] == output;
    host.until(output, || host.call("g/which", &json!(1)), fits);
}

/// Every kind of object, changed on one host and used on the other.
fn each_kind(one: &Host, other: &Host) {
    one.group("g", json!({}));
    sees(other, "/groups/g", 200);
    one.load("g", version("1")).status(201);
    answers(other, "1");
    other.load("g", version("2")).status(201);
    answers(one, "2");
    one.run(["plugin", "rollback", "g"]).ok();
    answers(other, "1");

    let token = one.token_with("viewer", json!({}));
    let groups = "/v1/workspaces/default/groups";
    let shown = || other.shown(&token, Method::GET, groups);
    other.until("a new token", shown, |answer| answer.status == 200);
    let tokens = one.get("/tokens").status(200).json();
    let id = tokens["items"].as_array().unwrap().iter().find(|own| own["name"] == "viewer").unwrap()["id"].clone();
    one.send(one.request(Method::DELETE, &format!("/tokens/{}", id.as_str().unwrap()))).status(204);
    other.until("a revoked token", shown, |answer| answer.status == 401);

    let workspace = json!({"slug": "second", "organization": "default"});
    one.send(one.admin(Method::POST, "/v1/workspaces").json(&workspace)).status(201);
    let second = || other.admin(Method::GET, "/v1/workspaces/second");
    other.until("a new workspace", second, |answer| answer.status == 200);
    one.send(one.request(Method::POST, "/tenants").json(&json!({"name": "ada"}))).status(201);
    sees(other, "/tenants/ada", 200);
    one.send(one.admin(Method::DELETE, "/v1/workspaces/second")).status(204);
    other.until("a deleted workspace", second, |answer| answer.status == 404);
    one.send(one.request(Method::DELETE, "/tenants/ada")).status(204);
    sees(other, "/tenants/ada", 404);
    one.send(one.request(Method::DELETE, "/groups/g")).status(204);
    sees(other, "/groups/g", 404);
}

#[test]
fn a_host_sees_what_another_changes() {
    let (one, other) = two();
    each_kind(&one, &other);
    each_kind(&other, &one);
}

/// The connections that listen are cut before every step, so what is seen was polled.
#[test]
fn a_lost_notification_costs_nothing() {
    let (one, other) = two();
    both_listen(&one);
    for round in 0..5 {
        let slug = format!("r{round}");
        one.group(&slug, json!({}));
        cut(&one);
        sees(&other, &format!("/groups/{slug}"), 200);
        cut(&one);
    }
    each_kind(&one, &other);
}

/// Ends the sessions that listen for changes, and says how many there were.
fn cut(host: &Host) -> String {
    let listening = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'";
    host.home.database().unwrap().sql(listening)
}

fn both_listen(host: &Host) {
    eventually("both hosts listen", || equal(cut(host), &"2"));
}

/// A call on a host that has not heard of the change yet, and has not opened the version that it knows.
#[test]
fn a_connection_that_another_host_changed_just_now_is_used() {
    let (one, other) = two();
    one.with_activation();
    one.connection("k-1", json!({})).status(201);
    both_listen(&one);
    let renew = |subdomain: &str| {
        let mut again = lockgate_tests::connected::values("k-1");
        again["fields"]["subdomain"] = json!(subdomain);
        one.send(one.request(Method::PUT, "/groups/g/connections/main/credentials").json(&again)).status(200)
    };
    for round in 0..5 {
        let version = renew(&format!("before-{round}")).json()["version"].clone();
        let seen = |answer: &lockgate_tests::Answer| answer.status == 200 && answer.json()["version"] == version;
        other.until("the first change", || other.request(Method::GET, "/groups/g/connections/main"), seen);
        cut(&one);
        renew(&format!("after-{round}"));
        let answer = other.call_as(json!({"fixed": "main"})).status(200);
        assert!(answer.body.contains(&format!("\"after-{round}\"")), "{}", answer.body);
    }
}

/// The same for one that was switched off meanwhile.
#[test]
fn a_connection_that_another_host_switched_off_just_now_is_not_used() {
    let (one, other) = two();
    one.with_activation();
    both_listen(&one);
    for round in 0..5 {
        let name = format!("c{round}");
        let path = format!("/groups/g/connections/{name}");
        one.connection("k-1", json!({"name": name})).status(201);
        other.until("the connection", || other.request(Method::GET, &path), |answer| answer.status == 200);
        cut(&one);
        one.send(one.request(Method::PATCH, &path).json(&json!({"enabled": false}))).status(200);
        other.call_as(json!({"fixed": name})).problem(409, "LG1011");
    }
}

#[test]
fn what_one_host_made_the_next_can_change_at_once() {
    let (one, other) = two();
    for round in 0..20 {
        let slug = format!("g{round}");
        one.group(&slug, json!({}));
        other.set(&slug, json!({"description": "by the other"}));
        one.set(&slug, json!({"tags": ["by-the-first"]}));
        let group = one.get(&format!("/groups/{slug}")).json();
        assert_eq!((&group["description"], &group["version"]), (&json!("by the other"), &json!(3)));
    }
}

#[test]
fn of_two_hosts_that_change_one_group_both_succeed() {
    let (one, other) = two();
    one.group("g", json!({}));
    let change = |host: &Host, turn: usize| {
        host.request(Method::PATCH, "/groups/g").json(&json!({"settings": {format!("k{turn}"): turn}}))
    };
    let requests: Vec<_> = (0..40).map(|turn| change(if turn % 2 == 0 { &one } else { &other }, turn)).collect();
    for answer in one.send_all(requests) {
        answer.status(200);
    }
    let settings = |answer: &lockgate_tests::Answer| answer.json()["settings"].as_object().map_or(0, |own| own.len());
    for host in [&one, &other] {
        host.until("all settings", || host.request(Method::GET, "/groups/g"), |answer| settings(answer) == 40);
    }
}

/// A host that was away for longer than the store remembers reads everything again.
#[test]
fn a_host_that_missed_too_much_starts_over() {
    let (one, other) = two();
    one.group("before", json!({}));
    sees(&other, "/groups/before", 200);
    other.pause();
    for slug in ["a", "b"] {
        one.group(slug, json!({}));
    }
    one.send(one.request(Method::DELETE, "/groups/before")).status(204);
    one.home.database().unwrap().sql("DELETE FROM changed");
    other.resume();
    sees(&other, "/groups/b", 200);
    sees(&other, "/groups/a", 200);
    sees(&other, "/groups/before", 404);
    let asked = || other.plain(Method::GET, "/healthz");
    other.until("what it did in the log", asked, |_| other.log().contains("read everything again"));
}

#[test]
fn a_killed_host_takes_nothing_along() {
    let (mut one, other) = two();
    one.group("g", json!({}));
    one.load("g", version("1")).status(201);
    one.kill_and_restart();
    answers(&one, "1");
    answers(&other, "1");
    one.set("g", json!({"description": "still changes"}));
    other.set("g", json!({"tags": ["still-changes"]}));
}

#[test]
fn hosts_outlive_a_restart_of_their_connections() {
    let (one, other) = two();
    one.group("g", json!({}));
    one.load("g", version("1")).status(201);
    answers(&other, "1");
    one.home
        .database()
        .unwrap()
        .sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'lockgate'");
    for host in [&one, &other] {
        assert_eq!(host.invoke("g/which", &json!(1)).output(), "1", "a call needs no store");
        let change = || host.request(Method::PATCH, "/groups/g").json(&json!({"tags": ["again"]}));
        host.until("a change", change, |answer| answer.status == 200);
    }
}

#[test]
fn a_newer_schema_refuses_this_host() {
    let database = database();
    let home = Serve::at(Home::on(&database)).start().end();
    database.sql(
        "INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time)
         VALUES (99, 'of a newer host', now(), true, '', 0)",
    );
    Serve::at(home).refused().exits(1).says("newer version of Lockgate (schema 99)");
}

#[test]
fn an_unreachable_database_is_told_without_its_password() {
    let url = format!("postgres://ada:{}@127.0.0.1:1/lockgate", postgres::PASSWORD);
    let ended = Serve::new().with(["--database-url", &url]).refused().exits(1);
    assert!(!ended.stderr.contains(postgres::PASSWORD), "{}", ended.stderr);
}

#[test]
fn the_password_is_nowhere_but_in_the_configuration() {
    let host = Serve::at(Home::on(&database())).with(["--log", "trace"]).start();
    host.group("g", json!({}));
    let (log, url) = (host.log(), host.home.database().unwrap().url());
    assert!(log.contains("made a new store: postgres://***@"), "{log}");
    assert!(!log.contains(postgres::PASSWORD), "in the log");
    let check = host.run(["serve", "--check"]).ok();
    assert!(check.stdout.contains("postgres://***@localhost") && !check.stdout.contains(postgres::PASSWORD));
    let help = host.run(["serve", "--help"]).ok();
    assert!(help.stdout.contains("--database-url") && !help.stdout.contains(postgres::PASSWORD), "{help:?}");
    for entry in std::fs::read_dir(host.home.data()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let holds = bytes.windows(postgres::PASSWORD.len()).any(|part| part == postgres::PASSWORD.as_bytes());
        assert!(!holds, "{}", entry.display());
    }
    assert!(url.contains(postgres::PASSWORD), "the password was in the URL");
    let dump = host.home.database().unwrap().dump();
    assert!(dump.contains("CREATE TABLE") && !dump.contains(host.token()), "the token is stored as a hash");
}

#[test]
fn a_connection_of_one_host_is_used_on_the_other() {
    let (one, other) = two();
    one.with_activation();
    one.connection("k-1", json!({})).status(201);
    let call = || {
        let body = json!({"input": {}, "connection": {"fixed": "main"}});
        other.request(Method::POST, "/groups/g/connectors/facts/invoke").json(&body)
    };
    other.until("a new connection", call, |answer| answer.status == 200);
    let installation = json!({"enabled": false});
    one.send(one.request(Method::PUT, "/groups/g/installation").json(&installation)).status(200);
    other.until("a disabled installation", call, |answer| answer.status == 409);
    one.send(one.request(Method::PUT, "/groups/g/installation").json(&json!({}))).status(200);
    one.set("g", json!({"base_url": "https://{subdomain}.acme.example/v2"}));
    other.until("a review", call, |answer| answer.body.contains("LG1021"));
    // Their owner adds a key to every ring, then one of them rotates.
    let line = one.run(["keys", "generate"]).ok().stdout;
    for host in [&one, &other] {
        let path = host.home.data().join("master.key");
        let ring = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{ring}{line}")).unwrap();
    }
    one.send(one.admin(Method::POST, "/v1/keys/rotate")).status(200);
    one.run(["connection", "accept", "g", "main", "--yes"]).ok();
    other.until("a value under the new key", call, |answer| answer.status == 200);
    let switch = |enabled: bool| {
        let request = one.request(Method::PATCH, "/groups/g/connections/main");
        one.send(request.json(&json!({"enabled": enabled}))).status(200);
        std::time::Instant::now()
    };
    // It takes a second until the next look at the store, and the rest is for a busy machine.
    let soon = std::time::Duration::from_secs(15);
    let began = switch(false);
    other.until("a connection that is off", call, |answer| answer.status == 409);
    assert!(began.elapsed() < soon, "{:?}", began.elapsed());
    let began = switch(true);
    other.until("one that is on again", call, |answer| answer.status == 200);
    assert!(began.elapsed() < soon, "{:?}", began.elapsed());
    // New values that are seen there: the visible one.
    let mut again = lockgate_tests::connected::values("k-2");
    again["fields"]["subdomain"] = json!("second");
    one.send(one.request(Method::PUT, "/groups/g/connections/main/credentials").json(&again)).status(200);
    let began = std::time::Instant::now();
    other.until("renewed credentials", call, |answer| answer.body.contains("\"second\""));
    assert!(began.elapsed() < soon, "{:?}", began.elapsed());
    one.send(one.request(Method::DELETE, "/groups/g/connections/main")).status(204);
    other.until("a deleted connection", call, |answer| answer.status == 404);
}
