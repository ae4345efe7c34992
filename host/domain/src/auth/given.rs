//! Values that no server can take as they are meant: refused when they are given, not by each call that would send them.

use serde_json::{Map, Value};

use super::values::{Given, Values, check};
use super::{Location, Method};
use crate::{FieldName, Violation};

/// Schemes that belong to a header and not to the token in it.
const SCHEMES: [&str; 3] = ["bearer ", "basic ", "token "];

/// Checks values against the fields of a method, and against the places that the method puts them into.
///
/// # Errors
/// What is wrong, with pointers below `pointer`.
pub fn check_given(method: &Method, values: &Map<String, Value>, pointer: &str) -> Result<Values, Vec<Violation>> {
    let accepted = check(method.fields(), values, pointer)?;
    let refused = accepted.iter().filter_map(|(name, value)| {
        let (rule, detail) = refusal(method, name, value)?;
        Some(Violation::new(format!("{pointer}/{name}"), rule, detail))
    });
    let refused: Vec<_> = refused.collect();
    if refused.is_empty() { Ok(accepted) } else { Err(refused) }
}

/// Why a value is not taken, without the value.
fn refusal(method: &Method, name: &FieldName, value: &Given) -> Option<(&'static str, String)> {
    let text = value.expose();
    if text.starts_with('\u{feff}') {
        let detail = "it begins with a byte order mark, which an editor wrote: save the value without one";
        return Some(("mark", detail.to_owned()));
    }
    let in_head = placed_in_head(method, name);
    let wrong = match method {
        Method::Bearer(_) if name.as_str() == "token" => token(text, true),
        Method::ApiKey(key) if name.as_str() == "value" => {
            let prefix = key.prefix().filter(|prefix| !prefix.trim().is_empty());
            match prefix.filter(|prefix| begins(text, prefix)) {
                Some(prefix) => {
                    Some(format!("it begins with `{prefix}`, which the group puts before it: expected what follows"))
                }
                None => token(text, false),
            }
        }
        Method::Basic(_) => basic(name, text),
        Method::ApiKey(_) | Method::Bearer(_) | Method::Custom(_) | Method::Oauth2(_) => None,
    };
    let wrong = wrong.or_else(|| if in_head { head(text) } else { None });
    wrong.map(|detail| ("format", detail))
}

/// A token or key: one word.
fn token(text: &str, schemes: bool) -> Option<String> {
    if let Some(scheme) = SCHEMES.into_iter().find(|scheme| schemes && begins(text, scheme)) {
        return Some(format!("it begins with `{scheme}`, which is put before it: expected the token alone"));
    }
    if ['"', '\''].into_iter().any(|quote| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote)) {
        return Some("it is in quotes: expected the value without them".to_owned());
    }
    head(text)
}

/// User name and password (RFC 7617 section 2).
fn basic(name: &FieldName, text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return Some(control(text));
    }
    (name.as_str() == "username" && text.contains(':'))
        .then(|| "a user name has no colon, which ends it: expected the name alone".to_owned())
}

/// What a header or cookie can have: it loses blanks at its ends, and ends at a line break.
fn head(text: &str) -> Option<String> {
    if text.chars().any(|one| one.is_control() && one != '\t') {
        return Some(control(text));
    }
    (text.trim() != text).then(|| "it has a blank at its beginning or end: expected the value without it".to_owned())
}

fn control(text: &str) -> String {
    let inner = text.trim_end_matches(['\r', '\n']);
    if inner.len() < text.len() && !inner.chars().any(char::is_control) {
        "it has a line break at its end: expected the value without it".to_owned()
    } else {
        "it has a line break or another control character in it: expected a value on one line".to_owned()
    }
}

