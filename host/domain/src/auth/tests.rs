use serde_json::{Map, Value, json};

use super::*;
use crate::{EgressDefinition, FieldName, ResourceType};

/// An activation with one credential `main`, one method `m`, and further fields.
fn activation(method: Value, fields: Value) -> Value {
    let mut activation = json!({"credentials": {"main": {"methods": {"m": method}}}});
    if fields.as_object().is_some_and(|fields| !fields.is_empty()) {
        activation["fields"] = fields;
    }
    activation
}

fn read(activation: &Value) -> Result<Activation, Vec<(String, String)>> {
    EgressDefinition::read(ResourceType::External, None, Some(activation), None, None)
        .map(|egress| egress.activation.unwrap())
        .map_err(|found| found.into_iter().map(|violation| (violation.pointer, violation.rule)).collect())
}

/// The method of a definition without violations.
fn method(definition: Value) -> Method {
    let activation = read(&activation(definition, json!({}))).unwrap();
    activation.credentials["main"].methods["m"].clone()
}

fn placements(method: &Method) -> Vec<String> {
    method.placements().iter().map(|placement| format!("{} = {}", placement.location, placement.value)).collect()
}

/// The violations of a definition of a method or of fields, with pointers into that definition.
fn broken_method(method: Value) -> Vec<(String, String)> {
    let prefix = "/activation/credentials/main/methods/m";
    let found = read(&activation(method, json!({}))).unwrap_err();
    found.into_iter().map(|(pointer, rule)| (pointer.strip_prefix(prefix).unwrap().to_owned(), rule)).collect()
}

fn broken_field(field: Value) -> Vec<(String, String)> {
    let found = read(&activation(json!({"type": "bearer"}), json!({"f": field}))).unwrap_err();
    found
        .into_iter()
        .map(|(pointer, rule)| (pointer.strip_prefix("/activation/fields/f").unwrap().to_owned(), rule))
        .collect()
}

fn one(pointer: &str, rule: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), rule.to_owned())]
}

fn custom(change: impl Fn(&mut Value)) -> Value {
    let mut method = json!({
        "type": "custom",
        "fields": {"key": {"type": "password", "required": true}, "id": {"type": "text"}},
        "placements": [{"in": "header", "name": "X-Key", "value": "{{key}}"}],
    });
    change(&mut method);
    method
}

fn login(change: impl Fn(&mut Value)) -> Value {
    let mut login = json!({
        "url": "https://login.acme.example/token", "token": "/token", "expires_in": "/ttl",
        "placements": [{"in": "body", "name": "key", "value": "{{key}}"}],
    });
    change(&mut login);
    custom(|method| {
        method["login"] = login.clone();
        method["placements"] = json!([{"in": "header", "name": "authorization", "value": "Bearer {{token}}"}]);
    })
}

#[test]
fn each_scheme_says_what_it_needs_and_where_it_goes() {
    let basic = method(json!({"type": "basic"}));
    let authorization = "header authorization = Basic {{base64(username, \":\", password)}}";
    assert_eq!(placements(&basic), [authorization, "user = {{username}}", "password = {{password}}"]);
    let key = method(json!({"type": "api_key", "in": "header", "name": "X-Api-Key", "prefix": "Token "}));
    assert_eq!(placements(&key), ["header x-api-key = Token {{value}}"]);
    let key = method(json!({"type": "api_key", "in": "query", "name": "api key"}));
    assert_eq!(placements(&key), ["query api key = {{value}}"]);
    let bearer = method(json!({"type": "bearer"}));
    assert_eq!(placements(&bearer), ["header authorization = Bearer {{token}}", "password = {{token}}"]);
    let custom = method(login(|_| {}));
    assert_eq!(placements(&custom), ["header authorization = Bearer {{token}}"]);
    assert_eq!(custom.urls()[0].1.to_string(), "https://login.acme.example/token");
    for method in [basic, key, bearer, custom] {
        for name in method.fields().keys() {
            assert_eq!(name.as_str().parse::<FieldName>().as_ref(), Ok(name), "{}", method.type_name());
        }
    }
}

