//! What is no JSON to two readers alike is no input, and nowhere another value: of calls, tests, runs, and examples.

use lockgate_tests::{Answer, Home, Host, Ran, Reply, Serve, Upstream, program};
use reqwest::Method;
use serde_json::{Value, json};

const SOURCE: &str = "export default (input) => input;";

fn texts() -> Vec<(String, &'static str)> {
    let deep = format!("{}1{}", "[".repeat(128), "]".repeat(128));
    let texts = [
        ("1e400", "number out of range"),
        (r#"{"v":[-1e400]}"#, "number out of range"),
        (r#"{"v":1,"v":2}"#, "key `v` twice"),
        (r#"[{"v":{"w":1,"\u0077":1}}]"#, "key `w` twice"),
        (r#""\ud83d""#, "half of a surrogate pair"),
    ];
    let texts = texts.into_iter().map(|(text, told)| (text.to_owned(), told));
    texts.chain([(deep, "more than 127 levels deep")]).collect()
}

fn declared() -> Value {
    json!({
        "name": "declared", "type": "http", "input_schema": {"properties": {"v": true}}, "output_schema": true,
        "http": {"method": "POST", "path": "/", "body": {"json": "{{v}}"}},
    })
}

fn script() -> Value {
    json!({"name": "script", "type": "function", "script": {"language": "javascript", "source": SOURCE}})
}

fn group(upstream: &Upstream) -> Value {
    json!({
        "slug": "g", "name": "G", "resource_type": "INTERNAL", "base_url": upstream.url(),
        "destinations": [{"url": upstream.url(), "plaintext": true}], "connectors": [script(), declared()],
    })
}

/// Sends a body whose last member is an input.
fn send(host: &Host, path: &str, more: &str, input: &str) -> Answer {
    let request = host.request(Method::POST, path).header("content-type", "application/json");
    host.send(request.body(format!("{{{more}\"input\":{input}}}")))
}

#[test]
fn every_route_reads_an_input_alike() {
    let upstream = Upstream::start(|_| Reply::new(200).json(&json!({})));
    let host = Serve::new().reaching(&[&upstream]).start().with_scripts();
    host.send(host.request(Method::POST, "/groups").json(&group(&upstream))).status(201);
    for (name, definition) in [("script", script()), ("declared", declared())] {
        for (text, told) in texts() {
            let refused = send(&host, &format!("/groups/g/connectors/{name}/invoke"), "", &text).problem(422, "LG1009");
            assert!(refused["errors"][0]["detail"].as_str().unwrap().contains(told), "{text}: {refused}");
            let saved = format!("\"group\":\"g\",\"connector\":\"{name}\",");
            let unsaved = format!("\"group\":\"g\",\"connector\":{definition},");
            for (path, more) in [
                (format!("/groups/g/connectors/{name}/test"), ""),
                ("/tests/run".to_owned(), saved.as_str()),
                ("/tests/run".to_owned(), unsaved.as_str()),
            ] {
                let shown = send(&host, &path, more, &text).status(200).json();
                for member in ["code", "title", "status", "detail", "errors", "fault", "retryable"] {
                    assert_eq!(shown["problem"][member], refused[member], "{path} {text}: {shown}");
                }
                assert_eq!(shown["violations"]["input"], refused["errors"], "{path} {text}");
                assert_eq!((shown.get("output"), &shown["exchanges"]), (None, &json!([])), "{path} {text}");
            }
        }
        // What two readers read alike arrives as it is.
        let text = r#"{"v":1e300}"#;
        for path in ["invoke", "test"] {
            send(&host, &format!("/groups/g/connectors/{name}/{path}"), "", text).status(200);
        }
    }
    assert_eq!(upstream.seen().len(), 2);
}

#[test]
fn no_command_and_no_definition_takes_it_either() {
    let host = Serve::new().start().with_scripts();
    host.group("g", json!({"connectors": [script()]}));
    let home = Home::new();
    home.write("script.js", SOURCE);
    let run = |arguments: &[&str]| Ran::of(home.command(program("lockgate")).args(arguments));
    for (text, told) in texts() {
        home.write("input.json", &text);
        run(&["run", "script.js", "--input", &text]).exits(2).says("`--input` is not JSON").says(told);
        run(&["run", "script.js", "--input", "@input.json"]).exits(2).says(told);
        for command in [&["invoke"][..], &["connector", "test"]] {
            host.run(command.iter().copied().chain(["g/script", "--input", &text])).exits(2).says(told);
        }
        // In an example or a default it is a mistake of the file.
        let example = format!(r#"{{"title":"one","input":{text}}}"#);
        home.write("script.examples.yaml", format!("examples: [{example}]"));
        run(&["test", "script.js"]).exits(2).says("script.examples.yaml");
        for member in [format!(r#""examples":[{example}]"#), format!(r#""input_schema":{{"default":{text}}}"#)] {
            let definition = format!(
                r#"{{"name":"other","type":"function","script":{{"language":"javascript","source":"{SOURCE}"}},{member}}}"#
            );
            let post = |path: &str, body: String| {
                let request = host.request(Method::POST, path).header("content-type", "application/json");
                host.send(request.body(body)).problem(400, "LG1001")
            };
            let refused = post("/groups/g/connectors", definition.clone());
            assert!(refused["detail"].as_str().unwrap().contains(told), "{member}: {refused}");
            post("/tests/run", format!(r#"{{"group":"g","connector":{definition},"input":1}}"#));
            post("/tests/check", format!(r#"{{"group":"g","connector":{definition}}}"#));
            let group = format!(r#"{{"slug":"h","name":"H","resource_type":"EXTERNAL","connectors":[{definition}]}}"#);
            post("/groups", group.clone());
            home.write("group.json", &group);
            run(&["test", "--group", "group.json"]).exits(2).says("group.json");
            run(&["run", "other", "--group", "group.json"]).exits(2).says("group.json");
            let request = host.request(Method::POST, "/imports").header("content-type", "application/yaml");
            host.send(request.body(group)).problem(422, "LG1040");
        }
    }
    assert_eq!(host.get("/groups/g/connectors").status(200).json()["items"].as_array().unwrap().len(), 1);
    host.get("/groups/h").problem(404, "LG1004");
}
