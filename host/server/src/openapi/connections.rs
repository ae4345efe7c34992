//! `S/groups/{ref}/connections` and `S/connections`.

use lockgate_domain::{Code, ConnectionState};
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::problem::{CONNECTION, OUTGOING};
use super::schema::{array, digest, nullable, object, reference, sent, stored, text, time, uuid, with};

const ALWAYS: [&str; 14] = [
    "id",
    "name",
    "tenant",
    "state",
    "enabled",
    "default",
    "methods",
    "expires_at",
    "credentials_at",
    "version",
    "created_at",
    "updated_at",
    "fields",
    "credentials",
];

fn state() -> Value {
    let states = ConnectionState::ALL.map(ConnectionState::as_str);
    json!({"type": "string", "enum": states, "description": "What it can do now."})
}

fn shown() -> Value {
    let masked = |description: &str| json!({"type": "object", "description": description});
    let change = object(&["text", "wider"], json!({"text": text("What is different."), "wider": {"type": "boolean"}}));
    stored(json!({
        "id": uuid("Stays the same when its values are replaced."),
        "name": text("Unique for its owner in the group."),
        "tenant": nullable(text("Whose it is, if it is a tenant's.")),
        "state": state(),
        "default": {"type": "boolean", "description": "Whether it is taken when a call of its tenant names none."},
        "methods": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Of each credential."},
        "expires_at": nullable(time("The end of its credentials.")),
        "credentials_at": nullable(time("When its values were given.")),
        "fields": masked("Values of the activation's fields; secret ones are masked."),
        "credentials": masked("Values of each credential, masked."),
        "review": object(&["digest", "changes"], json!({
            "digest": digest("What an admin accepts."),
            "changes": array(change, "What became different since its values were given."),
        })),
        "group": text("The group's reference, in lists of several."),
    }))
}

fn schemas() -> Value {
    let method = sent(
        &[],
        json!({
            "method": nullable(text("Which of its methods; its default without it.")),
            "values": {"type": "object", "description": "Of the method's fields."},
        }),
    );
    let credentials = json!({
        "type": "object", "additionalProperties": method, "description": "By the name of the credential.",
    });
    let fields = json!({"type": "object", "description": "Values of the activation's fields."});
    let name = json!({"type": "string", "description": "Unique for its owner in the group; `main` without it."});
    let flag = || json!({"type": "boolean"});
    json!({
        "Connection": object(&ALWAYS, shown()),
        "AcceptedConnection": object(
            &[&ALWAYS[..], &["accepted"]].concat(),
            with(shown(), json!({"accepted": array(text("One of them."), "The differences that were accepted.")})),
        ),
        "NewConnection": sent(&[], json!({
            "name": nullable(name.clone()),
            "tenant": nullable(json!({"type": "string", "pattern": "^[!-~]{1,128}$"})),
            "default": flag(),
            "enabled": flag(),
            "fields": nullable(fields.clone()),
            "credentials": nullable(credentials.clone()),
        })),
        "ConnectionPatch": sent(&[], json!({
            "name": nullable(name), "enabled": nullable(flag()), "default": nullable(flag()),
        })),
        "ConnectionValues": sent(&[], json!({"fields": fields, "credentials": credentials})),
        "Accepted": sent(&["digest"], json!({"digest": text("`review.digest` of the answer that was read.")})),
        "Verification": object(&["result"], json!({
            "result": {"type": "string", "enum": ["verified", "refused", "not verifiable"]},
            "status": {"type": "integer", "description": "What the upstream answered, if it refused."},
        })),
    })
}

pub(super) fn noun() -> Noun {
    Noun {
        name: "connections",
        description: "Values for the credentials of a group. Secrets go in and never come out.",
        operations: operations(),
        schemas: schemas(),
    }
}

/// A list of connections.
fn list(address: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("GET", address, id, summary)
        .lists("Connection")
        .parameter(parameter::words())
        .parameter(parameter::query("state", "Only in this state.", state()))
        .parameter(parameter::query("tenant", "Only of this tenant.", json!({"type": "string"})))
}

fn operations() -> Vec<Operation> {
    const ALL: &str = "{S}/groups/{ref}/connections";
    const ONE: &str = "{S}/groups/{ref}/connections/{connection}";
    let named = [Code::SeveralConnections, Code::ScopeDisabled];
    let values = [Code::ValuesInvalid, Code::MethodUnsupported, Code::NoActivation];
    vec![
        list("{S}/connections", "list_all_connections", "List the connections of the scope"),
        list(ALL, "list_connections", "List the connections of a group"),
        Operation::new("POST", ALL, "create_connection", "Make a connection")
            .describe("Without values it waits for them.")
            .takes("NewConnection")
            .gives_tagged(201, "Connection")
            .refuses(&[Code::TenantUnknown, Code::DefinitionInvalid, Code::Conflict, Code::ScopeDisabled])
            .refuses(&values),
        Operation::new("GET", ONE, "get_connection", "Show a connection, with masks in place of secrets")
            .gives_tagged(200, "Connection")
            .refuses(&named),
        Operation::new("PATCH", ONE, "update_connection", "Change name, switch or mark of a connection")
            .if_match()
            .takes("ConnectionPatch")
            .gives_tagged(200, "Connection")
            .refuses(&[Code::DefinitionInvalid, Code::Conflict])
            .refuses(&named),
        Operation::new("DELETE", ONE, "delete_connection", "Delete a connection").if_match().refuses(&named),
        Operation::new(
            "PUT",
            "{S}/groups/{ref}/connections/{connection}/credentials",
            "set_credentials",
            "Replace the values of a connection",
        )
        .describe("It keeps its id, and takes the group as it is now.")
        .if_match()
        .takes("ConnectionValues")
        .gives_tagged(200, "Connection")
        .refuses(&named)
        .refuses(&values),
        Operation::new(
            "POST",
            "{S}/groups/{ref}/connections/{connection}/accept",
            "accept_connection",
            "Accept what became different in the group since the values were given",
        )
        .if_match()
        .takes("Accepted")
        .gives_tagged(200, "AcceptedConnection")
        .refuses(&[Code::ConnectionPending])
        .refuses(&named),
        Operation::new(
            "POST",
            "{S}/groups/{ref}/connections/{connection}/reconnect",
            "reconnect",
            "Make a page on which somebody gives new values",
        )
        .gives(201, "ConnectPage")
        .refuses(&named),
        Operation::new(
            "POST",
            "{S}/groups/{ref}/connections/{connection}/verify",
            "verify_connection",
            "Send the request that tells whether a connection works",
        )
        .gives_as(200, "application/json", reference("Verification"))
        .refuses(CONNECTION)
        .refuses(OUTGOING)
        .refuses(&named),
    ]
}
