//! The definition of a group as the API takes and shows it, made of the published schema of `group.yaml`.

use lockgate_domain::definition_schema::group_members;
use schemars::SchemaGenerator;
use serde_json::{Value, json};

use crate::openapi::schema::{nullable, object, sent};
use crate::openapi::schemas::written;

written! {
    GroupPatch = |generator| sent(&[], patch(generator));
    ShownDefinition = |generator| object(
        &["apiVersion", "kind", "slug", "name", "resource_type", "enabled"],
        group_members(generator),
    );
}

/// The same members for a merge patch: each can be null, which removes it, and of an object a part can be sent.
fn patch(generator: &mut SchemaGenerator) -> Value {
    let members = group_members(generator);
    let members = members.as_object().into_iter().flatten().map(|(name, schema)| {
        let part = matches!(name.as_str(), "activation" | "limits" | "settings");
        (name.clone(), if part { json!({"type": ["object", "null"]}) } else { nullable(schema.clone()) })
    });
    Value::Object(members.collect())
}
