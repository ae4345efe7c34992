//! The sample that calls out: an issue tracker, against a server that behaves as GitHub's API does.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lockgate_tests::upstream::Seen;
use lockgate_tests::{GitHub, Home, Host, Login, OPEN, Ran, SESSIONS, Serve, guests};
use serde_json::{Value, json};

const REPOSITORY: &str = "acme/rockets";
/// Where the groups of the sample say that the tracker is.
const TRACKER: &str = "127.0.0.1:7801";
/// The passwords, keys and tokens of two users.
const SECRETS: [(&str, &str); 2] = [("ada", "k-4d4-s3cr3t"), ("bo", "k-80-s3cr3t")];

/// A host with the sample, in a group that goes to this server.
fn host(github: &GitHub, members: Value) -> Host {
    let host = Serve::new().reaching(&[&github.0]).start();
    let destination = json!({"url": github.0.url(), "credential": "none", "plaintext": true});
    let mut group = json!({
        "resource_type": "INTERNAL", "capabilities": ["http"], "base_url": github.0.url(), "destinations": [destination],
    });
    group.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.with_guest(&guests::ISSUES, group);
    host
}

/// Everybody is let in.
fn open(left: u64) -> GitHub {
    GitHub::start(Login::Header("accept", "application/vnd.github+json".to_owned()), left)
}

#[test]
fn lists_all_pages_creates_and_comments() {
    let github = open(1000);
    let host = host(&github, json!({"settings": {"page_size": 10}}));
    let list = host.invoke("g/list_issues", &json!({"repository": REPOSITORY, "limit": 100})).output();
    assert_eq!((list["issues"].as_array().unwrap().len() as u64, &list["more"]), (OPEN, &json!(false)));
    assert_eq!(github.0.seen().len(), 3, "three pages");
    let some = host.invoke("g/list_issues", &json!({"repository": REPOSITORY, "limit": 12})).output();
    assert_eq!((some["issues"].as_array().unwrap().len(), &some["more"]), (12, &json!(true)));

    let new = json!({"repository": REPOSITORY, "title": "It leaks", "body": "At the seal."});
    let issue = host.invoke("g/create_issue", &new).output();
    assert_eq!(
        (&issue["number"], &issue["title"], &issue["state"]),
        (&json!(OPEN + 1), &json!("It leaks"), &json!("open"))
    );
    let comment = json!({"repository": REPOSITORY, "number": OPEN + 1, "body": "Seen too."});
    assert_eq!(host.invoke("g/comment_on_issue", &comment).output()["body"], "Seen too.");
}

#[test]
fn refusals_become_failures_with_codes() {
    let github = open(4);
    let host = host(&github, json!({}));
    let failure =
        |connector: &str, input: Value| host.invoke(connector, &input).problem(422, "LG3001")["failure"].take();
    let invalid = failure("g/create_issue", json!({"repository": REPOSITORY, "title": ""}));
    assert_eq!((&invalid["code"], &invalid["details"][0]["field"]), (&json!("invalid"), &json!("title")));
    let missing = failure("g/comment_on_issue", json!({"repository": REPOSITORY, "number": 999, "body": "?"}));
    assert_eq!((&missing["code"], &missing["message"]), (&json!("not_found"), &json!("Not Found")));
    let elsewhere = failure("g/list_issues", json!({"repository": "acme/../../etc"}));
    assert!(matches!(elsewhere["code"].as_str(), Some("not_found" | "invalid-request")), "{elsewhere}");
    host.invoke("g/list_issues", &json!({"repository": REPOSITORY})).status(200);
    let limited = loop {
        let answer = host.invoke("g/list_issues", &json!({"repository": REPOSITORY}));
        if answer.status == 422 {
            break answer.json()["failure"].take();
        }
    };
    assert_eq!((&limited["code"], &limited["retry_after_ms"]), (&json!("rate_limited"), &json!(60_000)));

    let closed = GitHub::start(Login::Header("authorization", "Bearer other".to_owned()), 10);
    let host = self::host(&closed, json!({}));
    let refused = host.invoke("g/list_issues", &json!({"repository": REPOSITORY})).problem(422, "LG3001");
    assert_eq!(refused["failure"]["code"], "not_authenticated");
}

/// A file of `sample-plugins/issues/groups`, and the name of its user and of its secret if its method has them.
const GROUPS: [(&str, Option<&str>, &str); 6] = [
    ("basic", Some("username"), "password"),
    ("bearer", None, "token"),
    ("key-header", None, "value"),
    ("key-query", None, "value"),
    ("key-cookie", None, "value"),
    ("custom", Some("user"), "password"),
];

/// How a request of this group shows a user.
fn shown(group: &str, user: &str, secret: &str) -> Login {
    match group {
        "basic" => Login::Header("authorization", format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))),
        "bearer" => Login::Header("authorization", format!("Bearer {secret}")),
        "key-header" => Login::Header("x-tracker-key", secret.to_owned()),
        "key-query" => Login::Query("key", secret.to_owned()),
        "key-cookie" => Login::Cookie("tracker", secret.to_owned()),
        "custom" => Login::Session { user: user.to_owned(), password: secret.to_owned() },
        other => panic!("no group `{other}`"),
    }
}

