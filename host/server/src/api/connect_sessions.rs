//! Connect sessions: a page on which an end customer gives the values of their connections.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use axum::routing::{get, post};
use lockgate_domain::{Code, GroupReference, TenantName};
use lockgate_flow::{NewSession, StoredSession};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Access;
use crate::api::connect_page;
use crate::openapi::FORM;
use crate::openapi::texts::AnyObject;
use crate::response::{Refusal, created};
use crate::route::{OPERATOR, Resource, Route};
use crate::time::Time;
use crate::{App, body};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewConnectSession {
    /// Whose the connections are.
    tenant: TenantName,
    /// What is connected.
    #[schemars(with = "Vec<GroupReference>", length(min = 1))]
    groups: Vec<String>,
    /// Where the browser goes afterwards: one of the installation's `return_urls`.
    return_url: String,
    /// The name of the connections; `main` without it.
    #[serde(default = "name")]
    name: String,
}

fn name() -> String {
    "main".to_owned()
}

/// Where the page is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ConnectPage {
    /// Its address; null while the host does not know its own.
    url: Option<String>,
    /// The same without the host.
    path: String,
    /// Its end.
    expires_at: Time,
}

impl ConnectPage {
    pub(crate) fn of(app: &App, nonce: &str, session: &StoredSession) -> Self {
        let path = format!("/connect/{nonce}");
        Self { url: app.public(&path), path, expires_at: Time(session.expires_at) }
    }
}

async fn create(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let NewConnectSession { tenant, groups, return_url, name } = body::json(&request.headers, sent).await?;
    let parsed = groups.iter().map(|text| text.parse::<GroupReference>());
    let groups = parsed.collect::<Result<Vec<_>, _>>().map_err(|error| Refusal::malformed(error.to_string()))?;
    let new = NewSession { tenant, groups, name, return_url };
    let (nonce, session) = app.host.changes().create_session(&access.scope()?, new, &access.caller).await?;
    Ok(created(&ConnectPage::of(&app, &nonce, &session)))
}

pub(crate) fn resource() -> Resource {
    const PAGE: &str = "/connect/{nonce}";
    let closed = [Code::NotFound, Code::ScopeDisabled, Code::Internal, Code::StoreUnavailable];
    let routes = vec![
        Route::post_owned("/v1/workspaces/{workspace}/connect-sessions", OPERATOR, &create)
            .operation("create_connect_session", "Make a page for an end customer")
            .takes::<NewConnectSession>()
            .makes::<ConnectPage>()
            .refuses(&[
                Code::TenantUnknown,
                Code::TenantDisabled,
                Code::NoActivation,
                Code::DefinitionInvalid,
                Code::ScopeDisabled,
            ]),
        Route::open("GET", PAGE, get(connect_page::get)).operation("connect_page", "Show the page").shows_page(&closed),
        Route::open("POST", PAGE, post(connect_page::post))
            .operation("connect", "Take the values that were typed in")
            .describe("The page's own form, which holds a value of the page's cookie.")
            .takes_as::<AnyObject>(&[FORM])
            .shows_page(&closed)
            .shows_page(&[Code::Forbidden, Code::ValuesInvalid])
            .sends_elsewhere("Done: the browser goes to the session's `return_url`."),
    ];
    let description = "A page, made by the host, on which an end customer gives the values of their connections.";
    Resource { name: "connect sessions", description, routes }
}
