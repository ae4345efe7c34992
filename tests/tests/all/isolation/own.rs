//! In one's own scope: a role does what the table says and no more, and what lies beyond a token's limits is like nothing.

use super::*;

/// The same parts, of objects that are nowhere.
fn nothing(parts: &BTreeMap<&'static str, String>) -> BTreeMap<&'static str, String> {
    let mark = &parts["ref"];
    let of_nothing = |value: &String| match value.as_str() {
        uuid if uuid.len() == 36 && uuid.matches('-').count() == 4 => "00000000-0000-7000-8000-000000000000".to_owned(),
        digest if digest.starts_with("sha256:") => format!("sha256:{}", "0".repeat(64)),
        named => named.replace(mark, "mark-none"),
    };
    parts.iter().map(|(name, value)| (*name, of_nothing(value))).collect()
}

#[test]
fn a_role_does_what_the_table_says_and_no_more() {
    let host = Host::start();
    let scopes = world(&host);
    for own in scopes.iter().filter(|scope| scope.slug.starts_with("acme")) {
        let parts = nothing(&own.parts);
        for (who, token) in own.tokens.iter().filter(|(who, _)| !who.contains("another")) {
            for (method, address, needs) in routes().filter(|(_, address, _)| fits(address, own)) {
                let request = host.shown(token, method.parse().unwrap(), &path(address, &own.prefix(), &parts));
                let answer = host.send(with_body(request, method, address, "none"));
                // Some changes ask for more than their route.
                let refused = answer.status == 403 && answer.body.contains("\"this needs ");
                assert_eq!(refused, !may(who, *needs), "{who}: {method} {address}: {answer:#?}");
            }
        }
    }
}

/// A token of one group, and a token of one tenant, beside the group and the tenant of somebody else in the same scope.
#[test]
fn what_lies_beyond_a_limit_is_like_nothing() {
    let host = Host::start();
    let scopes = world(&host);
    let before: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    let mut compared = 0;
    for own in &scopes {
        let none = nothing(&own.parts);
        for (who, token) in own.tokens.iter().filter(|(who, _)| who.contains("another")) {
            let beyond = if who.contains("tenant") { ["tenant", "call"] } else { ["ref", "call"] };
            for (method, address, needs) in routes().filter(|(_, address, _)| fits(address, own)) {
                let part = |name: &&&str| address.contains(&format!("{{{name}}}"));
                let Some(part) = beyond.iter().find(part) else { continue };
                let ask = |parts: &BTreeMap<&'static str, String>| {
                    let request = host.shown(token, method.parse().unwrap(), &path(address, &own.prefix(), parts));
                    host.send(with_body(request, method, address, &own.slug))
                };
                // Of the parts below it, only those of the object that is asked for are different.
                let mut other = none.clone();
                other.insert(part, own.parts[part].clone());
                let (there, nowhere) = (ask(&other), ask(&none));
                let names = [(other[part].as_str(), none[part].as_str())];
                assert_eq!(nowhere.status, refusal(who, *needs), "{who}: {method} {address}: {nowhere:#?}");
                assert_eq!(told(&there, &names), told(&nowhere, &[]), "{who}: {method} {address}");
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "{compared} answers were compared");
    let after: Vec<_> = scopes.iter().map(|scope| snapshot(&host, scope)).collect();
    assert_eq!(before, after);
}

/// Ids are no names: a scope or group that is asked for by its id is like none, whoever asks.
#[test]
fn scopes_and_groups_are_not_asked_for_by_id() {
    let host = Host::start();
    let scopes = world(&host);
    for own in &scopes {
        let shown = ok(host.send(host.shown(&own.admin, Method::GET, &own.prefix())));
        let group = format!("{}/groups/{}", own.prefix(), own.parts["ref"]);
        let group = ok(host.send(host.shown(&own.admin, Method::GET, &group)))["id"].as_str().unwrap().to_owned();
        for scope in &scopes {
            let by_id = format!("/v1/{}/{}", own.kind, shown["id"].as_str().unwrap());
            let paths = [by_id.clone(), format!("{by_id}/groups"), format!("{}/groups/{group}", scope.prefix())];
            for path in paths {
                let status = host.send(host.shown(&scope.admin, Method::GET, &path)).status;
                assert!(matches!(status, 400 | 404), "{path}: {status}");
            }
        }
    }
}
