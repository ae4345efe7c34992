//! The description of the API as a page.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use maud::{Markup, html};
use serde_json::Value;

use super::whole;
use crate::openapi::HTML;
use crate::response::with_type;

/// Nothing is loaded and nothing runs; the style is the one of this file, by its digest.
const POLICY: &str = "default-src 'none'; style-src 'sha256-VZc913GFw55EdELaKdK2nBn252ouk5T0rcohYxIDoM8='; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem 1.5rem 4rem;color:#1b1f24;background:#fff}\
code,pre{font:14px/1.45 ui-monospace,monospace}\
h2{margin-top:3rem;border-bottom:1px solid #d0d7de}\
h3{margin:2.2rem 0 .4rem}\
h3 code{font-size:16px;font-weight:600}\
table{border-collapse:collapse;width:100%;margin:.5rem 0}\
th,td{border:1px solid #d0d7de;padding:.3rem .6rem;text-align:left;vertical-align:top}\
th{background:#f6f8fa;font-weight:600}\
pre{background:#f6f8fa;padding:.7rem 1rem;overflow-x:auto}\
a{color:#0550ae}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,pre{background:#161b22}\
th,td,h2{border-color:#30363d}a{color:#79c0ff}}";

/// The answer of `GET /docs`, made once of the description of the API.
pub(crate) fn answer(document: &Value) -> Response<Body> {
    static PAGE: OnceLock<String> = OnceLock::new();
    let text = PAGE.get_or_init(|| page(document).into_string());
    let mut response = with_type(Body::from(text.as_str()), HTML);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn page(document: &Value) -> Markup {
    let tags = || document.pointer("/tags").and_then(Value::as_array).into_iter().flatten();
    let body = html! {
        h1 { (text(document, "/info/title")) " " (text(document, "/info/version")) }
        (paragraphs(text(document, "/info/description")))
        p {
            a href="openapi.json" { "openapi.json" }
            ". Below workspaces and organizations alike: "
            code { "{S}" } " is " code { "/v1/workspaces/{workspace}" } " or " code { "/v1/organizations/{organization}" } "."
        }
        ul {
            @for tag in tags() {
                @let name = text(tag, "/name");
                li { a href={"#" (name)} { (name) } ": " (text(tag, "/description")) }
            }
            li { a href="#schemas" { "schemas" } }
        }
        @for tag in tags() {
            @let name = text(tag, "/name");
            h2 id=(name) { (name) }
            p { (text(tag, "/description")) }
            (operations(document, name))
        }
        h2 id="schemas" { "schemas" }
        @for (name, schema) in members(document, "/components/schemas") {
            h3 id={"schema-" (name)} { code { (name) } }
            pre { (serde_json::to_string_pretty(schema).unwrap_or_default()) }
        }
    };
    whole("Lockgate: the API", Some((STYLE, None)), &body)
}

/// The operations of one kind of object.
fn operations(document: &Value, tag: &str) -> Markup {
    let all = members(document, "/paths").flat_map(|(_, item)| members(item, ""));
    // The same operation is below both prefixes, and is shown once.
    let own =
        all.filter(|(_, one)| text(one, "/tags/0") == tag && !text(one, "/operationId").ends_with("_in_organization"));
    html! {
        @for (method, operation) in own {
            h3 id=(text(operation, "/operationId")) {
                code { (method.to_ascii_uppercase()) " " (text(operation, "/x-lockgate-address")) }
            }
            p { (text(operation, "/summary")) "." }
            (paragraphs(text(operation, "/description")))
            (parameters(operation))
            @for (kind, content) in members(operation, "/requestBody/content") {
                p { "Body: " code { (kind) } " " (schema(content)) }
            }
            (answers(operation))
        }
    }
}

fn parameters(operation: &Value) -> Markup {
    let all = operation.pointer("/parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters: Vec<_> = all.filter(|one| text(one, "/in") != "path").collect();
    if parameters.is_empty() {
        return Markup::default();
    }
    html! {
        table {
            tr { th { "parameter" } th { "in" } th { "meaning" } }
            @for one in parameters {
                tr {
                    td { code { (text(one, "/name")) } }
                    td { (text(one, "/in")) }
                    td { (marked(text(one, "/description"))) }
                }
            }
        }
    }
}

fn answers(operation: &Value) -> Markup {
    html! {
        table {
            tr { th { "status" } th { "answer" } }
            @for (status, answer) in members(operation, "/responses") {
                tr {
                    td { (status) }
                    td {
                        (marked(text(answer, "/description")))
                        @for (_, content) in members(answer, "/content") { " " (schema(content)) }
                    }
                }
            }
        }
    }
}

/// A link to the schema of a content, where it has a name.
fn schema(content: &Value) -> Markup {
    let of = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).and_then(|text| text.rsplit('/').next());
    let link = |name: &str| html! { a href={"#schema-" (name)} { (name) } };
    match (of("/schema/$ref"), of("/schema/properties/items/items/$ref")) {
        (Some(name), _) => link(name),
        (None, Some(name)) => html! { "a page of " (link(name)) },
        (None, None) => Markup::default(),
    }
}

fn members<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Texts of the document mark code as Markdown does.
fn marked(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn paragraphs(text: &str) -> Markup {
    html! { @for one in text.trim().split("\n\n") { p { (marked(one)) } } }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use lockgate_domain::Digest;

    use super::*;
    use crate::routes::{DOCUMENT, TABLE};

    #[test]
    fn the_style_of_the_page_is_allowed_by_its_policy() {
        let digest = base64::engine::general_purpose::STANDARD.encode(Digest::of(STYLE.as_bytes()).as_bytes());
        assert!(POLICY.contains(&format!("'sha256-{digest}'")), "expected 'sha256-{digest}'");
    }

    #[test]
    fn the_page_shows_every_operation_and_schema_and_runs_nothing() {
        let page = page(&DOCUMENT).into_string();
        for (method, path, _) in TABLE.iter() {
            assert!(page.contains(&format!("<code>{method} {path}</code>")), "{method} {path}");
        }
        for name in DOCUMENT["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("id=\"schema-{name}\"")), "{name}");
        }
        for foreign in ["<script", "<img", "<iframe", "<form", "src=", "style=", "http://", "@import", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }
}
