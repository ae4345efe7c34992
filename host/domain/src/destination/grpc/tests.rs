use serde_json::{Value, json};

use super::*;
use crate::{EgressDefinition, FieldName, ResourceType};

fn read_as(kind: ResourceType, list: Value) -> Result<Destinations, Vec<(String, String, String)>> {
    let activation = json!({
        "credentials": {"main": {"methods": {"key": {"type": "bearer"}}}},
        "fields": {"sub": {"type": "text", "required": true}},
    });
    let read = EgressDefinition::read(kind, None, Some(&activation), Some(&list), None);
    let said = |one: crate::Violation| (one.pointer, one.rule, one.detail);
    read.map(|egress| egress.destinations).map_err(|found| found.into_iter().map(said).collect())
}

fn one(address: &str) -> Result<Destination, (String, String, String)> {
    let read = read_as(ResourceType::External, json!([{"grpc": address}]));
    read.map(|list| list.iter().next().unwrap().clone()).map_err(|mut found| {
        assert_eq!(found.len(), 1, "{address}: {found:?}");
        found.remove(0)
    })
}

#[test]
fn an_address_is_a_host_a_port_and_a_service() {
    let held = |address: &str| {
        let destination = one(address).unwrap();
        assert_eq!((destination.scheme, destination.is_clear()), (Scheme::Grpc, false), "{address}");
        (destination.to_string(), destination.place())
    };
    for (address, shown, written) in [
        ("https://acme.example", "grpc://acme.example/", "https://acme.example"),
        ("https://acme.example:443/", "grpc://acme.example/", "https://acme.example"),
        ("HTTPS://Acme.example:8443", "grpc://acme.example:8443/", "https://acme.example:8443"),
        ("https://[2001:DB8::1]:50051", "grpc://[2001:db8::1]:50051/", "https://[2001:db8::1]:50051"),
        ("https://{sub}.acme.example", "grpc://{sub}.acme.example/", "https://{sub}.acme.example"),
        ("https://*.acme.example/a.B", "grpc://*.acme.example/a.B", "https://*.acme.example/a.B"),
        ("https://acme.example/a.v1.B/Get", "grpc://acme.example/a.v1.B/Get", "https://acme.example/a.v1.B/Get"),
    ] {
        assert_eq!(held(address), (format!("{shown} credential main"), written.to_owned()));
    }
}

#[test]
fn what_grpc_libraries_take_for_an_address_beside_that_is_refused() {
    for address in [
        "dns:///acme.example:443",
        "dns://8.8.8.8/acme.example:443",
        "unix:/var/run/docker.sock",
        "unix:///var/run/docker.sock",
        "unix-abstract:x",
        "vsock:2:1",
        "ipv4:127.0.0.1:50051",
        "ipv4:10.0.0.1:1,10.0.0.2:1",
        "ipv6:[::1]:50051",
        "xds:///acme",
        "passthrough:///acme.example:443",
        "grpc://acme.example:443",
        "acme.example:443",
        "acme.example",
        "10.0.0.1:443",
        "",
    ] {
        let (pointer, rule, detail) = one(address).unwrap_err();
        assert_eq!((pointer.as_str(), rule.as_str()), ("/destinations/0/grpc", "grpc"), "{address}");
        assert!(detail.contains("`dns:`, `unix:`"), "{address}: {detail}");
    }
    for address in [
        "https://user@acme.example",
        "https://acme.example?x=1",
        "https://acme.example#x",
        "https://acme.example/a/b/c",
        "https://acme.example/a/",
        "https://acme.example/a%41",
        "https://acme.example/a-b",
        "https://acme.example:0",
        "https://acme.example,b.example",
        "https://*.com",
        "https://0300.0.0.1",
        "https://ä.example",
    ] {
        let (pointer, rule, _) = one(address).unwrap_err();
        assert_eq!((pointer.as_str(), rule.as_str()), ("/destinations/0/grpc", "grpc"), "{address}");
    }
    let by_url = read_as(ResourceType::External, json!([{"url": "grpc://acme.example:443"}])).unwrap_err();
    assert_eq!((by_url[0].0.as_str(), by_url[0].1.as_str()), ("/destinations/0/url", "url"));
    assert!(by_url[0].2.contains("`grpc: "), "{by_url:?}");
    let two = json!([{"grpc": "https://acme.example", "url": "https://acme.example"}]);
    assert_eq!(read_as(ResourceType::External, two).unwrap_err()[0].1, "required");
}

