//! The files of `deploy/`: what they name exists, and what can check them does. No container is built here.

use std::process::Command;

use lockgate_tests::{Home, Ran, program, root};

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

#[test]
fn systemd_takes_the_unit() {
    let unit = text("lockgate.service");
    assert!(unit.contains("LOCKGATE_CONFIG=/etc/lockgate/lockgate.toml"));
    let home = Home::new();
    // Of this machine: there is no such account, and the program is where it was built.
    let unit = unit.replace("/usr/local/bin/lockgate", program("lockgate").to_str().unwrap());
    let file = home.write("lockgate.service", unit.replace("User=lockgate", "User=root"));
    let mut analyze = Command::new("systemd-analyze");
    let Ok(output) = analyze.arg("verify").arg(file).output() else {
        eprintln!("no systemd-analyze on this machine: not checked");
        return;
    };
    let ran = Ran::ended(&output).ok();
    assert!(!ran.stderr.contains("lockgate.service"), "{ran:?}");
}

#[test]
fn the_host_takes_the_configuration() {
    let file = root().join("deploy/lockgate.toml");
    let home = Home::new();
    let folder = home.data();
    let check = ["serve", "--check", "--config", file.to_str().unwrap(), "--data-dir", folder.to_str().unwrap()];
    home.run(check).ok().prints("first start makes it");
}

#[test]
fn what_the_container_is_made_of_exists() {
    let file = text("Dockerfile");
    let rust = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version = rust.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert!(file.contains(&format!("FROM rust:{version}-")), "the Rust of the workspace, {version}");
    let copied: Vec<_> = file.lines().filter_map(|line| line.strip_prefix("COPY ")).collect();
    assert_eq!(
        copied,
        [
            "host/console .",
            ". .",
            "--from=console /dist target/console/dist",
            "--from=build /src/target/dist/lockgate /usr/local/bin/lockgate",
            "community /usr/local/bin/community",
        ]
    );
    assert!(root().join("community").is_dir());
    let environment = file.lines().find_map(|line| line.strip_prefix("ENV ")).unwrap();
    let home = Home::new();
    let help = home.run(["serve", "--help"]).ok().stdout;
    for pair in environment.split(' ') {
        let name = pair.split('=').next().unwrap();
        assert!(help.contains(&format!("--{}", name["LOCKGATE_".len()..].to_lowercase().replace('_', "-"))), "{name}");
    }
}

#[test]
fn haproxy_takes_its_configuration() {
    let home = Home::new();
    // Its certificate is the operator's.
    let without =
        text("haproxy.cfg").replace("bind :443 ssl crt /etc/haproxy/gate.pem alpn h2,http/1.1", "bind 127.0.0.1:1");
    let file = home.write("haproxy.cfg", without);
    let mut haproxy = Command::new("/usr/sbin/haproxy");
    Ran::of(haproxy.args(["-c", "-f"]).arg(file)).ok();
}
