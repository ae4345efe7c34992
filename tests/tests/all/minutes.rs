//! The sample flow: a script makes a document and posts its link, by the ready-made groups for Google Docs and Slack, against
//! servers that behave as both APIs do.

use lockgate_tests::{Answer, GoogleDocs, Home, Host, Serve, Slack, root, shipped};
use reqwest::Method;
use serde_json::{Value, json};

const GOOGLE: &str = "ya29.token-of-google";
const BOT: &str = "xoxb-token-of-ada";

/// Both servers, and a host with the flow. The documents are the workspace's, the messages are Ada's.
fn started() -> (GoogleDocs, Slack, Host) {
    let (docs, slack, home) = (GoogleDocs::start(GOOGLE), Slack::start(BOT), Home::new());
    shipped::package(&home, "google-docs", "https://docs.googleapis.com", &docs.upstream);
    let packages = shipped::package(&home, "slack", "https://slack.com", &slack.upstream);
    let serve = Serve::at(home).with(["--community-dir", packages.to_str().unwrap()]);
    let host = serve.reaching(&[&docs.upstream, &slack.upstream]).start().with_scripts();
    let connect = |group: &str, token: &str, tenant: Value| {
        let credentials = json!({"main": {"method": "token", "values": {"token": token}}});
        let body = json!({"name": "main", "tenant": tenant, "credentials": credentials});
        host.send(host.request(Method::POST, &format!("/groups/community:{group}/connections")).json(&body))
            .status(201);
    };
    connect("google-docs", GOOGLE, Value::Null);
    connect("slack", BOT, json!("ada"));
    let sample = root().join("sample-plugins/minutes");
    host.run(["group", "create", "--file", sample.join("group.yaml").to_str().unwrap()]).ok();
    let script = sample.join("publish.ts");
    host.run(["connector", "create", "minutes", "--file", script.to_str().unwrap()]).ok();
    (docs, slack, host)
}

fn publish(host: &Host, tenant: Option<&str>, channel: &str) -> Answer {
    let input = json!({"title": "Launch", "decisions": ["We launch.", "On Monday."], "channel": channel});
    let request =
        host.request(Method::POST, "/groups/minutes/connectors/publish/invoke").json(&json!({"input": input}));
    host.send(match tenant {
        Some(tenant) => request.header("lockgate-tenant", tenant),
        None => request,
    })
}

#[test]
fn a_document_is_made_and_its_link_is_posted() {
    let (docs, slack, host) = started();
    // Nothing is called before somebody has looked at it.
    let waiting = publish(&host, Some("ada"), "C0000000001").problem(422, "LG3001");
    assert_eq!((&waiting["failure"]["code"], docs.count()), (&json!("not-granted"), 0));
    host.run(["group", "grant", "minutes", "--all"]).ok();

    let url = "https://docs.google.com/document/d/1Doc01/edit";
    let output = publish(&host, Some("ada"), "C0000000001").output();
    assert_eq!(output, json!({"url": url, "message": "1790000000.000001"}));
    let text = "1. We launch.\n2. On Monday.\n".to_owned();
    assert_eq!(docs.document("1Doc01"), Some(("Launch".to_owned(), text)));
    let messages = slack.messages();
    assert_eq!(
        (&messages[0]["channel"], &messages[0]["text"]),
        (&json!("C0000000001"), &json!(format!("<{url}|Launch>")))
    );
    // Each server saw its own token, and nobody else did.
    for secret in [GOOGLE, BOT] {
        assert!(!host.log().contains(secret) && !output.to_string().contains(secret));
    }
}

#[test]
fn the_message_is_the_tenants_and_a_failure_has_the_code_of_its_system() {
    let (docs, slack, host) = started();
    host.run(["group", "grant", "minutes", "--all"]).ok();
    let failure =
        |tenant, channel: &str| publish(&host, tenant, channel).problem(422, "LG3001")["failure"]["code"].take();
    assert_eq!(failure(Some("ada"), "C0000000002"), "not_in_channel");
    // Bob has no connection, and a call without a tenant has none either; the document is made before that shows.
    assert_eq!(failure(Some("bob"), "C0000000001"), "connection");
    assert_eq!(failure(None, "C0000000001"), "no-tenant");
    assert_eq!((docs.count(), slack.messages().len()), (3, 0));
}
