//! `S/calls`: records of what ran.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{CallId, CallRecord, GroupId, GroupReference};
use lockgate_flow::CallsWanted;
use serde_json::{Value, json};

use crate::App;
use crate::access::Access;
use crate::groups::time;
use crate::list::Page;
use crate::response::{self, Refusal};

fn show(call: &CallRecord, references: &HashMap<GroupId, GroupReference>) -> Value {
    json!({
        "id": call.id.to_string(),
        // None once the group is deleted.
        "group": references.get(&call.group).map(ToString::to_string),
        "group_id": call.group.to_string(),
        "connector": call.connector,
        "plugin": call.plugin,
        "version": call.version,
        "token": call.token.to_string(),
        "tenant": call.tenant,
        "outcome": call.outcome.as_str(),
        "ended_at": time(call.ended_at),
        "duration_us": call.duration_us,
        "usage": call.usage,
    })
}

pub(crate) async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["group", "connector", "outcome", "tenant", "since"])?;
    page.without_text()?;
    let parameter = |name: &str| page.parameter(name);
    let malformed = |name: &str, what: String| Refusal::malformed(format!("`{name}`: {what}"));
    let group = parameter("group").map(str::parse::<GroupReference>).transpose();
    let tenant = parameter("tenant").map(str::parse).transpose();
    let before = page.cursor().map(str::parse::<CallId>).transpose();
    let wanted = CallsWanted {
        group: group.map_err(|error| malformed("group", error.to_string()))?,
        connector: parameter("connector").map(str::to_owned),
        outcome: parameter("outcome").map(str::to_owned),
        tenant: tenant.map_err(|error: lockgate_domain::InvalidName| malformed("tenant", error.to_string()))?,
        since: page.since()?,
        before: before
            .map_err(|_| malformed("cursor", "expected a `next_cursor`".to_owned()))?
            .unwrap_or(CallId::last()),
        limit: page.one_more(),
    };
    let scope = access.scope()?;
    let calls = app.host.call_records(&scope, wanted, &access.caller).await?;
    let references = app.host.references(&scope);
    Ok(response::json(&page.of_query(calls, |call| call.id.to_string(), |call| show(call, &references))))
}

pub(crate) async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let scope = access.scope()?;
    let call = app.host.call_record(&scope, access.part("call"), &access.caller).await?;
    Ok(response::json(&show(&call, &app.host.references(&scope))))
}
