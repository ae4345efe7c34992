//! `S/calls`.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::parameter::{query, since};
use super::schema::{count, digest, nullable, object, reference, text, time, uuid};

pub(super) fn noun() -> Noun {
    Noun {
        name: "calls",
        description: "Records of calls: metadata, never a body.",
        operations: operations(),
        schemas: json!({
            "Call": object(
                &[
                    "id", "group", "group_id", "connector", "plugin", "token", "tenant", "outcome", "ended_at",
                    "duration_us", "usage",
                ],
                json!({
                    "id": uuid("Its id."),
                    "group": nullable(text("The group's reference; null once it is deleted.")),
                    "group_id": uuid("The group's id."),
                    "connector": text("The connector."),
                    "plugin": nullable(digest("What ran, of a connector with code.")),
                    "version": nullable(count("The version that ran, of one without.")),
                    "token": uuid("Who called."),
                    "tenant": nullable(text("On whose behalf.")),
                    "outcome": text("`ok`, the code of the problem, or `gone` when the caller hung up."),
                    "ended_at": time("When it ended."),
                    "duration_us": count("From the arrival of the request's head."),
                    "usage": reference("Usage"),
                }),
            ),
        }),
    }
}

fn operations() -> Vec<Operation> {
    let words = || json!({"type": "string"});
    vec![
        Operation::new(
            "GET",
            "{S}/calls",
            "list_calls",
            "List the calls that were made in the scope, the latest first",
        )
        .lists("Call")
        .parameter(query("group", "Only of this group, by reference.", words()))
        .parameter(query("connector", "Only of this connector.", words()))
        .parameter(query("outcome", "Only with this outcome.", words()))
        .parameter(query("tenant", "Only for this tenant.", json!({"type": "string", "pattern": "^[!-~]{1,128}$"})))
        .parameter(since())
        .refuses(&[Code::NotFound]),
        Operation::new("GET", "{S}/calls/{call}", "get_call", "Show a call").gives(200, "Call"),
    ]
}
