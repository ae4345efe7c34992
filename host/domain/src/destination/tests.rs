mod slashes;

use serde_json::{Value, json};

use super::*;
use crate::{EgressDefinition, FieldName, ResourceType};

fn activation() -> Value {
    json!({
        "credentials": {"main": {"methods": {"key": {"type": "bearer"}}}},
        "fields": {"sub": {"type": "text", "required": true}, "optional": {"type": "text"}},
    })
}

fn read_as(resource_type: ResourceType, list: &Value) -> Result<Destinations, Vec<(String, String)>> {
    EgressDefinition::read(resource_type, None, Some(&activation()), Some(list), None)
        .map(|egress| egress.destinations)
        .map_err(|found| found.into_iter().map(|violation| (violation.pointer, violation.rule)).collect())
}

fn read(list: Value) -> Result<Destinations, Vec<(String, String)>> {
    read_as(ResourceType::External, &list)
}

/// The rule that one destination breaks, and where.
fn broken(resource_type: ResourceType, destination: Value) -> (String, String) {
    let mut found = read_as(resource_type, &json!([destination])).unwrap_err();
    assert_eq!(found.len(), 1, "{destination}: {found:?}");
    found.remove(0)
}

fn at(pointer: &str, rule: &str) -> (String, String) {
    (format!("/destinations/0{pointer}"), rule.to_owned())
}

/// The destination that holds a GET of a URL, by its text up to the credential.
fn held(destinations: &Destinations, url: &str) -> Option<String> {
    let target = Target::parse(url).unwrap();
    let destination = destinations.matches(&target, "GET");
    destination.map(|destination| destination.to_string().split(" credential").next().unwrap().to_owned())
}

fn holds(destination: &str, url: &str) -> bool {
    held(&read(json!([{"url": destination}])).unwrap(), url).is_some()
}

#[test]
fn scheme_host_port_and_prefix_all_count() {
    let api = "https://api.acme.example:8443/v1";
    for inside in ["/v1", "/v1/", "/v1/a?b=/c", "/v1/a/../b", "/x/../v1/a", "/./v1"] {
        assert!(holds(api, &format!("https://API.acme.example:8443{inside}")), "{inside}");
    }
    for outside in ["", "/", "/v", "/v10", "/v1a", "/V1", "/v1/..", "/v1/../v2", "/v1/../../v1x", "/a/v1", "/%761"] {
        assert!(!holds(api, &format!("https://api.acme.example:8443{outside}")), "{outside}");
    }
    for other in
        ["http://api.acme.example:8443/v1", "https://api.acme.example/v1", "https://a.api.acme.example:8443/v1"]
    {
        assert!(!holds(api, other), "{other}");
    }
    assert!(holds("https://api.acme.example", "https://api.acme.example:443"));
    assert!(holds("https://my-api_1.acme.example", "https://my-api_1.acme.example/"));
    assert!(holds("https://api.acme.example/v1/", "https://api.acme.example/v1/a"));
    assert!(!holds("https://api.acme.example/v1/", "https://api.acme.example/v1"));
}

#[test]
fn a_wildcard_holds_every_name_below_and_not_the_suffix() {
    for inside in ["a.acme.example", "a.b.acme.example"] {
        assert!(holds("https://*.acme.example", &format!("https://{inside}/")), "{inside}");
    }
    for outside in ["acme.example", "evilacme.example", "acme.example.com", "a.acme.example.evil.example"] {
        assert!(!holds("https://*.acme.example", &format!("https://{outside}/")), "{outside}");
    }
}

#[test]
fn addresses_have_one_spelling() {
    assert!(holds("https://192.0.2.1", "https://192.0.2.1/"));
    assert!(holds("https://[2001:db8::1]:8443", "https://[2001:DB8:0:0::1]:8443/"));
    assert!(!holds("https://[::ffff:192.0.2.1]", "https://192.0.2.1/"));
    for odd in [
        "3221225985",
        "0300.0.2.1",
        "0xc0.0.2.1",
        "192.0.513",
        "192.0.2.1.",
        "192.0.2.01",
        "192.0.2.1%00",
        "[::1",
        "[fe80::1%25eth0]",
    ] {
        assert!(matches!(Target::parse(&format!("https://{odd}/")), Err(UrlRefused::Host(_))), "{odd}");
    }
}

