//! What a gRPC server told of itself travels with its group, so that the group works at once where the server is not asked.

use lockgate_tests::grpc_servers::RogueGrpc;
use lockgate_tests::grpc_servers::rogue::reflection;
use lockgate_tests::{Authority, Home, Host, Postgres, Serve};
use reqwest::Method;
use serde_json::{Value, json};

use super::{apply, exported, import_yaml, import_zip, unzipped, zip};

const FILE: &str = "protos/reflection.pb";

fn definition(authority: &Authority, server: &RogueGrpc, slug: &str) -> Value {
    json!({
        "slug": slug, "name": slug, "resource_type": "INTERNAL", "certificate_authorities": [authority.pem()],
        "destinations": [{"grpc": server.url()}], "protos": {"reflection": true},
    })
}

/// A host with the groups `one` and `two`, whose servers told different descriptors.
fn told() -> Host {
    let authority = Authority::new();
    let servers =
        [RogueGrpc::start(&authority, reflection::honest), RogueGrpc::start(&authority, reflection::cyclic_imports)];
    let host = Serve::new().reaching_addresses(servers.iter().map(RogueGrpc::address)).start();
    for (slug, server) in ["one", "two"].iter().zip(&servers) {
        host.send(host.request(Method::POST, "/groups").json(&definition(&authority, server, slug))).status(201);
        host.run(["grpc", "refresh", slug]).ok().prints("kept");
        connector(&host, slug);
    }
    host
}

/// Saves a connector whose schemas follow from the descriptors.
fn connector(host: &Host, group: &str) {
    let tell = json!({"name": "tell", "type": "grpc", "grpc": {"service": "probe.Lies", "method": "Tell"}});
    host.send(host.request(Method::POST, &format!("/groups/{group}/connectors")).json(&tell)).status(201);
}

fn packed(files: &std::collections::BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    zip(&files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect::<Vec<_>>())
}

#[test]
fn an_imported_group_has_them_at_once() {
    let one = told();
    let archive = exported(&one, &["one"], "one.zip");
    let files = unzipped(&archive);
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), ["group.yaml", FILE]);
    assert!(String::from_utf8_lossy(&files["group.yaml"]).contains("descriptors: protos/reflection.pb"));
    // On a host that could not ask.
    let other = Serve::at(Home::on(&Postgres::start().database("lockgate"))).start();
    import_zip(&other, "", archive.clone()).status(200);
    other.run(["grpc", "list", "one"]).ok().prints("probe.Lies/Tell");
    other.send(other.request(Method::DELETE, "/groups/one/connectors/tell")).status(204);
    connector(&other, "one");
    assert_eq!(exported(&other, &["one"], "one.zip"), archive);
    assert_eq!(import_zip(&other, "on_conflict=update", archive.clone()).status(200).json()["changes"], false);

    // Another host's group gets others, and the plan says so; a text has none and leaves them.
    let mut changed = files;
    changed.insert(FILE.to_owned(), unzipped(&exported(&one, &["two"], "two.zip"))[FILE].clone());
    let plan = import_zip(&other, "on_conflict=update", packed(&changed)).status(200).json();
    assert_eq!(plan["groups"][0]["action"], "update");
    let changes = plan["groups"][0]["changes"].as_array().unwrap();
    assert_eq!((changes.len(), &changes[0]["pointer"]), (1, &json!("/protos/descriptors")), "{plan:#}");
    assert_ne!(exported(&other, &["one"], "changed.zip"), archive);
    let text = exported(&other, &["one"], "one.yaml");
    assert_eq!(import_yaml(&other, "on_conflict=update", text).status(200).json()["changes"], false);
    import_zip(&other, "on_conflict=update", archive.clone()).status(200);
    assert_eq!(exported(&other, &["one"], "back.zip"), archive);
}

#[test]
fn a_folder_has_them_too() {
    let one = told();
    one.run(["export", "--dir", "all"]).ok();
    one.run(["apply", "-f", "all", "--prune", "--dry-run"]).ok().prints("2 groups unchanged");
    let other = Host::start();
    let folder = one.home.work().join("all");
    other.run(["apply", "-f", folder.to_str().unwrap()]).ok();
    for group in ["one", "two"] {
        other.run(["grpc", "list", group]).ok().prints("probe.Lies/Tell");
    }
    assert_eq!(exported(&other, &["two"], "two.zip"), exported(&one, &["two"], "two.zip"));
}

#[test]
fn what_is_no_descriptor_set_changes_nothing() {
    let one = told();
    let files = unzipped(&exported(&one, &["one"], "one.zip"));
    let host = Host::start();
    let with = |name: &str, content: &[u8]| {
        let mut files = files.clone();
        files.insert(name.to_owned(), content.to_vec());
        packed(&files)
    };
    for content in [&b"\xff\xff\xff"[..], &[0x0a, 0x7f], &files[FILE][..files[FILE].len() - 1]] {
        let refused = import_zip(&host, "", with(FILE, content)).problem(422, "LG1010");
        assert_eq!(refused["errors"][0]["pointer"], "/protos/descriptors", "{refused:#}");
    }
    // More than descriptors may have.
    import_zip(&host, "", with(FILE, &vec![0x0a; 5 << 20])).problem(422, "LG1010");
    import_zip(&host, "", with("protos/other.pb", b"\xff\xfe")).problem(422, "LG1040");
    // A document that names them without the file, and the file without a document that names it.
    let group = files["group.yaml"].as_slice();
    let refused = import_zip(&host, "", zip(&[("group.yaml", group)])).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/protos/descriptors");
    import_yaml(&host, "", group).problem(422, "LG1010");
    let unnamed = String::from_utf8_lossy(group).replace("  descriptors: protos/reflection.pb\n", "");
    let unnamed = zip(&[("group.yaml", unnamed.as_bytes()), (FILE, &files[FILE])]);
    import_zip(&host, "", unnamed).problem(422, "LG1040");
    apply(&host, "", &[("one.yaml", group)]).problem(422, "LG1010");
    host.get("/groups/one").status(404);
}
