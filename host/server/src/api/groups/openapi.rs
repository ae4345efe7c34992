//! `S/groups/{ref}/openapi.json` and `.yaml`: the OpenAPI document of a group.

use axum::body::Body;
use axum::http::header::IF_NONE_MATCH;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Response};
use lockgate_domain::{Code, Digest};
use serde_json::{Value, json};

use crate::access::Access;
use crate::api::invoke;
use crate::list::pairs;
use crate::openapi::group::{Asked, Version, document, yaml};
use crate::openapi::texts::AnyObject;
use crate::openapi::{JSON, parameter};
use crate::response::{Refusal, etagged, not_modified, with_type};
use crate::route::{Route, VIEWER};
use crate::{App, etag};

/// The media type of YAML (RFC 9512).
const YAML: &str = "application/yaml";

async fn as_json(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    answer(app, access, request, JSON, Value::to_string).await
}

async fn as_yaml(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    answer(app, access, request, YAML, yaml).await
}

async fn answer(
    app: App,
    access: Access,
    request: Parts,
    r#type: &'static str,
    written: fn(&Value) -> String,
) -> Result<Response<Body>, Refusal> {
    let version = version(request.uri.query())?;
    let (scope, reference) = (access.scope()?, access.group()?);
    let group = app.host.queries().group(&scope, &reference)?;
    let (kind, name) = match access.part("workspace") {
        "" => ("organizations", access.part("organization")),
        workspace => ("workspaces", workspace),
    };
    let reference = reference.to_string();
    let path = format!("/v1/{kind}/{name}/groups/{reference}");
    let server = app.host.public_url().map(ToString::to_string);
    let asked = Asked { version, path, reference, server };
    let id = group.stored.id;
    let text = app.host.compute(id, move || written(&document(&group, &asked, &invoke::route()))).await?;
    let tag = etag::of_content(&Digest::of(text.as_bytes()));
    let answer = if is_known(&request.headers, &tag) { not_modified() } else { with_type(Body::from(text), r#type) };
    Ok(etagged(answer, &tag))
}

/// The version that a query asks for.
fn version(query: Option<&str>) -> Result<Version, Refusal> {
    let mut version = Version::V31;
    for (name, value) in pairs(query) {
        if name != "version" {
            return Err(Refusal::malformed(format!("unknown parameter `{}`", name.escape_debug())));
        }
        let expected = || Refusal::malformed("`version`: expected `3.1` or `3.0`");
        version = Version::named(&value).ok_or_else(expected)?;
    }
    Ok(version)
}

/// Whether the caller has this text already (RFC 9110 section 13.1.2).
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let listed = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut tags = listed.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|own| own == "*" || own.strip_prefix("W/").unwrap_or(own) == tag)
}

/// Both routes.
pub(super) fn routes() -> [Route; 2] {
    let version = || {
        let description =
            "The version of OpenAPI. 3.0 can't say everything that a schema says: what is left out is marked.";
        parameter::query("version", description, json!({"type": "string", "enum": Version::NAMES, "default": "3.1"}))
    };
    let described = |route: Route| {
        route
            .describe("An operation for each connector that is switched on, with its own schemas.")
            .parameter(version())
            .parameter(parameter::if_none_match())
            .unless_known()
            .tagged()
            .refuses(&[Code::MalformedRequest])
    };
    [
        described(
            Route::get("{S}/groups/{ref}/openapi.json", VIEWER, &as_json)
                .operation("group_openapi", "Describe a group as an OpenAPI document")
                .gives_as::<AnyObject>(JSON),
        ),
        described(
            Route::get("{S}/groups/{ref}/openapi.yaml", VIEWER, &as_yaml)
                .operation("group_openapi_yaml", "Describe a group as an OpenAPI document in YAML")
                .gives_as::<AnyObject>(YAML),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn what_a_caller_has_is_compared_weakly() {
        let headers = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, HeaderValue::from_static(value));
            }
            headers
        };
        for known in [["\"a\""].as_slice(), &["W/\"a\""], &["\"b\", \"a\""], &["\"b\"", "\"a\""], &["*"]] {
            assert!(is_known(&headers(known), "\"a\""), "{known:?}");
        }
        for other in [[].as_slice(), &["\"b\""], &["a"], &[""]] {
            assert!(!is_known(&headers(other), "\"a\""), "{other:?}");
        }
    }

    #[test]
    fn the_version_is_one_of_two() {
        assert_eq!((version(None).ok(), version(Some("version=3.0")).ok()), (Some(Version::V31), Some(Version::V30)));
        for wrong in ["version=2.0", "version=", "version", "version=3.1.0", "colour=red"] {
            assert!(version(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