#[test]
fn methods_bound_what_they_name() {
    let list = read(json!([{"url": "https://acme.example", "methods": ["GET", "HEAD"]}])).unwrap();
    let target = Target::parse("https://acme.example/").unwrap();
    assert!(list.matches(&target, "GET").is_some() && list.matches(&target, "HEAD").is_some());
    assert!(list.matches(&target, "POST").is_none() && list.matches(&target, "get").is_none());
    let apart = json!([{"url": "https://acme.example", "methods": ["GET"]}, {"url": "https://acme.example", "methods": ["POST"]}]);
    let apart = read(apart).expect("no method has two destinations");
    let apart: Vec<_> = apart.iter().collect();
    assert!(!apart[0].overlaps(apart[1]) && !apart[1].overlaps(apart[0]));
    let grpc = read(json!([{"grpc": "https://acme.example:50051/shop.Orders"}])).unwrap();
    assert!(grpc.matches(&Target::parse("grpc://acme.example:50051/shop.Orders/List").unwrap(), "").is_some());
}

#[test]
fn the_most_specific_destination_decides() {
    let list = read(json!([
        {"url": "https://*.acme.example"}, {"url": "https://*.eu.acme.example"},
        {"url": "https://api.acme.example"}, {"url": "https://api.acme.example/public", "credential": "none"},
    ]))
    .unwrap();
    assert_eq!(held(&list, "https://www.acme.example/").unwrap(), "https://*.acme.example/");
    assert_eq!(held(&list, "https://a.eu.acme.example/").unwrap(), "https://*.eu.acme.example/");
    assert_eq!(held(&list, "https://api.acme.example/private").unwrap(), "https://api.acme.example/");
    assert_eq!(held(&list, "https://api.acme.example/a/../public/x").unwrap(), "https://api.acme.example/public");
    assert_eq!(held(&list, "https://acme.example/"), None);
    assert_eq!(held(&Destinations::default(), "https://acme.example/"), None);
}

#[test]
fn a_field_is_one_label_and_holds_nothing_before_it_is_fixed() {
    let list = read(json!([{"url": "https://{sub}.acme.example"}, {"url": "https://api.acme.example"}])).unwrap();
    let fixed = |value: Option<&'static str>| list.fixed(|name| value.filter(|_| name.as_str() == "sub"));
    assert_eq!(held(&list, "https://shop.acme.example/"), None);
    let shop = fixed(Some("shop")).unwrap();
    assert!(
        held(&shop, "https://shop.acme.example/").is_some() && held(&shop, "https://other.acme.example/").is_none()
    );
    assert!(held(&fixed(Some("shop-2")).unwrap(), "https://shop-2.acme.example/").is_some());
    let sub: FieldName = "sub".parse().unwrap();
    for value in ["", "a.b", "A", "-a", "a-", "a_b", "a/b", "a@b", "evil.example/", "a%2e", "ä", &"a".repeat(64)] {
        assert_eq!(list.fixed(|_| Some(value)), Err(FieldRefused::Label(sub.clone())), "{value}");
    }
    assert_eq!(fixed(None), Err(FieldRefused::Missing(sub.clone())));
    assert_eq!(fixed(Some("api")), Err(FieldRefused::Collision(sub)));
}

#[test]
fn no_pattern_stands_on_a_public_suffix() {
    let public = |url: &str| broken(ResourceType::External, json!({"url": url}));
    for suffix in ["com", "co.uk", "example", "github.io", "a.ck", "corp"] {
        assert_eq!(public(&format!("https://*.{suffix}")), at("/url", "url"), "{suffix}");
    }
    for suffix in ["com", "co.uk", "corp"] {
        assert_eq!(public(&format!("https://{{sub}}.{suffix}")), at("/url", "url"), "{suffix}");
    }
    // Where an owner gives each customer a name, one label is what the group asks for.
    assert!(read(json!([{"url": "https://{sub}.myshopify.com"}, {"url": "https://*.svc.cluster.local"}])).is_ok());
}

