//! What providers do, as data: a table of shapes, each named after a provider that has it.

mod renewals;
mod replies;
mod requests;
mod visible;

use serde_json::{Value, json};

use super::Oauth2;
use crate::auth::{Activation, Method};
use crate::reader::Violations;

/// A method that differs from the standard in these keys.
fn method(differences: Value) -> Oauth2 {
    read(differences).unwrap_or_else(|found| panic!("{found:?}"))
}

fn read(differences: Value) -> Result<Oauth2, Vec<(String, String)>> {
    let mut method = json!({
        "type": "oauth2", "grant": "authorization_code", "authorize_url": "https://login.example/authorize",
        "token_url": "https://login.example/token",
    });
    for (key, value) in differences.as_object().unwrap() {
        method[key] = value.clone();
    }
    if method["grant"] != "authorization_code" {
        drop(method.as_object_mut().unwrap().remove("authorize_url"));
    }
    let activation = json!({"credentials": {"main": {"methods": {"oauth": method}}}});
    let violations = Violations::default();
    let read = Activation::read(&violations.node("", &activation), &violations);
    let read = violations.result(read.unwrap()).map_err(|found| {
        let at = |pointer: &str| pointer.trim_start_matches("/credentials/main/methods/oauth").to_owned();
        found.into_iter().map(|one| (at(&one.pointer), one.rule)).collect::<Vec<_>>()
    })?;
    let Some(Method::Oauth2(method)) = read.credentials["main"].methods.values().next() else { panic!("no method") };
    Ok(Oauth2::clone(method))
}

#[test]
fn a_definition_says_nothing_that_the_host_says() {
    let refused = |differences: Value, pointer: &str, rule: &str| {
        let found = read(differences.clone()).unwrap_err();
        assert_eq!(found, [(pointer.to_owned(), rule.to_owned())], "{differences}");
    };
    refused(json!({"authorize_parameters": {"state": "x"}}), "/authorize_parameters/state", "name");
    refused(json!({"authorize_parameters": {"redirect_uri": "x"}}), "/authorize_parameters/redirect_uri", "name");
    refused(json!({"authorize_rename": {"scope": "redirect_uri"}}), "/authorize_rename/scope", "name");
    refused(json!({"authorize_rename": {"scope": "state"}}), "/authorize_rename/scope", "name");
    refused(json!({"authorize_rename": {"code": "state"}}), "/authorize_rename/code", "name");
    refused(json!({"authorize_omit": ["state"]}), "/authorize_omit/0", "enum");
    refused(json!({"exchange": {"parameters": {"client_secret": "x"}}}), "/exchange/parameters/client_secret", "name");
    refused(json!({"refresh": {"parameters": {"refresh_token": "x"}}}), "/refresh/parameters/refresh_token", "name");
    refused(json!({"exchange": {"omit": ["code"]}}), "/exchange/omit", "enum");
    refused(json!({"exchange": {"method": "GET", "body": "form"}}), "/exchange/body", "enum");
    refused(json!({"exchange": {"rename": {"code": ""}}}), "/exchange/rename/code", "text");
    refused(json!({"keep": {"reply": {"a": "/access_token"}}}), "/keep/reply/a", "pointer");
    refused(json!({"keep": {"reply": {"a": "/refresh_token"}}}), "/keep/reply/a", "pointer");
    refused(json!({"keep": {"callback": {"a": "code"}}}), "/keep/callback/a", "name");
    let renamed = json!({"keep": {"callback": {"a": "auth_code"}}, "authorize_rename": {"code": "auth_code"}});
    refused(renamed, "/keep/callback/a", "name");
    let both = json!({"keep": {"callback": {"a": "code"}}, "authorize_rename": {"code": "auth_code"}});
    refused(both, "/keep/callback/a", "name");
    refused(
        json!({"keep": {"callback": {"a": {"from": "state", "pattern": "(.*)"}}}}),
        "/keep/callback/a/from",
        "name",
    );
    refused(json!({"keep": {"reply": {"a": {"from": "/a", "pattern": "x"}}}}), "/keep/reply/a/pattern", "pattern");
    refused(json!({"keep": {"reply": {"a": {"from": "/a", "pattern": "("}}}}), "/keep/reply/a/pattern", "pattern");
    refused(json!({"rejected": {"pointer": "/ok"}}), "/rejected", "required");
    refused(json!({"assertion": {"algorithm": "none"}}), "/assertion/algorithm", "enum");
}

#[test]
fn an_issuer_is_checked_whenever_it_is_named() {
    let hosts = ["login.example", "token.example"];
    let check = |issuer: Option<&str>, iss: Option<&str>| {
        let method = issuer.map_or_else(|| method(json!({})), |issuer| method(json!({"issuer": issuer})));
        method.check_issuer(iss, hosts).is_ok()
    };
    assert!(check(None, None) && check(None, Some("https://login.example")));
    assert!(check(None, Some("https://LOGIN.example:443/v2.0")) && check(None, Some("https://token.example/x")));
    assert!(!check(None, Some("https://evil.example")) && !check(None, Some("login.example")));
    assert!(!check(None, Some("https://login.example.evil.example")));
    assert!(!check(None, Some("https://evil.example/login.example")) && !check(None, Some("")));
    assert!(!check(None, Some("https://login.example@evil.example/")));
    let issuer = Some("https://login.example/t");
    assert!(check(issuer, issuer) && !check(issuer, None) && !check(issuer, Some("https://login.example/u")));
    assert!(!check(issuer, Some("https://login.example/t/")), "compared as texts (RFC 9207 section 2.4)");
}

#[test]
fn a_kept_value_has_the_form_that_is_expected() {
    let kept = |pattern: &str, value: &str| {
        let method = method(json!({"keep": {"reply": {"site": {"from": "/url", "pattern": pattern}}}}));
        method.keep.reply["site"].kept(value).map(str::to_owned)
    };
    let salesforce = "https://([a-z0-9-]+)[.]my[.]salesforce[.]com";
    assert_eq!(kept(salesforce, "https://acme-dev.my.salesforce.com").as_deref(), Some("acme-dev"));
    assert_eq!(kept(salesforce, "https://acme.my.salesforce.com.evil.example"), None);
    assert_eq!(kept("(.*)", ""), None);
    assert_eq!(kept("(.*)", &"x".repeat(2049)), None);
    let plain = method(json!({"keep": {"reply": {"site": "/url"}}}));
    assert_eq!(plain.keep.reply["site"].kept("a\r\nb"), None);
}
