//! Which host of a machine a command speaks to.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use lockgate_tests::{Host, Ran, program};

#[test]
fn a_change_names_its_host_when_there_are_several() {
    let (one, two) = (Host::start(), Host::start());
    let quiet = one.run(["group", "create", "alone"]).ok();
    assert!(!quiet.stderr.contains("host "), "{quiet:?}");
    // As if both had been started in one home.
    let entries = one.home.path().join("run/lockgate/hosts");
    std::fs::write(entries.join("two"), two.home.data().to_str().unwrap()).unwrap();
    let here = format!("host {}", one.home.data().canonicalize().unwrap().display());
    one.run(["group", "create", "first"]).ok().says(&here);
    let read = one.run(["group", "show", "first"]).ok();
    assert!(!read.stderr.contains("host "), "{read:?}");
    let there = two.home.data();
    let there = there.to_str().unwrap();
    one.run(["group", "create", "second", "--data-dir", there]).ok().says(&format!("host {there}"));
    let command = |arguments: &[&str]| {
        Ran::of(one.home.command(program("lockgate")).env("LOCKGATE_DATA_DIR", there).args(arguments))
    };
    command(&["group", "create", "third"]).ok().says(&format!("host {there}"));
    two.get("/groups/second").status(200);
    two.get("/groups/third").status(200);
    one.get("/groups/second").problem(404, "LG1004");
}

#[test]
fn the_pointer_to_a_host_that_is_gone_is_dropped() {
    let host = Host::start();
    let pointer = host.home.path().join("run/lockgate/host");
    assert!(pointer.exists());
    let home = host.end();
    home.run(["group", "list"]).exits(2).says("no running host found");
    assert!(!pointer.exists());
}

#[test]
fn a_second_host_says_that_commands_speak_to_it_now() {
    let host = Host::start();
    let other = host.home.path().join("other");
    let mut second = host.home.command(program("lockgate"));
    second.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(&other).env_remove("LOCKGATE_DATABASE_URL");
    let mut second = second.stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(second.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<_> = lines.take_while(|line| !line.starts_with("listening on")).collect();
    second.kill().unwrap();
    second.wait().unwrap();
    let first = host.home.data().canonicalize().unwrap();
    let expected = format!("--data-dir {}", first.display());
    assert!(said.iter().any(|line| line.contains("speak to this host now") && line.ends_with(&expected)), "{said:?}");
}

#[test]
fn a_backup_finds_the_running_host() {
    let host = Host::start();
    if host.home.database().is_none() {
        host.run(["backup", "copy.db"]).ok().prints("checked");
        assert!(host.home.work().join("copy.db").exists());
    }
}
