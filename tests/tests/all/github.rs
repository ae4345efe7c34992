//! The ready-made group for GitHub, against a server that behaves as GitHub's API does: the package as it is shipped, but
//! for the address.

use std::fs;

use lockgate_tests::{Answer, GitHub, Home, Host, Login, OPEN, Serve, root};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "github_pat_11AAAA";

fn github() -> GitHub {
    GitHub::start(Login::Header("authorization", format!("Bearer {TOKEN}")), 1000)
}

/// A host with a copy of the package that goes to this server, in a folder of its own.
fn host(github: &GitHub) -> Host {
    let home = Home::new();
    let shipped = root().join("community/github");
    let folder = home.work().join("packages/github");
    fs::create_dir_all(&folder).unwrap();
    fs::copy(shipped.join("package.yaml"), folder.join("package.yaml")).unwrap();
    let mut text = fs::read_to_string(shipped.join("group.yaml")).unwrap();
    let destination = format!("{{url: \"{}\", plaintext: true, credential: main}}", github.0.url());
    for (from, to) in [
        ("resource_type: EXTERNAL", "resource_type: INTERNAL"),
        ("{url: \"https://api.github.com\", credential: main}", &destination),
        ("base_url: https://api.github.com", &format!("base_url: {}", github.0.url())),
    ] {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(folder.join("group.yaml"), text).unwrap();
    let packages = home.work().join("packages");
    Serve::at(home).with(["--community-dir", packages.to_str().unwrap()]).reaching(&[&github.0]).start()
}

fn connect(host: &Host, members: &Value) -> Answer {
    let mut body = json!({"credentials": {"main": {"values": {"token": TOKEN}}}});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.send(host.request(Method::POST, "/groups/community:github/connections").json(&body))
}

fn call(host: &Host, connector: &str, input: &Value, connection: &Value) -> Answer {
    let path = format!("/groups/community:github/connectors/{connector}/invoke");
    host.send(host.request(Method::POST, &path).json(&json!({"input": input, "connection": connection})))
}

#[test]
fn every_connector_of_the_package_works() {
    let github = github();
    let host = host(&github);
    connect(&host, &json!({})).status(201);
    let fixed = json!({"fixed": "main"});
    let ask = |connector: &str, input: Value| call(&host, connector, &input, &fixed).output();
    let repository = json!({"owner": "acme", "repo": "rockets"});
    let with = |more: Value| {
        let mut input = repository.clone();
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };

    let issues = ask("list_issues", repository.clone());
    assert_eq!((issues["items"].as_array().unwrap().len() as u64, &issues["more"]), (OPEN, &json!(false)));
    assert_eq!(ask("list_issues", with(json!({"state": "closed"})))["items"], json!([]));
    let first = ask("get_issue", with(json!({"number": 1})));
    assert_eq!((&first["number"], &first["title"]), (&json!(1), &json!("Issue 1")));
    let new = with(json!({"title": "It leaks", "body": "At the seal.", "labels": ["bug"]}));
    assert_eq!(ask("create_issue", new)["number"], OPEN + 1);
    let comment = ask("create_comment", with(json!({"number": OPEN + 1, "body": "Seen too."})));
    assert_eq!(comment["body"], "Seen too.");
    assert_eq!(ask("get_repository", repository.clone())["full_name"], "acme/rockets");
    assert_eq!(ask("list_repositories", json!({"sort": "pushed"}))["items"][0]["name"], "rockets");
    assert_eq!(ask("list_pull_requests", repository.clone())["items"][0]["draft"], true);
    let found = ask("search_issues", json!({"query": "leaks repo:acme/rockets", "sort": "created"}));
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["number"]), (1, &json!(OPEN + 1)));

    // What left the host is what GitHub's documentation asks for.
    let seen = github.0.seen();
    for request in &seen {
        let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
        assert_eq!(header("accept"), "application/vnd.github+json", "{}", request.target);
        assert_eq!(header("x-github-api-version"), "2022-11-28");
        assert_eq!(header("authorization"), format!("Bearer {TOKEN}"));
        assert!(!header("user-agent").is_empty());
    }
    let created = seen.iter().find(|request| request.method == "POST").unwrap();
    assert_eq!(created.json(), json!({"title": "It leaks", "body": "At the seal.", "labels": ["bug"]}));
    let targets: Vec<_> = seen.iter().map(|request| request.target.as_str()).collect();
    assert!(
        targets.contains(&"/search/issues?per_page=100&q=leaks%20repo%3Aacme%2Frockets&sort=created"),
        "{targets:?}"
    );
    assert!(targets.contains(&"/repos/acme/rockets/issues?per_page=100"), "{targets:?}");

    // All of them are asked here, so none is untried.
    let listed = host.get("/groups/community:github").status(200).json();
    assert_eq!(listed["connector_names"].as_array().unwrap().len(), 8, "{listed}");
}

