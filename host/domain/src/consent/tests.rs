mod narrower;
mod oauth;

use serde_json::{Value, json};

use super::*;

/// A group with everything that consent is about.
fn group() -> Value {
    json!({
        "resource_type": "EXTERNAL",
        "base_url": "https://{sub}.acme.example/api",
        "activation": {
            "credentials": {"main": {"default": "key", "methods": {
                "key": {
                    "type": "custom",
                    "fields": {"key": {"type": "password"}, "id": {"type": "text"}},
                    "login": {
                        "url": "https://login.acme.example/token", "token": "/token",
                        "placements": [{"in": "body", "name": "key", "value": "{{key}}"}],
                    },
                    "placements": [
                        {"in": "header", "name": "authorization", "value": "Bearer {{token}}"},
                        {"in": "query", "name": "id", "value": "{{id}}"},
                    ],
                },
                "oauth": {
                    "type": "oauth2", "grant": "authorization_code",
                    "authorize_url": "https://login.acme.example/authorize",
                    "token_url": "https://login.acme.example/token",
                    "refresh_url": "https://login.acme.example/refresh",
                    "keep": {"reply": {"instance": "/instance"}},
                },
            }}},
            "fields": {"sub": {"type": "text", "required": true}, "note": {"type": "text"}},
        },
        "destinations": [
            {"url": "https://{sub}.acme.example", "credential": "main"},
            {"url": "https://api.acme.example/v1", "credential": "main"},
            {"url": "https://api.acme.example/v1/public", "credential": "none"},
            {"url": "https://*.cdn.acme.example", "credential": "none"},
        ],
    })
}

fn consent_by(group: &Value, method: &str) -> Consent {
    let resource_type = serde_json::from_value(group["resource_type"].clone()).unwrap();
    let egress = EgressDefinition::read(
        resource_type,
        group.get("base_url"),
        group.get("activation"),
        group.get("destinations"),
        group.get("certificate_authorities"),
    );
    let methods = BTreeMap::from([("main".parse().unwrap(), method.parse().unwrap())]);
    Consent::of(&egress.unwrap(), &methods)
}

/// What a change of the group means for a connection by a method, and the lines that somebody has to accept.
fn change_by(method: &str, change: impl Fn(&mut Value)) -> (Verdict, Vec<String>) {
    let mut changed = group();
    change(&mut changed);
    let (before, now) = (consent_by(&group(), method), consent_by(&changed, method));
    let comparison = before.compare(&now);
    assert_eq!(comparison.verdict() == Verdict::Same, before.digest().unwrap() == now.digest().unwrap());
    let wider = comparison.changes.iter().filter(|change| change.wider).map(|change| change.text.clone());
    (comparison.verdict(), wider.collect())
}

fn change(change: impl Fn(&mut Value)) -> (Verdict, Vec<String>) {
    change_by("key", change)
}

fn different(change: impl Fn(&mut Value), line: &str) {
    assert_eq!(self::change(change), (Verdict::Different, vec![line.to_owned()]));
}

fn narrower(change: impl Fn(&mut Value)) {
    assert_eq!(self::change(change), (Verdict::Narrower, Vec::new()));
}

const METHOD: &str = "/activation/credentials/main/methods/key";

fn remove(group: &mut Value, list: &str, index: usize) {
    group.pointer_mut(list).unwrap().as_array_mut().unwrap().remove(index);
}

fn push(group: &mut Value, list: &str, item: Value) {
    group.pointer_mut(list).unwrap().as_array_mut().unwrap().push(item);
}

#[test]
fn what_is_written_differently_and_means_the_same_is_the_same() {
    let same = change(|group| {
        group["destinations"].as_array_mut().unwrap().reverse();
        group["destinations"][2]["url"] = json!("https://API.acme.example:443/x/../v1");
        group.pointer_mut(METHOD).unwrap()["placements"].as_array_mut().unwrap().reverse();
        group.pointer_mut(METHOD).unwrap()["placements"][1]["value"] = json!("Bearer {{ token }}");
        group["activation"]["fields"]["note"]["description"] = json!("For people");
    });
    assert_eq!(same, (Verdict::Same, Vec::new()));
}

#[test]
fn it_is_kept_as_canonical_json() {
    let consent = consent_by(&group(), "key");
    let text = consent.to_json().unwrap();
    assert_eq!(Consent::from_json(&text).unwrap(), consent);
    // The keys of every object are in order, so any writer that sorts them writes the same.
    let sorted: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(sorted.to_string(), text);
    assert_eq!(
        consent.digest().unwrap(),
        "sha256:5aaf72a77f09de84745ec0872c4ba648940d0475523fd9b7049d4cfc376c446d".parse().unwrap(),
        "a digest that changes would put every connection under review: {text}"
    );
}

