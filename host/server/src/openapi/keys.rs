//! `/v1/keys`.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::schema::{count, object, text};

pub(super) fn noun() -> Noun {
    Noun {
        name: "keys",
        description: "The key ring that every sealed value is wrapped by.",
        operations: vec![
            Operation::new("POST", "/v1/keys/rotate", "rotate_keys", "Wrap every sealed value by another key")
                .describe("Calls go on meanwhile, and a run that was cut off is finished by the next one.")
                .gives(200, "Rotation")
                .refuses(&[Code::Conflict]),
        ],
        schemas: json!({
            "Rotation": object(&["active", "values", "retired"], json!({
                "active": text("The key that seals from now on."),
                "values": count("How many values were wrapped anew."),
                "retired": {"type": "boolean", "description": "Whether the ring holds no other key that is still needed."},
            })),
        }),
    }
}