#[test]
fn rules_of_the_resource_type() {
    let (external, internal) = (ResourceType::External, ResourceType::Internal);
    let clear = json!({"url": "http://acme.example"});
    assert_eq!(broken(external, clear.clone()), at("", "plaintext"));
    assert_eq!(broken(internal, clear), at("", "plaintext"));
    assert!(read(json!([{"url": "http://acme.example", "credential": "none"}])).is_ok());
    let plaintext = json!({"url": "http://acme.example", "plaintext": true});
    assert_eq!(broken(external, plaintext.clone()), at("", "plaintext"));
    assert!(read_as(internal, &json!([plaintext])).is_ok());
    assert_eq!(broken(internal, json!({"url": "https://acme.example", "plaintext": true})), at("", "plaintext"));
    let private = json!({"url": "https://acme.example", "tenant_private": true});
    assert_eq!(broken(external, private.clone()), at("", "tenant_private"));
    assert!(read_as(internal, &json!([private])).is_ok());
}

#[test]
fn a_destination_names_what_exists() {
    let external = ResourceType::External;
    assert_eq!(
        broken(external, json!({"url": "https://acme.example", "credential": "other"})),
        at("/credential", "credential")
    );
    assert_eq!(broken(external, json!({"url": "https://acme.example", "path": "/"})), at("/path", "unknown"));
    assert_eq!(broken(external, json!({"credential": "main"})), at("", "required"));
    assert_eq!(broken(external, json!({"url": "https://{other}.acme.example"})), at("/url", "field"));
    assert_eq!(broken(external, json!({"url": "https://{optional}.acme.example"})), at("/url", "field"));
    for method in ["get", "CONNECT", "TRACE", "A B", ""] {
        let destination = json!({"url": "https://acme.example", "methods": [method]});
        assert_eq!(broken(external, destination), at("/methods/0", "methods"), "{method}");
    }
    assert_eq!(
        broken(external, json!({"url": "postgres://acme.example/orders", "methods": ["GET"]})),
        at("/methods", "methods")
    );
    let twice = json!([{"url": "https://acme.example"}, {"url": "https://acme.example:443/", "methods": ["GET"]}]);
    assert_eq!(read(twice).unwrap_err(), [("/destinations/1".to_owned(), "uniqueItems".to_owned())]);
    assert_eq!(read(json!([])), Ok(Destinations::default()));
}

#[test]
fn with_several_credentials_one_is_named() {
    let method = json!({"methods": {"m": {"type": "basic"}}});
    let two = json!({"credentials": {"a": method, "b": method}});
    let read = |destination: Value| {
        EgressDefinition::read(ResourceType::External, None, Some(&two), Some(&json!([destination])), None)
    };
    let found = read(json!({"url": "https://acme.example"})).unwrap_err();
    assert_eq!((found[0].pointer.as_str(), found[0].rule.as_str()), ("/destinations/0", "required"));
    let chosen = read(json!({"url": "https://acme.example", "credential": "b"})).unwrap();
    assert_eq!(chosen.destinations.iter().next().unwrap().credential.as_ref().unwrap().as_str(), "b");
    // Without an activation there is none to send.
    let none = EgressDefinition::read(
        ResourceType::External,
        None,
        None,
        Some(&json!([{"url": "https://acme.example"}])),
        None,
    )
    .unwrap();
    assert_eq!(none.destinations.iter().next().unwrap().credential, None);
}

