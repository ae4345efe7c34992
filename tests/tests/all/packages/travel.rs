//! A group leaves one host and comes to another, on the other database, and is the same there.

use std::fs;
use std::time::Instant;

use lockgate_tests::marker::{Marker, Trace};
use lockgate_tests::{Home, Host, Postgres, Serve};
use reqwest::Method;
use serde_json::json;

use super::{actions, every_type, exported, import_yaml, import_zip, make, plugin, unzipped};

const KEY: &str = "key-4f1d8ad0c5b94a3e";
const NOTE: &str = "note-90ab13cd77aa4f5e";
const CLIENT: &str = "client-1b2c3d4e5f60718";
const CLIENT_SECRET: &str = "secret-8877665544332211";

/// Gives the group everything that no package may have.
fn with_secrets(host: &Host) {
    let client = json!({
        "values": {"subdomain": "acme"}, "limits": {"cpu_ms": 400},
        "oauth": {"main": {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "scopes": ["read"]}},
    });
    host.send(host.request(Method::PUT, "/groups/shop/installation").json(&client)).status(200);
    let values = json!({
        "name": "main", "fields": {"note": NOTE}, "credentials": {"main": {"method": "key", "values": {"value": KEY}}},
    });
    host.send(host.request(Method::POST, "/groups/shop/connections").json(&values)).status(201);
    let mut tenant = values;
    tenant["tenant"] = json!("tenant-of-nobody-else");
    host.send(host.request(Method::POST, "/groups/shop/connections").json(&tenant)).status(201);
}

#[test]
fn a_group_is_the_same_on_another_host_with_the_other_database() {
    let one = Host::start().with_scripts();
    let other = Serve::at(Home::on(&Postgres::start().database("lockgate"))).start().with_scripts();
    make(&one, "shop");
    with_secrets(&one);
    let (yaml, archive) = (exported(&one, &["shop"], "shop.yaml"), exported(&one, &["shop", "--plugins"], "shop.zip"));
    assert_eq!(exported(&one, &["shop"], "again.yaml"), yaml);
    assert_eq!(exported(&one, &["shop", "--plugins"], "again.zip"), archive);

    let planned = import_zip(&other, "dry_run", archive.clone()).status(200).json();
    assert_eq!((&planned["dry_run"], actions(&planned)), (&json!(true), vec![("shop".into(), "create".into())]));
    let group = &planned["groups"][0];
    assert_eq!(group["connectors"]["added"], json!(["item", "order", "plain", "price", "rows", "which"]));
    assert_eq!(group["capabilities"]["added"], json!(["http"]));
    assert_eq!(group["destinations"]["added"].as_array().unwrap().len(), 3);
    assert_eq!(group["plugins"]["current"][0]["version"], "1.0.0");
    let needs = json!({
        "credentials": {"main": {"app": [], "key": ["value"]}}, "fields": ["note"], "oauth_clients": ["main"],
    });
    assert_eq!(group["needs"], needs);
    other.get("/groups/shop").status(404);

    let done = import_zip(&other, "", archive.clone()).status(200).json();
    assert_eq!((&done["dry_run"], &done["groups"]), (&json!(false), &planned["groups"]));
    assert_eq!(exported(&other, &["shop"], "shop.yaml"), yaml);
    assert_eq!(exported(&other, &["shop", "--plugins"], "shop.zip"), archive);
    // It is more than a text: code runs, and what was off is off.
    let group = other.get("/groups/shop").status(200).json();
    assert_eq!(group["limits"]["connectors"]["which"]["cpu_ms"], 70);
    other.get("/groups/shop/connectors/order").status(200);
    assert_eq!(other.get("/groups/shop/connectors/plain").status(200).json()["enabled"], false);
    assert_eq!(other.get("/groups/shop/connections").json()["items"], json!([]));
    // Once more changes nothing.
    let version = &group["version"];
    let again = import_zip(&other, "on_conflict=update", archive).status(200).json();
    assert_eq!((&again["changes"], actions(&again)), (&json!(false), vec![("shop".into(), "none".into())]));
    assert_eq!(&other.get("/groups/shop").json()["version"], version);
}

