//! The document as a page of HTML: no script, no form, nothing of another origin.

use std::fmt::Write;

use serde_json::Value;

/// Nothing is loaded and nothing runs; the style is the one of this file, by its digest.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'sha256-VZc913GFw55EdELaKdK2nBn252ouk5T0rcohYxIDoM8='; base-uri 'none'; form-action 'none'; \
                                 frame-ancestors 'none'";

pub(super) const STYLE: &str = "\
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

/// Writing to a string can't fail, so what `write!` gives is not looked at.
macro_rules! put {
    ($page:expr, $($text:tt)*) => { let _ = write!($page, $($text)*); };
}

pub(super) fn render(document: &Value) -> String {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\"><title>Lockgate: the API</title>");
    put!(page, "<style>{STYLE}</style></head><body>");
    put!(page, "<h1>{} {}</h1>", text(document, "/info/title"), text(document, "/info/version"));
    put!(page, "<p>{}</p>", paragraphs(document, "/info/description"));
    put!(page, "<p><a href=\"openapi.json\">openapi.json</a>. Below workspaces and organizations alike: ");
    put!(page, "<code>{{S}}</code> is <code>/v1/workspaces/{{workspace}}</code> or ");
    put!(page, "<code>/v1/organizations/{{organization}}</code>.</p><ul>");
    let tags = document.pointer("/tags").and_then(Value::as_array);
    for tag in tags.into_iter().flatten() {
        let name = text(tag, "/name");
        put!(page, "<li><a href=\"#{name}\">{name}</a>: {}</li>", text(tag, "/description"));
    }
    page.push_str("<li><a href=\"#schemas\">schemas</a></li></ul>");
    for tag in tags.into_iter().flatten() {
        let name = text(tag, "/name");
        put!(page, "<h2 id=\"{name}\">{name}</h2><p>{}</p>", text(tag, "/description"));
        operations(&mut page, document, &name);
    }
    page.push_str("<h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in members(document, "/components/schemas") {
        let shown = serde_json::to_string_pretty(schema).unwrap_or_default();
        let (name, shown) = (escaped(name), escaped(&shown));
        put!(page, "<h3 id=\"schema-{name}\"><code>{name}</code></h3><pre>{shown}</pre>");
    }
    page.push_str("</body></html>\n");
    page
}

fn operations(page: &mut String, document: &Value, tag: &str) {
    for (_, item) in members(document, "/paths") {
        for (method, operation) in members(item, "") {
            let id = text(operation, "/operationId");
            // The same operation is below both prefixes, and is shown once.
            if text(operation, "/tags/0") != tag || id.ends_with("_in_organization") {
                continue;
            }
            let address = text(operation, "/x-lockgate-address");
            let method = escaped(&method.to_ascii_uppercase());
            put!(page, "<h3 id=\"{id}\"><code>{method} {address}</code></h3>");
            put!(page, "<p>{}. {}</p>", text(operation, "/summary"), paragraphs(operation, "/description"));
            parameters(page, operation);
            for (kind, content) in members(operation, "/requestBody/content") {
                put!(page, "<p>Body: <code>{}</code> {}</p>", escaped(kind), schema(content));
            }
            answers(page, operation);
        }
    }
}

fn parameters(page: &mut String, operation: &Value) {
    let parameters = operation.pointer("/parameters").and_then(Value::as_array);
    let mut parameters = parameters.into_iter().flatten().filter(|one| text(one, "/in") != "path").peekable();
    if parameters.peek().is_none() {
        return;
    }
    page.push_str("<table><tr><th>parameter</th><th>in</th><th>meaning</th></tr>");
    for one in parameters {
        let (name, place) = (text(one, "/name"), text(one, "/in"));
        put!(page, "<tr><td><code>{name}</code></td><td>{place}</td><td>{}</td></tr>", marked(one, "/description"));
    }
    page.push_str("</table>");
}

fn answers(page: &mut String, operation: &Value) {
    page.push_str("<table><tr><th>status</th><th>answer</th></tr>");
    for (status, answer) in members(operation, "/responses") {
        let content: Vec<_> = members(answer, "/content").map(|(_, content)| schema(content)).collect();
        let (status, description) = (escaped(status), marked(answer, "/description"));
        put!(page, "<tr><td>{status}</td><td>{description} {}</td></tr>", content.join(" "));
    }
    page.push_str("</table>");
}

/// A link to the schema of a content, where it has a name.
fn schema(content: &Value) -> String {
    let of = |pointer: &str| content.pointer(pointer).and_then(Value::as_str).and_then(|text| text.rsplit('/').next());
    match (of("/schema/$ref"), of("/schema/properties/items/items/$ref")) {
        (Some(name), _) => link(name, ""),
        (None, Some(name)) => link(name, "a page of "),
        (None, None) => String::new(),
    }
}

fn link(name: &str, before: &str) -> String {
    let name = escaped(name);
    format!("{before}<a href=\"#schema-{name}\">{name}</a>")
}

fn members<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn text(value: &Value, pointer: &str) -> String {
    escaped(value.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Texts of the document mark code as Markdown does.
fn marked(value: &Value, pointer: &str) -> String {
    let text = text(value, pointer);
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn paragraphs(value: &Value, pointer: &str) -> String {
    marked(value, pointer).trim().replace("\n\n", "</p><p>")
}
