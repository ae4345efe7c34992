use super::*;
use lockgate_sdk::testing::http::{Answer, assert_all_used, on, requests};
use lockgate_sdk::testing::set_setting;

const FIRST: &str = "/repos/acme/rockets/issues?per_page=2&state=open";

fn issue(number: u64) -> Value {
    json!({ "number": number, "title": format!("Issue {number}"), "state": "open", "body": null, "user": "ada" })
}

#[test]
fn lists_all_pages_up_to_the_limit() {
    set_setting("page_size", 2);
    let link = |page: u32| format!("<https://api.example/issues?page={page}>; rel=\"next\"");
    on("GET", FIRST).answer(Answer::new(200).header("link", &link(2)).json([issue(1), issue(2)]));
    on("GET", "https://api.example/issues?page=2").answer(Answer::new(200).header("link", &link(3)).json([issue(3)]));
    let answer = PLUGIN.call("list_issues", json!({ "repository": "acme/rockets", "limit": 3 })).unwrap();
    let numbers: Vec<_> = answer["issues"].as_array().unwrap().iter().map(|issue| issue["number"].clone()).collect();
    assert_eq!((numbers, &answer["more"]), (vec![json!(1), json!(2), json!(3)], &json!(true)));
    assert_all_used();
    assert!(requests().iter().all(|request| request.header("x-github-api-version") == Some("2022-11-28")));
}

#[test]
fn creates_and_comments() {
    on("POST", "/repos/acme/rockets/issues").answer(Answer::new(201).json(issue(26)));
    on("POST", "/repos/acme/rockets/issues/26/comments")
        .answer(Answer::new(201).json(json!({ "id": 1, "body": "+1" })));
    let new = json!({ "repository": "acme/rockets", "title": "It leaks" });
    assert_eq!(PLUGIN.call("create_issue", new).unwrap()["number"], 26);
    let comment = json!({ "repository": "acme/rockets", "number": 26, "body": "+1" });
    assert_eq!(PLUGIN.call("comment_on_issue", comment).unwrap()["id"], 1);
    let sent = requests();
    assert_eq!((sent[0].json()["title"].clone(), sent[1].json()), (json!("It leaks"), json!({ "body": "+1" })));
}

#[test]
fn refusals_have_codes() {
    let problem = |status: u16| Answer::new(status).json(json!({ "message": "No", "errors": [{ "field": "title" }] }));
    for (answer, code, retryable) in [
        (problem(401), "not_authenticated", false),
        (problem(403), "forbidden", false),
        (problem(403).header("x-ratelimit-remaining", "0").header("retry-after", "60"), "rate_limited", true),
        (problem(404), "not_found", false),
        (problem(422), "invalid", false),
        (Answer::new(503), "http_503", true),
    ] {
        on("POST", "/repos/acme/rockets/issues").answer(answer);
        let new = json!({ "repository": "acme/rockets", "title": "" });
        let failure = PLUGIN.call("create_issue", new).unwrap_err();
        assert_eq!((failure.code(), failure.is_retryable()), (code, retryable), "{failure}");
    }
    let failure = PLUGIN.call("create_issue", json!({ "repository": "acme", "title": "x" })).unwrap_err();
    assert_eq!(failure.code(), "invalid_repository");
}