#[test]
fn wider_destinations_need_review() {
    let add = |destination: Value| move |group: &mut Value| push(group, "/destinations", destination.clone());
    different(add(json!({"url": "https://evil.example"})), "+ destination https://evil.example/ credential main");
    different(
        add(json!({"url": "https://evil.example", "credential": "none"})),
        "+ destination https://evil.example/ credential none",
    );
    let (verdict, lines) = change(|group| group["destinations"][1]["encoded_slashes"] = json!(true));
    let added = "+ destination https://api.acme.example/v1 encoded_slashes credential main";
    assert_eq!((verdict, lines.last().map(String::as_str)), (Verdict::Different, Some(added)));
    // Back again is narrower.
    let mut flagged = group();
    flagged["destinations"][1]["encoded_slashes"] = json!(true);
    let back = consent_by(&flagged, "key").compare(&consent_by(&group(), "key"));
    assert_eq!(back.verdict(), Verdict::Narrower, "{back}");
    different(
        add(json!({"url": "https://api.acme.example/v2"})),
        "+ destination https://api.acme.example/v2 credential main",
    );
    let credential = "+ destination https://a.cdn.acme.example/ credential main";
    different(add(json!({"url": "https://a.cdn.acme.example"})), credential);
    different(
        |group| group["destinations"][1]["url"] = json!("https://api.acme.example"),
        "+ destination https://api.acme.example/ credential main",
    );
    different(
        |group| group["destinations"][1]["url"] = json!("https://api.acme.example:444/v1"),
        "+ destination https://api.acme.example:444/v1 credential main",
    );
}

#[test]
fn fewer_destinations_do_not() {
    narrower(|group| remove(group, "/destinations", 3));
    narrower(|group| remove(group, "/destinations", 1));
    narrower(|group| group["destinations"][1]["methods"] = json!(["GET"]));
    narrower(|group| group["destinations"][1]["url"] = json!("https://api.acme.example/v1/orders"));
    narrower(|group| group["destinations"][3]["url"] = json!("https://*.eu.cdn.acme.example"));
    narrower(|group| group["destinations"][3]["url"] = json!("https://eu.cdn.acme.example"));
    narrower(|group| group["destinations"][1]["credential"] = json!("none"));
    narrower(|group| push(group, "/destinations", json!({"url": "https://api.acme.example/v1/x", "methods": ["GET"]})));
}

/// The trusted authorities decide which server can get the credential.
#[test]
fn further_authorities_need_review_and_fewer_do_not() {
    let pem = |body: &str| format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    let trusts = |texts: &[&str]| {
        let mut group = group();
        group["certificate_authorities"] = json!(texts);
        consent_by(&group, "key")
    };
    let (one, two) = (pem("MIIB"), pem("MIIC"));
    let (one, two) = (one.as_str(), two.as_str());
    let line = format!("+ certificate_authorities: {}", Digest::of(&[0x30, 0x82, 0x02]));
    let changed = |before: &[&str], now: &[&str]| {
        let comparison = trusts(before).compare(&trusts(now));
        let wider = comparison.changes.iter().filter(|change| change.wider).map(|change| change.text.clone());
        (comparison.verdict(), wider.collect::<Vec<_>>())
    };
    assert_eq!(changed(&[one], &[one, two]), (Verdict::Different, vec![line.clone()]));
    assert_eq!(changed(&[one], &[two]), (Verdict::Different, vec![line.clone()]));
    assert_eq!(changed(&[one, two], &[one]), (Verdict::Narrower, Vec::new()));
    // However the certificates are spread over texts.
    assert_eq!(changed(&[one, two], &[&format!("{two}{one}")]).0, Verdict::Same);
    different(|group| group["certificate_authorities"] = json!([two]), &line);
    let kept = trusts(&[one]);
    assert_eq!(Consent::from_json(&kept.to_json().unwrap()).unwrap(), kept);
}

/// A request goes by the most specific destination, so taking one away can give its requests a credential.
#[test]
fn a_destination_that_leaves_its_requests_to_another_needs_review() {
    different(
        |group| remove(group, "/destinations", 2),
        "- destination https://api.acme.example/v1/public credential none",
    );
    let smaller = "- destination https://api.acme.example/v1/public credential none";
    different(|group| group["destinations"][2]["url"] = json!("https://api.acme.example/v1/public/x"), smaller);
    different(
        |group| push(group, "/destinations", json!({"url": "https://api.acme.example/v1/public/x"})),
        "+ destination https://api.acme.example/v1/public/x credential main",
    );
}