#[test]
fn the_default_method_is_the_only_one_or_named() {
    let two = json!({"a": {"type": "basic"}, "b": {"type": "bearer"}});
    let with = |default: Option<&str>| {
        let mut credential = json!({"methods": two});
        default.into_iter().for_each(|name| credential["default"] = json!(name));
        read(&json!({"credentials": {"main": credential}})).map(|read| read.credentials["main"].default.to_string())
    };
    assert_eq!(with(Some("b")), Ok("b".to_owned()));
    assert_eq!(with(None), Err(one("/activation/credentials/main", "required")));
    assert_eq!(with(Some("c")), Err(one("/activation/credentials/main/default", "enum")));
    assert_eq!(
        read(&activation(json!({"type": "basic"}), json!({}))).unwrap().credentials["main"].default.as_str(),
        "m"
    );
}

#[test]
fn unknown_keys_are_errors_everywhere() {
    let add = |pointer: &str| {
        let mut activation = activation(login(|_| {}), json!({"f": {"type": "text"}}));
        activation["verify"] = json!({"path": "/me", "expect": {"status": [200, 204]}});
        activation.pointer_mut(pointer).unwrap()["extra/~"] = json!(1);
        let base = json!("https://acme.example");
        let destinations = json!([{"url": "https://acme.example"}]);
        let read =
            EgressDefinition::read(ResourceType::External, Some(&base), Some(&activation), Some(&destinations), None);
        let found = read.unwrap_err();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(
            (found[0].pointer.as_str(), found[0].rule.as_str()),
            (&*format!("/activation{pointer}/extra~1~0"), "unknown")
        );
    };
    let method = "/credentials/main/methods/m";
    for pointer in ["", "/credentials/main", method, "/fields/f", "/verify", "/verify/expect"] {
        add(pointer);
    }
    for pointer in ["/fields/key", "/login", "/placements/0", "/login/placements/0"] {
        add(&format!("{method}{pointer}"));
    }
}

#[test]
fn names_and_counts_are_bounded() {
    let basic = json!({"type": "basic"});
    let credential = |name: &str| read(&json!({"credentials": {name: {"methods": {"m": basic}}}})).unwrap_err();
    assert_eq!(credential("Main"), one("/activation/credentials/Main", "name"));
    assert_eq!(credential("none"), one("/activation/credentials/none", "name"));
    assert_eq!(read(&json!({"credentials": {}})).unwrap_err(), one("/activation/credentials", "size"));
    assert_eq!(read(&json!({})).unwrap_err(), one("/activation", "required"));
    assert_eq!(read(&json!([])).unwrap_err(), one("/activation", "type"));
    assert_eq!(broken_method(json!({"type": "saml"})), one("/type", "enum"));
    let many: Map<String, Value> = (0..65).map(|number| (format!("f{number}"), json!({"type": "text"}))).collect();
    assert_eq!(read(&activation(basic, many.into())).unwrap_err(), one("/activation/fields", "size"));
}

