//! `/v1/audit`: who changed what.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{Code, Problem, Scope, ScopeName, Slug, TokenId};
use lockgate_flow::{AuditEntry, AuditFilter};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::App;
use crate::access::Access;
use crate::list::Page;
use crate::openapi::parameter::{query, since};
use crate::response::{self, Refusal};
use crate::route::{ADMIN, Resource, Route};
use crate::time::Time;

#[derive(Serialize, JsonSchema)]
struct Change {
    /// Its place in the audit log.
    id: i64,
    /// When.
    at: Time,
    /// Who; null for the host itself.
    token: Option<TokenId>,
    /// What was done, such as `group.update`.
    action: String,
    /// In which organization.
    organization: Option<Slug>,
    /// In which workspace.
    workspace: Option<Slug>,
    /// To what.
    subject: String,
}

impl Change {
    fn of(app: &App, above: &Scope, entry: &AuditEntry) -> Self {
        let catalog = app.host.queries().catalog();
        let is = |scope: &Scope| match scope {
            Scope::Organization(id) => id.as_bytes().as_slice() == entry.scope,
            Scope::Workspace(_, id) => id.as_bytes().as_slice() == entry.scope,
        };
        let named = catalog.scopes_within(above).find(|stored| is(&stored.scope));
        let slug = |workspace: bool| {
            let stored = named.filter(|stored| matches!(stored.scope, Scope::Workspace(..)) == workspace);
            stored.map(|stored| stored.slug.clone())
        };
        Self {
            id: entry.sequence,
            at: Time(entry.at),
            token: entry.token,
            action: entry.action.clone(),
            organization: slug(false),
            workspace: slug(true),
            subject: entry.subject.clone(),
        }
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["workspace", "organization", "action", "since"])?;
    page.without_text()?;
    let named = named(&page)?;
    let scope = match &named {
        None => access.caller.scope,
        Some(name) => {
            let found = app.host.queries().catalog().scope(name).filter(|scope| access.caller.scope.contains(scope));
            found.ok_or_else(|| Refusal::from(Problem::new(Code::NotFound, format!("{name} does not exist"))))?
        }
    };
    let before = page.cursor().map(str::parse).transpose();
    let before = before.map_err(|_| Refusal::malformed("`cursor`: expected a `next_cursor`"))?;
    let filter = AuditFilter {
        scope,
        exact: named.is_some(),
        action: page.parameter("action").map(str::to_owned),
        since: page.since()?,
        before: before.unwrap_or(i64::MAX),
        limit: page.one_more(),
    };
    let entries = app.host.queries().audit(&filter, &access.caller).await?;
    let show = |entry: &AuditEntry| Change::of(&app, &access.caller.scope, entry);
    Ok(response::json(&page.of_query(entries, |entry| entry.sequence.to_string(), show)))
}

/// The scope that the query names.
fn named(page: &Page) -> Result<Option<ScopeName>, Refusal> {
    let slug = |name: &str| {
        let slug = page.parameter(name).map(str::parse).transpose();
        slug.map_err(|error: lockgate_domain::InvalidName| Refusal::malformed(error.to_string()))
    };
    match (slug("workspace")?, slug("organization")?) {
        (Some(_), Some(_)) => Err(Refusal::malformed("expected `workspace` or `organization`, not both")),
        (Some(workspace), None) => Ok(Some(ScopeName::Workspace(workspace))),
        (None, Some(organization)) => Ok(Some(ScopeName::Organization(organization))),
        (None, None) => Ok(None),
    }
}

pub(crate) fn resource() -> Resource {
    let text = || json!({"type": "string"});
    let scope = |name: &str| query(name, "Only of this one, without what is below it.", text());
    let routes = vec![
        Route::get("/v1/audit", ADMIN, &list)
            .operation("list_audit", "List changes in the token's scope, the latest first")
            .lists::<Change>()
            .parameter(scope("organization"))
            .parameter(scope("workspace"))
            .parameter(query("action", "Only of this kind, such as `group.update`.", text()))
            .parameter(since())
            .refuses(&[Code::NotFound]),
    ];
    Resource { name: "audit", description: "Who changed what.", routes }
}
