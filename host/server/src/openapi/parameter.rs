//! Parameters of addresses, queries and headers.

use serde_json::{Value, json};

/// The parts of addresses: name, grammar and meaning.
const PARTS: &[(&str, &str, &str)] = &[
    ("organization", SLUG, "Slug of the organization."),
    ("workspace", SLUG, "Slug of the workspace."),
    ("tenant", "^[!-~]{1,128}$", "Name of the tenant, percent-encoded."),
    ("token", UUID, "Id of the token."),
    ("call", UUID, "Id of the call."),
    (
        "ref",
        "^((org|community):)?[a-z][a-z0-9-]{0,62}$",
        "The group: `slug` in the scope of the address, `org:slug` in its organization, `community:slug` among the \
         ready-made ones.",
    ),
    ("connector", "^[a-z][a-z0-9_]{0,63}$", "Name of the connector in its group."),
    ("n", NUMBER, "Number of the version."),
    ("a", NUMBER, "Number of the one version."),
    ("b", NUMBER, "Number of the other."),
    ("digest", "^sha256:[0-9a-f]{64}$", "SHA-256 of the plugin's bytes."),
    ("connection", "^[^\\u0000-\\u001f]{1,64}$", "Id or name of the connection."),
    ("use", "^[a-z][a-z0-9_]{0,63}$", "Name of the entry of `uses`."),
    ("nonce", "^[!-~]+$", "The secret that a connect session is known by."),
];
/// The connector of a call.
const CALLED: (&str, &str, &str) = (
    "connector",
    "^[a-z][a-z0-9_]{0,63}(@([1-9][0-9]{0,17}|sha256:[0-9a-f]{64}))?$",
    "Name of the connector in its group; `name@version` runs a version that is not current: the number of one without \
     code, the digest of a loaded plugin.",
);

const NUMBER: &str = "^[1-9][0-9]{0,17}$";

const SLUG: &str = "^[a-z][a-z0-9-]{0,62}$";
const UUID: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// The names of the parts of an address.
fn names(address: &str) -> impl Iterator<Item = &str> {
    address.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// The parameters of an address; `calls` says whether a connector in it can be named with a version.
pub(super) fn parts(address: &str, calls: bool) -> impl Iterator<Item = Value> {
    let called = calls.then_some(&CALLED);
    names(address).map(move |name| {
        let known = called.into_iter().chain(PARTS).find(|(own, ..)| *own == name);
        let (pattern, description) = known.map_or((".+", ""), |(_, pattern, description)| (pattern, description));
        json!({
            "name": name, "in": "path", "required": true, "description": description,
            "schema": {"type": "string", "pattern": pattern},
        })
    })
}

/// An optional parameter of a query.
pub(crate) fn query(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "query", "required": false, "description": description, "schema": schema})
}

/// A flag of a query: `?name` and `?name=true` set it, as [`list::flag`](crate::list::flag) reads it.
pub(crate) fn flag(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "query", "required": false, "description": description, "schema": {"type": "boolean"},
        "allowEmptyValue": true,
    })
}

/// An optional header.
fn header(name: &str, description: &str, schema: Value) -> Value {
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": schema})
}

/// Of calls.
pub(super) fn tenant() -> Value {
    header("lockgate-tenant", "On whose behalf.", json!({"type": "string", "pattern": "^[!-~]{1,128}$"}))
}

/// Of calls that run once.
pub(crate) fn idempotency_key() -> Value {
    let schema = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"});
    header("Idempotency-Key", "Which request this is: the same key, the same call.", schema)
}

/// Of calls.
pub(super) fn attempt() -> Value {
    let schema = json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 1});
    header("lockgate-attempt", "Which attempt of the caller this is, for the connector.", schema)
}

/// Of calls.
pub(super) fn deadline() -> Value {
    let schema = json!({"type": "integer", "minimum": 1, "maximum": 900_000});
    header("lockgate-deadline-ms", "How long the caller waits.", schema)
}

/// Those of every list.
pub(super) fn list() -> [Value; 2] {
    [
        query(
            "limit",
            "The most items of a page.",
            json!({"type": "integer", "minimum": 1, "maximum": 500, "default": 50}),
        ),
        query("cursor", "The `next_cursor` of the page before.", json!({"type": "string"})),
    ]
}

/// Of lists of what has a name.
pub(crate) fn words() -> Value {
    query("q", "A text to look for in names and descriptions.", json!({"type": "string"}))
}

/// Of lists of what happened.
pub(crate) fn since() -> Value {
    query("since", "Nothing before this moment.", json!({"type": "string", "format": "date-time"}))
}

/// Of changes of what has a version.
pub(super) fn if_match() -> Value {
    let description = "The `ETag` of an earlier answer, or `*`: nothing is done if the object has changed meanwhile.";
    header("If-Match", description, json!({"type": "string", "pattern": "^(\\*|\"[0-9]+\")$"}))
}

/// Of what has a tag.
pub(crate) fn if_none_match() -> Value {
    let description = "Tags of earlier answers: one of them that is still right is answered with 304.";
    header("If-None-Match", description, json!({"type": "string"}))
}

/// Consent that connectors are taken away, or take and give less.
pub(crate) fn removal() -> Value {
    flag("allow_removal", "Let it drop connectors, or narrow their schemas.")
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::instances;
    use crate::routes::TABLE;

    #[test]
    fn every_part_of_an_address_is_described() {
        for address in TABLE.iter().flat_map(|(_, path, _)| instances(path)) {
            let missing = names(&address).find(|name| PARTS.iter().all(|(own, ..)| own != name));
            assert_eq!(missing, None, "{address}");
        }
    }
}