#[test]
fn a_field_follows_the_rules_of_its_type() {
    assert_eq!(broken_field(json!({"type": "password", "default": "x"})), one("/default", "default"));
    assert_eq!(broken_field(json!({"type": "certificate", "default": "x"})), one("/default", "default"));
    assert_eq!(broken_field(json!({"type": "password", "visible": true})), one("", "visible"));
    assert_eq!(broken_field(json!({"type": "text", "visible": true, "use": "sign"})), one("", "visible"));
    assert_eq!(broken_field(json!({"type": "number", "use": "sign"})), one("", "use"));
    assert_eq!(broken_field(json!({"type": "text", "use": "encrypt"})), one("/use", "enum"));
    assert_eq!(broken_field(json!({"type": "number", "pattern": "1"})), one("", "pattern"));
    assert_eq!(broken_field(json!({"type": "text", "pattern": "("})), one("/pattern", "pattern"));
    assert_eq!(broken_field(json!({"type": "text", "pattern": "a)|(b"})), one("/pattern", "pattern"));
    assert_eq!(broken_field(json!({"type": "text", "pattern": "(a{999}){999}"})), one("/pattern", "pattern"));
    assert_eq!(broken_field(json!({"type": "text", "pattern": "a", "default": "ab"})), one("/default", "pattern"));
    assert_eq!(broken_field(json!({"type": "number", "default": "x"})), one("/default", "type"));
    assert_eq!(broken_field(json!({"type": "select"})), one("", "required"));
    assert_eq!(broken_field(json!({"type": "text", "options": ["a"]})), one("/options", "unknown"));
    assert_eq!(broken_field(json!({"type": "select", "options": ["a", "a"]})), one("/options/1", "uniqueItems"));
    assert_eq!(broken_field(json!({"type": "select", "options": ["a"], "default": "b"})), one("/default", "enum"));
    assert_eq!(broken_field(json!({"type": "text", "required": "yes"})), one("/required", "type"));
    assert_eq!(broken_field(json!({"required": true})), one("", "required"));
}

#[test]
fn a_field_that_leaves_the_host_can_not_be_visible() {
    let visible = json!({"type": "text", "visible": true});
    let refused = |method: Value, fields: Value, pointer: &str| {
        let found = read(&activation(method, fields)).unwrap_err();
        assert_eq!(found, one(&format!("/activation{pointer}/visible"), "visible"));
    };
    for location in ["header", "query", "cookie", "body", "option"] {
        let method =
            custom(|method| method["placements"][0] = json!({"in": location, "name": "x", "value": "{{shared}}"}));
        refused(method, json!({"shared": visible}), "/fields/shared");
    }
    for location in ["user", "password"] {
        let method = custom(|method| method["placements"][0] = json!({"in": location, "value": "{{shared}}"}));
        refused(method, json!({"shared": visible}), "/fields/shared");
    }
    let signed = custom(|method| {
        method["placements"][0]["value"] = json!("{{hex(hmac(key, id))}}");
        method["fields"]["id"] = visible.clone();
    });
    refused(signed, json!({}), "/credentials/main/methods/m/fields/id");
    let in_login = login(|login| login["placements"][0]["value"] = json!("{{shared}}"));
    refused(in_login, json!({"shared": visible}), "/fields/shared");
    // One that only fills a URL can.
    let url = login(|login| login["url"] = json!("https://{sub}.acme.example/{sub}"));
    let fields = json!({"sub": {"type": "text", "required": true, "visible": true}});
    assert!(read(&activation(url, fields)).is_ok());
}

#[test]
fn a_field_to_sign_with_is_placed_nowhere() {
    let key = json!({"type": "password", "use": "sign"});
    let refused = |method: Value, fields: Value, pointer: &str| {
        assert_eq!(read(&activation(method, fields)).unwrap_err(), one(&format!("/activation{pointer}/use"), "use"));
    };
    for value in ["{{shared}}", "{{hex(hmac(shared, \"x\"))}}"] {
        let placed = custom(|method| method["placements"][0]["value"] = json!(value));
        refused(placed, json!({"shared": key}), "/fields/shared");
    }
    let own = custom(|method| {
        method["placements"][0]["value"] = json!("{{own}}");
        method["fields"]["own"] = key.clone();
    });
    refused(own, json!({}), "/credentials/main/methods/m/fields/own");
    let in_login = login(|login| login["placements"][0]["value"] = json!("{{shared}}"));
    refused(in_login, json!({"shared": key}), "/fields/shared");
}

