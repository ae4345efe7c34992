//! The schema of `group.yaml`.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::write::{annotated, choice, described, list, map, nullable, number, object, of, with};
use crate::auth::Activation;
use crate::database::{Engine, TlsMode};
use crate::destination::{self, Destination, database as place};
use crate::{
    API_VERSION, Capability, ConnectorDefinition, ConnectorName, DestinationName, GroupDefinition, KIND, LimitsPatch,
    Slug, authorities, group, protos, uses,
};

/// No control characters.
const LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

described! {
    GroupDefinition, "GroupDefinition" = |generator| object(&["slug", "name", "resource_type"], members(generator));
    Destination, "Destination" = |generator| with(object(&[], json!({
        "name": annotated(of::<DestinationName>(generator), "By which connectors choose between databases and gRPC servers."),
        "database": database(),
        "grpc": {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://", "description": "In place of a URL: the address of a gRPC server, `https://host:port`, with a service behind it if only that may be called. Without TLS its scheme is `http`, for `INTERNAL` groups."},
        "url": {"type": "string", "description": "Scheme, host, port and the beginning of the path. A label of the host may be `{field}` or `*`."},
        "methods": annotated(list(json!({"type": "string", "pattern": "^[A-Z0-9!#$%&'*+.^_`|~-]+$"}), destination::METHODS_MAX), "All of them without it."),
        "encoded_slashes": {"type": "boolean", "description": "Whether plugins and scripts may send `%2F` within a segment of a path; for servers that don't take it for `/`."},
        "credential": {"type": "string", "description": "The credential that is added to its requests, or `none`."},
        "plaintext": {"type": "boolean", "description": "Whether a credential may go there without TLS; for `INTERNAL` groups."},
        "tenant_private": {"type": "boolean", "description": "Whether values of a tenant may lead to a private address; for `INTERNAL` groups."},
    })), json!({"oneOf": [{"required": ["url"]}, {"required": ["grpc"]}, {"required": ["database"]}]}));
}

/// In place of a URL: one database on one server.
fn database() -> Value {
    let option = json!({"type": "string", "minLength": 1, "maxLength": place::OPTION_MAX});
    object(
        &["engine", "host"],
        json!({
            "engine": choice(&Engine::WORDS),
            "host": {"type": "string", "description": "A name, an address, or `{field}` and a fixed suffix."},
            "port": number(1, 65_535),
            "name": {"type": "string", "minLength": 1, "maxLength": place::NAME_MAX, "description": "The database; without it the one that the server chooses for the user."},
            "tls": annotated(choice(&TlsMode::WORDS), "`verify-full` without it."),
            "options": {"type": "object", "minProperties": 1, "additionalProperties": option, "description": "Settings of its sessions."},
        }),
    )
}

/// Where descriptors come from.
fn protos(generator: &mut SchemaGenerator) -> Value {
    let path = json!({"maxLength": protos::PATH_MAX, "pattern": "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*\\.proto$"});
    let members = json!({
        "files": annotated(map(path, json!({"type": "string"}), protos::FILES_MAX), "Texts of `.proto` files, by the paths that imports name them by; together at most 512 KiB. The well-known types are there already."),
        "descriptor_set": {"type": "string", "description": "In place of files: a FileDescriptorSet in base64, with all imports, at most 512 KiB before it is encoded."},
        "reflection": {"const": true, "description": "In place of files: the server is asked, on request."},
        "destination": annotated(of::<DestinationName>(generator), "The server that is asked, by the name of its destination."),
    });
    let one =
        json!({"oneOf": [{"required": ["files"]}, {"required": ["descriptor_set"]}, {"required": ["reflection"]}]});
    annotated(
        nullable(with(object(&[], members), one)),
        "Where the descriptors of its gRPC messages come from. Lists of groups leave it out.",
    )
}

/// The connectors that its code may call.
fn uses(generator: &mut SchemaGenerator) -> Value {
    let name = json!({"type": "string", "minLength": 1, "maxLength": uses::CONNECTION_MAX, "pattern": LINE});
    let dynamic = object(&[], json!({"name": annotated(name.clone(), "The tenant's only or default one without it.")}));
    let members = json!({
        "fixed": annotated(name, "A connection of the organization or workspace, by its name."),
        "dynamic": annotated(dynamic, "A connection of the caller's tenant."),
    });
    let one = json!({"oneOf": [{"required": ["fixed"]}, {"required": ["dynamic"]}]});
    let connection = json!({
        "anyOf": [{"const": uses::INHERIT}, with(object(&[], members), one)],
        "description": "What the call runs with: `inherit`, as without it, takes the connection that the calling connector was called with.",
    });
    let entry = object(
        &["connector"],
        json!({
            "connector": {"type": "string", "pattern": "^((org|community):)?[a-z][a-z0-9-]{0,62}/[a-z][a-z0-9_]{0,63}(@[^@]+)?$", "description": "A reference such as `community:slack/send_message`."},
            "as": annotated(of::<ConnectorName>(generator), "The name by which the code calls it; without it the connector's own."),
            "connection": connection,
        }),
    );
    annotated(
        nullable(list(entry, uses::USES_MAX)),
        "The connectors that its code may call, each once an operator has granted exactly that entry.",
    )
}

pub(super) fn members(generator: &mut SchemaGenerator) -> Value {
    let url = |description: &str| json!({"type": ["string", "null"], "pattern": "^https?://[^\\u0000-\\u001f\\u007f-\\u009f]+$", "minLength": 9, "maxLength": 2048, "description": description});
    let tag = json!({"type": "string", "minLength": 1, "maxLength": group::TAG_MAX, "pattern": LINE});
    let certificates = json!({"type": "string", "minLength": 1, "maxLength": authorities::BYTES_MAX});
    json!({
        "apiVersion": {"const": API_VERSION},
        "kind": {"const": KIND},
        "slug": annotated(of::<Slug>(generator), "Unique in its scope; never changes."),
        "name": {"type": "string", "minLength": 1, "maxLength": group::NAME_MAX, "pattern": LINE, "description": "For people; unique in its scope."},
        "description": {"type": ["string", "null"], "maxLength": group::DESCRIPTION_MAX, "description": "What the group is for."},
        "image_url": url("An icon."),
        "documentation_url": url("Documentation of the outside system."),
        "resource_type": annotated(choice(&crate::ResourceType::WORDS), "`EXTERNAL` reaches public addresses, `INTERNAL` also private ones that the operator grants."),
        "base_url": {"type": ["string", "null"], "description": "What relative URLs of its requests are appended to. A destination must hold it."},
        "activation": annotated(nullable(of::<Activation>(generator)), "What a connection needs; without it there are no connections."),
        "destinations": {
            "type": ["array", "null"], "maxItems": destination::DESTINATIONS_MAX, "items": of::<Destination>(generator),
            "description": "Where its requests may go; nowhere without it.",
        },
        "certificate_authorities": {
            "type": ["array", "null"], "maxItems": authorities::CERTIFICATES_MAX, "items": certificates,
            "description": "Which authorities its requests trust over TLS beside those that every group trusts: texts of one or more certificates in PEM, at most 16 certificates and 64 KiB together.",
        },
        "protos": protos(generator),
        "tags": {"type": "array", "maxItems": group::TAGS_MAX, "items": tag, "description": "Keywords for searches."},
        "settings": {"type": "object", "description": "Values that plugins can read; no place for secrets."},
        "capabilities": {
            "type": "array", "description": "What its plugins may use.",
            "items": {"type": "string", "enum": Capability::ALL.map(Capability::name)},
        },
        "uses": uses(generator),
        "limits": of::<LimitsPatch>(generator),
        "connectors": {
            "type": ["array", "null"], "items": of::<ConnectorDefinition>(generator),
            "description": "Its declarative connectors, all of them. Lists of groups leave them out, and so can a change.",
        },
        "enabled": {"type": "boolean", "description": "Whether its connectors can be called."},
    })
}
