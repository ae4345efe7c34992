//! Plugins of a group: loading, rolling back and forward, granting, deleting, as an operator does from a shell.

use lockgate_tests::component::Crafted;
use lockgate_tests::{Home, Host, guests};
use reqwest::Method;
use serde_json::json;

fn version(number: &str) -> Crafted {
    Crafted::plugin("shop", number).connector("which")
}

/// Loads from a file, and gives the digest that the program printed.
fn load(host: &Host, plugin: &Crafted, options: &[&str]) -> String {
    let path = file(&host.home, plugin);
    let arguments = ["load", "shop", &path, "--output", "json"].into_iter().chain(options.iter().copied());
    let report = host.run(arguments).ok().json();
    report["plugin"]["digest"].as_str().unwrap().to_owned()
}

fn file(home: &Home, plugin: &Crafted) -> String {
    home.write("plugin.wasm", plugin.component()).to_str().unwrap().to_owned()
}

#[test]
fn each_step_tells_which_version_runs() {
    let host = Host::start();
    host.run(["group", "create", "shop"]).ok().prints("made group shop (version 1)");
    let path = file(&host.home, &version("1.0.0"));
    let first = host.run(["load", "shop", &path]).ok().prints("shop 1.0.0 is current in group shop: sha256:");
    let first = first.prints("added    which").stdout.split("sha256:").nth(1).unwrap()[..12].to_owned();
    host.run(["invoke", "shop/which"]).ok().prints("\"1.0.0\"").says(&format!("plugin {first}"));

    let path = file(&host.home, &version("2.0.0"));
    let second = host.run(["load", "shop", &path]).ok().prints("shop 2.0.0 is current in group shop: sha256:");
    let second = second.prints(&format!("(before: {first})")).stdout.split("sha256:").nth(1).unwrap()[..12].to_owned();
    host.run(["invoke", "shop/which"]).ok().prints("\"2.0.0\"").says(&format!("plugin {second}"));

    host.run(["plugin", "rollback", "shop"])
        .ok()
        .prints("shop 1.0.0 is current")
        .prints(&format!("(before: {second})"));
    host.run(["invoke", "shop/which"]).ok().prints("\"1.0.0\"").says(&format!("plugin {first}"));
    host.run(["plugin", "rollback", "shop"]).exits(1).says("no earlier version to roll back to");
    host.run(["plugin", "activate", "shop", &second]).ok().prints("shop 2.0.0 is current");
    host.run(["invoke", "shop/which"]).ok().prints("\"2.0.0\"");
    let list = host.run(["plugin", "list", "shop"]).ok().stdout;
    let current: Vec<_> = list.lines().filter(|line| line.trim_start().starts_with('*')).collect();
    assert!(current.len() == 1 && current[0].contains(&second), "{list}");
}

#[test]
fn a_rollback_goes_to_what_was_current_before() {
    let host = Host::start();
    host.group("shop", json!({}));
    let (first, second) = (load(&host, &version("1"), &[]), load(&host, &version("2"), &[]));
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 1 is current");
    let third = load(&host, &version("3"), &[]);
    // Not to 2, which was loaded before 3 and was not current then.
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 1 is current");
    host.run(["plugin", "rollback", "shop"]).exits(1).says("LG1005").says("no earlier version to roll back to");

    let history = host.run(["plugin", "history", "shop", "--output", "json"]).ok().json();
    let rows = history.as_array().unwrap().iter().map(|row| (row["action"].clone(), row["version"].clone()));
    let rows: Vec<_> = rows.collect();
    let expected = [("rollback", &first), ("load", &third), ("rollback", &first), ("load", &second), ("load", &first)];
    assert_eq!(rows, expected.map(|(action, digest)| (json!(action), json!(digest))));
    let owner =
        host.send(host.admin(Method::GET, "/v1/audit?action=plugin.load&limit=1")).json()["items"][0]["token"].clone();
    assert!(owner.is_string() && history.as_array().unwrap().iter().all(|row| row["token"] == owner), "{history}");
    host.run(["plugin", "history", "shop", "--plugin", "shop"]).ok().prints("rollback").prints(&third[7..19]);
    assert_eq!(host.get("/groups/shop/plugins/history?plugin=other").json()["items"], json!([]));
    let page = host.get("/groups/shop/plugins/history?limit=2").json();
    let rest =
        host.get(&format!("/groups/shop/plugins/history?cursor={}", page["next_cursor"].as_str().unwrap())).json();
    assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (2, 3));
}

