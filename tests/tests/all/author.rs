//! An author's first day, on a machine that has no checkout of this repository, and the operator's who takes over.

use std::path::PathBuf;
use std::process::Command;

use lockgate_tests::{Home, Host, Ran, Serve, program, root};

/// A home with a copy of the program, in a view of the file system where the repository is an empty folder.
struct Away {
    home: Home,
}

impl Away {
    fn new() -> Self {
        let home = Home::new();
        for folder in ["bin", "empty"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        std::fs::copy(program("lockgate"), home.path().join("bin/lockgate")).unwrap();
        Self { home }
    }

    /// Runs lines of shell.
    fn shell(&self, script: &str) -> Ran {
        let mut unshare = self.home.command("unshare");
        let path = std::env::var("PATH").unwrap();
        unshare.env("PATH", format!("{}/bin:{path}", self.home.path().display()));
        let hidden =
            format!("mount --bind '{}/empty' '{}' && exec sh -ec \"$0\"", self.home.path().display(), root().display());
        Ran::of(unshare.args(["--map-root-user", "--mount", "sh", "-c", &hidden, script]))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.work().join(name)
    }
}

#[test]
fn from_an_empty_folder_to_a_rollback() {
    let away = Away::new();
    away.shell(&format!("! test -e '{}/Cargo.toml'", root().display())).ok();
    away.shell("lockgate new hello").ok().says("next: cd hello && lockgate build");
    away.home.prepare("hello", "default", &std::env::var("PATH").unwrap());
    let built = away.shell("cd hello && lockgate build").ok().says("built in ");
    assert_eq!(built.stdout, "target/lockgate/hello.wasm\n");
    let run = |input: &str| {
        away.shell(&format!("cd hello && lockgate run target/lockgate/hello.wasm hello --input '{input}'"))
    };
    assert_eq!(run(r#"{"name":"Ada"}"#).ok().stdout, "{\"text\":\"Hello, Ada!\"}\n");
    run(r#"{"nam":"Ada"}"#)
        .exits(1)
        .says("at /: \"name\" is a required property (required)")
        .says("(additionalProperties)");
    run(r#"{"name":7}"#).exits(1).says("LG1009").says("at /name: ").says("(type)");
    away.shell("cd hello && cargo test --quiet").ok().prints("3 passed");
    assert!(!holds(&away.path("hello"), &root().display().to_string()), "the project names the checkout");

    // What the operator gets is a file.
    std::fs::copy(away.path("hello/target/lockgate/hello.wasm"), away.path("first.wasm")).unwrap();
    let edit = "sed -i 's/Hello, /Good morning, /g; s/fn greets_by_name/fn greets/' hello/src/lib.rs";
    away.shell(&format!("{edit} && cd hello && lockgate build && lockgate run target/lockgate/hello.wasm hello --input '{{\"name\":\"Ada\"}}'"))
        .ok()
        .prints("Good morning, Ada!");
    operate(Serve::at(away.home).start());
}

/// Takes both versions over.
fn operate(host: Host) {
    let version = |ran: &Ran| ran.stderr.split("plugin ").nth(1).unwrap().trim().to_owned();
    let greet = || host.run(["invoke", "greetings/hello", "--input", r#"{"name":"Bo"}"#]).ok();
    host.run(["group", "create", "greetings"]).ok();
    host.run(["load", "greetings", "first.wasm"]).ok().prints("hello 0.1.0 is current in group greetings");
    let first = version(&greet().prints("Hello, Bo!"));
    host.run(["load", "greetings", "hello/target/lockgate/hello.wasm"]).ok().prints(&format!("(before: {first})"));
    let second = version(&greet().prints("Good morning, Bo!"));
    host.run(["plugin", "rollback", "greetings"]).ok().prints(&format!("(before: {second})"));
    assert_eq!(version(&greet().prints("Hello, Bo!")), first);
}

/// Whether a file of a folder has a text. What compilers keep for themselves below `target` is no part of a project.
fn holds(folder: &std::path::Path, text: &str) -> bool {
    let found = Command::new("grep").args(["-rlF", "--exclude-dir=target", text]).arg(folder).output().unwrap();
    !found.stdout.is_empty()
}

/// The third way to compile, with the program itself: a Rust of the distribution, and no rustup.
#[test]
fn a_guest_compiles_with_the_rust_of_the_distribution() {
    let home = Home::new();
    let source = root().join("tests/guests/state/src/lib.rs");
    home.run(["new", "state"]).ok();
    home.prepare("state", "debian", "/usr/bin:/bin");
    std::fs::copy(source, home.work().join("state/src/lib.rs")).unwrap();
    let mut build = home.command(program("lockgate"));
    let built = Ran::of(build.args(["build", "state"]).env("PATH", "/usr/bin:/bin")).ok();
    let built = built.says("building the standard library from source").prints("state/target/lockgate/state.wasm");
    home.run(["run", built.stdout.trim(), "count"]).ok().prints("1");
}
