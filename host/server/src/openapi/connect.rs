//! Connect sessions, and the page of one.

use lockgate_domain::Code;
use serde_json::json;

use super::Noun;
use super::operation::Operation;
use super::schema::{nullable, object, sent, text, time};

pub(super) fn noun() -> Noun {
    let group = json!({"type": "string", "pattern": "^((org|community):)?[a-z][a-z0-9-]{0,62}$"});
    Noun {
        name: "connect sessions",
        description: "A page, made by the host, on which an end customer gives the values of their connections.",
        operations: operations(),
        schemas: json!({
            "NewConnectSession": sent(&["tenant", "groups", "return_url"], json!({
                "tenant": {"type": "string", "pattern": "^[!-~]{1,128}$"},
                "groups": {"type": "array", "items": group, "minItems": 1, "description": "What is connected."},
                "return_url": text("Where the browser goes afterwards: one of the installation's `return_urls`."),
                "name": text("The name of the connections; `main` without it."),
            })),
            "ConnectPage": object(&["url", "path", "expires_at"], json!({
                "url": nullable(text("Its address; null while the host does not know its own.")),
                "path": text("The same without the host."),
                "expires_at": time("Its end."),
            })),
        }),
    }
}

fn operations() -> Vec<Operation> {
    const PAGE: &str = "/connect/{nonce}";
    let closed = [Code::NotFound, Code::ScopeDisabled, Code::Internal, Code::StoreUnavailable];
    vec![
        Operation::new(
            "POST",
            "/v1/workspaces/{workspace}/connect-sessions",
            "create_connect_session",
            "Make a page for an end customer",
        )
        .takes("NewConnectSession")
        .gives(201, "ConnectPage")
        .refuses(&[Code::TenantUnknown, Code::NoActivation, Code::DefinitionInvalid, Code::ScopeDisabled]),
        Operation::new("GET", PAGE, "connect_page", "Show the page").shows_page(&closed),
        Operation::new("POST", PAGE, "connect", "Take the values that were typed in")
            .describe("The page's own form, which holds a value of the page's cookie.")
            .takes_as(&["application/x-www-form-urlencoded"], json!({"type": "object"}))
            .shows_page(&closed)
            .shows_page(&[Code::Forbidden, Code::ValuesInvalid])
            .answers(303, json!({"description": "Done: the browser goes to the session's `return_url`."})),
    ]
}
