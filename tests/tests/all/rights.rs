//! Nobody does, or gives away, more than they may: tests of what others own, tokens of some tenants, tokens that make
//! tokens, and the folder that says where a host is.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;

use lockgate_server::{Needs, TABLE};
use lockgate_tests::{Answer, Host, Reply, Serve, Upstream};
use reqwest::Method;
use serde_json::{Value, json};

const ORGANIZATION: &str = "/v1/organizations/default";
const WORKSPACE: &str = "/v1/workspaces/default";
const SECRET: &str = "marker-20c1e57b94fd8a63";

fn send(host: &Host, token: &str, method: Method, path: &str, body: Value) -> Answer {
    host.send(host.shown(token, method, path).json(&body))
}

/// Whoever may use a group of the organization writes requests of their own for it, and gets none of its credentials.
#[test]
fn who_may_not_change_a_group_tests_a_definition_without_its_credentials() {
    let upstream = Upstream::start(|seen| Reply::new(200).json(&json!({"target": seen.target})));
    let host = Serve::new().reaching(&[&upstream]).start();
    let owner = host.token().to_owned();
    let connector = json!({
        "name": "c", "type": "http", "input_schema": true, "output_schema": true,
        "http": {"method": "GET", "path": "/saved"},
    });
    let group = json!({
        "slug": "shared", "name": "Shared", "resource_type": "INTERNAL", "base_url": upstream.url(),
        "activation": {"credentials": {"main": {"methods": {"key": {"type": "api_key", "in": "header", "name": "x-key"}}}}},
        "destinations": [{"url": upstream.url(), "credential": "main", "plaintext": true}], "connectors": [connector],
    });
    send(&host, &owner, Method::POST, &format!("{ORGANIZATION}/groups"), group.clone()).status(201);
    let values = json!({"credentials": {"main": {"values": {"value": SECRET}}}});
    let connections = format!("{ORGANIZATION}/groups/shared/connections");
    send(&host, &owner, Method::POST, &connections, values).status(201);

    let mut own = connector.clone();
    own["http"]["path"] = json!("/of/the/tester");
    let test = |token: &str, group: Value, connector: &Value| {
        let body = json!({"group": group, "connector": connector, "input": 1, "connection": {"fixed": "main"}});
        send(&host, token, Method::POST, &format!("{WORKSPACE}/tests/run"), body)
    };
    let (editor, operator) = (host.token_with("editor", json!({})), host.token_with("operator", json!({})));
    // What the owner saved is used as ever.
    let saved = test(&editor, json!("org:shared"), &json!("c")).status(200).json();
    assert_eq!((&saved["output"]["target"], &saved["credentials_withheld"]), (&json!("/saved"), &json!(false)));
    assert_eq!(upstream.seen()[0].header("x-key"), Some(SECRET));
    // An editor makes no group that reaches private addresses, so none of their requests does.
    test(&editor, json!("org:shared"), &own).problem(403, "LG1003");
    let withheld = test(&operator, json!("org:shared"), &own).status(200).json();
    assert_eq!(withheld["credentials_withheld"], true, "{withheld:#}");
    assert_eq!((upstream.seen().len(), upstream.seen()[1].target.as_str()), (2, "/of/the/tester"));
    assert!(!String::from_utf8_lossy(&upstream.seen()[1].raw).contains(SECRET));
    // The owner could save it.
    let theirs = test(&owner, json!("org:shared"), &own).status(200).json();
    assert_eq!(theirs["credentials_withheld"], false, "{theirs:#}");
    assert_eq!(upstream.seen()[2].header("x-key"), Some(SECRET));

    // Nor does a token of some tenants change a group of all of them.
    host.send(host.request(Method::POST, "/groups").json(&group)).status(201);
    let values = json!({"credentials": {"main": {"values": {"value": SECRET}}}});
    host.send(host.request(Method::POST, "/groups/shared/connections").json(&values)).status(201);
    let of_ada = host.token_with("operator", json!({"tenants": ["ada"], "name": "of ada"}));
    for (group, connector) in [(json!("shared"), &own), (group.clone(), &connector)] {
        let withheld = test(&of_ada, group, connector).status(200).json();
        assert_eq!(withheld["credentials_withheld"], true, "{withheld:#}");
        assert_eq!(upstream.seen().last().unwrap().header("x-key"), None);
    }
    assert_eq!(test(&of_ada, json!("shared"), &json!("c")).status(200).json()["credentials_withheld"], false);
    assert_eq!(upstream.seen().last().unwrap().header("x-key"), Some(SECRET));
}

