//! What authors are told before, and when, something that a script needs is not there.

use lockgate_tests::{Home, Ran, Serve, program, root};
use serde_json::json;

use super::projects::lockgate;

#[test]
fn what_a_group_does_not_grant_is_said_when_a_script_is_saved() {
    let host = Serve::new().start();
    host.group("g", json!({"capabilities": ["http"]}));
    let sources = [
        (
            "calls",
            "import { call } from 'lockgate/connectors'; export default () => fetch('/a').then(() => call('b'));",
        ),
        (
            "asks",
            "import { sql } from \"lockgate/database\"; import * as grpc from 'lockgate/grpc'; export default () => [sql, grpc];",
        ),
        ("fetches", "export default () => fetch('/a');"),
    ];
    let mut told = Vec::new();
    for (name, source) in sources {
        let path = host.home.write(&format!("{name}.js"), source);
        told.push(host.run(["connector", "create", "g", "--file", path.to_str().unwrap()]).ok().stderr);
    }
    assert!(told[0].contains("group g does not grant `connectors`") && !told[0].contains("`http`"), "{told:?}");
    assert!(told[1].contains("does not grant `database`") && told[1].contains("does not grant `grpc`"), "{told:?}");
    assert!(!told[2].contains("does not grant"), "{told:?}");
    host.set("g", json!({"capabilities": []}));
    let path = host.home.write("fetches.js", "export default () => fetch('/b');");
    let saved = host.run(["connector", "update", "g/fetches", "--file", path.to_str().unwrap()]).ok();
    saved.says("the script uses `fetch`, and group g does not grant `http`: add it to its `capabilities`");
    // Of a group's file too, which says both.
    let signs = "import { sign } from 'lockgate'; export default () => sign('key', 'hmac-sha256', 'a');";
    let mut group = json!({
        "slug": "file", "name": "f", "resource_type": "EXTERNAL", "capabilities": ["http"],
        "connectors": [
            {"name": "signs", "type": "function", "script": {"language": "javascript", "source": signs}},
            {"name": "fetches", "type": "function", "script": {"language": "javascript", "source": sources[2].1}},
        ],
    });
    let file = |group: &serde_json::Value| host.home.write("file.json", group.to_string());
    let path = file(&group);
    let note =
        "the script of connector signs uses `sign` or `verify` of `lockgate`, and group file does not grant `signing`";
    let made = host.run(["group", "create", "--file", path.to_str().unwrap()]).ok().says(note);
    assert!(!made.stderr.contains("connector fetches"), "{}", made.stderr);
    group["capabilities"] = json!([]);
    file(&group);
    let applied = host.run(["group", "apply", "--yes", "--file", path.to_str().unwrap()]).ok();
    applied.says(note).says("the script of connector fetches uses `fetch`");
    group["capabilities"] = json!(["http", "signing"]);
    file(&group);
    let applied = host.run(["group", "apply", "--yes", "--file", path.to_str().unwrap()]).ok();
    assert!(!applied.stderr.contains("does not grant"), "{}", applied.stderr);
    // And without a host, where to say it.
    let ran = lockgate(&host.home, ".", &["run", "fetches.js"]).exits(1);
    ran.says("does not grant `http`").says("--group FILE");
}

#[test]
fn a_signature_without_a_value_says_how_to_give_one() {
    let home = Home::new();
    let sample = std::fs::read_to_string(root().join("sample-plugins/scripts/events.yaml")).unwrap();
    home.write("events.yaml", &sample);
    home.write("optional.yaml", sample.replace("use: sign, required: true", "use: sign"));
    let run = |group: &str| {
        let mut command = home.command(program("lockgate"));
        command.args(["run", "send_event", "--group", group, "--secret", "main.token=env:TOKEN"]);
        Ran::of(command.args(["--input", r#"{"kind":"a","subject":"b"}"#]).env("TOKEN", "the-token-8812")).exits(1)
    };
    let signing = "no signature: field `signing_key` has no value: give it one in the connection";
    run("optional.yaml").says(signing).says("--secret signing_key=env:");
    // A field that is required is asked for before anything is called.
    let told = run("events.yaml").says("signing_key").stderr;
    assert!(!told.contains("no signature"), "{told}");
}
