//! Who may ask: every route but those of operation wants a token that is known.

use lockgate_server::{Needs, TABLE};
use lockgate_tests::Host;
use reqwest::Method;
use serde_json::{Value, json};

#[test]
fn every_route_refuses_strangers() {
    let host = Host::start();
    host.group("g", json!({}));
    for (method, address, needs) in TABLE.iter() {
        let path = address.replace("{S}", "/v1/workspaces/default").replace("{ref}", "g").replace("{connector}", "c");
        let path = path.replace("{digest}", &format!("sha256:{}", "0".repeat(64)));
        let path = path.replace("{workspace}", "default").replace("{organization}", "default");
        let method: Method = method.parse().unwrap();
        if *needs == Needs::Nothing {
            let expected = match *address {
                // An authorization that never was is like one that has ended.
                address if address.starts_with("/v1/oauth/") => 410,
                // A page for one person is found by whoever has its address.
                address if address.contains("{nonce}") => 404,
                // Only a page of the host signs anybody in.
                "/console/session" => 403,
                _ => 200,
            };
            assert_eq!(host.at(method, &path).status, expected, "{path}");
            continue;
        }
        for token in [None, Some("lg_0000"), Some(""), Some("x\"y")] {
            let request = host.plain(method.clone(), &path);
            let answer = host.send(token.map_or(request.try_clone().unwrap(), |token| request.bearer_auth(token)));
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
            answer.problem(401, "LG1002");
        }
        host.send(host.plain(method, &path).basic_auth("admin", Some(host.token()))).problem(401, "LG1002");
    }
}

#[test]
fn a_scope_that_does_not_exist_is_not_found() {
    let host = Host::start();
    for path in ["/v1/workspaces/other/groups", "/v1/organizations/other/groups", "/v1/workspaces/other/groups/g"] {
        host.send(host.plain(Method::GET, path).bearer_auth(host.token())).problem(404, "LG1004");
    }
    host.send(host.plain(Method::GET, "/v1/workspaces/Not!/groups").bearer_auth(host.token())).problem(400, "LG1001");
}

#[test]
fn scopes_keep_their_groups_apart() {
    let host = Host::start();
    let groups = |scope: &str| format!("/v1/{scope}/default/groups");
    let definition = json!({"slug": "shared", "name": "Shared", "resource_type": "EXTERNAL"});
    let create = host.plain(Method::POST, &groups("organizations")).bearer_auth(host.token()).json(&definition);
    host.send(create).status(201);
    host.get("/groups/shared").problem(404, "LG1004");
    assert_eq!(host.get("/groups/org:shared").status(200).json()["slug"], "shared");
    // Seen from a workspace it is usable, and changed only where it lives.
    host.send(host.request(Method::DELETE, "/groups/org:shared")).problem(403, "LG1055");
    assert_eq!(host.get("/groups").json()["items"], json!([]));
    assert_eq!(host.get("/groups?visible=all").json()["items"][0]["ref"], "org:shared");
}

#[test]
fn the_token_is_in_no_file_but_its_own_and_in_no_log() {
    let host = Host::start();
    host.group("g", json!({}));
    let token = host.token().to_owned();
    let printed = host.log().matches(&token).count();
    assert_eq!(printed, 1, "printed once at the first start");
    let home = host.end();
    for entry in std::fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path()) {
        let holds =
            std::fs::read(&entry).is_ok_and(|bytes| bytes.windows(token.len()).any(|part| part == token.as_bytes()));
        assert_eq!(holds, entry.ends_with("admin-token"), "{}", entry.display());
    }
}

#[test]
fn a_token_is_limited_to_groups_that_exist() {
    let host = Host::start();
    host.group("shop", json!({}));
    let make = |groups: Value| {
        let body = json!({"name": "t", "role": "invoker", "groups": groups});
        host.send(host.request(Method::POST, "/tokens").json(&body))
    };
    let refused = make(json!(["shop", "shpo"])).problem(422, "LG1010");
    assert_eq!(refused["errors"][0]["pointer"], "/groups/1");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("`shpo`"), "{refused}");
    make(json!(["org:shop"])).problem(422, "LG1010");
    make(json!(["shop"])).status(201);
}
