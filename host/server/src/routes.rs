//! Every route of the API: the rows of each resource, in the order of the description.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::response::IntoResponse;
use lockgate_domain::{Code, Problem};
use serde_json::Value;

use crate::api::{
    audit, calls, connect_sessions, connections, connectors, console, databases, groups, grpc, installations, keys,
    oauth, operation, organizations, packages, plugins, tenants, test_runs, tokens, uses, workspaces,
};
use crate::response::{Refusal, method_not_allowed};
use crate::route::{Needs, Resource, instances};
use crate::{App, openapi};

/// All resources with their routes.
pub(crate) fn resources() -> Vec<Resource> {
    vec![
        organizations::resource(),
        workspaces::resource(),
        tenants::resource(),
        tokens::resource(),
        groups::resource(),
        connectors::resource(),
        test_runs::resource(),
        databases::resource(),
        grpc::resource(),
        plugins::resource(),
        packages::resource(),
        uses::resource(),
        installations::resource(),
        connections::resource(),
        connect_sessions::resource(),
        oauth::resource(),
        calls::resource(),
        audit::resource(),
        keys::resource(),
        console::resource(),
        operation::resource(),
    ]
}

/// Method, path and need of every route. `{S}` stands for the two scope prefixes.
pub static TABLE: LazyLock<Vec<(&'static str, &'static str, Needs)>> = LazyLock::new(|| {
    let routes = resources().into_iter().flat_map(|resource| resource.routes);
    routes.map(|route| (route.method, route.path, route.needs)).collect()
});

/// The description of the API.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(&resources()));

/// The router of the whole API.
pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for route in resources().iter().flat_map(|resource| &resource.routes) {
        for path in instances(route.path) {
            router = router.route(&path, route.service());
        }
    }
    router = router.merge(crate::console::routes());
    router.method_not_allowed_fallback(no_method).fallback(no_route).with_state(app)
}

async fn no_route(request: Request) -> Refusal {
    let path: String = request.uri().path().chars().take(200).collect();
    Problem::new(Code::NotFound, format!("nothing is at `{}`", path.escape_debug())).into()
}

async fn no_method(request: Request) -> Response<Body> {
    let path = request.uri().path();
    let fitting = TABLE.iter().filter(|(_, own, _)| instances(own).iter().any(|own| fits(own, path)));
    let allowed: Vec<_> = fitting.map(|(method, ..)| *method).collect();
    method_not_allowed(&allowed.join(", ")).into_response()
}

/// Whether a path is an instance of a path with names in braces.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut found) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), found.next()) {
            (None, None) => return true,
            (Some(own), Some(part)) if own.starts_with('{') || own == part => {}
            (Some(_), Some(_)) | (None, Some(_)) | (Some(_), None) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn only_what_shows_nothing_of_anyone_needs_no_token() {
        let open: BTreeSet<_> =
            TABLE.iter().filter(|(.., needs)| *needs == Needs::Nothing).map(|(_, path, _)| *path).collect();
        // A connect page and the beginning of an authorization have a nonce in their address instead, and the answer of a
        // provider a state and a cookie. Who signs in shows what they have in the body.
        let begins = ["/v1/oauth/start/{nonce}", "/v1/oauth/callback", "/console/session"];
        let all = ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/connect/{nonce}"];
        assert_eq!(open, all.into_iter().chain(begins).collect());
    }

    #[test]
    fn no_route_is_there_twice() {
        let unique: BTreeSet<_> = TABLE.iter().map(|(method, path, _)| (method, path)).collect();
        assert_eq!(unique.len(), TABLE.len());
    }

    #[test]
    fn paths_fit_their_patterns() {
        let any = |pattern: &str, path: &str| instances(pattern).iter().any(|own| fits(own, path));
        assert!(any("{S}/groups/{ref}", "/v1/workspaces/default/groups/shop"));
        assert!(any("{S}/groups/{ref}", "/v1/organizations/default/groups/shop"));
        assert!(any("/healthz", "/healthz"));
        assert!(!any("{S}/groups/{ref}", "/v1/workspaces/default/groups"));
        assert!(!any("{S}/groups", "/v1/elsewhere/default/groups"));
    }

    #[test]
    fn the_documentation_names_every_route_and_its_role() {
        let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api.md");
        let page = std::fs::read_to_string(page).unwrap();
        let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| `") && line.contains("` | ")).collect();
        for (method, path, needs) in TABLE.iter() {
            let role = match needs {
                Needs::Nothing => "none",
                Needs::Role(role) => role.as_str(),
                Needs::RoleOrOwner(role) => &format!("{role} or owner"),
                Needs::Owner => "owner",
            };
            let expected = format!("| `{method} {path}` | {role} | ");
            assert!(rows.iter().any(|row| row.starts_with(&expected)), "docs/api.md lacks {expected:?}");
        }
        let routes = rows.iter().filter(|row| row.contains(" /") || row.contains(" {S}")).count();
        assert_eq!(routes, TABLE.len(), "docs/api.md has routes that do not exist");
    }
}
