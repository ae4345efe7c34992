//! What organizations and workspaces have in common.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Scope, Slug};
use lockgate_flow::StoredScope;
use schemars::JsonSchema;
use serde::Serialize;

use crate::access::Access;
use crate::api::stored::Stored;
use crate::list::{Keyed, Page};
use crate::openapi::texts::Line;
use crate::response::{self, Refusal, gone};
use crate::time::Time;
use crate::{App, etag};

impl Keyed for Arc<StoredScope> {
    fn key(&self) -> String {
        self.slug.to_string()
    }
}

/// The members of both.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Common {
    /// Its id.
    #[schemars(extend("format" = "uuid"))]
    id: String,
    /// Unique in the host; never changes.
    slug: Slug,
    /// For people.
    #[schemars(with = "Line")]
    name: String,
    #[serde(flatten)]
    stored: Stored,
}

impl Common {
    pub(crate) fn of(scope: &StoredScope) -> Self {
        Self {
            id: match scope.scope {
                Scope::Organization(id) => id.to_string(),
                Scope::Workspace(_, id) => id.to_string(),
            },
            slug: scope.slug.clone(),
            name: scope.name.clone(),
            stored: Stored {
                enabled: scope.enabled,
                version: scope.version,
                created_at: Time(scope.created_at),
                updated_at: Time(scope.updated_at),
            },
        }
    }
}

/// A page of the scopes of one kind in which the token holds.
pub(crate) fn list<T: Serialize>(
    app: &App,
    access: &Access,
    request: &Parts,
    organizations: bool,
    show: impl Fn(&StoredScope) -> T,
) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let seen = app.host.queries().scopes_of(&access.caller, organizations);
    let found = seen.into_iter().filter(|scope| page.matches(&[scope.slug.as_str(), &scope.name]));
    Ok(response::json(&page.cut(found, |scope| show(&scope))))
}

pub(crate) async fn delete(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    app.host.changes().delete_scope(&access.scope()?, expected, &access.caller).await?;
    Ok(gone())
}
