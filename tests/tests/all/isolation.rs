//! Nothing of another scope is seen, changed or told apart from what does not exist: every route of the table, with
//! tokens of every scope, role and limit, by name, by id, nested, in bodies and in headers.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lockgate_domain::Role;
use lockgate_server::{Needs, TABLE};
use lockgate_tests::component::Crafted;
use lockgate_tests::{Answer, Host};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

mod own;
mod world;

use world::{Scope, ok, world};

const ROLES: [&str; 5] = ["viewer", "invoker", "editor", "operator", "admin"];
/// A name of nothing, as long as the names of scopes.
const NOWHERE: &str = "nope";

static INTRUDER: LazyLock<Vec<u8>> =
    LazyLock::new(|| Crafted::plugin("intruder", "1").connector("intruder").component());

/// An address of the table with the parts of a scope, below the prefix of another.
fn path(address: &str, prefix: &str, parts: &BTreeMap<&'static str, String>) -> String {
    let mut path = address.replace("{S}", prefix);
    for kind in ["workspaces", "organizations"] {
        let part = format!("/v1/{kind}/{{{}}}", kind.trim_end_matches('s'));
        path = path.replace(&part, prefix);
    }
    for (name, value) in parts {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    assert!(!path.contains('{'), "{path}");
    path
}

/// Whether an address can lie below a prefix.
fn fits(address: &str, scope: &Scope) -> bool {
    match address.strip_prefix("/v1/") {
        None => true,
        Some(rest) => rest.starts_with(&format!("{}/{{", scope.kind)),
    }
}

/// A body that the route takes.
fn with_body(request: RequestBuilder, method: &str, address: &str, slug: &str) -> RequestBuilder {
    let group = json!({"slug": format!("mark-{slug}"), "name": "changed", "resource_type": "EXTERNAL"});
    match (method, address) {
        ("POST", "{S}/groups") | ("PUT", "{S}/groups/{ref}") => request.json(&group),
        ("POST", "{S}/groups/{ref}/connectors") | ("PUT", "{S}/groups/{ref}/connectors/{connector}") => request
            .json(&json!({"name": "which", "type": "http", "input_schema": true, "output_schema": true,
                                 "http": {"method": "GET", "url": "https://a.example/"}})),
        ("PUT", address) if address.ends_with("/{connector}/current") => request.json(&json!({"version": 1})),
        ("POST", address) if address.ends_with("/plugins") => {
            request.header("content-type", "application/wasm").body(INTRUDER.clone())
        }
        ("POST", address) if address.ends_with("/invoke") || address.ends_with("/test") => {
            request.json(&json!({"input": 1}))
        }
        ("POST", "{S}/imports") => request.header("content-type", "application/yaml").body(group.to_string()),
        ("POST", "{S}/apply") => request.header("content-type", "application/zip").body("PK"),
        ("POST", "{S}/tests/check") => {
            request.json(&json!({"group": format!("mark-{slug}"), "connector": {"name": "which", "type": "http"}}))
        }
        ("POST", "{S}/tests/run") => {
            request.json(&json!({"group": format!("mark-{slug}"), "connector": "which", "input": 1}))
        }
        ("POST", "{S}/tokens") => request.json(&json!({"name": "intruder", "role": "viewer"})),
        ("POST", address) if address.ends_with("/connections") => request.json(&json!({"name": "intruder"})),
        ("POST" | "PUT", address) if address.ends_with("/accept") || address.ends_with("/grant") => {
            request.json(&json!({"digest": format!("sha256:{}", "0".repeat(64))}))
        }
        ("POST", address) if address.ends_with("/connect-sessions") => {
            let (groups, url) = ([format!("mark-{slug}")], format!("https://mark-{slug}.example/"));
            request.json(&json!({"tenant": "intruder", "groups": groups, "return_url": url}))
        }
        ("PUT", address) if address.ends_with("/credentials") || address.ends_with("/installation") => {
            request.json(&json!({}))
        }
        ("POST", address) if address.ends_with("/tenants") => request.json(&json!({"name": "intruder"})),
        ("PATCH", address) if address.ends_with("/{tenant}") => request.json(&json!({"enabled": false})),
        ("PATCH", _) => request.json(&json!({"name": "changed"})),
        _ => request,
    }
}

/// What an answer tells, with the names that were asked for taken out.
fn told(answer: &Answer, names: &[(&str, &str)]) -> (u16, String) {
    let mut body = answer.body.clone();
    for (name, stand_in) in names {
        body = body.replace(name, stand_in);
    }
    (answer.status, body)
}

/// Everything that a scope's admin can see of it.
fn snapshot(host: &Host, scope: &Scope) -> Vec<Value> {
    let lists = ["", "/groups", "/tokens", "/calls", "/connections", "/tenants"].into_iter();
    let group = format!("/groups/mark-{}", scope.slug);
    let mut paths: Vec<_> = lists.map(str::to_owned).collect();
    let of_group = ["plugins", "connectors", "connections", "installation"];
    paths.extend(of_group.map(|list| format!("{group}/{list}")));
    let paths = paths.iter().filter(|path| scope.kind == "workspaces" || *path != "/tenants");
    paths
        .map(|path| {
            let request = host.shown(&scope.admin, Method::GET, &format!("{}{path}", scope.prefix()));
            let mut seen = ok(host.send(request));
            for item in seen["items"].as_array_mut().into_iter().flatten() {
                item["used_at"].take();
            }
            seen
        })
        .collect()
}

/// Whether somebody's role, with which `who` begins, is enough for a route.
fn may(who: &str, needs: Needs) -> bool {
    let level = |who: &str| ROLES.iter().position(|role| who.starts_with(role)).unwrap();
    match needs {
        Needs::Nothing => true,
        Needs::Role(least) | Needs::RoleOrOwner(least) => level(who) >= level(least.as_str()),
        Needs::Owner => false,
    }
}

/// What somebody gets who asks a route for an object that is nowhere.
fn refusal(who: &str, needs: Needs) -> u16 {
    if may(who, needs) { 404 } else { 403 }
}

/// The routes that lie in a scope.
fn routes() -> impl Iterator<Item = &'static (&'static str, &'static str, Needs)> {
    TABLE.iter().filter(|(_, address, needs)| *needs != Needs::Nothing && address.contains('{'))
}

