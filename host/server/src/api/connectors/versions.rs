//! The versions of a declarative connector.

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;

use super::answer;
use super::types::{CurrentVersion, Version, WholeVersion};
use crate::access::Access;
use crate::api::history::{self, Mark};
use crate::list::{Page, allow_removal};
use crate::response::{self, Refusal};
use crate::{App, body, etag};

pub(super) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    page.without_text()?;
    let before = match page.cursor() {
        None => i64::MAX,
        Some(cursor) => cursor.parse().map_err(|_| Refusal::malformed("`cursor`: expected that of the page before"))?,
    };
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let (current, found) = app.host.queries().connector_versions(&scope, &group, name, before, page.one_more()).await?;
    let shown = page.of_query(found, |row| row.number.to_string(), |row| Version::of(current, row));
    Ok(response::json(&shown))
}

pub(super) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let (current, found) =
        app.host.queries().connector_version(&scope, &group, name, number(access.part("n"))?).await?;
    Ok(response::json(&WholeVersion::of(current, &found)))
}

pub(super) async fn diff(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let numbers = (number(access.part("a"))?, number(access.part("b"))?);
    let diff = app.host.queries().diff_connector(&scope, &group, name, numbers).await?;
    Ok(response::json_as_declared(&diff))
}

/// Forward or back.
pub(super) async fn make_current(
    app: App,
    access: Access,
    request: Parts,
    sent: Body,
) -> Result<Response<Body>, Refusal> {
    let known = (etag::expected(&request.headers)?, allow_removal(request.uri.query())?);
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.queries().connector(&scope, &group, name)?;
    let CurrentVersion { version } = body::json(&request.headers, sent).await?;
    let switched = app.host.changes().switch_connector(&scope, &group, name, known, version, &access.caller).await?;
    tracing::info!(group = %group, connector = %name, version, "version made current");
    Ok(answer(&switched, false))
}

pub(super) async fn mark(app: App, access: Access, request: Parts, sent: Body) -> Result<Response<Body>, Refusal> {
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    app.host.queries().connector(&scope, &group, name)?;
    let n = number(access.part("n"))?;
    let Mark { bad } = body::json(&request.headers, sent).await?;
    app.host.changes().mark_connector(&scope, &group, name, (n, bad), &access.caller).await?;
    let (current, found) = app.host.queries().connector_version(&scope, &group, name, n).await?;
    Ok(response::json(&WholeVersion::of(current, &found)))
}

pub(super) async fn history(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &[])?;
    let before = history::before(&page)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let found = app.host.queries().connector_history(&scope, &group, name, before, page.one_more()).await?;
    Ok(response::json(&history::page(&page, found)))
}

/// To what was current before.
pub(super) async fn rollback(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let expected = etag::expected(&request.headers)?;
    let (scope, group, name) = (access.scope()?, access.group()?, access.part("connector"));
    let switched = app.host.changes().rollback_connector(&scope, &group, name, expected, &access.caller).await?;
    tracing::info!(group = %group, connector = %name, "connector rolled back");
    Ok(answer(&switched, false))
}

fn number(text: &str) -> Result<i64, Refusal> {
    let number = text.parse().ok().filter(|number: &i64| *number > 0);
    number.ok_or_else(|| Refusal::malformed(format!("`{}`: expected the number of a version", text.escape_debug())))
}