#[test]
fn addresses_and_placements_need_review() {
    different(
        |group| group["base_url"] = json!("https://{sub}.acme.example/other"),
        "base_url: https://{sub}.acme.example/api -> https://{sub}.acme.example/other",
    );
    different(
        |group| group.pointer_mut(METHOD).unwrap()["placements"][1]["in"] = json!("header"),
        "+ credential main, placement: header id = {{id}}",
    );
    different(
        |group| group.pointer_mut(METHOD).unwrap()["placements"][1]["value"] = json!("{{key}}"),
        "+ credential main, placement: query id = {{key}}",
    );
    different(
        |group| group.pointer_mut(METHOD).unwrap()["login"]["url"] = json!("https://evil.example/token"),
        "credential main, login_url: POST https://login.acme.example/token (json: body key = {{key}}) \
         -> POST https://evil.example/token (json: body key = {{key}})",
    );
    let sent = change(|group| group.pointer_mut(METHOD).unwrap()["login"]["placements"][0]["value"] = json!("{{id}}"));
    assert_eq!(sent.0, Verdict::Different);
    narrower(|group| remove(group, &format!("{METHOD}/placements"), 1));
    narrower(|group| drop(group.as_object_mut().unwrap().remove("base_url")));
}

#[test]
fn oauth_addresses_need_review_for_connections_by_oauth_alone() {
    for part in ["authorize_url", "token_url", "refresh_url"] {
        let redirect = |group: &mut Value| {
            group["activation"]["credentials"]["main"]["methods"]["oauth"][part] = json!("https://evil.example/");
        };
        let (verdict, lines) = change_by("oauth", redirect);
        assert_eq!((verdict, lines.len()), (Verdict::Different, 1), "{part}");
        assert!(
            lines[0].starts_with(&format!("credential main, {part}: "))
                && lines[0].ends_with("-> https://evil.example/")
        );
        assert_eq!(change(redirect).0, Verdict::Same, "{part}");
    }
    let elsewhere = change_by("oauth", |group| {
        let methods = group["activation"]["credentials"]["main"]["methods"].as_object_mut().unwrap();
        drop(methods["oauth"].as_object_mut().unwrap().remove("refresh_url"));
    });
    assert_eq!(elsewhere, (Verdict::Narrower, Vec::new()));
}

#[test]
fn the_resource_type_needs_review_when_it_opens() {
    let mut internal = group();
    internal["resource_type"] = json!("INTERNAL");
    different(|group| group["resource_type"] = json!("INTERNAL"), "resource_type: EXTERNAL -> INTERNAL");
    let back = consent_by(&internal, "key").compare(&consent_by(&group(), "key"));
    assert_eq!(
        (back.verdict(), back.to_string().as_str()),
        (Verdict::Narrower, "  resource_type: INTERNAL -> EXTERNAL\n")
    );
    let flags = |change: fn(&mut Value)| {
        let mut changed = internal.clone();
        change(&mut changed["destinations"][1]);
        consent_by(&internal, "key").compare(&consent_by(&changed, "key")).verdict()
    };
    assert_eq!(flags(|destination| destination["tenant_private"] = json!(true)), Verdict::Different);
    assert_eq!(flags(|destination| destination["credential"] = json!("none")), Verdict::Narrower);
}

const INSTANCE: &str = "instance = /instance";

/// An editor reads what is visible, so a stored value that becomes visible is one that leaves.
#[test]
fn a_value_that_becomes_readable_needs_review() {
    let visible = |group: &mut Value| group["activation"]["fields"]["note"]["visible"] = json!(true);
    different(visible, "+ fields, visible: note");
    let unplaced = |group: &mut Value| {
        remove(group, &format!("{METHOD}/placements"), 1);
        group.pointer_mut(METHOD).unwrap()["fields"]["id"]["visible"] = json!(true);
    };
    different(unplaced, "+ credential main, fields, visible: id");
    let sign = |group: &mut Value| {
        remove(group, &format!("{METHOD}/placements"), 1);
        group.pointer_mut(METHOD).unwrap()["fields"]["id"]["use"] = json!("sign");
    };
    different(sign, "+ credential main, fields, use: sign: id");
    let kept = change_by("oauth", |group| {
        group["activation"]["credentials"]["main"]["methods"]["oauth"]["keep"]["visible"] = json!(["instance"]);
    });
    assert_eq!(kept, (Verdict::Different, vec![format!("+ credential main, fields, visible: {INSTANCE}")]));
    // Else an editor could let a kept value show another part of the reply.
    let with = |pointer: &str| {
        let mut group = group();
        let method = &mut group["activation"]["credentials"]["main"]["methods"]["oauth"];
        method["keep"] = json!({"reply": {"instance": pointer}, "visible": ["instance"]});
        consent_by(&group, "oauth")
    };
    let moved = with("/instance").compare(&with("/id_token"));
    assert_eq!(moved.verdict(), Verdict::Different, "{moved}");
}