#[test]
fn no_package_has_a_secret_an_id_a_scope_or_a_time() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    with_secrets(&host);
    let mut packages = vec![
        ("yaml".to_owned(), exported(&host, &["shop"], "shop.yaml")),
        ("zip".to_owned(), exported(&host, &["shop", "--plugins"], "shop.zip")),
    ];
    host.run(["export", "--dir", "all", "--plugins"]).ok();
    packages.extend(unzipped(&packages[1].1.clone()));
    for name in ["group.yaml", "installation.yaml"] {
        let file = host.home.work().join("all/shop").join(name);
        packages.push((format!("all/{name}"), fs::read(file).unwrap()));
    }
    let group = host.get("/groups/shop").json();
    let connection = host.get("/groups/shop/connections").json()["items"][0].clone();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let mut secrets = vec![
        KEY.to_owned(),
        NOTE.to_owned(),
        CLIENT.to_owned(),
        CLIENT_SECRET.to_owned(),
        host.token().to_owned(),
        "tenant-of-nobody-else".to_owned(),
        text(&group["id"]),
        text(&connection["id"]),
        text(&group["created_at"]),
    ];
    secrets.push(text(&connection["created_at"]));
    let traces: Vec<_> = packages.iter().map(|(place, bytes)| Trace::new(place.clone(), bytes.clone())).collect();
    for secret in &secrets {
        Marker::text(secret, secret).is_in_none(&traces, &[]);
    }
    // The search finds what is there.
    assert!(Marker::text("an address", "https://auth.example.com/token").form_in(&packages[0].1).is_some());
    assert!(String::from_utf8_lossy(&packages[packages.len() - 1].1).contains("read"));
}

#[test]
fn a_document_is_one_text_that_people_can_read() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let yaml = String::from_utf8(exported(&host, &["shop"], "shop.yaml")).unwrap();
    assert!(yaml.starts_with("apiVersion: lockgate/v1\nkind: Group\nslug: shop\nname: \"Shop: shop\"\n"), "{yaml}");
    for part in [
        "      source: |\n        export default async (input: {id: string}) => {\n        \tconst text",
        "    shop/v1/orders.proto: |\n      syntax = \"proto3\";\n      package shop.v1;\n",
        "  - name: item\n    title: An item\n",
        "        v: \"7.10\"\n",
        "plugins:\n  - digest: \"sha256:",
        "needs:\n  credentials:\n    main:\n      app: []\n      key:\n        - value\n",
    ] {
        assert!(yaml.contains(part), "{part}\n{yaml}");
    }
    // Where it is an archive, scripts and `.proto` files stand beside it.
    let files = unzipped(&exported(&host, &["shop"], "shop.zip"));
    let names: Vec<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["group.yaml", "protos/shop/v1/orders.proto", "scripts/plain.js", "scripts/price.ts"]);
    assert!(String::from_utf8_lossy(&files["group.yaml"]).contains("file: scripts/price.ts"));
    // Both say the same.
    let plan =
        import_zip(&host, "on_conflict=update", fs::read(host.home.work().join("shop.zip")).unwrap()).status(200);
    assert_eq!(plan.json()["changes"], false);
    assert_eq!(import_yaml(&host, "on_conflict=update", yaml).status(200).json()["changes"], false);
}

