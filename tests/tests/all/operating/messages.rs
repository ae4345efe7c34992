//! What is said: places of errors, times, and output that nobody reads.

use lockgate_tests::{Home, Host, Ran, program};
use reqwest::Method;
use serde_json::json;

#[test]
fn a_closed_pipe_ends_a_command_quietly() {
    let host = Host::start();
    host.group("g", json!({}));
    let commands: [&[&str]; 4] =
        [&["completions", "bash"], &["group", "list"], &["group", "show", "g"], &["group", "list", "--output", "json"]];
    for arguments in commands {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = host.home.command(program("lockgate")).args(arguments).stdout(writer).output().unwrap();
        assert!(ended.status.success() && ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
    }
}

#[test]
fn errors_point_at_the_key_that_was_written() {
    let host = Host::start();
    for (members, pointer) in [
        (json!({"limits": {"cpu_ms": "fast"}}), "/limits/cpu_ms"),
        (json!({"limits": {"connectors": {"a": {"cpu_ms": -1}}}}), "/limits/connectors/a/cpu_ms"),
        (json!({"tags": ["a", 1]}), "/tags/1"),
        (json!({"enabled": "no"}), "/enabled"),
    ] {
        let mut body = json!({"slug": "g", "name": "G", "resource_type": "EXTERNAL"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let refused = host.send(host.request(Method::POST, "/groups").json(&body)).problem(422, "LG1010");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
        host.home.write("g.yaml", body.to_string());
        host.run(["group", "create", "-f", "g.yaml"]).exits(1).says(&format!("at {pointer}: "));
    }
    let custom = json!({
        "type": "custom", "fields": {"key": {"type": "password", "required": true}},
        "placements": [{"in": "header", "name": "x-token", "value": "{{token}}"}],
        "login": {
            "url": "https://{nowhere}.example/login", "token": "/token",
            "placements": [{"in": "body", "name": "key", "value": "{{key}}"}],
        },
    });
    let mut body = lockgate_tests::connected::reach();
    (body["slug"], body["name"], body["resource_type"]) = (json!("h"), json!("H"), json!("EXTERNAL"));
    body["activation"]["credentials"]["main"]["methods"]["token"] = custom;
    let refused = host.send(host.request(Method::POST, "/groups").json(&body)).problem(422, "LG1010");
    let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
    assert!(pointers.contains(&json!("/activation/credentials/main/methods/token/login/url")), "{refused:#}");
}

#[test]
fn a_call_that_the_installation_refuses_says_so() {
    let host = Host::start();
    host.with_guest(&lockgate_tests::guests::STATE, json!({}));
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&json!({"enabled": false}))).status(200);
    let refused = host.invoke("g/facts", &json!({})).problem(409, "LG1011");
    assert!(refused["detail"].as_str().unwrap().contains("installation"), "{refused}");
    host.send(host.request(Method::PUT, "/groups/g/installation").json(&json!({}))).status(200);
    host.set("g", json!({"enabled": false}));
    let refused = host.invoke("g/facts", &json!({})).problem(409, "LG1011");
    assert!(!refused["detail"].as_str().unwrap().contains("installation"), "{refused}");
}

#[test]
fn times_have_one_width() {
    let host = Host::start();
    for number in 0..20 {
        host.group(&format!("g{number}"), json!({}));
    }
    let list = host.get("/groups?limit=500").json();
    let times = list["items"].as_array().unwrap().iter().flat_map(|group| [&group["created_at"], &group["updated_at"]]);
    let odd: Vec<_> = times.filter(|time| time.as_str().unwrap().len() != "2030-01-31T12:00:00.000Z".len()).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

/// On a terminal help is coloured, but not where the person does not want it (<https://no-color.org>).
#[test]
fn nothing_is_coloured_for_who_wants_no_colour() {
    let home = Home::new();
    let coloured = |wish: Option<&str>| {
        let line = format!("{} --help", program("lockgate").display());
        // It gives the command a terminal.
        let mut command = home.command("script");
        command.args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").env_remove("NO_COLOR");
        command.envs(wish.map(|wish| ("NO_COLOR", wish)));
        let help = Ran::of(&mut command).ok().stdout;
        assert!(help.contains("Usage"), "{help}");
        help.contains('\u{1b}')
    };
    assert_eq!((coloured(None), coloured(Some("1"))), (true, false));
}
