//! Two organizations with two workspaces each, and in every scope an object of each kind and tokens of each role and limit.

use std::collections::BTreeMap;

use lockgate_tests::component::Crafted;
use lockgate_tests::{Answer, Host};
use reqwest::Method;
use serde_json::{Value, json};

use super::ROLES;

/// A scope with one object of each kind; every name in it contains the scope's slug.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) kind: &'static str,
    pub(super) slug: String,
    pub(super) above: String,
    /// The unlimited admin's token.
    pub(super) admin: String,
    /// Values of the parts of addresses.
    pub(super) parts: BTreeMap<&'static str, String>,
    /// Its tokens, with what they are.
    pub(super) tokens: Vec<(String, String)>,
}

impl Scope {
    pub(super) fn prefix(&self) -> String {
        format!("/v1/{}/{}", self.kind, self.slug)
    }

    /// Whether rights here are rights there.
    pub(super) fn contains(&self, other: &Scope) -> bool {
        self.slug == other.slug || (self.kind == "organizations" && other.above == self.slug)
    }

    pub(super) fn marks(&self) -> Vec<String> {
        let objects = ["token", "call", "connection"].iter().filter_map(|part| self.parts.get(part).cloned());
        objects.chain([format!("mark-{}", self.slug)]).collect()
    }
}

pub(super) fn ok(answer: Answer) -> Value {
    assert!((200..300).contains(&answer.status), "{answer:#?}");
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

/// Fills a scope.
fn fill(host: &Host, kind: &'static str, slug: &str, above: &str, admin: &str) -> Scope {
    let mut scope = Scope {
        kind,
        slug: slug.to_owned(),
        above: above.to_owned(),
        admin: admin.to_owned(),
        parts: BTreeMap::new(),
        tokens: Vec::new(),
    };
    let prefix = scope.prefix();
    let post = |path: &str, body: &Value| host.shown(admin, Method::POST, &format!("{prefix}{path}")).json(body);
    let mark = format!("mark-{slug}");
    let group = json!({
        "slug": mark, "name": mark, "resource_type": "EXTERNAL", "description": mark, "settings": {"mark": mark},
        "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
        "uses": [{"connector": format!("{mark}/saved"), "as": "which"}],
    });
    ok(host.send(post("/groups", &group)));
    let component = Crafted::plugin(&mark, "1").connector("which").returns(&json!(mark).to_string()).component();
    let load = host.shown(admin, Method::POST, &format!("{prefix}/groups/{mark}/plugins"));
    let loaded = ok(host.send(load.header("content-type", "application/wasm").body(component)));
    let tenant = format!("{mark}-tenant");
    if kind == "workspaces" {
        ok(host.send(post("/tenants", &json!({"name": tenant}))));
    }
    let values = json!({"main": {"values": {"token": format!("{mark}-secret")}}});
    let connection = json!({"name": format!("{mark}-connection"), "credentials": values});
    let connection = ok(host.send(post(&format!("/groups/{mark}/connections"), &connection)));
    if kind == "workspaces" {
        let own = json!({"name": format!("{mark}-own"), "tenant": tenant, "credentials": values});
        ok(host.send(post(&format!("/groups/{mark}/connections"), &own)));
    }
    let installation = host.shown(admin, Method::PUT, &format!("{prefix}/groups/{mark}/installation"));
    ok(host.send(installation.json(&json!({"return_urls": [format!("https://{mark}.example/")]}))));
    let saved = json!({"name": "saved", "description": mark, "type": "http", "input_schema": true, "output_schema": true,
                       "http": {"method": "GET", "url": "https://a.example/"}});
    ok(host.send(post(&format!("/groups/{mark}/connectors"), &saved)));
    let body = json!({"input": 1, "connection": {"fixed": connection["id"]}});
    let invoke = post(&format!("/groups/{mark}/connectors/which/invoke"), &body);
    let called = ok(host.send(invoke.header("lockgate-tenant", &tenant)));
    // Only what exists can be named when a token is made.
    let other = json!({"slug": format!("{mark}-other"), "name": format!("{mark}-other"), "resource_type": "EXTERNAL"});
    ok(host.send(post("/groups", &other)));
    for role in ROLES {
        for (limits, name) in [
            (json!({}), role.to_owned()),
            (json!({"tenants": [format!("{mark}-other")]}), format!("{role} of another tenant")),
            (json!({"groups": [format!("{mark}-other")]}), format!("{role} of another group")),
        ] {
            let mut body = json!({"name": format!("{mark} {name}"), "role": role});
            body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
            let made = ok(host.send(post("/tokens", &body)));
            scope.tokens.push((format!("{name} of {slug}"), made["token"].as_str().unwrap().to_owned()));
            scope.parts.insert("token", made["id"].as_str().unwrap().to_owned());
        }
    }
    host.send(host.shown(admin, Method::DELETE, &format!("{prefix}/groups/{mark}-other"))).status(204);
    scope.parts.extend([
        ("ref", mark),
        ("connector", "which".to_owned()),
        ("use", "which".to_owned()),
        ("digest", loaded["plugin"]["digest"].as_str().unwrap().to_owned()),
        ("tenant", tenant),
        ("connection", connection["id"].as_str().unwrap().to_owned()),
        ("n", "1".to_owned()),
        ("a", "1".to_owned()),
        ("b", "1".to_owned()),
        ("call", called["call"]["id"].as_str().unwrap().to_owned()),
    ]);
    let call = format!("{prefix}/calls/{}", scope.parts["call"]);
    host.until("the record", || host.shown(admin, Method::GET, &call), |answer| answer.status == 200);
    scope
}

pub(super) fn world(host: &Host) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for organization in ["acme", "beta"] {
        let made = ok(host.send(host.admin(Method::POST, "/v1/organizations").json(&json!({"slug": organization}))));
        let admin = made["admin_token"].as_str().unwrap().to_owned();
        scopes.push(fill(host, "organizations", organization, "", &admin));
        for number in ["one", "two"] {
            let slug = format!("{organization}-{number}");
            let body = json!({"slug": slug, "organization": organization});
            ok(host.send(host.shown(&admin, Method::POST, "/v1/workspaces").json(&body)));
            scopes.push(fill(host, "workspaces", &slug, organization, &admin));
        }
    }
    scopes
}