#[test]
fn a_foreign_scope_is_like_none() {
    let host = Host::start();
    let scopes = world(&host);
    let before: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    for own in &scopes {
        for (who, token) in &own.tokens {
            let mut asked = Vec::new();
            for foreign in scopes.iter().filter(|scope| !own.contains(scope)) {
                for (method, address, _) in routes().filter(|(_, address, _)| fits(address, foreign)) {
                    let nowhere = format!("/v1/{}/{NOWHERE}", foreign.kind);
                    for prefix in [&foreign.prefix(), &nowhere] {
                        let path = path(address, prefix, &foreign.parts);
                        let request = host.shown(token, method.parse().unwrap(), &path);
                        asked.push((format!("{method} {path}"), with_body(request, method, address, &foreign.slug)));
                    }
                }
            }
            let (asked, requests): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
            // A token has its rate, so not all at once.
            let mut answers = Vec::new();
            for request in requests {
                answers.push(host.send(request));
            }
            for (pair, asked) in answers.chunks(2).zip(asked.chunks(2)) {
                let slug = asked[0].split('/').nth(3).unwrap();
                let (there, nowhere) = (told(&pair[0], &[(slug, NOWHERE)]), told(&pair[1], &[]));
                assert_eq!(there.0, 404, "{who}: {} {}", asked[0], there.1);
                assert_eq!(there, nowhere, "{who}: {} and {}", asked[0], asked[1]);
            }
        }
    }
    let after: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    assert_eq!(before, after);
}