#[test]
fn the_base_lies_in_a_destination() {
    let read = |base: &str| {
        let list = json!([{"url": "https://{sub}.acme.example/api"}]);
        let read =
            EgressDefinition::read(ResourceType::External, Some(&json!(base)), Some(&activation()), Some(&list), None);
        read.map(|_| ()).map_err(|found| found.into_iter().map(|violation| violation.rule).collect::<Vec<_>>())
    };
    assert_eq!(read("https://{sub}.acme.example/api/v2"), Ok(()));
    assert_eq!(read("https://{sub}.acme.example/"), Err(vec!["destination".to_owned()]));
    assert_eq!(read("https://{sub}.acme.example/apis"), Err(vec!["destination".to_owned()]));
    assert_eq!(read("https://evil.example/api"), Err(vec!["destination".to_owned()]));
    assert_eq!(read("https://{none}.acme.example/api"), Err(vec!["field".to_owned(), "destination".to_owned()]));
}

#[test]
fn a_url_that_two_readers_could_read_differently_is_refused() {
    let refused = |url: &str| Target::parse(url).unwrap_err();
    for url in [
        "https://a.example/x\\y",
        "https://a.example\\@b.example/",
        "https://a.example/a b",
        "https://a.example/\u{0}",
        "https://a.example/ä",
        "https://a.example/\r\nx",
        "https://a.example/?a\tb",
    ] {
        assert!(matches!(refused(url), UrlRefused::Character(_)), "{url:?}");
    }
    assert_eq!(refused("https://ä.example/"), UrlRefused::Unicode);
    for url in ["https://u@a.example/", "https://u:p@a.example/", "https://a.example:443@b.example/"] {
        assert_eq!(refused(url), UrlRefused::UserInfo, "{url}");
    }
    for url in ["a.example", "//a.example", "ftp://a.example", "https:/a.example", "https:a.example", "javascript://a"]
    {
        assert_eq!(refused(url), UrlRefused::Scheme, "{url}");
    }
    for url in [
        "https://",
        "https:///x",
        "https://.a.example",
        "https://a..example",
        "https://a.example./",
        "https://%61.example/",
        "https://a,b.example",
        "https://*.a.example/",
        "https://{sub}.a.example/",
    ] {
        assert!(matches!(refused(url), UrlRefused::Host(_)), "{url}");
    }
    for url in [
        "https://a.example:",
        "https://a.example:0/",
        "https://a.example:65536/",
        "https://a.example:+80/",
        "https://a.example:8a/",
    ] {
        assert_eq!(refused(url), UrlRefused::Port, "{url}");
    }
    assert_eq!(Target::parse("grpc://a.example/").unwrap().port(), 443);
    assert_eq!(refused("https://a.example/#x"), UrlRefused::Fragment);
    let long = |bytes: usize| format!("https://a.example/{}", "x".repeat(bytes - "https://a.example/".len()));
    assert!(Target::parse(&long(8192)).is_ok());
    assert_eq!(refused(&long(8193)), UrlRefused::TooLong);
}