#[test]
fn no_rollback_goes_to_a_bad_or_deleted_version() {
    let host = Host::start();
    host.group("shop", json!({}));
    let digests = ["1", "2", "3", "4"].map(|number| load(&host, &version(number), &[]));
    host.run(["plugin", "mark-bad", "shop", &digests[2]]).ok().says("as bad");
    host.run(["plugin", "delete", "shop", &digests[1]]).ok();
    assert!(host.run(["plugin", "list", "shop"]).ok().stdout.contains("bad"));
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 1 is current");

    // It stays bad when it is loaded again, until the mark is taken away.
    load(&host, &version("3"), &[]);
    load(&host, &version("4"), &[]);
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 1 is current");
    host.run(["plugin", "mark-bad", "shop", &digests[2], "--undo"]).ok().says("as good");
    load(&host, &version("3"), &[]);
    load(&host, &version("4"), &[]);
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 3 is current");

    // What was current before one that was deleted comes back too.
    host.run(["plugin", "delete", "shop", &digests[2], "--allow-removal"]).ok();
    host.run(["plugin", "rollback", "shop"]).ok().prints("shop 1 is current");
    let actions =
        host.send(host.admin(Method::GET, "/v1/audit?action=plugin.mark")).json()["items"].as_array().unwrap().len();
    assert_eq!(actions, 2);
}

#[test]
fn connectors_are_removed_only_on_purpose() {
    let host = Host::start();
    host.group("shop", json!({}));
    let old = load(&host, &version("1").connector("extra"), &[]);
    let path = file(&host.home, &version("2"));
    host.run(["load", "shop", &path]).exits(1).says("LG2010").says("at /connectors/extra").says("--allow-removal");
    host.run(["invoke", "shop/extra"]).ok();

    host.run(["load", "shop", &path, "--allow-removal"]).ok().prints("removed  extra");
    host.run(["invoke", "shop/extra"]).exits(1).says("LG1004");
    // The way back takes only away what a later version had added.
    host.run(["plugin", "rollback", "shop"]).ok().prints("added    extra");
    host.run(["invoke", "shop/extra"]).ok();
    assert_eq!(host.get("/groups/shop/connectors/extra").json()["plugin"]["digest"], old);
}

#[test]
fn a_narrower_schema_is_a_removal_too() {
    let host = Host::start();
    host.group("shop", json!({}));
    let typed = |version: &str, input| Crafted::plugin("shop", version).typed("price", input, json!(true)).component();
    let wide = json!({"type": "object", "properties": {"sku": {"type": ["string", "integer"]}}});
    let narrow =
        json!({"type": "object", "properties": {"sku": {"type": "string"}, "count": {}}, "required": ["count"]});
    host.load("shop", typed("1", wide)).status(201);
    let refused = host.load("shop", typed("2", narrow)).problem(409, "LG2010");
    let pointers: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    let at = "/connectors/price/input_schema/properties";
    assert_eq!(pointers, [&json!(format!("{at}/count")), &json!(format!("{at}/sku"))], "{refused:#}");
}

#[test]
fn examples_that_break_their_schemas_refuse_the_load() {
    let host = Host::start();
    host.group("shop", json!({}));
    let describing = |output: serde_json::Value| {
        let connector = json!({
            "name": "price", "input_schema": {"type": "object"}, "output_schema": {"type": "number"},
            "examples": [{"input": {}, "output": output}],
        });
        let manifest = json!({"name": "shop", "version": "1", "connectors": [connector]});
        Crafted::describing(&manifest.to_string()).component()
    };
    let refused = host.load("shop", describing(json!("7"))).problem(422, "LG2008");
    assert_eq!(refused["errors"][0]["pointer"], "/connectors/0/examples/0/output");
    host.load("shop", describing(json!(7))).status(201);
}

