//! Ready-made groups: packages in folders beside the host.

use std::fs;
use std::path::{Path, PathBuf};

use lockgate_tests::{Home, Host, Serve};
use reqwest::Method;
use serde_json::{Value, json};

/// Writes a package.
fn package(folder: &Path, name: &str, version: &str, group: &str) -> PathBuf {
    let place = folder.join(name);
    fs::create_dir_all(&place).unwrap();
    let text = format!(
        "apiVersion: lockgate/v1\nkind: Package\nname: {name}\nversion: {version}\nminimum_host: 0.1.0\n{}",
        if group.is_empty() { "colour: red\n" } else { "" }
    );
    fs::write(place.join("package.yaml"), text).unwrap();
    let group = format!("slug: {name}\nname: Package {name}\nresource_type: EXTERNAL\n{group}\n");
    fs::write(place.join("group.yaml"), group).unwrap();
    place
}

fn start(home: Home, folders: &[&Path]) -> Host {
    let arguments = folders.iter().flat_map(|folder| ["--community-dir", folder.to_str().unwrap()]);
    Serve::at(home).with(arguments).start()
}

fn refs(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|group| group["ref"].as_str().unwrap()).collect()
}

fn hang_up(host: &Host) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(host.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
}

#[test]
fn every_scope_sees_them_and_nobody_changes_them() {
    let home = Home::new();
    let folder = home.work().join("packages");
    package(&folder, "notes", "1.4.0", "description: notes for everyone");
    let host = start(home, &[&folder]);
    host.send(
        host.admin(Method::POST, "/v1/organizations/default/groups")
            .json(&json!({"slug": "shared", "name": "Shared", "resource_type": "EXTERNAL"})),
    )
    .status(201);
    host.group("own", json!({}));

    assert_eq!(refs(&host.get("/groups").status(200).json()), ["own"]);
    assert_eq!(refs(&host.get("/groups?visible=all").json()), ["community:notes", "org:shared", "own"]);
    assert_eq!(refs(&host.get("/groups?visible=all&q=everyone").json()), ["community:notes"]);
    assert_eq!(refs(&host.get("/groups?visible=organization").json()), ["org:shared"]);
    assert_eq!(refs(&host.get("/groups?visible=community").json()), ["community:notes"]);
    host.get("/groups?visible=own").problem(400, "LG1001");
    let organization = host.send(host.admin(Method::GET, "/v1/organizations/default/groups?visible=all"));
    assert_eq!(refs(&organization.json()), ["community:notes", "shared"]);
    let shown = host.get("/groups/community:notes").status(200).json();
    assert_eq!(shown["package"], json!({"name": "notes", "version": "1.4.0"}));
    host.get("/groups/notes").problem(404, "LG1004");
    host.get("/groups/community:other").problem(404, "LG1004");

    let definition = json!({"slug": "notes", "name": "Mine", "resource_type": "EXTERNAL"});
    for scope in ["workspaces", "organizations"] {
        let path = format!("/v1/{scope}/default/groups/community:notes");
        host.send(host.admin(Method::PUT, &path).json(&definition)).problem(403, "LG1055");
        host.send(host.admin(Method::PATCH, &path).json(&json!({"name": "Mine"}))).problem(403, "LG1055");
        host.send(host.admin(Method::DELETE, &path)).problem(403, "LG1055");
        let load = host.admin(Method::POST, &format!("{path}/plugins")).header("content-type", "application/wasm");
        host.send(load.body("\0asm")).problem(403, "LG1055");
    }
    // The name is free in every scope.
    host.send(host.request(Method::POST, "/groups").json(&definition)).status(201);
    assert_eq!(host.get("/groups/community:notes").json()["name"], "Package notes");

    host.run(["group", "list"]).ok().prints("notes");
    host.run(["group", "list", "--visible", "all"]).ok().prints("community:notes").prints("org:shared");
    host.run(["group", "show", "community:notes"]).ok().prints("\"version\": \"1.4.0\"");
    host.run(["group", "set", "community:notes", "enabled=false"]).exits(1).says("LG1055");
}

/// What refers to a group by its id finds it after a restart, on every host, and from every folder.
#[test]
fn the_id_of_a_group_comes_from_its_name() {
    let group = |version: &str| {
        let home = Home::new();
        let folder = home.work().join(format!("packages-{version}"));
        package(&folder, "notes", version, "tags: [a]");
        start(home, &[&folder]).get("/groups/community:notes").status(200).json()["id"].clone()
    };
    assert_eq!(group("1.0.0"), group("2.0.0"));
}