/// Every route that changes something is for a whole scope, unless its objects can be a tenant's.
#[test]
fn a_token_of_some_tenants_changes_nothing_of_a_whole_scope() {
    let host = Host::start();
    host.group("g", json!({}));
    let token = host.token_with("admin", json!({"tenants": ["ada"]}));
    let mut refused = 0;
    for (method, address, needs) in TABLE.iter().filter(|(method, ..)| *method != "GET") {
        // A session of the console, and a link to sign in, are the token's own.
        let owned = ["/connections", "/tenants", "/tokens", "/connect-sessions", "/console/"]
            .iter()
            .any(|part| address.contains(part));
        let runs = ["/invoke", "/test", "/tests/run", "/tests/check"].iter().any(|end| address.ends_with(end));
        if owned || runs || *needs == Needs::Nothing || *needs == Needs::Owner {
            continue;
        }
        let mut path = address.replace("{S}", WORKSPACE).replace("{ref}", "g").replace("{workspace}", "default");
        path = path.replace("{digest}", &format!("sha256:{}", "0".repeat(64))).replace("{connector}", "c");
        if path.contains("{organization}") {
            continue;
        }
        let answer = send(&host, &token, method.parse().unwrap(), &path, json!({"slug": "new", "name": "N"}));
        let problem = answer.problem(403, "LG1003");
        assert!(problem["detail"].as_str().unwrap().contains("limited to"), "{method} {address}: {problem:#}");
        refused += 1;
    }
    assert!(refused >= 12, "{refused}");
    assert_eq!(host.get("/groups/g").status(200).header("etag"), "\"1\"");
    // What is a tenant's is theirs.
    send(&host, &token, Method::POST, &format!("{WORKSPACE}/tenants"), json!({"name": "ada"})).status(201);
    send(&host, &token, Method::POST, &format!("{WORKSPACE}/tenants"), json!({"name": "bo"})).problem(403, "LG1003");
    let own = json!({"name": "x", "role": "viewer", "tenants": ["ada"]});
    send(&host, &token, Method::POST, &format!("{WORKSPACE}/tokens"), own).status(201);
}

/// The workspace's own connection is what it offers to all of its tenants: they use it, and don't see it.
#[test]
fn a_token_of_some_tenants_uses_the_workspaces_connection_and_does_not_see_it() {
    let host = Host::start();
    host.with_activation();
    let id = host.connection("k-workspace", json!({})).status(201).json()["id"].as_str().unwrap().to_owned();
    let token = host.token_with("admin", json!({"tenants": ["ada"]}));
    let call = |members: Value| {
        let mut body = json!({"input": {}});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        send(&host, &token, Method::POST, &format!("{WORKSPACE}/groups/g/connectors/facts/invoke"), body)
    };
    for name in ["main", id.as_str()] {
        // On behalf of the one tenant that it has, whatever it says.
        assert_eq!(call(json!({"connection": {"fixed": name}})).status(200).json()["output"]["tenant"], "ada");
        for (method, path) in
            [(Method::GET, ""), (Method::DELETE, ""), (Method::POST, "/verify"), (Method::POST, "/reconnect")]
        {
            let path = format!("{WORKSPACE}/groups/g/connections/{name}{path}");
            host.send(host.shown(&token, method, &path)).problem(404, "LG1004");
        }
    }
    let list = host.send(host.shown(&token, Method::GET, &format!("{WORKSPACE}/connections"))).status(200).json();
    assert_eq!(list["items"], json!([]));
    call(json!({"connection": {"dynamic": {"tenant": "bo"}}})).problem(403, "LG1003");
}

