//! The sample that calls out: an issue tracker, against a server that behaves as GitHub's API does.

use lockgate_tests::{GitHub, Host, Login, OPEN, Serve, guests};
use serde_json::{Value, json};

const REPOSITORY: &str = "acme/rockets";

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