#[test]
fn another_scheme_under_the_methods_name_needs_review() {
    let (verdict, lines) = change(|group| *group.pointer_mut(METHOD).unwrap() = json!({"type": "bearer"}));
    assert_eq!(verdict, Verdict::Different);
    assert_eq!(lines[0], "credential main: method key (custom) -> key (bearer)");
    // A method that is gone sends nothing.
    let gone = change(|group| {
        let credential = &mut group["activation"]["credentials"]["main"];
        drop(credential["methods"].as_object_mut().unwrap().remove("key"));
        credential["default"] = json!("oauth");
    });
    assert_eq!(gone, (Verdict::Narrower, Vec::new()));
}

/// Values that would make two destinations the same host are refused when they are fixed, so such a pair decides
/// nothing here.
#[test]
fn a_field_beside_a_name_that_its_value_can_not_be_becomes_narrower() {
    let with = |list: Value| {
        let mut group = group();
        group["destinations"] = list;
        drop(group.as_object_mut().unwrap().remove("base_url"));
        consent_by(&group, "key")
    };
    let field = |path: &str| json!({"url": format!("https://{{sub}}.acme.example{path}")});
    let name = json!({"url": "https://api.acme.example", "credential": "none"});
    let below = json!({"url": "https://*.acme.example"});
    let verdict = |before: Value, now: Value| with(before).compare(&with(now)).verdict();
    assert_eq!(verdict(json!([field("/"), name]), json!([field("/x"), name])), Verdict::Narrower);
    assert_eq!(verdict(json!([below, name]), json!([below, field("/"), name])), Verdict::Narrower);
    assert_eq!(verdict(json!([below, name]), json!([below, field("/x"), name])), Verdict::Different);
}

#[test]
fn a_default_that_leads_somewhere_else_needs_review() {
    let with = |field: &str, default: Option<&str>| {
        let mut group = group();
        if let Some(default) = default {
            group["activation"]["fields"][field]["default"] = json!(default);
        }
        consent_by(&group, "key")
    };
    let change = |before, now| {
        let comparison = with("sub", before).compare(&with("sub", now));
        (comparison.verdict(), comparison.to_string())
    };
    let changed = (Verdict::Different, "! field sub, default: acme -> evil\n".to_owned());
    assert_eq!(change(Some("acme"), Some("evil")), changed);
    assert_eq!(change(None, Some("evil")), (Verdict::Different, "! + field sub, default: evil\n".to_owned()));
    assert_eq!(change(Some("acme"), None), (Verdict::Narrower, "  - field sub, default: acme\n".to_owned()));
    assert_eq!(change(Some("acme"), Some("acme")).0, Verdict::Same);
    // One that fills no address.
    assert_eq!(with("note", Some("a")).compare(&with("note", Some("b"))).verdict(), Verdict::Same);
}

/// The order decides the digest of every consent that is stored: scheme, host, port, path, methods, credential.
#[test]
fn destinations_are_listed_in_one_order_whatever_the_definition_has() {
    let urls = [
        json!({"url": "mysql://b.example/orders"}),
        json!({"grpc": "https://b.example:443/shop.Orders"}),
        json!({"url": "http://b.example"}),
        json!({"url": "https://b.example/a/b", "methods": ["PUT"]}),
        json!({"url": "https://b.example/a/b", "methods": ["GET", "POST"]}),
        json!({"url": "https://b.example/a", "methods": ["PUT"]}),
        json!({"url": "https://b.example:80/a"}),
        json!({"url": "https://b.example/z"}),
        json!({"url": "https://a.example/z"}),
    ];
    let reach = EgressDefinition::read(ResourceType::External, None, None, Some(&json!(urls)), None).unwrap();
    let consent = Consent::of(&reach, &BTreeMap::new());
    let written: Value = serde_json::from_str(&consent.to_json().unwrap()).unwrap();
    let listed = written["destinations"].as_array().unwrap().iter();
    let listed: Vec<_> = listed.map(|one| format!("{} {}", one["url"].as_str().unwrap(), one["methods"])).collect();
    assert_eq!(
        listed,
        [
            "https://a.example/z null",
            "https://b.example:80/a null",
            "https://b.example/a [\"PUT\"]",
            "https://b.example/a/b [\"GET\",\"POST\"]",
            "https://b.example/a/b [\"PUT\"]",
            "https://b.example/z null",
            "http://b.example/ null",
            "grpc://b.example/shop.Orders null",
            "mysql://b.example/orders null",
        ]
    );
    assert_eq!(Consent::from_json(&consent.to_json().unwrap()).unwrap(), consent);
}