#[test]
fn a_field_that_fills_a_url_is_no_secret_and_always_there() {
    let url = || login(|login| login["url"] = json!("https://{sub}.acme.example/"));
    let pointer = "/activation/credentials/main/methods/m/login/url";
    let refused =
        |field: Value| assert_eq!(read(&activation(url(), json!({"sub": field}))).unwrap_err(), one(pointer, "field"));
    refused(json!({"type": "text"}));
    refused(json!({"type": "password", "required": true}));
    refused(json!({"type": "certificate", "required": true}));
    refused(json!({"type": "text", "required": true, "use": "sign"}));
    assert_eq!(read(&activation(url(), json!({}))).unwrap_err(), one(pointer, "field"));
    assert!(read(&activation(url(), json!({"sub": {"type": "text", "default": "eu"}}))).is_ok());
}

#[test]
fn placements_name_fields_and_places_that_exist() {
    let placed = |placement: Value| broken_method(custom(|method| method["placements"][0] = placement.clone()));
    assert_eq!(placed(json!({"in": "header", "name": "x", "value": "{{other}}"})), one("/placements", "field"));
    assert_eq!(placed(json!({"in": "header", "name": "x", "value": "{{token}}"})), one("/placements", "field"));
    assert_eq!(placed(json!({"in": "header", "name": "x", "value": "plain"})), one("/placements/0/value", "template"));
    assert_eq!(placed(json!({"in": "trailer", "name": "x", "value": "{{key}}"})), one("/placements/0/in", "enum"));
    assert_eq!(placed(json!({"in": "user", "name": "x", "value": "{{key}}"})), one("/placements/0/name", "unknown"));
    assert_eq!(placed(json!({"in": "query", "value": "{{key}}"})), one("/placements/0", "required"));
    for header in ["Host", "content-length", "Transfer-Encoding", "cookie", "Connection", "a b", "a\r\nb", ""] {
        let placement = json!({"in": "header", "name": header, "value": "{{key}}"});
        assert_eq!(placed(placement), one("/placements/0/name", "name"), "{header:?}");
    }
    assert_eq!(placed(json!({"in": "cookie", "name": "a=b", "value": "{{key}}"})), one("/placements/0/name", "name"));
    assert_eq!(placed(json!({"in": "query", "name": "a\nb", "value": "{{key}}"})), one("/placements/0/name", "name"));
    let header = |name: &str| broken_method(json!({"type": "api_key", "in": "header", "name": name}));
    assert_eq!(header("Host"), one("/name", "name"));
    let prefix = json!({"type": "api_key", "in": "header", "name": "x", "prefix": "{{value}}"});
    assert_eq!(broken_method(prefix), one("/prefix", "text"));
}

#[test]
fn custom_has_names_with_a_meaning() {
    let expires = |field: Value| custom(|method| method["fields"]["expires_in"] = field.clone());
    assert!(read(&activation(expires(json!({"type": "number"})), json!({}))).is_ok());
    assert_eq!(broken_method(expires(json!({"type": "text"}))), one("/fields/expires_in", "type"));
    let mut taken = login(|_| {});
    taken["fields"]["token"] = json!({"type": "password"});
    assert_eq!(broken_method(taken), one("/login", "name"));
    let twice = read(&activation(custom(|_| {}), json!({"key": {"type": "text"}}))).unwrap_err();
    assert_eq!(twice, one("/activation/credentials/main/methods/m/fields/key", "name"));
}

#[test]
fn a_login_is_a_request() {
    let broken = |change: fn(&mut Value)| broken_method(login(change));
    assert_eq!(broken(|login| login["method"] = json!("GET")), one("/login/placements/0", "in"));
    assert_eq!(
        broken(|login| login["placements"][0] = json!({"in": "user", "value": "{{key}}"})),
        one("/login/placements/0", "in")
    );
    assert_eq!(broken(|login| login["token"] = json!("token")), one("/login/token", "pointer"));
    assert_eq!(broken(|login| login["expires_in"] = json!("/a~2")), one("/login/expires_in", "pointer"));
    assert_eq!(broken(|login| login["url"] = json!("ftp://acme.example")), one("/login/url", "url"));
    assert_eq!(broken(|login| login["lifetime_s"] = json!(0)), one("/login/lifetime_s", "type"));
    assert_eq!(broken(|login| login["placements"][0]["value"] = json!("{{token}}")), one("/login/placements", "field"));
}