#[test]
fn a_token_gives_no_later_end_and_no_higher_rate_than_its_own() {
    let host = Host::start();
    let tokens = format!("{WORKSPACE}/tokens");
    let made = json!({"name": "a", "role": "admin", "expires_in": 3600, "requests_per_second": 50, "burst": 60});
    let first = host.token().to_owned();
    let made = send(&host, &first, Method::POST, &tokens, made).status(201).json();
    let (own, id) = (made["token"].as_str().unwrap(), made["id"].as_str().unwrap());
    let create = |members: Value| {
        let mut body = json!({"name": "b", "role": "viewer"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        send(&host, own, Method::POST, &tokens, body)
    };
    // What is left out is the maker's.
    let left_out = create(json!({})).status(201).json();
    for member in ["expires_at", "requests_per_second", "burst"] {
        assert_eq!(left_out[member], made[member], "{left_out:#}");
    }
    create(json!({"expires_in": 60, "requests_per_second": 1, "burst": 1})).status(201);
    let beyond = [
        json!({"expires_in": 7200}),
        json!({"expires_at": "2999-01-01T00:00:00Z"}),
        json!({"requests_per_second": 51}),
        json!({"burst": 61}),
    ];
    let patch = |token: &str, id: &str, body: Value| send(&host, token, Method::PATCH, &format!("{tokens}/{id}"), body);
    let other = left_out["id"].as_str().unwrap();
    for beyond in beyond.into_iter().chain([json!({"expires_at": null})]) {
        if !beyond["expires_at"].is_null() || beyond.get("expires_at").is_none() {
            create(beyond.clone()).problem(403, "LG1003");
        }
        for id in [id, other] {
            let refused = patch(own, id, beyond.clone()).problem(403, "LG1003");
            assert!(refused["detail"].as_str().unwrap().contains("more than they have"), "{beyond}: {refused:#}");
        }
    }
    // What somebody else gave is not theirs to have, and stays when they change something else.
    let endless = json!({"name": "endless", "role": "viewer"});
    let endless = send(&host, &first, Method::POST, &tokens, endless).status(201).json();
    let renamed = patch(own, endless["id"].as_str().unwrap(), json!({"name": "renamed", "expires_at": null}));
    assert_eq!(renamed.status(200).json()["requests_per_second"], 500);
    // Less is always possible, and more by who has more.
    assert_eq!(patch(own, id, json!({"expires_in": 1800, "burst": 7})).status(200).json()["burst"], 7);
    patch(&first, id, json!({"expires_at": null, "burst": 1000})).status(200);

    // An organization's first admin ends with the token that made it.
    let owner = json!({"name": "o", "role": "admin", "expires_in": 3600, "burst": 77});
    let owner = send(&host, &first, Method::POST, &format!("{ORGANIZATION}/tokens"), owner).status(201).json();
    let acme =
        send(&host, owner["token"].as_str().unwrap(), Method::POST, "/v1/organizations", json!({"slug": "acme"}));
    let admin = acme.status(201).json()["admin_token"].as_str().unwrap().to_owned();
    let seen = host.send(host.shown(&admin, Method::GET, "/v1/organizations/acme/tokens")).status(200).json();
    assert_eq!((&seen["items"][0]["expires_at"], &seen["items"][0]["burst"]), (&owner["expires_at"], &json!(77)));
}

/// Another user of the machine can make the folder first, or write into one that is open.
#[test]
fn a_folder_that_others_can_write_names_no_host() {
    let host = Host::start();
    host.run(["group", "list"]).ok();
    let folder = host.home.path().join("run/lockgate");
    let open = |mode: u32| set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
    let seen = || host.get("/tokens").json()["items"][0]["used_at"].clone();
    let before = seen();
    open(0o777);
    let refused = host.run(["group", "list"]).exits(1);
    refused.says("other users may write").says("--data-dir");
    open(0o700);
    set_permissions(folder.join("host"), Permissions::from_mode(0o666)).unwrap();
    host.run(["group", "list"]).exits(1).says("other users may write");
    assert_eq!(before, seen(), "the token was shown to nobody");
    set_permissions(folder.join("host"), Permissions::from_mode(0o600)).unwrap();
    host.run(["group", "list"]).ok();
    // A folder that is named counts as it is.
    open(0o777);
    host.run(["group", "list", "--data-dir", host.home.data().to_str().unwrap()]).ok();
}
