//! Fields that the auth method puts into the body of a request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::outbound_request::Form;
use super::query;
use super::request::Body;
use crate::EgressError;

/// Adds fields to a body: a JSON object, or a form.
pub(super) fn add(
    fields: &[(&str, &[u8])],
    form: Option<Form>,
    headers: &HeaderMap,
    body: Body,
) -> Result<Body, EgressError> {
    let body = match body {
        Body::Empty => Bytes::new(),
        Body::Bytes(bytes) => bytes,
        Body::Stream(_) => {
            return Err(EgressError::Request(
                "the credential goes into the body, so the body can't be a stream".into(),
            ));
        }
    };
    match form.or_else(|| by_type(headers)) {
        Some(Form::Json) => json(fields, &body),
        Some(Form::Urlencoded) => urlencoded(fields, &body),
        Some(Form::Query) | None => Err(EgressError::Request(
            "the credential goes into the body: expected `content-type` application/json or \
             application/x-www-form-urlencoded"
                .to_owned(),
        )),
    }
}

fn by_type(headers: &HeaderMap) -> Option<Form> {
    let essence = headers.get(CONTENT_TYPE)?.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(Form::Json),
        "application/x-www-form-urlencoded" => Some(Form::Urlencoded),
        other if other.starts_with("application/") && other.ends_with("+json") => Some(Form::Json),
        _ => None,
    }
}

fn taken(name: &str) -> EgressError {
    EgressError::Request(format!("field `{name}` of the body is set by the auth method: leave it out"))
}

/// Written before the connector's own members, whose bytes stay as they are.
fn json(fields: &[(&str, &[u8])], body: &[u8]) -> Result<Body, EgressError> {
    let no_object = || EgressError::Request("the credential goes into the body: expected a JSON object".to_owned());
    let body = body.trim_ascii();
    let body = if body.is_empty() { b"{}" } else { body };
    let own: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(body).map_err(|_| no_object())?;
    let mut whole = Zeroizing::new(Vec::with_capacity(body.len() + 256));
    whole.push(b'{');
    for (name, value) in fields {
        if own.contains_key(*name) {
            return Err(taken(name));
        }
        let value = std::str::from_utf8(value).map_err(|_| {
            EgressError::Request("a value of the connection is no text, so it can't go into JSON".to_owned())
        })?;
        let separator: &[u8] = if whole.len() == 1 { b"" } else { b"," };
        whole.extend_from_slice(separator);
        let text = |text: &str| serde_json::to_vec(text).map(Zeroizing::new);
        let (name, value) = text(name).and_then(|name| Ok((name, text(value)?))).map_err(|_| no_object())?;
        whole.extend_from_slice(&name);
        whole.push(b':');
        whole.extend_from_slice(&value);
    }
    if !own.is_empty() {
        whole.push(b',');
    }
    whole.extend_from_slice(body.get(1..).unwrap_or_default());
    Ok(Body::Bytes(Bytes::copy_from_slice(&whole)))
}

fn urlencoded(fields: &[(&str, &[u8])], body: &[u8]) -> Result<Body, EgressError> {
    let no_form = |_| EgressError::Request("the body is no form: expected text".to_owned());
    let mut whole = Zeroizing::new(String::from_utf8(body.to_vec()).map_err(no_form)?);
    for (name, value) in fields {
        if query::has(&whole, name) {
            return Err(taken(name));
        }
        if !whole.is_empty() {
            whole.push('&');
        }
        whole.push_str(&Zeroizing::new(query::pair(name, value)));
    }
    Ok(Body::Bytes(Bytes::copy_from_slice(whole.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(content_type: &str, body: &str, fields: &[(&str, &str)]) -> Result<String, String> {
        let headers = [(CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect();
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        match add(&fields, None, &headers, Bytes::copy_from_slice(body.as_bytes()).into()) {
            Ok(Body::Bytes(bytes)) => Ok(String::from_utf8(bytes.to_vec()).unwrap()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn json_keeps_the_bytes_of_the_connector() {
        let fields = [("key", "a\"b"), ("id", "7")];
        assert_eq!(added("application/json", "", &fields).unwrap(), r#"{"key":"a\"b","id":"7"}"#);
        assert_eq!(
            added("application/json; charset=utf-8", " {\"n\": 1.10, \"big\": 12345678901234567890123} ", &fields)
                .unwrap(),
            r#"{"key":"a\"b","id":"7","n": 1.10, "big": 12345678901234567890123}"#
        );
        assert_eq!(added("application/ld+json", "{ }", &fields).unwrap(), r#"{"key":"a\"b","id":"7" }"#);
        for body in ["[]", "7", "{\"a\": 1", "{\"key\": 1}", "{\"k\\u0065y\": 1}"] {
            assert!(added("application/json", body, &fields).is_err(), "{body}");
        }
    }

    #[test]
    fn a_form_gets_pairs() {
        let form = "application/x-www-form-urlencoded";
        assert_eq!(added(form, "a=b", &[("key", "x&y")]).unwrap(), "a=b&key=x%26y");
        assert_eq!(added(form, "", &[("key", "x"), ("id", "7")]).unwrap(), "key=x&id=7");
        assert!(added(form, "k%65y=1", &[("key", "x")]).is_err());
        for content_type in ["text/plain", "multipart/form-data; boundary=x"] {
            assert!(added(content_type, "a=b", &[("key", "x")]).unwrap_err().contains("content-type"));
        }
    }
}