#[test]
fn a_broken_package_is_named_and_left_out() {
    let home = Home::new();
    let folder = home.work().join("packages");
    let file = |place: &Path, name: &str, text: &str| fs::write(place.join(name), text).unwrap();
    package(&folder, "good", "1.0.0", "tags: [a]");
    package(&folder, "unknown-key", "1.0.0", "colour: red");
    package(&folder, "unknown-in-package", "1.0.0", "");
    package(&folder, "rule", "1.0.0", "image_url: ftp://x");
    let certificate = r"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    package(&folder, "certificate", "1.0.0", &format!("certificate_authorities: [\"{certificate}\"]"));
    let place = package(&folder, "no-yaml", "1.0.0", "tags: [a]");
    file(&place, "group.yaml", "slug: [");
    let place = package(&folder, "no-group", "1.0.0", "tags: [a]");
    fs::remove_file(place.join("group.yaml")).unwrap();
    let place = package(&folder, "other-name", "1.0.0", "tags: [a]");
    file(&place, "group.yaml", "slug: somebody\nname: X\nresource_type: EXTERNAL\n");
    let place = package(&folder, "newer", "1.0.0", "not_known_yet: 1");
    file(
        &place,
        "package.yaml",
        "apiVersion: lockgate/v1\nkind: Package\nname: newer\nversion: 1.0.0\nminimum_host: 99.0.0\n",
    );
    let place = package(&folder, "large", "1.0.0", "tags: [a]");
    file(&place, "group.yaml", &"#".repeat(1024 * 1024 + 1));
    fs::create_dir(folder.join(".hidden")).unwrap();
    file(&folder, "README.md", "no package");
    let second = home.work().join("second");
    package(&second, "good", "2.0.0", "tags: [b]");

    let host = start(home, &[&folder, &second]);
    let list = host.get("/groups?visible=all").status(200).json();
    assert_eq!(refs(&list), ["community:good"]);
    assert_eq!(list["items"][0]["package"]["version"], "1.0.0", "the first folder counts");
    let log = host.log();
    for (name, why) in [
        ("packages/unknown-key", "unknown field `colour`"),
        ("packages/unknown-in-package", "`package.yaml` is not as expected"),
        ("packages/rule", "at /image_url"),
        ("packages/certificate", "at /certificate_authorities/0"),
        ("packages/no-yaml", "`group.yaml` is not as expected"),
        ("packages/no-group", "`group.yaml` can't be read"),
        ("packages/other-name", "must have one name"),
        ("packages/newer", "it needs Lockgate 99.0.0 or later"),
        ("packages/large", "is larger than 1048576 bytes"),
        ("second/good", "was found in an earlier folder"),
    ] {
        let named = log.lines().any(|line| line.contains(&format!("{name}` is left out")) && line.contains(why));
        assert!(named, "{name}: {why}\n{log}");
    }
    assert!(!log.contains("hidden") && !log.contains("README"), "{log}");
}

#[test]
fn sighup_reads_them_again_and_keeps_what_became_broken() {
    let home = Home::new();
    let folder = home.work().join("packages");
    package(&folder, "notes", "1.0.0", "tags: [a]");
    package(&folder, "gone", "1.0.0", "tags: [a]");
    package(&folder, "broken", "1.0.0", "tags: [a]");
    let host = start(home, &[&folder]);
    let tag = host.get("/groups/community:notes").header("etag").to_owned();
    package(&folder, "notes", "1.1.0", "tags: [b]");
    package(&folder, "new", "1.0.0", "tags: [a]");
    package(&folder, "broken", "2.0.0", "colour: red");
    fs::remove_dir_all(folder.join("gone")).unwrap();
    hang_up(&host);
    let list = || host.request(Method::GET, "/groups?visible=all");
    let list = host.until("the new package", list, |answer| answer.body.contains("community:new")).json();
    assert_eq!(refs(&list), ["community:broken", "community:new", "community:notes"]);
    assert_eq!(list["items"][0]["package"]["version"], "1.0.0", "as it was before");
    let shown = host.get("/groups/community:notes");
    assert_ne!(shown.header("etag"), tag, "another text has another version");
    assert_eq!(shown.json()["package"]["version"], "1.1.0");
    let logged = || host.plain(Method::GET, "/healthz");
    host.until("what is wrong in the log", logged, |_| host.log().contains("the group stays as it was before"));
    // A change of the store leaves them in place.
    host.group("own", json!({}));
    host.send(host.admin(Method::POST, "/v1/organizations").json(&json!({"slug": "acme"}))).status(201);
    host.get("/groups/community:notes").status(200);
}

#[test]
fn folders_are_named_by_argument_file_environment_and_place() {
    let home = Home::new();
    for name in ["by-argument", "by-file"] {
        package(&home.work().join(name), name, "1.0.0", "tags: [a]");
    }
    package(&home.work().join("community"), "in-the-working-directory", "1.0.0", "tags: [a]");
    let config = home.write("config.toml", format!("community_dirs = ['{}']", home.work().join("by-file").display()));
    let argument = home.work().join("by-argument");
    let arguments = ["--community-dir", argument.to_str().unwrap(), "--config", config.to_str().unwrap()];
    let host = Serve::at(home).with(arguments).start();
    let list = host.get("/groups?visible=all").json();
    assert_eq!(refs(&list), ["community:by-argument", "community:by-file", "community:in-the-working-directory"]);

    let refused = Serve::new().with(["--community-dir", "nowhere"]).refused();
    refused.exits(2).says("`--community-dir nowhere`: no such folder");
}