fn oauth2(change: impl Fn(&mut Value)) -> Value {
    let mut method = json!({
        "type": "oauth2", "grant": "authorization_code", "scopes": ["read"],
        "authorize_url": "https://login.acme.example/authorize", "token_url": "https://login.acme.example/token",
        "keep": {"reply": {"instance": "/instance_url"}},
    });
    change(&mut method);
    method
}

#[test]
fn oauth2_has_the_standards_defaults_and_a_providers_differences() {
    let Method::Oauth2(standard) = method(oauth2(|_| {})) else { panic!("another scheme") };
    assert!(standard.pkce && standard.refresh == standard.exchange && standard.scope_separator == " ");
    assert_eq!((standard.exchange, standard.reply.access_token.as_str()), (TokenRequest::default(), "/access_token"));
    let other = method(oauth2(|method| {
        method["exchange"] =
            json!({"client_authentication": "body", "body": "json", "parameters": {"audience": "api"}});
        method["refresh"] = json!({"rename": {"refresh_token": "token"}});
        method["reply"] = json!({"access_token": "/data/token", "error": "/error", "lifetime_s": 3600});
        method["placements"] = json!([{"in": "header", "name": "x-token", "value": "{{token}} {{instance}}"}]);
    }));
    assert_eq!(placements(&other), ["header x-token = {{token}} {{instance}}"]);
    let Method::Oauth2(other) = other else { panic!("another scheme") };
    assert_eq!(other.exchange.client_authentication, ClientAuthentication::Body);
    assert_eq!((other.exchange.body, other.refresh.body), (BodyForm::Json, BodyForm::Form));
    assert_eq!(other.reply.lifetime_s, Some(3600));
}

