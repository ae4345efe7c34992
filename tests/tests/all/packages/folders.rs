//! A folder is what a scope should be: applied from the command line, and written by it.

use std::fs;

use lockgate_tests::{Home, Host, Postgres, Serve};
use reqwest::Method;
use serde_json::json;

use super::{actions, apply, every_type, make, zip};

const NOTES: &str = "\
# Notes of the team.
slug: notes
name: Notes
resource_type: EXTERNAL
destinations:
  - {url: \"https://notes.example.com\", credential: none}
settings: {page_size: 50}
connectors:
  - name: double
    type: function
    script: {language: typescript, file: scripts/double.ts}
";
const DOUBLE: &str = "export default (input: {n: number}) => input.n * 2;\n";

fn write(host: &Host, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = host.home.work().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn a_folder_is_planned_applied_and_then_changes_nothing() {
    let host = Host::start().with_scripts();
    write(
        &host,
        &[
            ("team/notes/group.yaml", NOTES),
            ("team/notes/scripts/double.ts", DOUBLE),
            (
                "team/notes/installation.yaml",
                "apiVersion: lockgate/v1\nkind: Installation\ngroup: notes\nlimits: {cpu_ms: 90}\n",
            ),
            ("team/plain.yaml", "slug: plain\nname: Plain\nresource_type: EXTERNAL\n"),
            ("team/README.md", "How we work."),
            ("team/.git/config", "[core]"),
        ],
    );
    let run = |options: &[&str]| host.run([&["apply", "-f", "team"], options].concat());
    let planned = run(&["--dry-run"]).exits(3).says("left out README.md");
    let planned = planned.prints("create group notes (notes/group.yaml)\n").prints("  + connector double\n");
    planned.prints("  + destination https://notes.example.com/ credential none").prints("create installation of notes");
    host.get("/groups/notes").status(404);
    run(&[]).ok().prints("create group plain (plain.yaml)").says("done");
    assert_eq!(host.invoke("notes/double", &json!({"n": 21})).output(), json!(42));
    assert_eq!(host.get("/groups/notes/installation").json()["limits"]["cpu_ms"], 90);
    run(&["--dry-run"]).ok().prints("2 groups unchanged");
    run(&[]).ok().prints("2 groups unchanged");
    assert_eq!(host.get("/groups/notes").json()["version"], 1);

    // A change that nobody loses by is made at once, and shown.
    write(&host, &[("team/notes/group.yaml", &NOTES.replace("50", "20"))]);
    let planned = run(&["--dry-run", "--output", "json"]).exits(3).json();
    assert_eq!(actions(&planned), [("notes".into(), "update".into()), ("plain".into(), "none".into())]);
    run(&[]).ok().prints("update group notes").prints("  ~ /settings/page_size: 50 becomes 20");
    // A file that nothing names is a mistake; a document that does not name its connectors leaves them.
    let without = NOTES.replace("50", "20").split_once("connectors:").unwrap().0.to_owned();
    write(&host, &[("team/notes/group.yaml", &without)]);
    run(&["--dry-run"]).exits(1).says("notes/scripts/double.ts").says("nothing names this file");
    fs::remove_file(host.home.work().join("team/notes/scripts/double.ts")).unwrap();
    run(&["--dry-run"]).ok().prints("2 groups unchanged");
    // What takes something away is asked for.
    let without = format!("{without}connectors: []\n");
    write(&host, &[("team/notes/group.yaml", &without)]);
    run(&[]).exits(2).prints("  - connector double").says("connector notes/double").says("repeat with `--yes`");
    host.get("/groups/notes/connectors/double").status(200);
    run(&["--yes"]).ok();
    host.get("/groups/notes/connectors/double").status(404);
}

#[test]
fn groups_that_the_folder_has_not_are_deleted_when_that_is_said() {
    let host = Host::start().with_scripts();
    write(&host, &[("team/plain.yaml", "slug: plain\nname: Plain\nresource_type: EXTERNAL\n")]);
    make(&host, "shop");
    let values = json!({"name": "main", "credentials": {"main": {"values": {"value": "k-123456789"}}}, "fields": {"subdomain": "acme"}});
    host.send(host.request(Method::POST, "/groups/shop/connections").json(&values)).status(201);
    host.run(["apply", "-f", "team"]).ok();
    host.get("/groups/shop").status(200);
    host.run(["apply", "-f", "team", "--dry-run"]).ok();
    let planned = host.run(["apply", "-f", "team", "--dry-run", "--prune"]).exits(3);
    planned.prints("delete group shop").prints("- 1 connection, with their secrets").prints("- connector item");
    host.run(["apply", "-f", "team", "--prune"]).exits(2).says("group shop with 1 connection").says("--yes");
    host.get("/groups/shop").status(200);
    host.run(["apply", "-f", "team", "--prune", "--yes"]).ok();
    host.get("/groups/shop").status(404);
    host.get("/groups/plain").status(200);
}

#[test]
fn what_is_set_for_groups_goes_where_the_folder_does_not_set_it() {
    let host = Host::start();
    make(&host, "shop");
    let mut shared = every_type("shared");
    shared["capabilities"] = json!([]);
    host.send(host.admin(Method::POST, "/v1/organizations/default/groups").json(&shared)).status(201);
    host.run(["export", "--dir", "all"]).ok();
    let client = json!({
        "limits": {"cpu_ms": 9}, "oauth": {"main": {"client_id": "client-of-acme", "client_secret": "secret-of-acme"}},
    });
    let path = "/groups/shop/installation";
    host.send(host.request(Method::PUT, path).json(&client)).status(200);
    let set = json!({"enabled": false});
    host.send(host.request(Method::PUT, "/groups/org:shared/installation").json(&set)).status(200);
    // What the organization itself sets is not the workspace's.
    let above = "/v1/organizations/default/groups/shared/installation";
    host.send(host.admin(Method::PUT, above).json(&json!({"limits": {"cpu_ms": 70}}))).status(200);

    let run = |options: &[&str]| host.run([&["apply", "-f", "all"], options].concat());
    run(&[]).ok().prints("1 group unchanged");
    assert_eq!(host.get(path).json()["limits"]["cpu_ms"], 9);
    let planned = run(&["--prune", "--dry-run"]).exits(3);
    let planned = planned.prints("delete installation of shop\n").prints("  ~ /limits/cpu_ms: 9 becomes nothing");
    planned.prints("delete installation of org:shared\n").prints("- OAuth client of credential main, with its secret");
    run(&["--prune"]).exits(2).says("what is set for shop").says("what is set for org:shared").says("--yes");
    assert_eq!(host.get(path).json()["limits"]["cpu_ms"], 9);
    run(&["--prune", "--yes"]).ok();
    let installation = host.get(path).status(200).json();
    assert_eq!((&installation["limits"], &installation["oauth"]), (&json!({}), &json!({})), "{installation:#}");
    host.get("/groups/org:shared/connectors/price").status(200);
    assert_eq!(host.send(host.admin(Method::GET, above)).json()["limits"]["cpu_ms"], 70);
    run(&["--prune"]).ok().prints("1 group unchanged");
    host.run(["export", "--dir", "back"]).ok();
    assert!(!host.home.work().join("back/shop/installation.yaml").exists());

    // Clients go only when that is said, and only an operator changes what a scope sets.
    host.send(host.request(Method::PUT, path).json(&client)).status(200);
    let zipped = zipped_folder(&host, "all");
    let send = |token: &str, query: &str| {
        let request = host.shown(token, Method::POST, &format!("/v1/workspaces/default/apply?prune&{query}"));
        host.send(request.header("content-type", "application/zip").body(zipped.clone()))
    };
    send(host.token(), "").problem(409, "LG2010");
    send(&host.token_with("editor", json!({})), "allow_removal").problem(403, "LG1003");
    assert_eq!(host.get(path).json()["limits"]["cpu_ms"], 9);
    let plan = send(host.token(), "allow_removal").status(200).json();
    let planned = &plan["installations"][0];
    assert_eq!(
        (&planned["file"], &planned["action"], &planned["removed_clients"]),
        (&json!(null), &json!("delete"), &json!(["main"]))
    );
}

/// The archive of a folder that was exported.
fn zipped_folder(host: &Host, folder: &str) -> Vec<u8> {
    let folder = host.home.work().join(folder);
    let (mut files, mut open) = (Vec::new(), vec![folder.clone()]);
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
                files.push((name, fs::read(path).unwrap()));
            }
        }
    }
    zip(&files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect::<Vec<_>>())
}

