//! `/v1/audit`.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::parameter::{query, since};
use super::schema::{nullable, object, slug, text, time, uuid};

pub(super) fn noun() -> Noun {
    let scope = |name: &str| query(name, "Only of this one, without what is below it.", json!({"type": "string"}));
    Noun {
        name: "audit",
        description: "Who changed what.",
        operations: vec![
            Operation::new("GET", "/v1/audit", "list_audit", "List changes in the token's scope, the latest first")
                .lists("Change")
                .parameter(scope("organization"))
                .parameter(scope("workspace"))
                .parameter(query("action", "Only of this kind, such as `group.update`.", json!({"type": "string"})))
                .parameter(since())
                .refuses(&[Code::NotFound]),
        ],
        schemas: json!({
            "Change": object(
                &["id", "at", "token", "action", "organization", "workspace", "subject"],
                json!({
                    "id": {"type": "integer", "description": "Its place in the trail."},
                    "at": time("When."),
                    "token": nullable(uuid("Who; null for the host itself.")),
                    "action": text("What was done, such as `group.update`."),
                    "organization": nullable(slug("In which organization.")),
                    "workspace": nullable(slug("In which workspace.")),
                    "subject": text("To what."),
                }),
            ),
        }),
    }
}
