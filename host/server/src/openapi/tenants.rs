//! `/v1/workspaces/{workspace}/tenants`.

use lockgate_domain::Code;
use serde_json::{Value, json};

use super::Noun;
use super::operation::Operation;
use super::parameter;
use super::schema::{object, sent, stored};

fn name() -> Value {
    json!({"type": "string", "pattern": "^[!-~]{1,128}$", "description": "The caller's own id of the tenant."})
}

pub(super) fn noun() -> Noun {
    let always = ["name", "enabled", "version", "created_at", "updated_at"];
    Noun {
        name: "tenants",
        description: "End customers that a workspace declares. Calls may name others too, unless the workspace forbids it.",
        operations: operations(),
        schemas: json!({
            "Tenant": object(&always, stored(json!({"name": name()}))),
            "NewTenant": sent(&["name"], json!({"name": name()})),
            "TenantPatch": sent(&["enabled"], json!({"enabled": {"type": "boolean"}})),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const ALL: &str = "/v1/workspaces/{workspace}/tenants";
    const ONE: &str = "/v1/workspaces/{workspace}/tenants/{tenant}";
    vec![
        Operation::new("GET", ALL, "list_tenants", "List declared tenants")
            .lists("Tenant")
            .parameter(parameter::words()),
        Operation::new("POST", ALL, "create_tenant", "Declare a tenant")
            .takes("NewTenant")
            .gives_tagged(201, "Tenant")
            .refuses(&[Code::Conflict, Code::ScopeDisabled]),
        Operation::new("GET", ONE, "get_tenant", "Show a tenant").gives_tagged(200, "Tenant"),
        Operation::new("PATCH", ONE, "update_tenant", "Switch a tenant on or off")
            .if_match()
            .takes("TenantPatch")
            .gives_tagged(200, "Tenant")
            .refuses(&[Code::ScopeDisabled]),
        Operation::new("DELETE", ONE, "delete_tenant", "Forget a tenant").if_match().refuses(&[Code::ScopeDisabled]),
    ]
}