#[test]
fn paths_are_resolved_as_rfc_3986_says_and_never_repaired() {
    let resolved = [
        ("", "/"),
        ("/", "/"),
        ("/a/b/c/./../../g", "/a/g"),
        ("/a/..", "/"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/..", "/"),
        ("/../../a", "/a"),
        ("/a//../b", "/a/b"),
        ("/a//b", "/a//b"),
        ("/...", "/..."),
        ("/a;x=1/b", "/a;x=1/b"),
        ("/%41%2D", "/%41%2D"),
        ("/.a", "/.a"),
    ];
    for (path, expected) in resolved {
        assert_eq!(resolve(path).as_deref(), Ok(expected), "{path}");
    }
    for encoded in ["%2e", "%2E%2e", "%2f", "%2F", "%5c", "%00", "%0d%0a", "%7f", "%1F"] {
        assert!(matches!(resolve(&format!("/a/{encoded}/b")), Err(PathRefused::Encoded(_))), "{encoded}");
    }
    for percent in ["%", "%2", "%zz", "%%41"] {
        assert_eq!(resolve(&format!("/{percent}")), Err(PathRefused::Percent), "{percent}");
    }
    for dots in ["/a/..;/b", "/.;x/b", "/a/..;"] {
        assert!(matches!(resolve(dots), Err(PathRefused::DotParameter(_))), "{dots}");
    }
    let encoded = |path: &str| Target::parse_with(&format!("https://a.example{path}"), Slashes::InSegments);
    let target = encoded("/projects/group%2Fproject/x").unwrap();
    assert_eq!((target.path(), target.slashes()), ("/projects/group%2Fproject/x", Slashes::InSegments));
    assert!(encoded("/vhosts/%2f").is_ok() && encoded("/a/%2Fb%2f/c").is_ok());
    for path in ["/a%2F..", "/a%2F..%2Fb", "/%2F.", "/a%2F..;x%2Fb", "/..%2Fb", "/a%5Cb", "/%2e%2e%2F"] {
        assert!(encoded(path).is_err(), "{path}");
    }
    // It is the bytes that are compared: no prefix ends within a segment.
    let destination = super::text::place("https://a.example/projects/group").unwrap();
    assert!(!destination.matches(&target, "GET"));
    assert_eq!(resolve("a"), Err(PathRefused::Relative));
    assert!(matches!(resolve("/{a}"), Err(PathRefused::Character('{'))));
}

#[test]
fn a_value_fills_its_own_place_in_a_url_and_no_other() {
    let url: UrlTemplate = "https://{sub}.acme.example/{sub}/v{sub}/token?x=1".parse().unwrap();
    let fill = |value: &'static str| url.fill(|_| Some(value));
    assert_eq!(fill("shop").unwrap().to_string(), "https://shop.acme.example/shop/vshop/token");
    assert_eq!(fill("shop").unwrap().query(), Some("x=1"));
    let path: UrlTemplate = "https://acme.example/{sub}/token".parse().unwrap();
    for value in ["..", ".", "", "a/b", "a?b", "a#b", "%2e", "a b", "a;b", "{sub}"] {
        assert!(matches!(path.fill(|_| Some(value)), Err(UrlRefused::Value(_))), "{value}");
    }
    assert!(path.fill(|_| None).is_err() && fill("a.b").is_err());
    for refused in [
        "https://*.acme.example/",
        "https://a.example/{",
        "https://a.example/{A}",
        "https://a.example/?x={sub}",
        "https://a.example/../{sub}",
        "grpc://a.example:1/",
        "https://{sub}.com/",
    ] {
        assert!(refused.parse::<UrlTemplate>().is_err(), "{refused}");
    }
}

#[test]
fn a_destination_is_its_text() {
    let list = json!([
        {"url": "https://{sub}.acme.example:8443/a/", "methods": ["POST", "GET"]},
        {"url": "https://acme.example", "encoded_slashes": true},
        {"url": "http://[2001:db8::1]/x", "plaintext": true, "tenant_private": true},
        {"url": "postgres://*.db.acme.example/orders", "credential": "none"},
    ]);
    for destination in read_as(ResourceType::Internal, &list).unwrap().iter() {
        let text = serde_json::to_string(destination).unwrap();
        assert_eq!(&serde_json::from_str::<Destination>(&text).unwrap(), destination, "{text}");
    }
}

/// A random path of pieces that have been used to get out of a folder.
fn random_path(random: &mut fastrand::Rng) -> String {
    let pieces = [
        "/", "/", "/", "a", "b", "v1", "..", ".", "%2e", "%2E%2e", "%2f", "%5c", "\\", ";", "%00", "%41", "%25", "...",
        "?", "#", "@", ":", "%",
    ];
    (0..random.usize(..12)).map(|_| pieces[random.usize(..pieces.len())]).collect()
}

/// What matches after resolution never leaves the prefix, whoever resolves it again.
#[test]
fn nothing_gets_out_of_its_prefix() {
    let mut random = fastrand::Rng::with_seed(11);
    let destination = read(json!([{"url": "https://acme.example/a/v1"}])).unwrap();
    let (mut parsed, mut inside) = (0, 0);
    for _ in 0..50_000 {
        let start = ["", "/a/v1", "/a/v1/", "/a"][random.usize(..4)];
        let url = format!("https://acme.example{start}{}", random_path(&mut random));
        let Ok(target) = Target::parse(&url) else { continue };
        parsed += 1;
        let path = target.path();
        assert_eq!(resolve(path).as_deref(), Ok(path), "{url}: resolved once is resolved");
        assert!(!path.split('/').any(|segment| matches!(segment, "." | "..")), "{url}");
        let lower = path.to_ascii_lowercase();
        assert!(!["%2e", "%2f", "%5c", "%00", "\\"].iter().any(|trick| lower.contains(trick)), "{url}");
        if destination.matches(&target, "GET").is_some() {
            inside += 1;
            assert!(path == "/a/v1" || path.starts_with("/a/v1/"), "{url} -> {path}");
        }
    }
    assert!(parsed > 5_000 && inside > 1_000, "{parsed} parsed, {inside} inside: the pieces say nothing");
}

#[test]
fn a_field_overlaps_what_its_one_label_can_be() {
    let all = read(json!([
        {"url": "https://{sub}.acme.example"}, {"url": "https://api.acme.example"}, {"url": "https://a.b.acme.example"},
        {"url": "https://*.acme.example"}, {"url": "https://*.api.acme.example"}, {"url": "https://192.0.2.1"},
    ]))
    .unwrap();
    let all: Vec<_> = all.iter().collect();
    let overlaps: Vec<_> = all[1..].iter().map(|other| (all[0].overlaps(other), other.overlaps(all[0]))).collect();
    assert_eq!(overlaps, [(true, true), (false, false), (true, true), (false, false), (false, false)]);
    let covers: Vec<_> = all[1..].iter().map(|other| (all[0].covers(other), other.covers(all[0]))).collect();
    assert_eq!(covers, [(false, false), (false, false), (false, true), (false, false), (false, false)]);
}

/// `covers` and `overlaps` are what consent rests on: they must agree with what single requests do.
#[test]
fn what_is_covered_is_held_by_both() {
    let mut random = fastrand::Rng::with_seed(13);
    let hosts =
        ["acme.example", "a.acme.example", "b.a.acme.example", "*.acme.example", "*.a.acme.example", "other.example"];
    let paths = ["", "/a", "/a/", "/a/b", "/ab"];
    let methods = [json!(["GET"]), json!(["POST"]), json!(["GET", "POST"])];
    let destination = |random: &mut fastrand::Rng| {
        let mut one = json!({"url": format!("https://{}{}", hosts[random.usize(..6)], paths[random.usize(..5)])});
        if let Some(methods) = methods.get(random.usize(..6)) {
            one["methods"] = methods.clone();
        }
        read(json!([one])).unwrap().iter().next().unwrap().clone()
    };
    let (mut covered, mut apart) = (0, 0);
    let hosts =
        ["acme.example", "a.acme.example", "b.a.acme.example", "c.b.a.acme.example", "x.acme.example", "other.example"];
    let paths = ["/", "/a", "/a/", "/a/b", "/a/b/c", "/ab"];
    let urls = hosts.iter().flat_map(|host| paths.iter().map(move |path| format!("https://{host}{path}")));
    let targets: Vec<_> = urls.map(|url| Target::parse(&url).unwrap()).collect();
    for _ in 0..1_000 {
        let (one, two) = (destination(&mut random), destination(&mut random));
        covered += usize::from(one.covers(&two));
        apart += usize::from(!one.overlaps(&two));
        assert_eq!(one.overlaps(&two), two.overlaps(&one), "{one} | {two}");
        for (target, method) in targets.iter().flat_map(|target| ["GET", "POST", "PUT"].map(|method| (target, method)))
        {
            let held = (one.matches(target, method), two.matches(target, method));
            assert!(!one.covers(&two) || held != (false, true), "{one} covers {two}: {method} {target}");
            assert!(one.overlaps(&two) || held != (true, true), "{one} is apart from {two}: {method} {target}");
        }
    }
    assert!(covered > 50 && apart > 50, "{covered} covered, {apart} apart");
}
