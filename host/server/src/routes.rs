//! Every route, with the role that it needs, in one table. The router is built from it, so a route without a role can't
//! exist.

use std::future::Future;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, Response};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, get, on};
use lockgate_domain::{Caller, Code, Problem, Role};

use crate::access::{self, Access};
use crate::response::{Refusal, method_not_allowed};
use crate::{
    App, audit, calls, connect_page, connect_sessions, connections, connectors, groups, installations, invoke, keys,
    openapi, operation, plugins, scopes, tenants, tokens, trials,
};

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it shows nothing of anyone.
    Nothing,
    /// A token with at least this role, in the scope of the address.
    Role(Role),
    /// The same for an organization itself, or the owner of the host: an admin of the organization `default`.
    RoleOrOwner(Role),
    /// The owner of the host.
    Owner,
}

impl Needs {
    /// Whether the owner of the host is let in where their token does not hold.
    pub(crate) fn admits_owner(self) -> bool {
        matches!(self, Self::RoleOrOwner(_) | Self::Owner)
    }

    pub(crate) fn check(self, caller: &Caller, owner: bool) -> Result<(), Refusal> {
        let (needs, enough) = match self {
            Self::Nothing => return Ok(()),
            Self::Role(role) | Self::RoleOrOwner(role) => (format!("role `{role}`"), caller.role >= role),
            Self::Owner => ("an admin of the organization `default`".to_owned(), owner),
        };
        if enough {
            return Ok(());
        }
        let detail = format!("this needs {needs}, and the token has role `{}`", caller.role);
        Err(Problem::new(Code::Forbidden, detail).into())
    }
}

/// Method, address and need of every route. `{S}` stands for the two scope prefixes.
pub const TABLE: &[(&str, &str, Needs)] = &[
    ("GET", "/healthz", Needs::Nothing),
    ("GET", "/readyz", Needs::Nothing),
    ("GET", "/metrics", Needs::Nothing),
    ("GET", "/openapi.json", Needs::Nothing),
    ("GET", "/docs", Needs::Nothing),
    ("GET", "/v1/organizations", Needs::Role(Role::Viewer)),
    ("POST", "/v1/organizations", Needs::Owner),
    ("GET", ORGANIZATION, Needs::RoleOrOwner(Role::Viewer)),
    ("PATCH", ORGANIZATION, Needs::RoleOrOwner(Role::Admin)),
    ("DELETE", ORGANIZATION, Needs::Owner),
    ("GET", "/v1/workspaces", Needs::Role(Role::Viewer)),
    ("POST", "/v1/workspaces", Needs::Role(Role::Admin)),
    ("GET", WORKSPACE, Needs::Role(Role::Viewer)),
    ("PATCH", WORKSPACE, Needs::Role(Role::Admin)),
    ("DELETE", WORKSPACE, Needs::Role(Role::Admin)),
    ("GET", "/v1/workspaces/{workspace}/tenants", Needs::Role(Role::Viewer)),
    ("POST", "/v1/workspaces/{workspace}/tenants", Needs::Role(Role::Operator)),
    ("GET", "/v1/workspaces/{workspace}/tenants/{tenant}", Needs::Role(Role::Viewer)),
    ("PATCH", "/v1/workspaces/{workspace}/tenants/{tenant}", Needs::Role(Role::Operator)),
    ("DELETE", "/v1/workspaces/{workspace}/tenants/{tenant}", Needs::Role(Role::Operator)),
    ("GET", "{S}/tokens", Needs::Role(Role::Admin)),
    ("POST", "{S}/tokens", Needs::Role(Role::Admin)),
    ("GET", "{S}/tokens/{token}", Needs::Role(Role::Admin)),
    ("PATCH", "{S}/tokens/{token}", Needs::Role(Role::Admin)),
    ("DELETE", "{S}/tokens/{token}", Needs::Role(Role::Admin)),
    ("GET", "{S}/calls", Needs::Role(Role::Viewer)),
    ("GET", "{S}/calls/{call}", Needs::Role(Role::Viewer)),
    ("GET", "/v1/audit", Needs::Role(Role::Admin)),
    ("GET", "{S}/groups", Needs::Role(Role::Viewer)),
    ("POST", "{S}/groups", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}", Needs::Role(Role::Viewer)),
    ("PUT", "{S}/groups/{ref}", Needs::Role(Role::Editor)),
    ("PATCH", "{S}/groups/{ref}", Needs::Role(Role::Editor)),
    ("DELETE", "{S}/groups/{ref}", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}/connectors", Needs::Role(Role::Viewer)),
    ("POST", "{S}/groups/{ref}/connectors", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}/connectors/{connector}", Needs::Role(Role::Viewer)),
    ("PUT", "{S}/groups/{ref}/connectors/{connector}", Needs::Role(Role::Editor)),
    ("DELETE", "{S}/groups/{ref}/connectors/{connector}", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}/connectors/{connector}/versions", Needs::Role(Role::Viewer)),
    ("GET", "{S}/groups/{ref}/connectors/{connector}/versions/{n}", Needs::Role(Role::Viewer)),
    ("GET", "{S}/groups/{ref}/connectors/{connector}/versions/{a}/diff/{b}", Needs::Role(Role::Viewer)),
    ("PUT", "{S}/groups/{ref}/connectors/{connector}/current", Needs::Role(Role::Editor)),
    ("POST", "{S}/groups/{ref}/connectors/{connector}/invoke", Needs::Role(Role::Invoker)),
    ("POST", "{S}/groups/{ref}/connectors/{connector}/test", Needs::Role(Role::Editor)),
    ("POST", "{S}/tests/run", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}/plugins", Needs::Role(Role::Viewer)),
    ("POST", "{S}/groups/{ref}/plugins", Needs::Role(Role::Editor)),
    ("GET", "{S}/groups/{ref}/plugins/{digest}", Needs::Role(Role::Viewer)),
    ("DELETE", "{S}/groups/{ref}/plugins/{digest}", Needs::Role(Role::Editor)),
    ("PUT", "{S}/groups/{ref}/plugins/{digest}/current", Needs::Role(Role::Editor)),
    ("GET", "{S}/connections", Needs::Role(Role::Viewer)),
    ("GET", "{S}/groups/{ref}/installation", Needs::Role(Role::Viewer)),
    ("PUT", "{S}/groups/{ref}/installation", Needs::Role(Role::Operator)),
    ("GET", "{S}/groups/{ref}/connections", Needs::Role(Role::Viewer)),
    ("POST", "{S}/groups/{ref}/connections", Needs::Role(Role::Operator)),
    ("GET", "{S}/groups/{ref}/connections/{connection}", Needs::Role(Role::Viewer)),
    ("PATCH", "{S}/groups/{ref}/connections/{connection}", Needs::Role(Role::Operator)),
    ("DELETE", "{S}/groups/{ref}/connections/{connection}", Needs::Role(Role::Operator)),
    ("PUT", "{S}/groups/{ref}/connections/{connection}/credentials", Needs::Role(Role::Operator)),
    ("POST", "{S}/groups/{ref}/connections/{connection}/accept", Needs::Role(Role::Admin)),
    ("POST", "{S}/groups/{ref}/connections/{connection}/reconnect", Needs::Role(Role::Operator)),
    ("POST", "{S}/groups/{ref}/connections/{connection}/verify", Needs::Role(Role::Operator)),
    ("POST", "/v1/workspaces/{workspace}/connect-sessions", Needs::Role(Role::Operator)),
    ("POST", "/v1/keys/rotate", Needs::Owner),
    ("GET", "/connect/{nonce}", Needs::Nothing),
    ("POST", "/connect/{nonce}", Needs::Nothing),
];