#[test]
fn what_is_exported_is_what_is_applied_on_the_other_database_too() {
    let one = Host::start().with_scripts();
    make(&one, "shop");
    make(&one, "second");
    one.group("bare", json!({}));
    let client = json!({
        "values": {"subdomain": "acme"}, "return_urls": ["https://acme.example.com/back"],
        "oauth": {"main": {"client_id": "client-of-acme", "client_secret": "secret-of-acme", "scopes": ["read"]}},
    });
    one.send(one.request(Method::PUT, "/groups/shop/installation").json(&client)).status(200);
    // A group of the organization, with settings of the workspace.
    let mut shared = every_type("shared");
    shared["capabilities"] = json!([]);
    one.send(one.admin(Method::POST, "/v1/organizations/default/groups").json(&shared)).status(201);
    let set = json!({"enabled": false, "limits": {"cpu_ms": 77}});
    one.send(one.request(Method::PUT, "/groups/org:shared/installation").json(&set)).status(200);

    one.run(["export", "--dir", "all", "--plugins"]).ok().says("wrote");
    let folder = one.home.work().join("all");
    let names = |path: &str| {
        let mut names: Vec<_> = fs::read_dir(folder.join(path))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(""), ["bare", "org.shared.installation.yaml", "second", "shop"]);
    assert_eq!(names("shop"), ["group.yaml", "installation.yaml", "plugins", "protos", "scripts"]);
    // On the host itself it changes nothing.
    one.run(["apply", "-f", "all", "--prune", "--dry-run"]).ok().prints("3 groups unchanged");
    assert_eq!(one.get("/groups/shop/installation").json()["oauth"]["main"]["client_secret"], "********");

    let other = Serve::at(Home::on(&Postgres::start().database("lockgate"))).start().with_scripts();
    other.send(other.admin(Method::POST, "/v1/organizations/default/groups").json(&shared)).status(201);
    other.group("bare", json!({"description": "another"}));
    let path = folder.to_str().unwrap();
    other
        .run(["apply", "-f", path, "--prune", "--yes"])
        .ok()
        .prints("create group shop")
        .prints("update group bare")
        .prints("has no OAuth client");
    other.run(["apply", "-f", path, "--prune"]).ok().prints("3 groups unchanged");
    other.run(["export", "--dir", "back", "--plugins"]).ok();
    let files = |host: &Host, folder: &str| {
        let listed = host
            .home
            .command("/bin/sh")
            .arg("-c")
            .arg(format!("cd {folder} && find . -type f | sort | xargs sha256sum"))
            .output();
        String::from_utf8(listed.unwrap().stdout).unwrap()
    };
    assert!(files(&one, "all").lines().count() > 10);
    assert_eq!(files(&other, "back"), files(&one, "all"));
}

