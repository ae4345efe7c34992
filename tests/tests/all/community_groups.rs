//! The ready-made groups for Google Docs and Slack, against servers that behave as both APIs do: the packages as they are
//! shipped, but for the addresses.

use lockgate_tests::{Answer, GoogleDocs, Home, Host, Serve, Slack, shipped};
use reqwest::Method;
use serde_json::{Value, json};

const GOOGLE: &str = "ya29.token-of-google";
const BOT: &str = "xoxb-token-of-slack";

/// Both servers, and a host with both packages, each with a connection `main`.
fn started() -> (GoogleDocs, Slack, Host) {
    let (docs, slack, home) = (GoogleDocs::start(GOOGLE), Slack::start(BOT), Home::new());
    shipped::package(&home, "google-docs", "https://docs.googleapis.com", &docs.upstream);
    let packages = shipped::package(&home, "slack", "https://slack.com", &slack.upstream);
    let serve = Serve::at(home).with(["--community-dir", packages.to_str().unwrap()]);
    let host = serve.reaching(&[&docs.upstream, &slack.upstream]).start();
    for (group, token) in [("google-docs", GOOGLE), ("slack", BOT)] {
        let body = json!({"name": "main", "credentials": {"main": {"method": "token", "values": {"token": token}}}});
        let path = format!("/groups/community:{group}/connections");
        host.send(host.request(Method::POST, &path).json(&body)).status(201);
    }
    (docs, slack, host)
}

fn call(host: &Host, connector: &str, input: &Value) -> Answer {
    let (group, connector) = connector.split_once('/').unwrap();
    let path = format!("/groups/community:{group}/connectors/{connector}/invoke");
    host.send(host.request(Method::POST, &path).json(&json!({"input": input, "connection": {"fixed": "main"}})))
}

#[test]
fn a_document_is_made_extended_and_read() {
    let (docs, _, host) = started();
    let made = call(&host, "google-docs/create_document", &json!({"title": "Launch"})).output();
    assert_eq!(made, json!({"documentId": "1Doc01", "title": "Launch", "revisionId": "ALm0"}));
    let id = &made["documentId"];
    for text in ["Wir \u{fc}ben.\n", "{{title}} \"quoted\"\\\n"] {
        let appended = call(&host, "google-docs/append_text", &json!({"document_id": id, "text": text})).output();
        assert_eq!(appended["documentId"], *id);
    }
    let text = "Wir \u{fc}ben.\n{{title}} \"quoted\"\\\n";
    assert_eq!(docs.document("1Doc01"), Some(("Launch".to_owned(), text.to_owned())));
    let read = call(&host, "google-docs/read_document", &json!({"document_id": id})).output();
    let runs = read["body"]["content"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|part| part["paragraph"]["elements"][0]["textRun"]["content"].as_str());
    assert_eq!(runs.collect::<String>(), format!("{text}\n"));
    // Only what is asked for.
    assert_eq!((read.get("documentStyle"), &read["revisionId"]), (None, &json!("ALm2")));
    let failure = call(&host, "google-docs/read_document", &json!({"document_id": "other"})).problem(422, "LG3001");
    assert_eq!(failure["failure"]["code"], "NOT_FOUND");
    for id in ["../1Doc01", "1Doc01:batchUpdate", "1Doc01?x", "", "a/b"] {
        call(&host, "google-docs/read_document", &json!({"document_id": id})).problem(422, "LG1009");
    }
    assert!(!host.log().contains(GOOGLE));
}

#[test]
fn messages_are_sent_and_channels_are_listed() {
    let (_, slack, host) = started();
    let channels = call(&host, "slack/list_channels", &json!({})).output();
    let names: Vec<_> = channels["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["general", "random", "launch", "ops", "docs"]);
    assert_eq!((slack.upstream.seen().len(), &channels["more"]), (3, &json!(false)));

    let message = json!({"channel": channels["items"][2]["id"], "text": "<https://a.example|A> & \"more\""});
    let sent = call(&host, "slack/send_message", &message).output();
    let answer = json!({"channel": sent["channel"], "text": "re", "thread_ts": sent["ts"], "unfurl_links": false});
    call(&host, "slack/send_message", &answer).status(200);
    let messages = slack.messages();
    assert_eq!((&messages[0]["text"], messages[0].get("thread_ts")), (&message["text"], None));
    assert_eq!((&messages[1]["thread_ts"], &messages[1]["unfurl_links"]), (&sent["ts"], &json!(false)));

    for (channel, code) in [("C0000000002", "not_in_channel"), ("C9", "channel_not_found")] {
        let refused = call(&host, "slack/send_message", &json!({"channel": channel, "text": "x"}));
        assert_eq!(refused.problem(422, "LG3001")["failure"]["code"], code);
    }
    assert_eq!(call(&host, "slack/who_am_i", &json!({})).output()["team"], "Acme");
    assert!(!host.log().contains(BOT));
}
