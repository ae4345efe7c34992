//! Organizations and workspaces, as far as the caller may know of them.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;

use crate::App;
use crate::access::Access;
use crate::list::{Keyed, Page};
use crate::response::{Refusal, json};

struct Named(String);

impl Keyed for Named {
    fn key(&self) -> String {
        self.0.clone()
    }
}

fn list(names: Vec<String>, request: &Parts) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let named = names.into_iter().filter(|slug| page.matches(&[slug])).map(Named);
    Ok(json(&page.cut(named, |named| serde_json::json!({"slug": named.0, "enabled": true}))))
}

pub(crate) async fn organizations(
    app: App,
    access: Access,
    request: Parts,
    _: Body,
) -> Result<Response<Body>, Refusal> {
    list(app.host.catalog().organizations_of(&access.caller), &request)
}

pub(crate) async fn workspaces(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    list(app.host.catalog().workspaces_of(&access.caller), &request)
}