#[test]
fn only_an_internal_group_goes_without_tls_and_says_so() {
    let (external, internal) = (ResourceType::External, ResourceType::Internal);
    let broken = |kind, one: Value| {
        let found = read_as(kind, json!([one])).err().unwrap_or_default();
        found.into_iter().map(|(pointer, rule, _)| (pointer, rule)).collect::<Vec<_>>()
    };
    let at = |rule: &str| vec![("/destinations/0".to_owned(), rule.to_owned())];
    for credential in ["main", "none"] {
        let clear = json!({"grpc": "http://acme.example:50051", "credential": credential});
        assert_eq!(broken(external, clear.clone()), at("plaintext"));
        assert_eq!(broken(internal, clear), at("plaintext"));
        let plaintext = json!({"grpc": "http://acme.example:50051", "credential": credential, "plaintext": true});
        assert_eq!(broken(external, plaintext.clone()), at("plaintext"));
        assert_eq!(broken(internal, plaintext.clone()), []);
        let read = read_as(internal, json!([plaintext])).unwrap();
        let read = read.iter().next().unwrap();
        assert!(read.is_clear() && read.place() == "http://acme.example:50051", "{read:?}");
        let text = serde_json::to_string(read).unwrap();
        let kept: Destination = serde_json::from_str(&text).unwrap();
        assert!(kept.is_clear() && kept == *read, "{text}");
    }
    let both = json!({"grpc": "https://acme.example", "plaintext": true});
    assert_eq!(broken(internal, both), at("plaintext"));
    let here = read_as(external, json!([{"grpc": "http://127.0.0.1:50051"}])).unwrap_err();
    let [(_, _, detail)] = here.as_slice() else { panic!("{here:?}") };
    for part in ["`- {grpc: \"http://127.0.0.1:50051\"", "plaintext: true}`", "`--reachable 127.0.0.1:50051`"] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
}

#[test]
fn a_call_goes_to_a_server_by_name_by_address_or_to_the_only_one() {
    let list = read_as(
        ResourceType::Internal,
        json!([
            {"name": "orders", "grpc": "https://{sub}.acme.example:8443"},
            {"name": "stock", "grpc": "http://10.0.0.1:50051", "plaintext": true},
            {"grpc": "https://*.eu.acme.example"},
            {"url": "https://api.acme.example"},
        ]),
    );
    let list = list.unwrap().fixed(|_: &FieldName| Some("shop")).unwrap();
    let path = "/a.B/Get";
    let to = |chosen: Option<&str>| list.grpc(chosen, path).map(|target| target.to_string());
    assert_eq!(to(Some("orders")).unwrap(), "grpc://shop.acme.example:8443/a.B/Get");
    assert_eq!(to(Some("https://shop.acme.example:8443")).unwrap(), "grpc://shop.acme.example:8443/a.B/Get");
    assert_eq!(to(Some("stock")).unwrap(), "grpc://10.0.0.1:50051/a.B/Get");
    assert_eq!(to(Some("http://10.0.0.1:50051")).unwrap(), "grpc://10.0.0.1:50051/a.B/Get");
    assert_eq!(to(Some("https://a.eu.acme.example")).unwrap(), "grpc://a.eu.acme.example/a.B/Get");
    // Where no destination is: policy says so, and nothing is resolved.
    let other = list.grpc(Some("https://evil.example"), path).unwrap();
    assert!(list.matches(&other, "POST").is_none());
    for (chosen, said) in [
        (None, "several gRPC servers (orders, stock, https://*.eu.acme.example)"),
        (Some("other"), "no destination with `grpc` has the name `other`"),
        (Some("https://10.0.0.1:50051"), "writes the server as http://10.0.0.1:50051"),
        (Some("http://shop.acme.example:8443"), "writes the server as https://shop.acme.example:8443"),
        (Some("https://*.eu.acme.example"), "no single host"),
        (Some("dns:///shop.acme.example"), "`dns:`, `unix:`"),
        (Some("unix:/run/x"), "no destination with `grpc` has the name"),
    ] {
        let refused = to(chosen).unwrap_err();
        assert!(refused.contains(said), "{chosen:?}: {refused}");
    }
    let only = read_as(ResourceType::External, json!([{"grpc": "https://a.example/a.B"}])).unwrap();
    assert_eq!(only.grpc(None, path).unwrap().to_string(), "grpc://a.example/a.B/Get");
    assert!(only.matches(&only.grpc(None, path).unwrap(), "POST").is_some());
    assert!(only.matches(&only.grpc(None, "/a.Bc/Get").unwrap(), "POST").is_none());
    assert!(Destinations::default().grpc(None, path).unwrap_err().contains("add one"));
}
