//! `/v1/organizations`.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{line, nullable, object, sent, slug, stored, text, uuid, with};

pub(super) fn noun() -> Noun {
    let shown =
        || stored(json!({"id": uuid("Its id."), "slug": slug("Unique in the host; never changes."), "name": line()}));
    let always = ["id", "slug", "name", "enabled", "version", "created_at", "updated_at"];
    let made = with(shown(), json!({"admin_token": text("The token of its first admin, shown here and never again.")}));
    Noun {
        name: "organizations",
        description: "An organization holds workspaces; its groups are usable in all of them.",
        operations: operations(),
        schemas: json!({
            "Organization": object(&always, shown()),
            "MadeOrganization": object(&[&always[..], &["admin_token"]].concat(), made),
            "NewOrganization": sent(&["slug"], json!({"slug": slug("Unique in the host."), "name": nullable(line())})),
            "OrganizationPatch": sent(&[], json!({
                "name": nullable(line()),
                "enabled": {"type": ["boolean", "null"], "description": "The owner of the host may switch it."},
                "known_tenants_only": {"type": "null", "description": "Of workspaces alone."},
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ONE: &str = "/v1/organizations/{organization}";
    vec![
        Operation::new("GET", "/v1/organizations", "list_organizations", "List organizations")
            .describe("Those in which the token holds; all of them for the owner of the host.")
            .lists("Organization")
            .parameter(parameter::words()),
        Operation::new("POST", "/v1/organizations", "create_organization", "Make an organization")
            .takes("NewOrganization")
            .gives_tagged(201, "MadeOrganization")
            .refuses(&[Code::Conflict, Code::DefinitionInvalid]),
        Operation::new("GET", ONE, "get_organization", "Show an organization").gives_tagged(200, "Organization"),
        Operation::new("PATCH", ONE, "update_organization", "Change an organization")
            .if_match()
            .takes("OrganizationPatch")
            .gives_tagged(200, "Organization")
            .refuses(&[Code::Conflict, Code::ScopeDisabled, Code::DefinitionInvalid]),
        Operation::new("DELETE", ONE, "delete_organization", "Delete an organization")
            .describe("It must hold no workspace and no group. Its tokens go with it.")
            .if_match()
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
    ]
}
