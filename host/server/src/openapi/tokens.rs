//! `S/tokens`.

use lockgate_domain::{Code, Role};
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{array, line, nullable, object, sent, stored, text, time, uuid, with};

/// Members that are shown, with those that are always there.
fn shown() -> Value {
    stored(json!({
        "id": uuid("Its id."),
        "name": line(),
        "role": role(),
        "groups": nullable(array(text("A reference, read in the token's own scope."), "The groups that it is limited to.")),
        "tenants": nullable(array(text("A name."), "The tenants that it is limited to.")),
        "expires_at": nullable(time("Its end.")),
        "requests_per_second": rate(),
        "burst": rate(),
        "local": {"type": "boolean", "description": "Whether it is for use on the host's own machine alone."},
        "used_at": nullable(time("When it was shown last.")),
    }))
}

const ALWAYS: [&str; 14] = [
    "id",
    "name",
    "role",
    "groups",
    "tenants",
    "enabled",
    "expires_at",
    "requests_per_second",
    "burst",
    "local",
    "used_at",
    "version",
    "created_at",
    "updated_at",
];

fn role() -> Value {
    json!({"type": "string", "enum": Role::ALL.map(Role::as_str), "description": "Each includes those before it."})
}

fn rate() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": 1_000_000})
}

fn seconds() -> Value {
    json!({"type": "integer", "minimum": 0, "maximum": u32::MAX, "description": "Its end, in seconds from now."})
}

pub(super) fn noun() -> Noun {
    let token = json!({"token": {"type": "string", "description": "Its text, shown here and never again."}});
    let limit = |items: Value, description: &str| json!({"type": "array", "minItems": 1, "items": items, "description": description});
    let reference = json!({"type": "string", "pattern": "^((org|community):)?[a-z][a-z0-9-]{0,62}$"});
    let tenant = json!({"type": "string", "pattern": "^[!-~]{1,128}$"});
    Noun {
        name: "tokens",
        description: "Access tokens of a scope: a role, limits, an end and a rate.",
        operations: operations(),
        schemas: json!({
            "Token": object(&ALWAYS, shown()),
            "MadeToken": object(&[&ALWAYS[..], &["token"]].concat(), with(shown(), token)),
            "NewToken": sent(&["name", "role"], json!({
                "name": line(),
                "role": role(),
                "groups": nullable(limit(reference, "The groups that it is limited to, read in the token's own scope.")),
                "tenants": nullable(limit(tenant, "The tenants that it is limited to.")),
                "expires_in": nullable(seconds()),
                "expires_at": nullable(time("Its end; not together with `expires_in`.")),
                "requests_per_second": nullable(rate()),
                "burst": nullable(rate()),
            })),
            "TokenPatch": sent(&[], json!({
                "name": nullable(line()),
                "enabled": nullable(json!({"type": "boolean"})),
                "expires_in": nullable(seconds()),
                "expires_at": nullable(time("Its end; null takes it away. Not together with `expires_in`.")),
                "requests_per_second": nullable(rate()),
                "burst": nullable(rate()),
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "{S}/tokens/{token}";
    vec![
        Operation::new("GET", "{S}/tokens", "list_tokens", "List the tokens of the scope")
            .lists("Token")
            .parameter(parameter::words()),
        Operation::new("POST", "{S}/tokens", "create_token", "Make a token")
            .describe("Role and limits are at most those of who makes it.")
            .takes("NewToken")
            .gives_tagged(201, "MadeToken")
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Operation::new("GET", ONE, "get_token", "Show a token, without its text").gives_tagged(200, "Token"),
        Operation::new("PATCH", ONE, "update_token", "Change a token, or switch it off")
            .if_match()
            .takes("TokenPatch")
            .gives_tagged(200, "Token")
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Operation::new("DELETE", ONE, "revoke_token", "Revoke a token").if_match().refuses(&[Code::ScopeDisabled]),
    ]
}