#[test]
fn customers_use_it_with_credentials_of_their_own() {
    let github = github();
    let host = host(&github);
    let verify = |id: &Value| {
        let path = format!("/groups/community:github/connections/{}/verify", id.as_str().unwrap());
        host.send(host.request(Method::POST, &path)).status(200).json()
    };
    let ada = connect(&host, &json!({"tenant": "ada"})).status(201).json();
    let wrong = json!({"tenant": "bob", "credentials": {"main": {"values": {"token": "other"}}}});
    let bob = connect(&host, &wrong).status(201).json();
    assert_eq!(verify(&ada["id"]), json!({"result": "verified"}));
    assert_eq!(verify(&bob["id"]), json!({"result": "refused", "status": 401}));

    let input = json!({"owner": "acme", "repo": "rockets", "number": 2});
    let of = |tenant: &str| json!({"dynamic": {"tenant": tenant}});
    assert_eq!(call(&host, "get_issue", &input, &of("ada")).output()["number"], 2);
    let refused = call(&host, "get_issue", &input, &of("bob")).problem(422, "LG3001");
    let failure = &refused["failure"];
    assert_eq!((&failure["code"], &failure["message"]), (&json!("http_401"), &json!("Bad credentials")));
    call(&host, "get_issue", &input, &of("eve")).problem(404, "LG1017");
    call(&host, "get_issue", &input, &json!("none")).problem(400, "LG1015");
    let missing = json!({"owner": "acme", "repo": "nothing"});
    let failure = call(&host, "get_repository", &missing, &of("ada")).problem(422, "LG3001")["failure"].take();
    assert_eq!((&failure["code"], &failure["message"]), (&json!("http_404"), &json!("Not Found")));
    // A name can't lead to another place.
    for owner in ["acme/rockets", "..", "acme%2frockets", "acme\r\nx: y", "acme?x", ""] {
        let input = json!({"owner": owner, "repo": "rockets"});
        call(&host, "get_repository", &input, &of("ada")).problem(422, "LG1009");
    }
}

#[test]
fn a_workspace_installs_it_as_it_likes() {
    let github = github();
    let host = host(&github);
    connect(&host, &json!({})).status(201);
    let input = json!({"owner": "acme", "repo": "rockets"});
    let install = |body: Value| {
        let request = host.request(Method::PUT, "/groups/community:github/installation");
        host.send(request.json(&body)).status(200)
    };
    let list = |host: &Host| call(host, "list_issues", &input, &json!({"fixed": "main"}));
    install(json!({"limits": {"connectors": {"list_issues": {"output_bytes": 2000}}}}));
    let limit = list(&host).problem(500, "LG3007")["limit"].take();
    assert_eq!(limit["setting"], "limits.output_bytes of the installation");
    install(json!({"enabled": false}));
    list(&host).problem(409, "LG1011");
    install(json!({}));
    list(&host).status(200);
    // Another workspace has an installation and connections of its own.
    host.send(host.admin(Method::POST, "/v1/workspaces").json(&json!({"slug": "second", "organization": "default"})))
        .status(201);
    let path = "/v1/workspaces/second/groups/community:github/connectors/list_issues/invoke";
    let body = json!({"input": input, "connection": {"fixed": "main"}});
    host.send(host.admin(Method::POST, path).json(&body)).problem(404, "LG1017");
}

/// The connectors of a package have one version each.
#[test]
fn its_connectors_are_shown_and_not_changed() {
    let github = github();
    let host = host(&github);
    let path = "/groups/community:github/connectors/get_issue";
    let shown = host.get(path).status(200);
    let number = host.get("/groups/community:github").json()["version"].clone();
    assert_eq!((&shown.json()["version"], &shown.json()["type"]), (&number, &json!("http")));
    let versions = host.get(&format!("{path}/versions")).status(200).json();
    assert_eq!(versions["items"].as_array().unwrap().len(), 1);
    assert_eq!((&versions["items"][0]["number"], &versions["items"][0]["current"]), (&number, &json!(true)));
    let one = host.get(&format!("{path}/versions/{number}")).status(200).json();
    assert_eq!(one["definition"]["name"], "get_issue");
    host.get(&format!("{path}/versions/1")).problem(404, "LG1004");
    let same = host.get(&format!("{path}/versions/{number}/diff/{number}")).status(200).json();
    assert_eq!(same["changes"], json!([]));
    let definition = &one["definition"];
    host.send(host.request(Method::PUT, path).json(definition)).problem(403, "LG1055");
    host.send(host.request(Method::DELETE, path)).problem(403, "LG1055");
    host.send(host.request(Method::POST, "/groups/community:github/connectors").json(definition))
        .problem(403, "LG1055");
    let switch = host.request(Method::PUT, &format!("{path}/current")).json(&json!({"version": number}));
    host.send(switch).problem(403, "LG1055");
}
