//! What a host sees of a plugin: its manifest, and how calls end.

use lockgate_sdk::{prelude::*, testing};
use std::fmt;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewIssue {
    /// What is wrong.
    title: String,
    body: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Issue {
    id: u64,
    /// Always written, null or not.
    body: Option<String>,
}

#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the title is empty")
    }
}

impl std::error::Error for Refused {}

mod issues {
    use super::*;

    /// Open an issue.
    ///
    /// The second paragraph belongs to the description too.
    #[connector(tags("work", "issues"), idempotent, example({ "title": "It leaks" } => { "id": 1, "body": null }))]
    pub(super) fn create_issue(NewIssue { title, body }: NewIssue) -> Result<Issue, Refused> {
        if title.is_empty() { Err(Refused) } else { Ok(Issue { id: 1, body }) }
    }
}

#[connector(title = "Server's time", read_only)]
fn time() -> u64 {
    log::info!("asked", attempt = context::attempt());
    clock::unix_time().as_secs()
}

#[connector]
fn forget(_: std::collections::BTreeMap<String, u8>) {}

lockgate_sdk::plugin!(issues::create_issue, time, forget);

#[test]
fn manifest_says_what_the_code_says() {
    let manifest = PLUGIN.manifest();
    assert_eq!(manifest["name"], "lockgate-sdk");
    assert_eq!(manifest["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["sdk"]["name"], "lockgate-sdk");

    let create = &manifest["connectors"][0];
    assert_eq!(create["name"], "create_issue");
    assert_eq!(create["title"], "Create issue");
    assert_eq!(create["description"], "Open an issue.\n\nThe second paragraph belongs to the description too.");
    assert_eq!(create["tags"], json!(["work", "issues"]));
    assert_eq!(create["hints"], json!({ "idempotent": true }));
    assert_eq!(create["examples"][0]["output"]["id"], 1);
    let input = &create["input_schema"];
    assert_eq!(input["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(input["required"], json!(["title"]));
    assert_eq!(input["additionalProperties"], false);
    assert_eq!(input["properties"]["title"]["description"], "What is wrong.");
    assert_eq!(create["output_schema"]["required"], json!(["id", "body"]));

    let time = &manifest["connectors"][1];
    assert_eq!(time["title"], "Server's time");
    assert_eq!(time["description"], Value::Null);
    assert_eq!(time["input_schema"]["additionalProperties"], false);
    assert_eq!(manifest["connectors"][2]["output_schema"]["type"], "null");
}

#[test]
fn calls_go_by_name_through_json() {
    testing::set_unix_time(std::time::Duration::from_secs(7));
    assert_eq!(PLUGIN.call("time", json!({})), Ok(json!(7)));
    assert_eq!(testing::logs()[0].fields, json!({ "attempt": 1 }));
    assert_eq!(PLUGIN.call("forget", json!({ "a": 1 })), Ok(Value::Null));
    testing::assert_examples(&PLUGIN);
}

#[test]
fn failures_say_what_is_wrong() {
    let empty = PLUGIN.call("create_issue", json!({ "title": "" })).expect_err("no title");
    assert_eq!(empty, Failure::new("error", "the title is empty"));

    let unfit = PLUGIN.call("forget", json!({ "a": 1, "b": 300 })).expect_err("300 is no u8");
    assert_eq!(unfit.code(), "invalid_input");
    assert_eq!(unfit.details_value().map(|details| &details["pointer"]), Some(&json!("/b")));

    let surplus = PLUGIN.call("time", json!({ "zone": "utc" })).expect_err("time takes nothing");
    assert!(surplus.message().contains("unknown field `zone`"), "{surplus}");

    assert_eq!(
        PLUGIN.call("nothing", ()).map_err(|failure| failure.code().to_owned()),
        Err("unknown_connector".into())
    );
}

#[test]
#[should_panic(expected = "example 2 of double: expected Some(Number(5))")]
fn wrong_examples_are_found() {
    mod wrong {
        use lockgate_sdk::prelude::*;

        #[connector(example(2 => 5))]
        fn double(input: u8) -> u8 {
            input * 2
        }
        lockgate_sdk::plugin!(double);
    }
    testing::assert_examples(&wrong::PLUGIN);
}
