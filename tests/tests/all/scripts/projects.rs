//! A script's project: from `lockgate new` to a call over HTTP, its types, its examples, and packages of npm.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use lockgate_tests::{Home, Ran, program, root};
use serde_json::{Value, json};

/// What `tests/scripts.sh` downloaded: `node_modules` with TypeScript, esbuild and packages.
fn downloaded() -> PathBuf {
    let done = Command::new(root().join("tests/scripts.sh")).status().unwrap();
    assert!(done.success(), "tests/scripts.sh could not download what proves scripts");
    root().join("target/scripts/node_modules")
}

pub(super) fn lockgate(home: &Home, folder: &str, arguments: &[&str]) -> Ran {
    Ran::of(home.command(program("lockgate")).current_dir(home.work().join(folder)).args(arguments))
}

/// TypeScript's own compiler over a project.
fn checked(home: &Home, folder: &str) -> Ran {
    let compiler = downloaded().join("typescript/bin/tsc");
    let mut node = home.command("node");
    Ran::of(node.current_dir(home.work().join(folder)).arg(compiler).args([
        "--project",
        "tsconfig.json",
        "--pretty",
        "false",
    ]))
}

#[test]
fn a_new_project_is_checked_tested_and_run() {
    let home = Home::new();
    for (template, name, file) in [("ts", "say-hello", "say_hello.ts"), ("js", "say-hi", "say_hi.js")] {
        let made = lockgate(&home, ".", &["new", name, "--template", template]).ok();
        assert_eq!(made.stdout, format!("made {name}\n"));
        checked(&home, name).ok();
        let tested = lockgate(&home, name, &["test"]).ok();
        let connector = file.split('.').next().unwrap();
        assert_eq!(tested.stdout, format!("ok      {connector}: a greeting\nok      {connector}: any name\n"));
        let run = lockgate(&home, name, &["run", file, "--input", r#"{"name":"Ada"}"#, "--group", "group.yaml"]).ok();
        assert_eq!(run.stdout, "{\"text\":\"Hello, Ada!\"}\n");
        // Nothing has to be built.
        lockgate(&home, name, &["build"]).exits(2).says("needs no build");
    }
    // The schema of the types is in force here too.
    lockgate(&home, "say-hello", &["run", "say_hello.ts", "--input", r#"{"name":5}"#]).exits(1).says("LG1009");
    // An output that is another one is shown.
    let wrong = "examples:\n- title: wrong\n  input: {name: Ada}\n  output: {text: Bye}\n- input: {name: \" \"}\n";
    home.write("say-hello/say_hello.examples.yaml", wrong);
    let tested = lockgate(&home, "say-hello", &["test", "--output", "json"]).exits(1);
    let tested: Value = serde_json::from_str(&tested.stdout).unwrap();
    assert_eq!(tested[0]["wrong"], r#"expected {"text":"Bye"}, found {"text":"Hello, Ada!"}"#);
    assert!(tested[1]["wrong"].as_str().unwrap().contains("LG3001"), "{tested}");
    assert_eq!(tested[1]["title"], "example 2");
}

#[test]
fn typescript_checks_what_is_declared() {
    let home = Home::new();
    lockgate(&home, ".", &["new", "uses", "--template", "typescript"]).ok();
    let uses = std::fs::read_to_string(root().join("tests/fixtures/scripts/uses.ts")).unwrap();
    let numbers =
        "import { json } from 'lockgate';\nexport const text: string = json.stringify(json.parse('1'), null, 2);\n";
    let uses = format!("{uses}\n{numbers}");
    home.write("uses/uses.ts", &uses);
    checked(&home, "uses").ok();
    // A mistake is one.
    home.write("uses/uses.ts", uses.replace("input.id} ${ctx.attempt", "input.name"));
    let told = checked(&home, "uses").exits(2).stdout;
    assert!(told.contains("uses.ts(48,") && told.contains("error TS2339"), "{told}");
}

#[test]
fn packages_of_npm_are_bundled() {
    let home = Home::new();
    lockgate(&home, ".", &["new", "ids", "--template", "ts"]).ok();
    let source = "
        import { customAlphabet } from 'nanoid';
        import { context } from 'lockgate';
        import { z } from 'zod/v3';
        import { shout } from './shout.ts';
        const Input = z.object({ name: z.string() });
        export default function (input: unknown): string[] {
            const { name } = Input.parse(input);
            return [shout(name), customAlphabet('ab', 8)(), `${context.attempt}`];
        }";
    std::fs::create_dir(home.work().join("ids/lib")).unwrap();
    home.write("ids/lib/shout.ts", "export const shout = (text: string): string => text.toUpperCase();");
    home.write("ids/ids.ts", source.replace("./shout.ts", "./lib/shout.ts"));
    home.write("ids/package.json", "{\"name\": \"ids\", \"private\": true}");
    let told = lockgate(&home, "ids", &["run", "ids.ts"]).exits(1).says("there is no module `nanoid`").stderr;
    assert!(told.contains("`lockgate build`") && !told.contains("--bundle"), "{told}");
    lockgate(&home, "ids", &["build"]).exits(1).says("npm install --save-dev esbuild");
    symlink(downloaded(), home.work().join("ids/node_modules")).unwrap();
    let built = lockgate(&home, "ids", &["build"]).ok();
    assert_eq!(built.stdout, "target/lockgate/ids.js\n");
    let run = lockgate(&home, "ids", &["run", "target/lockgate/ids.js", "--input", r#"{"name":"ada"}"#]).ok();
    let output: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&output[0], &output[2]), (&json!("ADA"), &json!("1")));
    let id = output[1].as_str().unwrap();
    assert!(id.len() == 8 && id.bytes().all(|byte| matches!(byte, b'a' | b'b')), "{id}");
    let refused = lockgate(&home, "ids", &["run", "target/lockgate/ids.js", "--input", "{}"]).exits(1);
    assert!(refused.stderr.contains("ZodError") || refused.stderr.contains("expected string"), "{}", refused.stderr);
    // A name keeps all of its dots but the last.
    std::fs::rename(home.work().join("ids/ids.ts"), home.work().join("ids/ids.v2.ts")).unwrap();
    std::fs::remove_file(home.work().join("ids/target/lockgate/ids.js")).unwrap();
    assert_eq!(lockgate(&home, "ids", &["build"]).ok().stdout, "target/lockgate/ids.v2.js\n");
    assert!(home.work().join("ids/target/lockgate/ids.v2.js").is_file());
    std::fs::rename(home.work().join("ids/ids.v2.ts"), home.work().join("ids/ids.ts")).unwrap();
    home.write("ids/ids.ts", "import './missing.ts';\nexport default () => 1;");
    lockgate(&home, "ids", &["build"]).exits(1).says("Could not resolve");
}
