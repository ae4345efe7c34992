use super::*;

#[test]
fn the_destination_that_decides_says_whether_slashes_may_be_encoded() {
    let list = read(json!([
        {"url": "https://a.example"}, {"url": "https://a.example/projects", "encoded_slashes": true},
        {"url": "https://a.example/projects/own", "methods": ["GET"]},
    ]))
    .unwrap();
    let checked = |url: &str, method: &str| {
        let target = Target::parse_with(url, Slashes::AsDestination).unwrap();
        list.matches(&target, method).unwrap().check_slashes(&target)
    };
    let refused = Err(UrlRefused::Path(PathRefused::Slash));
    assert_eq!(checked("https://a.example/projects/group%2Fproject", "GET"), Ok(()));
    // A prefix ends at a `/` that is sent as one.
    assert_eq!(checked("https://a.example/projects%2Fgroup", "GET"), refused);
    // Nothing goes by a less specific destination because the one that decides refuses it.
    assert_eq!(checked("https://a.example/projects/own/a%2fb", "GET"), refused);
    assert_eq!(checked("https://a.example/projects/own/a%2fb", "POST"), Ok(()));
    assert_eq!(checked("https://a.example/projects/own/a/b", "GET"), Ok(()));
    for path in
        ["/projects/%2F..", "/projects/a%2F..%2F..%2Fb", "/projects/%2f.;x", "/projects/%5C", "/projects/%2E%2E"]
    {
        assert!(Target::parse_with(&format!("https://a.example{path}"), Slashes::AsDestination).is_err(), "{path}");
    }
    let database = json!({"url": "postgres://db.acme.example/orders", "credential": "none", "encoded_slashes": true});
    assert_eq!(broken(ResourceType::External, database), at("", "encoded_slashes"));
    let grpc = json!({"grpc": "https://acme.example", "credential": "none", "encoded_slashes": true});
    assert_eq!(broken(ResourceType::External, grpc), at("", "encoded_slashes"));
}
