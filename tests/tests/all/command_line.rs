//! The commands that need no host, and what every command does with mistakes.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Home, Ran, guests, program, root};
use serde_json::{Value, json};

fn limits() -> String {
    guests::LIMITS.path().to_str().unwrap().to_owned()
}

fn run(arguments: &[&str]) -> Ran {
    let file = limits();
    Home::new().run(["run", &file].iter().chain(arguments).copied())
}

#[test]
fn a_run_prints_output_usage_and_log() {
    run(&["input", "--input", "\"abc\"", "--usage"]).ok().prints("3\n").says(" us CPU, ");
    let logged = run(&["write_log", "--input", r#"{"lines":1,"bytes":4}"#]).ok().says(" info 0 0 ");
    assert_eq!(logged.stdout, "null\n");
    let whole = run(&["input", "--input", "\"abc\"", "--output", "json"]).ok().json();
    assert_eq!((&whole["output"], &whole["logs"]), (&json!(3), &json!([])));
    assert!(whole["usage"]["cpu_us"].is_u64());
}

#[test]
fn input_comes_from_argument_file_or_standard_input() {
    let home = Home::new();
    home.write("input.json", "\"12345\"");
    home.run(["run", &limits(), "input", "--input", "@input.json"]).ok().prints("5");
    let mut piped = home.command(program("lockgate"));
    piped.args(["run", &limits(), "input", "--input", "-"]);
    let file = std::fs::File::open(home.work().join("input.json")).unwrap();
    Ran::of(piped.stdin(file)).ok().prints("5");
}

#[test]
fn mistakes_of_usage_exit_with_2() {
    run(&["input", "--input", "{"]).exits(2).says("`--input` is not JSON").says("expected JSON text, @file or -");
    run(&["input", "--limit", "speed=1"]).exits(2).says("speed");
    run(&["input", "--limit", "cpu_ms"]).exits(2).says("expected KEY=VALUE");
    run(&["input", "--colour", "red"]).exits(2).says("--colour");
    Home::new().run(["paint"]).exits(2).says("paint");
    Home::new().run(["invoke", "no-slash"]).exits(2);
    Home::new().run(["invoke", "g/input"]).exits(2).says("no running host found: start one with `lockgate serve`");
}

#[test]
fn calls_that_fail_exit_with_1() {
    run(&["nothing"]).exits(1).says("connector `nothing` (the plugin has: ").says("host_calls").says("LG1004");
    run(&["input", "--input", "7"]).exits(1).says("LG1009").says("at /: ").says("(type)");
    run(&["panic", "--input", "\"no\""]).exits(1).says("the plugin panicked: no").says("LG3003");
    run(&["spin", "--input", "1000", "--limit", "cpu_ms=20"]).exits(1).says("cpu_ms = 20 (limits.cpu_ms of the group)");
    run(&["input", "--input", "@missing.json"]).exits(1).says("can't read the input `missing.json`");
    Home::new().run(["run", "missing.wasm", "x"]).exits(1).says("can't read the component `missing.wasm`");
    let document = run(&["input", "--input", "7", "--output", "json"]).exits(1).json();
    assert_eq!((&document["code"], &document["errors"][0]["rule"]), (&json!("LG1009"), &json!("type")));
}

#[test]
fn check_lists_what_a_component_has_and_wants() {
    let home = Home::new();
    let shown =
        home.run(["check", &limits()]).ok().prints("limits 0.1.0, made with lockgate-sdk ").prints("wants    nothing");
    shown
        .prints("imports  ")
        .prints("lockgate:connector/log@0.1.0")
        .prints("spin")
        .prints("Compute, for so many million rounds");
    let document = home.run(["check", &limits(), "--output", "json"]).ok().json();
    let names =
        document["manifest"]["connectors"].as_array().unwrap().iter().map(|connector| connector["name"].as_str());
    assert!(names.flatten().eq([
        "spin",
        "allocate",
        "output",
        "input",
        "host_calls",
        "write_log",
        "recurse",
        "panic",
        "trap",
        "fail",
        "lie"
    ]));
    let path = home.write("module.wasm", wat::parse_str("(module)").unwrap());
    home.run(["check", path.to_str().unwrap()]).exits(1).says("LG2001").says("core module");
}

#[test]
fn check_says_what_a_group_grants_of_what_a_component_wants() {
    let home = Home::new();
    let group = home.write("group.yaml", "slug: g\nname: G\nresource_type: EXTERNAL\ncapabilities: [http]\n");
    let (component, group) = (guests::HTTP.path(), group.to_str().unwrap());
    let check = ["check", component.to_str().unwrap(), "--group", group];
    let shown = home.run(check).ok().prints("wants    http, signing").prints("lockgate:http/client@");
    shown.prints("granted  http").prints("missing  signing");
    let document = home.run(check.into_iter().chain(["--output", "json"])).ok().json();
    assert_eq!(document["capabilities"]["missing"], serde_json::json!(["signing"]));
}

#[test]
fn check_names_formats_that_the_host_does_not_check() {
    let home = Home::new();
    let input = json!({"type": "object", "properties": {
        "day": {"type": "string", "format": "date"},
        "id": {"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$"},
        "count": {"type": "integer", "format": "uint32"},
    }});
    let crafted = Crafted::plugin("days", "1.0.0").typed("next", input, json!({"type": "string", "format": "date"}));
    let path = home.write("days.wasm", crafted.component());
    let ran = home.run(["check", path.to_str().unwrap()]).ok();
    let hints: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("hint: ")).collect();
    assert_eq!(hints.len(), 1, "{hints:?}");
    let expected = "hint: next: the host does not check `format: date` at /properties/day of the input schema";
    assert!(hints[0].starts_with(expected), "{hints:?}");
}

#[test]
fn schemas_are_printed_as_they_are_published() {
    for (what, file) in [("group", "wit/group.schema.json"), ("manifest", "wit/manifest.schema.json")] {
        let published: Value = serde_json::from_str(&std::fs::read_to_string(root().join(file)).unwrap()).unwrap();
        assert_eq!(Home::new().run(["schema", what]).ok().json(), published, "{what}");
    }
    Home::new().run(["schema", "weather"]).exits(2).says("group").says("manifest");
}

#[test]
fn what_was_compiled_once_is_kept() {
    let home = Home::new();
    home.run(["check", &limits()]).ok();
    let kept = || -> Vec<_> {
        let entries = std::fs::read_dir(home.path().join("cache/lockgate/code")).unwrap();
        let files = entries.map(|entry| entry.unwrap().metadata().unwrap()).filter(|entry| entry.is_file());
        files.map(|file| file.modified().unwrap()).collect()
    };
    let before = kept();
    home.run(["check", &limits()]).ok();
    assert_eq!((before.len(), before), (2, kept()));
}

#[test]
fn new_refuses_what_it_can_not_make() {
    let home = Home::new();
    home.run(["new", "9lives"]).exits(1).says("start with a letter");
    home.write("taken", "mine");
    home.run(["new", "taken"]).exits(1).says("exists already");
    home.run(["build"]).exits(1).says("no Cargo.toml in ").says("lockgate new NAME");
}

#[test]
fn doctor_and_completions() {
    let home = Home::new();
    let findings = home.run(["doctor", "--output", "json"]).ok().json();
    let whats: Vec<_> = findings.as_array().unwrap().iter().map(|finding| finding["what"].as_str().unwrap()).collect();
    assert_eq!(whats, ["Rust for plugins", "address space", "kernel", "swap", "running host"]);
    let state = |value: &Value| matches!(value["state"].as_str(), Some("ok" | "note"));
    assert!(findings.as_array().unwrap().iter().all(state), "{findings:#}");
    for shell in ["bash", "zsh", "fish"] {
        home.run(["completions", shell]).ok().prints("lockgate").prints("invoke");
    }
}

#[test]
fn short_address_space_makes_calls_slower_and_not_impossible() {
    let home = Home::new();
    let script = format!(
        "ulimit -v 40000000 && exec '{}' run '{}' input --input '\"abc\"'",
        program("lockgate").display(),
        limits()
    );
    Ran::of(home.command("/bin/sh").args(["-c", &script])).ok().prints("3");
}