#[test]
fn a_folder_that_has_more_is_not_written_over() {
    let host = Host::start().with_scripts();
    host.group("one", json!({}));
    host.group("two", json!({}));
    host.run(["export", "--dir", "all"]).ok();
    host.send(host.request(Method::DELETE, "/groups/two")).status(204);
    write(&host, &[("all/README.md", "ours")]);
    host.run(["export", "--dir", "all"]).exits(2).says("two/group.yaml").says("--replace");
    host.run(["export", "--dir", "all", "--replace"]).ok().says("deleted two/group.yaml");
    assert!(host.home.work().join("all/README.md").is_file() && !host.home.work().join("all/two/group.yaml").exists());
    host.run(["apply", "-f", "all", "--prune", "--dry-run"]).ok().prints("1 group unchanged");
    // No link leads out of it.
    fs::remove_file(host.home.work().join("all/one/group.yaml")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", host.home.work().join("all/one/group.yaml")).unwrap();
    host.run(["export", "--dir", "all"]).exits(1).says("is no file");
    host.run(["apply", "-f", "nowhere"]).exits(2).says("is no folder");
}

#[test]
fn secrets_of_clients_stay_and_go_only_when_that_is_said() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let client = json!({"oauth": {"main": {"client_id": "client-of-acme", "client_secret": "secret-of-acme"}}});
    host.send(host.request(Method::PUT, "/groups/shop/installation").json(&client)).status(200);
    let document = |more: &str| format!("apiVersion: lockgate/v1\nkind: Installation\ngroup: shop\n{more}");
    let send = |query: &str, more: &str| apply(&host, query, &[("shop.yaml", document(more).as_bytes())]);
    let there = || host.get("/groups/shop/installation").json()["oauth"]["main"]["client_secret"].clone();
    send("", "limits: {cpu_ms: 5}\n").status(200);
    assert_eq!(there(), "********");
    send("", "oauth: {main: {scopes: [read]}}\n").status(200);
    assert_eq!(there(), "********");
    send("", "oauth: {}\n").problem(409, "LG2010");
    assert_eq!(there(), "********");
    send("allow_removal", "oauth: {}\n").status(200);
    assert_eq!(there(), json!(null));
    let plan = send("dry_run", "oauth: {main: {}}\n").status(200).json();
    assert_eq!(plan["installations"][0]["missing_clients"], json!(["main"]));
}