#[test]
fn a_name_that_is_taken_is_told_with_the_choices() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let mut changed = every_type("shop");
    changed["settings"] = json!({"page_size": 20});
    changed["connectors"].as_array_mut().unwrap().retain(|one| one["name"] != "rows");
    changed["connectors"][0]["input_schema"]["required"] = json!(["id", "null"]);
    changed["connectors"][0].as_object_mut().unwrap().remove("examples");
    let text = changed.to_string();
    let refused = import_yaml(&host, "", text.clone()).problem(409, "LG1042");
    assert!(refused["detail"].as_str().unwrap().contains("can be `update` or `rename`"), "{refused}");
    assert_eq!(refused["errors"][0]["pointer"], "/slug");
    let planned = import_yaml(&host, "dry_run", text.clone()).status(200).json();
    assert_eq!(actions(&planned), [("shop".into(), "conflict".into())]);
    assert_eq!(planned["groups"][0]["conflicts"][0]["choices"], json!(["update", "rename"]));

    // What callers would lose has to be said.
    let plan = import_yaml(&host, "dry_run&on_conflict=update", text.clone()).status(200).json();
    let group = &plan["groups"][0];
    assert_eq!(
        (&group["connectors"]["removed"], &group["connectors"]["changed"]),
        (&json!(["rows"]), &json!(["item"]))
    );
    assert!(group["connectors"]["breaks"][0]["detail"].as_str().unwrap().contains("is required now"), "{group}");
    let pointers: Vec<_> = group["changes"].as_array().unwrap().iter().map(|change| &change["pointer"]).collect();
    assert!(pointers.contains(&&json!("/settings/page_size")), "{group}");
    import_yaml(&host, "on_conflict=update", text.clone()).problem(409, "LG2010");
    host.get("/groups/shop/connectors/rows").status(200);
    import_yaml(&host, "on_conflict=update&allow_removal", text.clone()).status(200);
    host.get("/groups/shop/connectors/rows").status(404);
    // The text does not name plugins, and so leaves them.
    host.get("/groups/shop/connectors/which").status(200);

    let renamed = import_yaml(&host, "on_conflict=rename", text.clone()).status(200).json();
    assert_eq!(renamed["groups"][0]["renamed_from"], "shop");
    let second = host.get("/groups/shop-2").status(200).json();
    assert_eq!(second["name"], "Shop: shop (2)");
    import_yaml(&host, "on_conflict=rename", text.clone()).status(200);
    host.get("/groups/shop-3").status(200);
    // A name for people can be that of another group.
    let mut other = every_type("other");
    other["name"] = json!("Shop: shop");
    let refused = import_yaml(&host, "on_conflict=update", other.to_string()).problem(409, "LG1042");
    assert!(refused["detail"].as_str().unwrap().contains("can be `rename`"), "{refused}");
}

#[test]
fn plugins_come_by_their_bytes_or_from_a_group_that_is_seen() {
    let (one, other) = (Host::start().with_scripts(), Host::start().with_scripts());
    make(&one, "shop");
    let (yaml, archive) = (exported(&one, &["shop"], "shop.yaml"), exported(&one, &["shop", "--plugins"], "shop.zip"));
    let refused = import_yaml(&other, "", yaml.clone()).problem(422, "LG1043");
    assert!(refused["detail"].as_str().unwrap().contains("`shop`"), "{refused}");
    other.get("/groups/shop").status(404);
    import_zip(&other, "", archive.clone()).status(200);
    assert_eq!(other.invoke("shop/which", &json!(1)).status, 400);
    // From the group that has it now.
    import_yaml(&other, "on_conflict=rename", yaml.clone()).status(200);
    other.get("/groups/shop-2/connectors/which").status(200);
    // Another workspace sees neither group, and its digest gives it nothing.
    other
        .send(other.admin(Method::POST, "/v1/workspaces").json(&json!({"slug": "second", "organization": "default"})))
        .status(201);
    let second = other.admin(Method::POST, "/v1/workspaces/second/imports").header("content-type", "application/yaml");
    other.send(second.body(yaml)).problem(422, "LG1043");

    // Another version replaces it; the old one comes back; none is the third state.
    other.load("shop", plugin("2.0.0")).status(201);
    let plan = import_zip(&other, "on_conflict=update", archive.clone()).status(200).json();
    assert_eq!(plan["groups"][0]["plugins"]["current"][0]["version"], "1.0.0");
    let without = String::from_utf8(exported(&other, &["shop"], "now.yaml")).unwrap();
    let (before, after) = without.split_once("plugins:\n").unwrap();
    let after = after.split_once("needs:").unwrap().1;
    let without = format!("{before}plugins: []\nneeds:{after}");
    import_yaml(&other, "on_conflict=update", without.clone()).problem(409, "LG2010");
    let plan = import_yaml(&other, "on_conflict=update&allow_removal", without.clone()).status(200).json();
    assert_eq!(
        (&plan["groups"][0]["plugins"]["removed"], &plan["groups"][0]["connectors"]["removed"]),
        (&json!(["shop"]), &json!(["which"]))
    );
    other.get("/groups/shop/connectors/which").status(404);
    // Its versions stay, and a rollback brings the last one back.
    let plugins = other.get("/groups/shop/plugins").status(200).json();
    let plugins: Vec<_> =
        plugins["items"].as_array().unwrap().iter().map(|one| (&one["version"], &one["current"])).collect();
    assert_eq!(plugins, [(&json!("1.0.0"), &json!(false)), (&json!("2.0.0"), &json!(false))]);
    let history = other.get("/groups/shop/plugins/history").status(200).json();
    assert_eq!(history["items"][0]["action"], "retire");
    other.run(["plugin", "rollback", "shop"]).ok().prints("shop 1.0.0 is current");
    other.get("/groups/shop/connectors/which").status(200);
    import_yaml(&other, "on_conflict=update&allow_removal", without).status(200);
    import_zip(&other, "on_conflict=update", archive).status(200);
    other.get("/groups/shop/connectors/which").status(200);
}

