//! `/v1/workspaces`.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{line, nullable, object, sent, slug, stored, uuid};

pub(super) fn noun() -> Noun {
    let known = json!({"type": ["boolean", "null"], "description": "Whether calls may name declared tenants only."});
    let enabled = json!({"type": ["boolean", "null"], "description": "An admin of the organization may switch it."});
    Noun {
        name: "workspaces",
        description: "A workspace of an organization holds groups, tenants and tokens.",
        operations: operations(),
        schemas: json!({
            "Workspace": object(
                &[
                    "id", "slug", "name", "organization", "known_tenants_only", "enabled", "version", "created_at",
                    "updated_at",
                ],
                stored(json!({
                    "id": uuid("Its id."),
                    "slug": slug("Unique in the host; never changes."),
                    "name": line(),
                    "organization": nullable(slug("The slug of its organization.")),
                    "known_tenants_only": {"type": "boolean", "description": "Whether calls may name declared tenants only."},
                })),
            ),
            "NewWorkspace": sent(
                &["slug", "organization"],
                json!({
                    "slug": slug("Unique in the host."),
                    "organization": slug("The slug of its organization."),
                    "name": nullable(line()),
                    "enabled": enabled,
                    "known_tenants_only": known,
                }),
            ),
            "WorkspacePatch": sent(&[], json!({"name": nullable(line()), "enabled": enabled, "known_tenants_only": known})),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "/v1/workspaces/{workspace}";
    vec![
        Operation::new("GET", "/v1/workspaces", "list_workspaces", "List the workspaces in which the token holds")
            .lists("Workspace")
            .parameter(parameter::words()),
        Operation::new("POST", "/v1/workspaces", "create_workspace", "Make a workspace")
            .takes("NewWorkspace")
            .gives_tagged(201, "Workspace")
            .refuses(&[Code::NotFound, Code::Conflict, Code::ScopeDisabled, Code::DefinitionInvalid]),
        Operation::new("GET", ONE, "get_workspace", "Show a workspace").gives_tagged(200, "Workspace"),
        Operation::new("PATCH", ONE, "update_workspace", "Change a workspace")
            .if_match()
            .takes("WorkspacePatch")
            .gives_tagged(200, "Workspace")
            .refuses(&[Code::ScopeDisabled, Code::DefinitionInvalid]),
        Operation::new("DELETE", ONE, "delete_workspace", "Delete a workspace")
            .describe("For an admin of the organization. It must hold no group. Its tokens and tenants go with it.")
            .if_match()
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
    ]
}