/// How the addresses of calls end, which change nothing of the host.
pub(crate) const CALLS: [&str; 3] = ["/invoke", "/test", "/tests/run"];
pub(crate) const WORKSPACE: &str = "/v1/workspaces/{workspace}";
pub(crate) const ORGANIZATION: &str = "/v1/organizations/{organization}";
pub(crate) const PREFIXES: [&str; 2] = [WORKSPACE, ORGANIZATION];

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Refusal>> + Send>>;
type Parameters = Result<RawPathParams, RawPathParamsRejection>;
type Handler = fn(App, Access, Parts, Body) -> Answer;

/// The handler of a route of the table that needs a role.
fn handler(method: &str, address: &str) -> Option<Handler> {
    macro_rules! handlers {
        ($($method:literal $address:literal => $handler:path,)*) => {
            match (method, address) {
                $(($method, $address) => Some(|app, access, request, body| Box::pin($handler(app, access, request, body))),)*
                _ => None,
            }
        };
    }
    handlers! {
        "GET" "/v1/organizations" => scopes::organizations,
        "POST" "/v1/organizations" => scopes::create_organization,
        "GET" "/v1/organizations/{organization}" => scopes::get,
        "PATCH" "/v1/organizations/{organization}" => scopes::patch,
        "DELETE" "/v1/organizations/{organization}" => scopes::delete,
        "GET" "/v1/workspaces" => scopes::workspaces,
        "POST" "/v1/workspaces" => scopes::create_workspace,
        "GET" "/v1/workspaces/{workspace}" => scopes::get,
        "PATCH" "/v1/workspaces/{workspace}" => scopes::patch,
        "DELETE" "/v1/workspaces/{workspace}" => scopes::delete,
        "GET" "/v1/workspaces/{workspace}/tenants" => tenants::list,
        "POST" "/v1/workspaces/{workspace}/tenants" => tenants::create,
        "GET" "/v1/workspaces/{workspace}/tenants/{tenant}" => tenants::get,
        "PATCH" "/v1/workspaces/{workspace}/tenants/{tenant}" => tenants::patch,
        "DELETE" "/v1/workspaces/{workspace}/tenants/{tenant}" => tenants::delete,
        "GET" "{S}/tokens" => tokens::list,
        "POST" "{S}/tokens" => tokens::create,
        "GET" "{S}/tokens/{token}" => tokens::get,
        "PATCH" "{S}/tokens/{token}" => tokens::patch,
        "DELETE" "{S}/tokens/{token}" => tokens::delete,
        "GET" "{S}/calls" => calls::list,
        "GET" "{S}/calls/{call}" => calls::get,
        "GET" "/v1/audit" => audit::list,
        "GET" "{S}/groups" => groups::list,
        "POST" "{S}/groups" => groups::create,
        "GET" "{S}/groups/{ref}" => groups::get,
        "PUT" "{S}/groups/{ref}" => groups::put,
        "PATCH" "{S}/groups/{ref}" => groups::patch,
        "DELETE" "{S}/groups/{ref}" => groups::delete,
        "GET" "{S}/groups/{ref}/connectors" => connectors::list,
        "GET" "{S}/groups/{ref}/connectors/{connector}" => connectors::get,
        "POST" "{S}/groups/{ref}/connectors" => connectors::create,
        "PUT" "{S}/groups/{ref}/connectors/{connector}" => connectors::put,
        "DELETE" "{S}/groups/{ref}/connectors/{connector}" => connectors::delete,
        "GET" "{S}/groups/{ref}/connectors/{connector}/versions" => connectors::versions,
        "GET" "{S}/groups/{ref}/connectors/{connector}/versions/{n}" => connectors::get_version,
        "GET" "{S}/groups/{ref}/connectors/{connector}/versions/{a}/diff/{b}" => connectors::diff,
        "PUT" "{S}/groups/{ref}/connectors/{connector}/current" => connectors::make_current,
        "POST" "{S}/groups/{ref}/connectors/{connector}/invoke" => invoke::invoke,
        "POST" "{S}/groups/{ref}/connectors/{connector}/test" => trials::saved,
        "POST" "{S}/tests/run" => trials::unsaved,
        "GET" "{S}/groups/{ref}/plugins" => plugins::list,
        "POST" "{S}/groups/{ref}/plugins" => plugins::load,
        "GET" "{S}/groups/{ref}/plugins/{digest}" => plugins::get,
        "DELETE" "{S}/groups/{ref}/plugins/{digest}" => plugins::delete,
        "PUT" "{S}/groups/{ref}/plugins/{digest}/current" => plugins::make_current,
        "GET" "{S}/connections" => connections::list_all,
        "GET" "{S}/groups/{ref}/installation" => installations::get,
        "PUT" "{S}/groups/{ref}/installation" => installations::put,
        "GET" "{S}/groups/{ref}/connections" => connections::list,
        "POST" "{S}/groups/{ref}/connections" => connections::create,
        "GET" "{S}/groups/{ref}/connections/{connection}" => connections::get,
        "PATCH" "{S}/groups/{ref}/connections/{connection}" => connections::patch,
        "DELETE" "{S}/groups/{ref}/connections/{connection}" => connections::delete,
        "PUT" "{S}/groups/{ref}/connections/{connection}/credentials" => connections::credentials,
        "POST" "{S}/groups/{ref}/connections/{connection}/accept" => connections::accept,
        "POST" "{S}/groups/{ref}/connections/{connection}/reconnect" => connections::reconnect,
        "POST" "{S}/groups/{ref}/connections/{connection}/verify" => connections::verify,
        "POST" "/v1/workspaces/{workspace}/connect-sessions" => connect_sessions::create,
        "POST" "/v1/keys/rotate" => keys::rotate,
    }
}

