//! `S/groups/{ref}/installation`.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::schema::{count, nullable, object, reference, sent, text, time, with};

/// What is set, by the scope itself or in force.
fn set() -> Value {
    json!({
        "enabled": nullable(json!({"type": "boolean"})),
        "limits": reference("LimitsPatch"),
        "values": {"type": "object", "additionalProperties": {"type": "string"}},
        "oauth": {"type": "object", "additionalProperties": object(&["client_id", "client_secret", "scopes"], json!({
            "client_id": nullable(text("A mask, if there is one.")),
            "client_secret": nullable(text("A mask, if there is one.")),
            "scopes": {"type": "array", "items": {"type": "string"}},
        }))},
        "return_urls": nullable(json!({"type": "array", "items": {"type": "string"}})),
    })
}

const SET: [&str; 5] = ["enabled", "limits", "values", "oauth", "return_urls"];

pub(super) fn noun() -> Noun {
    let client = sent(
        &[],
        json!({
            "client_id": nullable(text("Its id; the mask of a read keeps the one that is there.")),
            "client_secret": nullable(text("Its secret; the mask of a read keeps the one that is there.")),
            "scopes": {"type": "array", "items": {"type": "string"}, "description": "Beyond those of the group."},
        }),
    );
    let added = json!({
        "in_force": object(&SET, set()),
        "callback_url": nullable(text("What an OAuth client registers; null while the host does not know its address.")),
        "version": count("The number in the `ETag`; 0 while nothing is set."),
        "created_at": time("When something was set first."),
        "updated_at": time("When it was changed last."),
    });
    let shown = [&SET[..], &["in_force", "callback_url", "version"]].concat();
    Noun {
        name: "installations",
        description: "What a scope sets for a group that it sees. A workspace's come before its organization's, key by key.",
        operations: operations(),
        schemas: json!({
            "Installation": object(&shown, with(set(), added)),
            "InstallationGiven": sent(&[], json!({
                "enabled": nullable(json!({"type": "boolean", "description": "Whether the scope may use the group."})),
                "limits": reference("LimitsPatch"),
                "values": {"type": "object", "description": "Of the activation's visible fields, for every connection."},
                "oauth": {"type": "object", "additionalProperties": client, "description": "By the name of the credential."},
                "return_urls": nullable(json!({
                    "type": "array", "items": {"type": "string"}, "maxItems": 32,
                    "description": "Where a browser may go after it connected a customer.",
                })),
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "{S}/groups/{ref}/installation";
    vec![
        Operation::new("GET", ONE, "get_installation", "Show what the scope sets for a group, and what is in force")
            .gives_tagged(200, "Installation"),
        Operation::new("PUT", ONE, "replace_installation", "Replace what the scope sets for a group")
            .if_match()
            .takes("InstallationGiven")
            .gives_tagged(200, "Installation")
            .refuses(&[Code::DefinitionInvalid, Code::ValuesInvalid, Code::ScopeDisabled]),
    ]
}
