//! How a host is configured: file, environment, arguments; and what ends it before a port is bound.

use lockgate_tests::{Home, Ran, Serve, program};

#[test]
fn a_listener_beyond_this_machine_needs_a_proxy() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let refused = Serve::new().with(["--listen", address]).refused().exits(2);
        refused.says("reachable from other machines").says("--behind-proxy");
    }
    Serve::new().with(["--listen", "here"]).refused().exits(2).says("expected an address and a port");
}

#[test]
fn unknown_keys_and_wrong_values_end_it() {
    for (text, named) in [("colour = 'red'", "colour"), ("instances = 'many'", "instances"), ("listen = ", "listen")] {
        let home = Home::new();
        let file = home.write("lockgate.toml", text);
        Serve::at(home).with(["--config", file.to_str().unwrap()]).refused().exits(2).says(named).says("lockgate.toml");
    }
    Serve::new().with(["--config", "missing.toml"]).refused().exits(1).says("can't read `missing.toml`");
    Serve::new().with(["--log", "lou[d"]).refused().exits(2).says("lou[d");
}

#[test]
fn arguments_beat_the_environment_and_that_beats_the_file() {
    let home = Home::new();
    let file = home.write("lockgate.toml", "log = 'error'\nlisten = '127.0.0.1:1'\ninstances = 7");
    let mut check = home.command(program("lockgate"));
    check.args(["serve", "--check", "--config"]).arg(file).args(["--log", "warn"]);
    check.env("LOCKGATE_LISTEN", "127.0.0.1:2").env("LOCKGATE_LOG", "debug");
    let said = Ran::of(&mut check).ok().stdout;
    for expected in ["127.0.0.1:2", "instances: 7", "\"warn\""] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!home.work().join("lockgate-data").exists(), "a check makes nothing");
}

#[test]
fn a_port_in_use_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    Serve::new().with(["--listen", &address]).refused().exits(1).says("can't listen on").says("127.0.0.1:0");
}

#[test]
fn a_check_looks_at_the_source_of_keys_and_at_packages() {
    let home = Home::new();
    let check = |text: &str| {
        let file = home.write("lockgate.toml", text);
        home.run(["serve", "--check", "--config", file.to_str().unwrap()])
    };
    check("").ok().prints("ready-made groups");
    let broken = home.work().join("packages/broken");
    std::fs::create_dir_all(&broken).unwrap();
    std::fs::write(broken.join("package.yaml"), "colour: red").unwrap();
    check("community_dirs = ['packages']").exits(1).prints("packages/broken");
    check("community_dirs = ['missing']").exits(1).prints("missing");
    check("master_key_command = ['false']").exits(1).prints("`false`");
    check("master_key_file = '/dev/null'").exits(1).prints("/dev/null");
    assert!(!home.work().join("lockgate-data").exists(), "a check makes nothing");
}

#[test]
fn a_word_that_is_no_level_is_no_log_filter() {
    for (filter, word) in [("inof", "inof"), ("info,lockgate", "lockgate"), ("debgu,lockgate::guest=debug", "debgu")] {
        Serve::new()
            .with(["--log", filter])
            .refused()
            .exits(2)
            .says(&format!("`{word}` is no level"))
            .says("TARGET=LEVEL");
    }
    Serve::new().with(["--log", "lockgate::guest=loud"]).refused().exits(2).says("`log = lockgate::guest=loud`");
}