#[test]
fn a_connector_can_change_its_type_both_ways() {
    let host = Host::start().with_scripts();
    make(&host, "shop");
    let with_plugin = exported(&host, &["shop", "--plugins"], "plugin.zip");
    let mut scripted = every_type("shop");
    let script = json!({"name": "which", "type": "function", "script": {"language": "javascript", "source": "export default () => 1;"}});
    scripted["connectors"].as_array_mut().unwrap().push(script);
    // A plugin that is left as it is has the name.
    import_yaml(&host, "on_conflict=update&allow_removal", scripted.to_string()).problem(409, "LG2011");
    scripted["plugins"] = json!([]);
    import_yaml(&host, "on_conflict=update&allow_removal", scripted.to_string()).status(200);
    assert_eq!(host.get("/groups/shop/connectors/which").json()["type"], "function");
    import_zip(&host, "on_conflict=update&allow_removal", with_plugin.clone()).status(200);
    assert_eq!(exported(&host, &["shop", "--plugins"], "after.zip"), with_plugin);
}

#[test]
fn what_a_document_says_of_secrets_follows_from_it() {
    let host = Host::start().with_scripts();
    let mut group = every_type("shop");
    group["needs"] = json!({"fields": ["other"]});
    let refused = import_yaml(&host, "", group.to_string()).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/needs");
    group.as_object_mut().unwrap().remove("needs");
    group["colour"] = json!("red");
    let refused = import_yaml(&host, "", group.to_string()).problem(422, "LG1010");
    assert!(refused["detail"].as_str().unwrap().starts_with("`group.yaml`: "), "{refused}");
}

#[test]
fn a_group_of_two_hundred_connectors_travels() {
    let (one, other) = (Host::start().with_scripts(), Host::start().with_scripts());
    let connector = |number: usize| {
        let properties: serde_json::Map<_, _> = (0..20)
            .map(|field| {
                (
                    format!("field_{field}"),
                    json!({"type": "string", "description": format!("The field {field}."), "maxLength": 200}),
                )
            })
            .collect();
        json!({
            "name": format!("connector_{number}"), "type": "http", "title": format!("Connector {number}"),
            "description": "Reads something.\nAnd says what.", "input_schema": {"type": "object", "properties": properties},
            "output_schema": {"type": "object", "properties": properties},
            "examples": [{"input": {"field_1": "a"}}],
            "http": {"method": "GET", "path": "/items", "query": {"one": "{{field_1}}"}},
        })
    };
    let group = json!({
        "slug": "large", "name": "Large", "resource_type": "EXTERNAL", "base_url": "https://api.example.com",
        "destinations": [{"url": "https://api.example.com"}], "connectors": (0..200).map(connector).collect::<Vec<_>>(),
    });
    let began = Instant::now();
    import_yaml(&one, "", group.to_string()).status(200);
    let imported = began.elapsed();
    let began = Instant::now();
    let yaml = one.get("/groups/large/export").status(200).body;
    let written = began.elapsed();
    let began = Instant::now();
    import_yaml(&other, "", yaml.clone()).status(200);
    eprintln!(
        "{} bytes: {imported:?} from JSON, exported in {written:?}, imported in {:?}",
        yaml.len(),
        began.elapsed()
    );
    assert_eq!(other.get("/groups/large/export").status(200).body, yaml);
    assert_eq!(other.get("/groups/large").json()["connector_names"].as_array().unwrap().len(), 200);
}