/// The router of the whole API.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(operation::healthz))
        .route("/readyz", get(operation::readyz))
        .route("/metrics", get(operation::metrics))
        .route("/openapi.json", get(openapi::json))
        .route("/docs", get(openapi::docs))
        .route("/connect/{nonce}", get(connect_page::get).post(connect_page::post));
    for (method, address, needs) in TABLE {
        let needs = *needs;
        let (Some(handler), Some(filter)) = (handler(method, address), filter(method)) else { continue };
        let is_change = *method != "GET" && !CALLS.iter().any(|end| address.ends_with(end));
        // A scope that is switched off must be switched on again.
        let of_scope = [WORKSPACE, ORGANIZATION].contains(address);
        let guarded = move |State(app): State<App>, parameters: Parameters, request: Request| async move {
            let (request, body) = request.into_parts();
            let caller = access::caller(&app, &request)?;
            let parameters = parameters.map_err(|_| Refusal::malformed("the path is no UTF-8"))?;
            if is_change {
                // What another host made a moment ago can be changed here at once.
                app.host.catch_up().await?;
            }
            let access = Access::check(&app, caller, &parameters, needs)?;
            if let (true, false, Ok(scope)) = (is_change, of_scope, access.scope()) {
                app.host.takes_changes(&scope)?;
            }
            let answer = handler(app, access, request, body);
            if !is_change {
                return answer.await;
            }
            // Runs to its end even when its caller goes away: store and catalog change together.
            let ended = tokio::spawn(answer).await;
            ended.unwrap_or_else(|_| Err(Problem::new(Code::Internal, "the change was not completed").into()))
        };
        match address.strip_prefix("{S}") {
            None => router = router.route(address, on(filter, guarded)),
            Some(rest) => {
                for prefix in PREFIXES {
                    router = router.route(&format!("{prefix}{rest}"), on(filter, guarded));
                }
            }
        }
    }
    router.method_not_allowed_fallback(no_method).fallback(no_route).with_state(app)
}

