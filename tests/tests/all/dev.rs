//! `lockgate dev`: a connector runs in its group, again whenever something of it changes.

use std::fs::{self, File};
use std::process::{Child, Stdio};

use lockgate_tests::{Home, Reply, Upstream, equal, eventually, program};

const SOURCE: &str = "use lockgate_sdk::prelude::*;

#[connector]
fn ask() -> Result<String, Failure> {
    Ok(http::get(\"/who\").send()?.error_for_status()?.text()?)
}

lockgate_sdk::plugin!(ask);
";

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn group(upstream: &Upstream, base: &str) -> String {
    let url = upstream.url();
    format!(
        "slug: own\nname: Own\nresource_type: INTERNAL\ncapabilities: [http]\nbase_url: {url}{base}\n\
         activation: {{credentials: {{main: {{methods: {{token: {{type: bearer}}}}}}}}}}\n\
         destinations:\n  - {{url: \"{url}\", credential: main, plaintext: true}}\n"
    )
}

#[test]
fn it_runs_in_a_group_and_again_when_the_groups_file_is_replaced() {
    let upstream = Upstream::start(|seen| match seen.header("authorization") {
        Some("Bearer s3cret-token") => Reply::new(200).body(seen.target.clone()),
        _ => Reply::new(401),
    });
    let home = Home::new().with_variable("TOKEN", "s3cret-token");
    home.run(["new", "asker"]).ok();
    home.prepare("asker", "default", &std::env::var("PATH").unwrap());
    fs::write(home.work().join("asker/src/lib.rs"), SOURCE).unwrap();
    home.write("group.yaml", group(&upstream, "/one"));
    let address = upstream.url().strip_prefix("http://").unwrap().to_owned();
    let given = ["--group", "group.yaml", "--secret", "main.token=env:TOKEN", "--reachable", address.as_str()];
    // What takes long is done before: a build, and the compiling of its component.
    home.run(["build", "asker"]).ok();
    home.run(["run", "asker/target/lockgate/asker.wasm", "ask"].iter().chain(&given)).ok().prints("/one/who");

    let printed = home.path().join("printed");
    let mut dev = home.command(program("lockgate"));
    dev.args(["dev", "--folder", "asker"]).args(given).stdin(Stdio::null());
    dev.stdout(File::create(&printed).unwrap()).stderr(Stdio::null());
    let _running = Running(dev.spawn().unwrap());
    let lines = || fs::read_to_string(&printed).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    eventually("the first run", || equal(lines(), &["\"/one/who\""]));
    // As editors do it: a new file of the same name.
    home.write("group.new", group(&upstream, "/two"));
    fs::rename(home.work().join("group.new"), home.work().join("group.yaml")).unwrap();
    eventually("a run of the new group", || equal(lines(), &["\"/one/who\"", "\"/two/who\""]));
}

#[test]
fn a_script_runs_again_when_it_changes_without_a_build() {
    let home = Home::new();
    home.run(["new", "say-hello", "--template", "ts"]).ok();
    let file = home.work().join("say-hello/say_hello.ts");
    fs::write(&file, "export default (input: { n: number }): number => input.n;\n").unwrap();
    // They are of the text that was there.
    fs::remove_file(home.work().join("say-hello/say_hello.examples.yaml")).unwrap();
    // What takes long is done before: the engine of scripts is compiled once.
    home.run(["run", "say-hello/say_hello.ts", "--input", "{\"n\": 4}"]).ok().prints("4");
    let printed = home.path().join("printed");
    let mut dev = home.command(program("lockgate"));
    dev.args(["dev", "--folder", "say-hello", "--input", "{\"n\": 4}"]).stdin(Stdio::null());
    dev.stdout(File::create(&printed).unwrap()).stderr(Stdio::null());
    let _running = Running(dev.spawn().unwrap());
    let lines = || fs::read_to_string(&printed).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    eventually("the first run", || equal(lines(), &["4"]));
    // A mistake is shown on the other stream, and ends nothing.
    fs::write(&file, "export default (input: { n: number }): number => input.n +;\n").unwrap();
    fs::write(&file, "export default (input: { n: number }): number => input.n * 10;\n").unwrap();
    eventually("a run of the new text", || equal(lines().last().cloned().unwrap_or_default(), &"40"));
    // Several scripts in one folder: one has to be named.
    fs::write(home.work().join("say-hello/other.js"), "export default () => 'other';\n").unwrap();
    home.run(["dev", "--folder", "say-hello"]).exits(2).says("name one of other.js, say_hello.ts");
}

#[test]
fn values_without_a_group_are_wrong_usage() {
    let home = Home::new();
    home.run(["new", "asker"]).ok();
    let ran = home.run(["dev", "--folder", "asker", "--field", "region=eu"]);
    ran.exits(2).says("add --group");
    home.run(["dev", "--folder", "asker", "--group", "missing.yaml"]).exits(1).says("can't watch `missing.yaml`");
}
