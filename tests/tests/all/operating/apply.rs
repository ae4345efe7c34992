//! A group's file: what it would change, who has to accept that, and accepting it.

use lockgate_tests::connected::{reach, values};
use lockgate_tests::{Host, Ran};
use reqwest::Method;
use serde_json::{Value, json};

/// The definition of a group that needs a connection.
fn group(change: impl FnOnce(&mut Value)) -> Value {
    let mut group = reach();
    (group["slug"], group["name"], group["resource_type"]) = (json!("h"), json!("H"), json!("EXTERNAL"));
    change(&mut group);
    group
}

fn wider(group: &mut Value) {
    let further = json!({"url": "https://other.example", "credential": "main"});
    group["destinations"].as_array_mut().unwrap().push(further);
}

/// `group apply` of this definition.
fn apply(host: &Host, definition: &Value, options: &[&str]) -> Ran {
    host.home.write("h.yaml", definition.to_string());
    host.run([&["group", "apply", "-f", "h.yaml"], options].concat())
}

fn connect(host: &Host, tenant: &str) {
    let mut body = values("k-1");
    body["tenant"] = json!(tenant);
    host.send(host.request(Method::POST, "/groups/h/connections").json(&body)).status(201);
}

fn states(host: &Host) -> Vec<Value> {
    let list = host.get("/groups/h/connections").json();
    list["items"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect()
}

#[test]
fn a_file_is_applied_with_its_difference() {
    let host = Host::start();
    apply(&host, &group(|_| ()), &[]).ok().prints("made group h (version 1)");
    apply(&host, &group(|_| ()), &[]).ok().says("group h is as the file says");
    ["ada", "bo"].iter().for_each(|tenant| connect(&host, tenant));

    let changed = group(|group| {
        wider(group);
        group["limits"] = json!({"cpu_ms": 50});
    });
    let asked = apply(&host, &changed, &[]).exits(2).says("/limits/cpu_ms: nothing becomes 50").says("other.example");
    asked.says("2 connections, until an admin accepts the change").says("repeat with `--yes`");
    assert_eq!((&host.get("/groups/h").json()["version"], states(&host)), (&json!(1), vec![json!("active"); 2]));
    apply(&host, &changed, &["--yes"]).ok().prints("changed group h (version 2)").says("2 connections under review");
    assert_eq!(states(&host), [json!("needs_review"), json!("needs_review")]);
    // What nobody has to accept is applied at once.
    let renamed = group(|group| {
        wider(group);
        (group["limits"], group["name"]) = (json!({"cpu_ms": 50}), json!("Other"));
    });
    apply(&host, &renamed, &[]).ok().says("/name: \"H\" becomes \"Other\"").prints("version 3");
    apply(&host, &json!({"name": "H"}), &[]).exits(2).says("expected a `slug`");
}

#[test]
fn a_file_drops_connectors_only_on_purpose() {
    let host = Host::start();
    let connector = json!({
        "name": "item", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "GET", "url": "https://other.example/"},
    });
    apply(&host, &group(|group| group["connectors"] = json!([connector])), &[]).ok();
    let without = group(|group| group["connectors"] = json!([]));
    apply(&host, &without, &[]).exits(2).says("connector item is deleted").says("--yes");
    apply(&host, &without, &["--yes"]).exits(1).says("LG2010");
    apply(&host, &without, &["--yes", "--allow-removal"]).ok();
    assert_eq!(host.get("/groups/h").json()["connector_names"], json!([]));
}

#[test]
fn all_connections_of_a_group_are_accepted_after_one_difference() {
    let host = Host::start();
    apply(&host, &group(|_| ()), &[]).ok();
    ["ada", "bo", "cy"].iter().for_each(|tenant| connect(&host, tenant));
    let destinations = group(wider)["destinations"].to_string();
    let set = host.run(["group", "set", "h", &format!("destinations={destinations}")]).ok();
    set.says("3 connections under review").says("lockgate connection accept h --all");

    let shown = host.run(["connection", "accept", "h", "--all"]).exits(2).says("nothing was accepted");
    let lines: Vec<_> = shown.stderr.lines().filter(|line| line.starts_with('!')).collect();
    assert!(
        lines.len() == 1 && lines[0].contains("other.example") && lines[0].contains("(3 connections)"),
        "{shown:?}"
    );
    let digest = shown.stderr.split("--yes=").nth(1).unwrap().lines().next().unwrap();
    host.run(["connection", "accept", "h", "--all", "--yes=sha256:0"]).exits(2).says("changed again");
    host.run(["connection", "accept", "h", "--all", &format!("--yes={digest}")]).ok().prints("is active");
    assert_eq!(states(&host), vec![json!("active"); 3]);
    host.run(["connection", "accept", "h", "--all"]).ok().says("nothing is to be accepted for group h");
    host.run(["connection", "accept", "h"]).exits(2);
}
