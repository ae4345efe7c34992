//! `S/calls`: records of what ran.

use std::collections::HashMap;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{
    CallId, CallRecord, Code, ConnectionId, ConnectorName, Digest, GroupId, GroupReference, LogLine, Outcome,
    TenantName, TokenId, Usage,
};
use lockgate_flow::CallsWanted;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::App;
use crate::access::Access;
use crate::list::Page;
use crate::openapi::parameter::{flag, query, since};
use crate::response::{self, Refusal};
use crate::route::{Resource, Route, VIEWER};
use crate::time::Time;

#[derive(Serialize, JsonSchema)]
struct Call {
    /// Its id.
    id: CallId,
    /// The group's reference; null once it is deleted.
    group: Option<String>,
    /// The group's id.
    group_id: GroupId,
    /// The connector.
    connector: ConnectorName,
    /// What ran, of a connector with code.
    plugin: Option<Digest>,
    /// The version that ran, of a declarative connector.
    #[schemars(range(min = 0))]
    version: Option<i64>,
    /// The call whose code made it.
    parent: Option<CallId>,
    /// Who called.
    token: TokenId,
    /// On whose behalf.
    tenant: Option<TenantName>,
    /// `ok`, the code of the problem, or `gone` when the caller hung up.
    outcome: &'static str,
    /// When it ended.
    ended_at: Time,
    /// From the arrival of the request's head, in microseconds.
    duration_us: u64,
    usage: Usage,
    /// The code of the failure that the connector returned.
    failure: Option<String>,
    /// The connection that it could use.
    connection: Option<ConnectionId>,
    /// The most attempts that one request to an upstream took; 0 if it sent none.
    attempts: u32,
}

#[derive(Serialize, JsonSchema)]
struct CallWithLogs {
    #[serde(flatten)]
    call: Call,
    /// What the plugin logged in a call that failed, the last lines; empty for tokens below the role editor.
    logs: Vec<LogLine>,
}

impl Call {
    fn of(call: &CallRecord, references: &HashMap<GroupId, GroupReference>) -> Self {
        Self {
            id: call.id,
            group: references.get(&call.group).map(ToString::to_string),
            group_id: call.group,
            connector: call.connector.clone(),
            plugin: call.plugin,
            version: call.version,
            parent: call.parent,
            token: call.token,
            tenant: call.tenant.clone(),
            outcome: call.outcome.as_str(),
            ended_at: Time(call.ended_at),
            duration_us: call.duration_us,
            usage: call.usage,
            failure: call.failure.as_ref().and_then(|failure| failure.code.clone()),
            connection: call.connection,
            attempts: call.attempts,
        }
    }
}

async fn list(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page =
        Page::parse(request.uri.query(), &["group", "connector", "outcome", "failed", "parent", "tenant", "since"])?;
    page.without_text()?;
    let parameter = |name: &str| page.parameter(name);
    let malformed = |name: &str, what: String| Refusal::malformed(format!("`{name}`: {what}"));
    let group = parameter("group").map(str::parse::<GroupReference>).transpose();
    let tenant = parameter("tenant").map(str::parse).transpose();
    let parent = parameter("parent").map(str::parse::<CallId>).transpose();
    let before = page.cursor().map(str::parse::<CallId>).transpose();
    let wanted = CallsWanted {
        group: group.map_err(|error| malformed("group", error.to_string()))?,
        connector: parameter("connector").map(str::to_owned),
        outcome: parameter("outcome").map(outcome).transpose()?,
        failed: page.flag("failed")?,
        parent: parent.map_err(|_| malformed("parent", "expected the id of a call".to_owned()))?,
        tenant: tenant.map_err(|error: lockgate_domain::InvalidName| malformed("tenant", error.to_string()))?,
        since: page.since()?,
        before: before
            .map_err(|_| malformed("cursor", "expected a `next_cursor`".to_owned()))?
            .unwrap_or(CallId::last()),
        limit: page.one_more(),
    };
    let scope = access.scope()?;
    let calls = app.host.queries().call_records(&scope, wanted, &access.caller).await?;
    let references = app.host.queries().references(&scope);
    Ok(response::json(&page.of_query(calls, |call| call.id.to_string(), |call| Call::of(call, &references))))
}

/// An outcome that exists: a record has no other, so a misspelt one would find nothing.
fn outcome(text: &str) -> Result<String, Refusal> {
    let known = text.parse::<Outcome>().map(|outcome| outcome.as_str().to_owned());
    known.map_err(|()| {
        let expected = "expected `ok`, `gone` or a code such as `LG3001`; `failed` finds every problem";
        Refusal::malformed(format!("`outcome`: `{}`: {expected}", text.escape_debug()))
    })
}

async fn get(app: App, access: Access, _: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let scope = access.scope()?;
    let call = app.host.queries().call_record(&scope, access.part("call"), &access.caller).await?;
    let logs = app.host.queries().call_logs(&call, &access.caller).await?;
    Ok(response::json(&CallWithLogs { call: Call::of(&call, &app.host.queries().references(&scope)), logs }))
}

pub(crate) fn resource() -> Resource {
    let words = || json!({"type": "string"});
    let routes = vec![
        Route::get("{S}/calls", VIEWER, &list)
            .operation("list_calls", "List the calls that were made in the scope, the latest first")
            .lists::<Call>()
            .parameter(query("group", "Only of this group, by reference.", words()))
            .parameter(query("connector", "Only of this connector.", words()))
            .parameter(query("outcome", "Only with this outcome.", words()))
            .parameter(flag("failed", "Only those that ended with a problem."))
            .parameter(query("parent", "Only those that the code of this call made.", words()))
            .parameter(query("tenant", "Only for this tenant.", json!({"type": "string", "pattern": "^[!-~]{1,128}$"})))
            .parameter(since())
            .refuses(&[Code::NotFound]),
        Route::get("{S}/calls/{call}", VIEWER, &get).operation("get_call", "Show a call").gives::<CallWithLogs>(),
    ];
    Resource {
        name: "calls",
        description: "Records of calls: metadata, never a body; of failed ones also what the plugin logged.",
        routes,
    }
}