fn filter(method: &str) -> Option<MethodFilter> {
    MethodFilter::try_from(method.parse::<Method>().ok()?).ok()
}

async fn no_route(request: Request) -> Refusal {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(Code::NotFound, format!("nothing is at `{}`", path.escape_debug())).into()
}

async fn no_method(request: Request) -> Response<Body> {
    let path = request.uri().path();
    let allowed: Vec<_> =
        TABLE.iter().filter(|(_, address, _)| fits(address, path)).map(|(method, ..)| *method).collect();
    method_not_allowed(&allowed.join(", ")).into_response()
}

/// Whether a path is an instance of an address of the table.
fn fits(address: &str, path: &str) -> bool {
    let rest = match address.strip_prefix("{S}") {
        None => Some((address, path)),
        Some(rest) => {
            let mut parts = path.splitn(5, '/');
            let scope = (parts.next(), parts.next(), parts.next(), parts.next());
            let scoped = matches!(scope, (Some(""), Some("v1"), Some("workspaces" | "organizations"), Some(_)));
            parts.next().filter(|_| scoped).map(|below| (rest.trim_start_matches('/'), below))
        }
    };
    rest.is_some_and(|(address, path)| {
        let (mut pattern, mut found) = (address.split('/'), path.split('/'));
        loop {
            match (pattern.next(), found.next()) {
                (None, None) => return true,
                (Some(own), Some(part)) if own.starts_with('{') || own == part => {}
                _ => return false,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_of_the_table_has_its_handler() {
        for (method, address, needs) in TABLE {
            let open = *needs == Needs::Nothing;
            assert!(open || (handler(method, address).is_some() && filter(method).is_some()), "{method} {address}");
        }
    }

    #[test]
    fn only_what_shows_nothing_of_anyone_needs_no_token() {
        let open: BTreeSet<_> =
            TABLE.iter().filter(|(.., needs)| *needs == Needs::Nothing).map(|(_, path, _)| *path).collect();
        // A connect page has a nonce in its address instead.
        assert_eq!(
            open,
            BTreeSet::from(["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/connect/{nonce}"])
        );
    }

    #[test]
    fn addresses_fit_paths() {
        assert!(fits("{S}/groups/{ref}", "/v1/workspaces/default/groups/shop"));
        assert!(fits("/healthz", "/healthz"));
        assert!(!fits("{S}/groups/{ref}", "/v1/workspaces/default/groups"));
        assert!(!fits("{S}/groups", "/v1/elsewhere/default/groups"));
    }

    #[test]
    fn the_documentation_names_every_route_and_its_role() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
        let page = std::fs::read_to_string(page).unwrap();
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `") && line.contains("` | ")).collect();
        for (method, address, needs) in TABLE {
            let role = match needs {
                Needs::Nothing => "none",
                Needs::Role(role) => role.as_str(),
                Needs::RoleOrOwner(role) => &format!("{role} or owner"),
                Needs::Owner => "owner",
            };
            let expected = format!("| `{method} {address}` | {role} | ");
            assert!(rows.iter().any(|row| row.starts_with(&expected)), "docs/api.md lacks {expected:?}");
        }
        let routes = rows.iter().filter(|row| row.contains(" /") || row.contains(" {S}")).count();
        assert_eq!(routes, TABLE.len(), "docs/api.md has routes that do not exist");
    }
}