#[test]
fn the_code_of_a_failure_is_a_word_that_callers_can_branch_on() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    for code in ["a", "too.many-items_2", &"a".repeat(64)] {
        assert_eq!(host.invoke("g/fail", &json!({"code": code})).problem(422, "LG3001")["failure"]["code"], code);
    }
    for code in ["", "Not_Found", "1", "not found", "grün", &"a".repeat(65)] {
        let refused = host.invoke("g/fail", &json!({"code": code})).problem(500, "LG3011");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("^[a-z][a-z0-9_.-]{0,63}$") && detail.contains("3 pieces left"), "{detail}");
        assert_eq!((&refused["fault"], refused.get("failure")), (&json!("plugin"), None));
    }
}

#[test]
fn what_a_plugin_wants_waits_until_it_is_granted() {
    let host = Host::start();
    host.group("shop", json!({}));
    load(&host, &version("1"), &[]);
    let path = file(&host.home, &version("2").wants("http"));
    let waiting = host.run(["load", "shop", &path]).ok().prints("is loaded in group shop and not current");
    waiting.prints("it wants http, which the group does not grant: repeat with --grant");
    host.run(["invoke", "shop/which"]).ok().prints("\"1\"");
    let waiting = host.get("/groups/shop/plugins?limit=500").json()["items"][1].clone();
    let imported = "lockgate:connector/types@0.1.0";
    let expected = json!({"wanted": ["http"], "imported": [imported], "granted": [], "missing": ["http"]});
    assert_eq!((&waiting["capabilities"], &waiting["current"]), (&expected, &json!(false)));

    let digest = waiting["digest"].as_str().unwrap();
    host.run(["plugin", "activate", "shop", digest]).exits(1).says("LG1005").says("--grant");
    host.run(["plugin", "activate", "shop", digest, "--grant"]).ok().prints("shop 2 is current");
    host.run(["invoke", "shop/which"]).ok().prints("\"2\"");
    assert_eq!(host.get("/groups/shop").json()["capabilities"], json!(["http"]));
}

#[test]
fn a_dry_run_shows_what_loading_would_do_and_keeps_nothing() {
    let host = Host::start();
    host.group("shop", json!({}));
    let send = |plugin: &Crafted, query: &str| {
        let request = host.request(Method::POST, &format!("/groups/shop/plugins?{query}"));
        host.send(request.header("content-type", "application/wasm").body(plugin.component()))
    };
    let first = send(&version("1"), "dry_run").status(200).json();
    assert_eq!((&first["current"], &first["connectors"]["added"]), (&json!(true), &json!(["which"])));
    assert_eq!(host.get("/groups/shop/plugins").json()["items"], json!([]));
    assert_eq!(host.get("/groups/shop").status(200).header("etag"), "\"1\"");

    let loaded = load(&host, &version("1"), &[]);
    // It would wait; with a grant it would not; neither is granted by that.
    let wants = version("2").wants("http");
    let waiting = send(&wants, "dry_run=true").status(200).json();
    assert_eq!((&waiting["current"], &waiting["plugin"]["capabilities"]["missing"]), (&json!(false), &json!(["http"])));
    let granted = send(&wants, "dry_run&grant").status(200).json();
    assert_eq!((&granted["current"], &granted["previous"]), (&json!(true), &json!(loaded)));
    assert_eq!(host.get("/groups/shop").json().get("capabilities"), None);
    // What would be taken away is told, and not refused.
    let other = Crafted::plugin("shop", "3").connector("other");
    let removing = send(&other, "dry_run").status(200).json();
    assert_eq!(removing["connectors"]["removed"], json!(["which"]));
    send(&other, "").problem(409, "LG2010");
    // It has the rights of a load, and the same refusals.
    let request = host.shown(
        &host.token_with("editor", json!({})),
        Method::POST,
        "/v1/workspaces/default/groups/shop/plugins?dry_run&grant",
    );
    host.send(request.header("content-type", "application/wasm").body(wants.component())).problem(403, "LG1003");
    let request = host.request(Method::POST, "/groups/shop/plugins?dry_run").header("content-type", "application/wasm");
    host.send(request.body("no component")).problem(422, "LG2001");

    let listed = host.get("/groups/shop/plugins").json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    host.run(["invoke", "shop/which"]).ok().prints("\"1\"");
    // Code of which nothing was kept is compiled again when it is loaded.
    assert_eq!(send(&wants, "grant").status(201).json()["plugin"]["digest"], waiting["plugin"]["digest"]);
    host.run(["invoke", "shop/which"]).ok().prints("\"2\"");
}

