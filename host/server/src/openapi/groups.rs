//! `S/groups`.

use lockgate_domain::{Code, Limit};
use serde_json::{Map, Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{LINE, array, nullable, object, reference, sent, slug, stored, text, uuid, with};

/// The members of a definition.
fn definition() -> Value {
    let url = json!({"type": ["string", "null"], "pattern": "^https?://[^\\u0000-\\u001f\\u007f-\\u009f]+$", "minLength": 9, "maxLength": 2048});
    let tag = json!({"type": "string", "minLength": 1, "maxLength": 64, "pattern": LINE});
    json!({
        "apiVersion": {"const": lockgate_domain::API_VERSION},
        "kind": {"const": lockgate_domain::KIND},
        "slug": slug("Unique in its scope; never changes."),
        "name": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": LINE, "description": "Unique in its scope."},
        "description": {"type": ["string", "null"], "maxLength": 8192},
        "image_url": url,
        "documentation_url": url,
        "resource_type": {"type": "string", "enum": ["EXTERNAL", "INTERNAL"], "description": "Which addresses it may reach."},
        "base_url": {"type": ["string", "null"], "description": "What relative URLs are relative to."},
        "activation": nullable(reference("Activation")),
        "destinations": {
            "type": ["array", "null"], "maxItems": 64, "items": reference("Destination"),
            "description": "Where it may go; nowhere without it.",
        },
        "certificate_authorities": {
            "type": ["array", "null"], "maxItems": 16, "items": {"type": "string", "minLength": 1, "maxLength": 65536},
            "description": "Whom its requests trust over TLS beside those whom every group trusts: texts of one or more certificates in PEM, at most 16 certificates and 64 KiB together.",
        },
        "tags": {"type": "array", "maxItems": 32, "items": tag},
        "settings": {"type": "object", "description": "Values that plugins can read; no place for secrets."},
        "capabilities": {
            "type": "array", "description": "What its plugins may use.",
            "items": {"type": "string", "enum": ["http", "grpc", "database", "signing", "connectors"]},
        },
        "limits": reference("LimitsPatch"),
        "connectors": {
            "type": ["array", "null"], "items": reference("ConnectorDefinition"),
            "description": "Its connectors without code, all of them. Lists of groups leave them out, and so can a change.",
        },
        "enabled": {"type": "boolean", "description": "Whether its connectors can be called."},
    })
}

fn limits() -> Map<String, Value> {
    let limit = |limit: &Limit| {
        let (min, max) = limit.range();
        (limit.name().to_owned(), json!({"type": ["integer", "null"], "minimum": min, "maximum": max}))
    };
    Limit::ALL.iter().map(limit).collect()
}

/// The same members for a merge patch: each can be null, which removes it, and of an object a part can be sent.
fn patch() -> Value {
    let members = definition();
    let members = members.as_object().into_iter().flatten().map(|(name, schema)| {
        let part = matches!(name.as_str(), "activation" | "limits" | "settings");
        (name.clone(), if part { json!({"type": ["object", "null"]}) } else { nullable(schema.clone()) })
    });
    Value::Object(members.collect())
}

pub(super) fn noun() -> Noun {
    let added = json!({
        "id": uuid("Its id."),
        "ref": text("How it is named in this scope; in lists."),
        "package": object(&["name", "version"], json!({"name": slug("Its name."), "version": text("Its version.")})),
        "connector_names": array(text("A name."), "What can be called."),
    });
    let of_connectors = json!({"connectors": {
        "type": "object", "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,63}$"},
        "description": "Values for single connectors; what they leave out is as for the group.",
        "additionalProperties": sent(&[], Value::Object(limits())),
    }});
    Noun {
        name: "groups",
        description: "A group holds related connectors and is one identity towards the outside.",
        operations: operations(),
        schemas: with(
            super::activation::schemas(),
            json!({
                "GroupDefinition": sent(&["slug", "name", "resource_type"], definition()),
                "GroupPatch": sent(&[], patch()),
                "Group": object(
                    &[
                        "apiVersion", "kind", "slug", "name", "resource_type", "enabled", "id", "version", "created_at",
                        "updated_at", "connector_names",
                    ],
                    with(definition(), stored(added)),
                ),
                "LimitsPatch": sent(&[], with(Value::Object(limits()), of_connectors)),
                "Limits": object(
                    &Limit::ALL.iter().map(|limit| limit.name()).collect::<Vec<_>>(),
                    Limit::ALL.iter().map(|limit| (limit.name().to_owned(), json!({"type": "integer"}))).collect(),
                ),
            }),
        ),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "{S}/groups/{ref}";
    let changes = [Code::Forbidden, Code::ReadOnly, Code::ScopeDisabled, Code::Conflict, Code::DefinitionInvalid];
    vec![
        Operation::new("GET", "{S}/groups", "list_groups", "List groups")
            .lists("Group")
            .parameter(parameter::words())
            .parameter(parameter::query(
                "visible",
                "`all` adds the groups of the organization, and the ready-made ones.",
                json!({"type": "string", "enum": ["all"]}),
            )),
        Operation::new("POST", "{S}/groups", "create_group", "Make a group")
            .describe("`INTERNAL` and capabilities need the role `operator`.")
            .takes("GroupDefinition")
            .gives_tagged(201, "Group")
            .refuses(&changes),
        Operation::new("GET", ONE, "get_group", "Show a group").gives_tagged(200, "Group"),
        Operation::new("PUT", ONE, "replace_group", "Replace the definition of a group")
            .if_match()
            .takes("GroupDefinition")
            .gives_tagged(200, "Group")
            .refuses(&changes),
        Operation::new("PATCH", ONE, "update_group", "Change values of a group")
            .describe("A merge patch (RFC 7396): null removes a member.")
            .if_match()
            .takes_patch("GroupPatch")
            .gives_tagged(200, "Group")
            .refuses(&changes),
        Operation::new("DELETE", ONE, "delete_group", "Delete a group with its plugins")
            .if_match()
            .refuses(&[Code::ReadOnly, Code::ScopeDisabled]),
    ]
}