/// Whether a value goes as it is into a header or cookie.
fn placed_in_head(method: &Method, name: &FieldName) -> bool {
    let login = method.login().map(|login| login.placements.as_slice()).unwrap_or_default();
    method.placements().iter().chain(login).any(|placement| {
        let in_head = match placement.location {
            Location::Header(_) | Location::Cookie(_) => true,
            Location::Query(_)
            | Location::Body(_)
            | Location::User
            | Location::Password
            | Location::Option(_)
            | Location::Certificate => false,
        };
        in_head && placement.value.has_plain(name)
    })
}

fn begins(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::GroupDefinition;

    fn method(written: &Value) -> Method {
        let group = json!({
            "slug": "a", "name": "A", "resource_type": "EXTERNAL",
            "activation": {"credentials": {"main": {"methods": {"key": written}}}},
            "destinations": [{"url": "https://api.example.com", "credential": "main"}],
        });
        let group: GroupDefinition = serde_json::from_value(group).unwrap();
        let activation = group.egress().unwrap().activation.unwrap();
        activation.credentials.into_values().next().unwrap().methods.into_values().next().unwrap()
    }

    fn found(method: &Method, values: &Value) -> Option<(String, String)> {
        let refused = check_given(method, values.as_object().unwrap(), "/values").err()?;
        let shown = format!("{refused:?}");
        let texts = values.as_object().unwrap().values().filter_map(Value::as_str);
        assert!(texts.filter(|text| text.len() > 5).all(|text| !shown.contains(text.trim())), "{shown}");
        refused.into_iter().next().map(|one| (one.pointer, one.detail))
    }

    #[test]
    fn values_that_can_not_be_meant_are_refused_with_the_reason() {
        let bearer = method(&json!({"type": "bearer"}));
        for (value, expected) in [
            ("tok-7f3a\n", "line break at its end"),
            ("tok-7f3a\r\n", "line break at its end"),
            ("tok\n7f3a", "line break or another control"),
            (" tok-7f3a", "a blank at its beginning or end"),
            ("Bearer tok-7f3a", "begins with `bearer `"),
            ("\"tok-7f3a\"", "in quotes"),
            ("'tok-7f3a'", "in quotes"),
            ("\u{feff}tok-7f3a", "byte order mark"),
        ] {
            let (pointer, detail) = found(&bearer, &json!({"token": value})).unwrap();
            assert!(pointer == "/values/token" && detail.contains(expected), "{value:?}: {detail}");
        }
        for fine in ["tok-7f3a", "1|abc", "bearer", "a b", "Tokyo"] {
            assert_eq!(found(&bearer, &json!({"token": fine})), None, "{fine}");
        }
        let key = method(&json!({"type": "api_key", "in": "header", "name": "x-key", "prefix": "Token "}));
        assert!(found(&key, &json!({"value": "token 7f3a"})).unwrap().1.contains("begins with `Token `"));
        assert!(found(&key, &json!({"value": "7f3a "})).unwrap().1.contains("blank"));
        assert_eq!(found(&key, &json!({"value": "7f3a"})), None);
        let basic = method(&json!({"type": "basic"}));
        assert!(found(&basic, &json!({"username": "a:b"})).unwrap().1.contains("colon"));
        assert!(found(&basic, &json!({"username": "a", "password": "x\n"})).unwrap().1.contains("line break"));
        assert_eq!(found(&basic, &json!({"username": "a", "password": " \"x\" "})), None);
    }

    #[test]
    fn a_field_of_ones_own_is_checked_by_its_place() {
        let custom = |location: &str, value: &str| {
            method(&json!({
                "type": "custom",
                "fields": {"key": {"type": "password", "required": true}},
                "placements": [{"in": location, "name": "k", "value": value}],
            }))
        };
        let pem = json!({"key": "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n"});
        assert!(
            found(&custom("header", "{{key}}"), &pem).is_some() && found(&custom("cookie", "{{key}}"), &pem).is_some()
        );
        assert!(found(&custom("query", "{{key}}"), &pem).is_none());
        assert!(found(&custom("header", "{{base64(key)}}"), &pem).is_none());
    }
}