#[test]
fn loading_with_a_grant_is_one_step() {
    let host = Host::start();
    host.group("shop", json!({}));
    load(&host, &version("1").wants("http"), &["--grant"]);
    assert_eq!(host.get("/groups/shop").json()["capabilities"], json!(["http"]));
    host.run(["invoke", "shop/which"]).ok().prints("\"1\"");
    // What no host knows can't be granted.
    let path = file(&host.home, &version("2").wants("teleport"));
    host.run(["load", "shop", &path, "--grant"]).ok().prints("not current").prints("teleport");
}

#[test]
fn the_same_bytes_again_change_nothing() {
    let host = Host::start();
    host.group("shop", json!({}));
    let (first, second) = (load(&host, &version("1"), &[]), load(&host, &version("2"), &[]));
    assert_eq!(load(&host, &version("2"), &[]), second);
    assert_eq!(host.get("/groups/shop/plugins").json()["items"].as_array().unwrap().len(), 2);
    // An old version that is loaded again is current again.
    assert_eq!(load(&host, &version("1"), &[]), first);
    host.run(["invoke", "shop/which"]).ok().prints("\"1\"");
}

#[test]
fn the_current_version_is_not_deleted_by_mistake() {
    let host = Host::start();
    host.group("shop", json!({}));
    let (first, second) = (load(&host, &version("1"), &[]), load(&host, &version("2"), &[]));
    host.run(["plugin", "delete", "shop", &second]).exits(1).says("this version is current").says("LG1005");
    host.run(["plugin", "rollback", "shop"]).ok();
    host.run(["plugin", "delete", "shop", &second]).ok();
    host.run(["plugin", "show", "shop", &second]).exits(1).says("no plugin of this group");
    host.run(["plugin", "delete", "shop", &first, "--allow-removal"]).ok();
    host.run(["invoke", "shop/which"]).exits(1).says("LG1004");
}

#[test]
fn a_name_belongs_to_one_plugin_of_a_group() {
    let host = Host::start();
    host.group("shop", json!({}));
    load(&host, &version("1"), &[]);
    let other = Crafted::plugin("other", "1").connector("which").component();
    let refused = host.load("shop", other.clone()).problem(409, "LG2011");
    assert!(refused["detail"].as_str().unwrap().contains("belongs to plugin `shop`"), "{refused:#}");
    host.group("second", json!({}));
    host.load("second", other).status(201);
}

#[test]
fn calls_in_flight_finish_on_the_version_that_they_began_with() {
    let host = Host::start();
    host.lift_rate();
    host.group("shop", json!({}));
    load(&host, &version("0"), &[]);
    let calls = std::thread::scope(|scope| {
        let loads =
            scope.spawn(|| (1..=6).map(|turn| load(&host, &version(&turn.to_string()), &[])).collect::<Vec<_>>());
        let mut calls = Vec::new();
        // Some at least, also where the loads are quicker.
        while !loads.is_finished() || calls.len() < 60 {
            calls.extend(host.send_all((0..20).map(|_| host.call("shop/which", &json!(1))).collect::<Vec<_>>()));
        }
        loads.join().unwrap();
        calls
    });
    let versions: std::collections::BTreeSet<_> = calls.into_iter().map(|answer| answer.output().to_string()).collect();
    assert!(versions.len() >= 2, "{versions:?}");
    assert_eq!(host.invoke("shop/which", &json!(1)).output(), "6");
}