#[test]
fn oauth2_follows_its_grant() {
    let broken = |change: fn(&mut Value)| broken_method(oauth2(change));
    assert_eq!(broken(|method| drop(method.as_object_mut().unwrap().remove("authorize_url"))), one("", "required"));
    assert_eq!(broken(|method| method["grant"] = json!("client_credentials")), one("/authorize_url", "unknown"));
    assert_eq!(broken(|method| method["grant"] = json!("password")), one("/grant", "enum"));
    assert_eq!(
        broken(|method| method["token_url"] = json!("http://login.acme.example/token")),
        one("/token_url", "plaintext")
    );
    assert_eq!(
        broken(|method| method["exchange"] = json!({"client_authentication": "both"})),
        one("/exchange/client_authentication", "enum")
    );
    assert_eq!(broken(|method| method["keep"]["reply"]["token"] = json!("/t")), one("/keep/reply/token", "name"));
    assert_eq!(broken(|method| method["keep"]["visible"] = json!(["other"])), one("/keep/visible/0", "enum"));
    let shown = broken(|method| {
        method["keep"]["visible"] = json!(["instance"]);
        method["placements"] = json!([{"in": "header", "name": "x", "value": "{{instance}}"}]);
    });
    assert_eq!(shown, one("/keep/visible", "visible"));
    let fields = |grant: &str| {
        let method = method(json!({"type": "oauth2", "grant": grant, "token_url": "https://login.acme.example/token"}));
        method.fields().keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(fields("client_credentials"), Vec::<String>::new());
    assert_eq!(fields("refresh_token"), ["refresh_token"]);
    assert_eq!(fields("jwt_bearer"), ["issuer", "key_id", "private_key", "subject"]);
}

/// The violations of one value against one field.
fn value(field: Value, value: Value) -> Result<String, Vec<(String, String)>> {
    let fields = read(&activation(json!({"type": "bearer"}), json!({"f": field}))).unwrap().fields;
    let values = Map::from_iter([("f".to_owned(), value)]);
    check(&fields, &values, "/fields")
        .map(|values| values["f"].expose().to_owned())
        .map_err(|found| found.into_iter().map(|violation| (violation.pointer, violation.rule)).collect())
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn a_value_fits_its_field() {
    let accepted = [
        (json!({"type": "text"}), json!("a"), "a"),
        (json!({"type": "text", "pattern": "[a-z]+|[0-9]+"}), json!("abc"), "abc"),
        (json!({"type": "password"}), json!(""), ""),
        (json!({"type": "number"}), json!(-1.5), "-1.5"),
        (json!({"type": "number"}), json!("42"), "42"),
        (json!({"type": "select", "options": ["eu", "us"]}), json!("us"), "us"),
        (json!({"type": "certificate"}), json!(CERTIFICATE), CERTIFICATE),
        (json!({"type": "certificate"}), json!(CERTIFICATE.repeat(2)), &CERTIFICATE.repeat(2)),
    ];
    for (field, given, text) in accepted {
        assert_eq!(value(field.clone(), given), Ok(text.to_owned()), "{field}");
    }
}

#[test]
fn a_value_that_does_not_fit_is_refused() {
    let refused = [
        (json!({"type": "text"}), json!(1), "type"),
        (json!({"type": "text"}), json!(null), "type"),
        (json!({"type": "text", "required": true}), json!(""), "minLength"),
        (json!({"type": "text"}), json!("x".repeat(65_537)), "maxLength"),
        (json!({"type": "text", "pattern": "[a-z]+|[0-9]+"}), json!("abc1"), "pattern"),
        (json!({"type": "text", "pattern": "[a-z]+"}), json!("abc\n"), "pattern"),
        (json!({"type": "number"}), json!("1e5"), "type"),
        (json!({"type": "number"}), json!("."), "type"),
        (json!({"type": "number"}), json!("1".repeat(65)), "type"),
        (json!({"type": "number"}), json!(true), "type"),
        (json!({"type": "select", "options": ["eu"]}), json!("us"), "enum"),
        (json!({"type": "certificate"}), json!(""), "certificate"),
        (json!({"type": "certificate"}), json!("MIIB"), "certificate"),
        (json!({"type": "certificate"}), json!(CERTIFICATE.replace("END CERT", "END KEY")), "certificate"),
        (json!({"type": "certificate"}), json!(CERTIFICATE.replace("AAAA", "A")), "certificate"),
        (json!({"type": "certificate"}), json!(CERTIFICATE.replace("MIIB\nAAAA\n", "")), "certificate"),
        (json!({"type": "certificate"}), json!(format!("{CERTIFICATE}x")), "certificate"),
    ];
    for (field, given, rule) in refused {
        assert_eq!(value(field.clone(), given.clone()), Err(one("/fields/f", rule)), "{field} {given}");
    }
}

#[test]
fn missing_and_unknown_values_are_named_and_no_value_is_repeated() {
    let fields = json!({
        "a": {"type": "text", "required": true},
        "b": {"type": "text", "required": true, "default": "x"},
        "c": {"type": "number"},
    });
    let fields = read(&activation(json!({"type": "bearer"}), fields)).unwrap().fields;
    let given = json!({"c": "hunter2", "d/e": "hunter2"});
    let found = check(&fields, given.as_object().unwrap(), "").unwrap_err();
    let rules: Vec<_> = found.iter().map(|violation| (violation.pointer.as_str(), violation.rule.as_str())).collect();
    assert_eq!(rules, [("/c", "type"), ("/d~1e", "unknown"), ("/a", "required")]);
    assert!(!format!("{found:?}").contains("hunter2"));
    let mut accepted = check(&fields, json!({"a": "hunter2"}).as_object().unwrap(), "").unwrap();
    assert_eq!(format!("{accepted:?}"), r#"{FieldName("a"): Given(…)}"#);
    assert_eq!(accepted.remove("a").unwrap().into_bytes(), b"hunter2");
}