/// Ids and names of another scope's objects, asked for in one's own.
#[test]
fn foreign_objects_are_not_in_ones_own_scope() {
    let host = Host::start();
    let scopes = world(&host);
    let before: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    let nothing = BTreeMap::from([
        ("ref", "mark-none".to_owned()),
        ("connector", "which".to_owned()),
        ("use", "which".to_owned()),
        ("digest", format!("sha256:{}", "0".repeat(64))),
        ("tenant", "mark-none-tenant".to_owned()),
        ("n", "1".to_owned()),
        ("a", "1".to_owned()),
        ("b", "1".to_owned()),
        ("token", "00000000-0000-7000-8000-000000000000".to_owned()),
        ("connection", "00000000-0000-7000-8000-000000000000".to_owned()),
        ("call", "00000000-0000-7000-8000-000000000000".to_owned()),
    ]);
    for own in &scopes {
        for (who, token) in own.tokens.iter().filter(|(who, _)| !who.contains("another")) {
            for other in scopes.iter().filter(|scope| scope.slug != own.slug) {
                for (method, address, needs) in routes().filter(|(_, address, _)| fits(address, own)) {
                    let kinds = nothing.keys().filter(|part| address.contains(&format!("{{{part}}}")));
                    let kinds: Vec<_> = kinds.copied().collect();
                    if kinds.is_empty() {
                        continue;
                    }
                    let ask = |parts: &BTreeMap<&'static str, String>| {
                        let request = host.shown(token, method.parse().unwrap(), &path(address, &own.prefix(), parts));
                        host.send(with_body(request, method, address, &other.slug))
                    };
                    let (there, none) = (ask(&other.parts), ask(&nothing));
                    let names: Vec<_> =
                        kinds.iter().map(|kind| (other.parts[kind].as_str(), nothing[kind].as_str())).collect();
                    assert_eq!(none.status, refusal(who, *needs), "{who}: {method} {address}: {none:#?}");
                    assert_eq!(told(&there, &names), told(&none, &[]), "{who}: {method} {address} of {}", other.slug);
                }
            }
        }
    }
    let after: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    assert_eq!(before, after);
}

/// Every list, with every token: nothing of a scope in which it does not hold, and nothing beyond its limits.
#[test]
fn lists_hold_ones_own_alone() {
    let host = Host::start();
    let scopes = world(&host);
    let lists = TABLE
        .iter()
        .filter(|(method, address, needs)| *method == "GET" && *needs != Needs::Nothing && !address.ends_with('}'));
    let lists: Vec<_> = lists.map(|(_, address, _)| *address).collect();
    let mut seen = 0;
    for own in &scopes {
        for (who, token) in &own.tokens {
            for address in lists.iter().filter(|address| !address.contains("{S}") || fits(address, own)) {
                if address.starts_with("/v1/workspaces/{") && own.kind != "workspaces" {
                    continue;
                }
                for query in ["?limit=500", "?limit=500&visible=all", "?limit=1&cursor="] {
                    let path = format!("{}{query}", path(address, &own.prefix(), &own.parts));
                    let answer = host.send(host.shown(token, Method::GET, &path));
                    let foreign = scopes.iter().filter(|scope| !own.contains(scope));
                    for scope in foreign {
                        // A workspace sees the groups of its organization.
                        let usable = own.above == scope.slug && address.contains("/groups");
                        let leaks = scope.marks().into_iter().find(|mark| answer.body.contains(&format!("{mark}\"")));
                        assert!(usable || leaks.is_none(), "{who}: {path} shows {leaks:?} of {}", scope.slug);
                    }
                    if who.contains("another") && answer.status == 200 {
                        let mark = format!("mark-{}", own.slug);
                        let shown = [format!("\"{mark}\""), format!("{mark}-tenant")];
                        let limited_to_tenant = who.contains("tenant");
                        let leak = if limited_to_tenant { &shown[1] } else { &shown[0] };
                        let of_groups = address.contains("/groups") || address.contains("/calls");
                        let concerns = if limited_to_tenant { !address.contains("/groups") } else { of_groups };
                        assert!(!concerns || !answer.body.contains(leak), "{who}: {path}: {}", answer.body);
                    }
                    seen += usize::from(answer.status == 200);
                }
            }
        }
    }
    assert!(seen > 500, "{seen} lists were seen");
}

/// An answer without the id of its call.
fn without_call(answer: &Answer, names: &[(&str, &str)]) -> (u16, String) {
    let document = answer.json();
    let call = document["instance"].as_str().map(|call| (call, "CALL"));
    told(answer, &[names, call.as_slice()].concat())
}

