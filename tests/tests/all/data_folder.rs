//! The data folder: nobody else reads it, one host uses it, and a key that others could have read is not taken.

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::PermissionsExt;

use lockgate_tests::{Home, Host, Serve, guests, program};
use serde_json::json;

/// One that makes all of its folder, as a user's does.
fn host() -> Host {
    Serve::at(Home::new().with_keys_of_its_own()).start()
}

#[test]
fn folders_are_0700_and_files_0600() {
    let host = host();
    host.with_guest(&guests::STATE, json!({}));
    host.invoke("g/count", &json!({})).status(200);
    let mut open = vec![host.home.data()];
    let mut seen = Vec::new();
    while let Some(path) = open.pop() {
        let metadata = metadata(&path).unwrap();
        let expected = if metadata.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", path.display());
        if metadata.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        seen.push(path);
    }
    let of_sqlite = ["lockgate.db", "lockgate.db-wal"].into_iter().filter(|_| host.home.database().is_none());
    for name in ["master.key", "admin-token", "address"].into_iter().chain(of_sqlite) {
        assert!(seen.contains(&host.home.data().join(name)), "{name}: {seen:?}");
    }
    assert!(seen.iter().any(|path| path.extension().is_some_and(|kind| kind == "cwasm")), "{seen:?}");
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let home = host().end();
    let key = home.data().join("master.key");
    set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    Serve::at(home).refused().exits(1).says("has mode 644: expected 600").says("chmod 600");
}

#[test]
fn a_damaged_key_is_refused_and_kept() {
    let home = host().end();
    let key = home.data().join("master.key");
    std::fs::write(&key, "lockgate-key-1:nonsense\n").unwrap();
    let kept = key.clone();
    let folder = home.path().to_owned();
    // The home is gone with the refused host, so the file is read by a copy that outlives it.
    let copy = folder.join("copy.key");
    std::fs::hard_link(&kept, &copy).unwrap();
    Serve::at(home).refused().exits(1).says("expected `lockgate-key-1:`");
}

#[test]
fn one_host_for_each_folder() {
    let host = host();
    let mut second = host.home.command(program("lockgate"));
    second.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(host.home.data());
    lockgate_tests::Ran::of(&mut second).exits(1).says("is in use by another host");
    assert_eq!(host.at(reqwest::Method::GET, "/readyz").status, 200);
    host.group("g", json!({}));
}

#[test]
fn a_new_folder_is_said_and_a_known_one_is_not() {
    let host = host();
    assert!(host.log().contains("made a new data folder: "), "{}", host.log());
    let again = Serve::at(host.end()).start();
    assert!(!again.log().contains("new data folder") && !again.log().contains("admin token"), "{}", again.log());
}

#[test]
fn commands_find_the_running_host_by_themselves() {
    let host = host();
    host.run(["group", "create", "found"]).ok();
    let home = host.end();
    // The pointer to one that is gone is no host.
    home.run(["group", "list"]).exits(2).says("no running host found");
    lockgate_tests::Home::new().run(["group", "list"]).exits(2).says("no running host found");
}