/// A tracker that knows both users by the login of this group, and the group's file with its address.
fn tracker(home: &Home, group: &str) -> GitHub {
    let logins = SECRETS.map(|(user, secret)| shown(group, user, secret));
    let github = GitHub::start(Login::Any(logins.into()), 1000);
    let file = guests::ISSUES.folder().join(format!("groups/{group}.yaml"));
    let text = fs::read_to_string(file).unwrap().replace(TRACKER, &github.0.address().to_string());
    home.write("group.yaml", text);
    home.write("secret", SECRETS[0].1);
    home.write("secret-of-bo", SECRETS[1].1);
    github
}

/// The values of a user, as arguments of `run` and of `connection create`.
fn values(file: &str, user: &str, (name, secret): (Option<&str>, &str)) -> Vec<String> {
    let named = name.map(|name| ["--field".to_owned(), format!("main.{name}={user}")]);
    let secret = ["--secret".to_owned(), format!("main.{secret}=@{file}")];
    named.into_iter().flatten().chain(secret).collect()
}

/// All issues came, and each request but that of a login showed this user and nobody else.
fn listed(ran: Ran, seen: &[Seen], user: &str, secret: &str) {
    assert_eq!(ran.json()["issues"].as_array().unwrap().len() as u64, OPEN, "{ran:#?}");
    let other = if user == "ada" { SECRETS[1].1 } else { SECRETS[0].1 };
    let lists: Vec<_> = seen.iter().filter(|seen| seen.path() != SESSIONS).collect();
    assert_eq!(lists.len(), 1);
    for seen in seen {
        let text = String::from_utf8_lossy(&seen.raw);
        assert!(!text.contains(other) && !text.contains(&STANDARD.encode(other)), "{text}");
    }
    let printed = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!printed.contains(secret) && !printed.contains(&STANDARD.encode(secret)), "{printed}");
    assert!(!printed.contains(&STANDARD.encode(format!("{user}:{secret}"))), "{printed}");
}

#[test]
fn each_auth_method_by_the_group_file_alone_without_a_host() {
    for (group, user, secret) in GROUPS {
        let home = Home::new();
        let github = tracker(&home, group);
        let address = github.0.address().to_string();
        let plugin = guests::ISSUES.path();
        let input = json!({"repository": REPOSITORY, "limit": 30}).to_string();
        let run = ["run", plugin.to_str().unwrap(), "list_issues", "--input", &input, "--group", "group.yaml"];
        let run = run.map(str::to_owned).into_iter().chain(["--reachable".to_owned(), address]);
        let run: Vec<_> = run.collect();
        let ran = home.run(run.iter().cloned().chain(values("secret", "ada", (user, secret)))).ok();
        listed(ran.says("> GET "), &github.0.seen(), "ada", SECRETS[0].1);
        // Without values the plugin is told so, and nothing is sent.
        let before = github.0.seen().len();
        home.run(run).exits(1).says("no-credential");
        assert_eq!(github.0.seen().len(), before);
    }
}

#[test]
fn each_auth_method_by_the_group_file_alone_fixed_and_dynamic() {
    for (group, user, secret) in GROUPS {
        let home = Home::new();
        let github = tracker(&home, group);
        let host = Serve::at(home).reaching(&[&github.0]).start();
        let slug = format!("tracker-{group}");
        host.run(["group", "create", "-f", "group.yaml"]).ok();
        host.run(["load", &slug, guests::ISSUES.path().to_str().unwrap()]).ok();
        let create = |more: &[&str], file: &str, name: &str| {
            let arguments = ["connection", "create", &slug].into_iter().chain(more.iter().copied()).map(str::to_owned);
            host.run(arguments.chain(values(file, name, (user, secret)))).ok().prints("active");
        };
        create(&["ours"], "secret", "ada");
        create(&["theirs", "--tenant", "bo-inc"], "secret-of-bo", "bo");
        let input = json!({"repository": REPOSITORY, "limit": 30}).to_string();
        let connector = format!("{slug}/list_issues");
        let mut before = 0;
        for (choice, (user, secret)) in [(["--connection", "ours"], SECRETS[0]), (["--tenant", "bo-inc"], SECRETS[1])] {
            let invoke = ["invoke", &connector, "--input", &input];
            let ran = host.run(invoke.into_iter().chain(choice)).ok();
            let seen = github.0.seen();
            listed(ran, &seen[before..], user, secret);
            before = seen.len();
        }
        host.run(["invoke", &connector, "--input", &input]).exits(1).says("LG1015");
        assert_eq!(github.0.seen().len(), before, "nothing is sent as somebody else");
        let shown = host.run(["connection", "show", &slug, "ours"]).ok();
        assert!(!shown.stdout.contains(SECRETS[0].1), "{}", shown.stdout);
    }
}