/// Groups and connections of other scopes, named where a body names one.
fn named_in_bodies(host: &Host, own: &Scope, (who, token): (&str, &str), scopes: &[Scope]) {
    let post = |path: &str, body: &Value| {
        host.send(host.shown(token, Method::POST, &format!("{}{path}", own.prefix())).json(body))
    };
    let invoke = format!("/groups/{}/connectors/which/invoke", own.parts["ref"]);
    let none = ("mark-none", "00000000-0000-7000-8000-000000000000");
    for other in scopes.iter().filter(|scope| scope.slug != own.slug) {
        let (mark, connection) = (other.parts["ref"].as_str(), other.parts["connection"].as_str());
        let trial = |group: &str| post("/tests/run", &json!({"group": group, "connector": "which", "input": 1}));
        let call = |id: &str| post(&invoke, &json!({"input": 1, "connection": {"fixed": id}}));
        let mut pairs = vec![
            (trial(mark), trial(none.0), refusal(who, Needs::Role(Role::Editor))),
            (call(connection), call(none.1), refusal(who, Needs::Role(Role::Invoker))),
        ];
        if own.kind == "workspaces" {
            let session = |group: &str| {
                let body =
                    json!({"tenant": own.parts["tenant"], "groups": [group], "return_url": "https://a.example/"});
                post("/connect-sessions", &body)
            };
            // The tenant that it names is none of the token's.
            let limited = who.contains("another tenant");
            let refused = if limited { 403 } else { refusal(who, Needs::Role(Role::Operator)) };
            pairs.push((session(mark), session(none.0), refused));
        }
        for (there, nowhere, status) in pairs {
            assert_eq!(nowhere.status, status, "{who}: {nowhere:#?}");
            // In marks, since the name of an organization's group is the beginning of its workspaces'.
            let marked = |name: &str| format!("`{name}`");
            let [mark, nothing, id, nil] = [mark, none.0, connection, none.1].map(marked);
            let names = [(mark.as_str(), nothing.as_str()), (&id, &nil)];
            assert_eq!(without_call(&there, &names), without_call(&nowhere, &[]), "{who}: of {}", other.slug);
        }
    }
}

/// What a body or a header names.
#[test]
fn bodies_and_headers_reach_no_further() {
    let host = Host::start();
    let scopes = world(&host);
    for own in &scopes {
        for (who, token) in &own.tokens {
            let refused = refusal(who, Needs::Role(Role::Admin));
            // A workspace is more than some groups or tenants.
            let create_refused = if who.contains("another") { 403 } else { refused };
            for other in scopes.iter().filter(|scope| scope.kind == "organizations" && !own.contains(scope)) {
                let make = |organization: &str| {
                    let body = json!({"slug": "intruder", "organization": organization});
                    host.send(host.shown(token, Method::POST, "/v1/workspaces").json(&body))
                };
                let (there, nowhere) = (make(&other.slug), make(NOWHERE));
                assert_eq!(there.status, create_refused, "{who}: {there:#?}");
                assert_eq!(told(&there, &[(&other.slug, NOWHERE)]), told(&nowhere, &[]), "{who}");
                let audit =
                    |slug: &str| host.send(host.shown(token, Method::GET, &format!("/v1/audit?organization={slug}")));
                let (there, nowhere) = (audit(&other.slug), audit(NOWHERE));
                assert_eq!(there.status, refused, "{who}: {there:#?}");
                assert_eq!(told(&there, &[(&other.slug, NOWHERE)]), told(&nowhere, &[]), "{who}");
            }
            named_in_bodies(&host, own, (who, token), &scopes);
            let mark = &own.parts["ref"];
            let say = |tenant: &str| {
                let path = format!("{}/groups/{mark}/connectors/which/invoke", own.prefix());
                let request = host.shown(token, Method::POST, &path).json(&json!({"input": 1}));
                host.send(request.header("lockgate-tenant", tenant))
            };
            if who.contains("another tenant") {
                let known = &own.parts["tenant"];
                let (there, none) = (say(known), say("mark-none-tenant"));
                assert_eq!(there.status, 403, "{who}: {there:#?}");
                let instance = |answer: &Answer| answer.json()["instance"].as_str().unwrap_or("-").to_owned();
                let names = [(known.as_str(), "mark-none-tenant"), (&instance(&there), "I")];
                assert_eq!(told(&there, &names), told(&none, &[(&instance(&none), "I")]), "{who}");
            }
        }
    }
}
