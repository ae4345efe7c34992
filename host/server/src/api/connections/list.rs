//! Lists of connections, of one group or of all.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{ConnectionState, TenantName};
use lockgate_flow::Connection;

use super::types::{Shown, state_now};
use crate::App;
use crate::access::Access;
use crate::list::{Keyed, Page};
use crate::response::{self, Refusal};

struct Listed {
    /// The group, in lists of several.
    reference: Option<String>,
    connection: Arc<Connection>,
}

impl Keyed for Listed {
    fn key(&self) -> String {
        self.connection.stored.id.to_string()
    }
}

async fn listed(app: &App, page: &Page, mut found: Vec<Listed>) -> Result<Response<Body>, Refusal> {
    let state = page.parameter("state");
    if let Some(unknown) = state.filter(|state| ConnectionState::ALL.iter().all(|one| one.as_str() != *state)) {
        let states = ConnectionState::ALL.map(ConnectionState::as_str).join(", ");
        return Err(Refusal::malformed(format!("`state={}`: expected one of {states}", unknown.escape_debug())));
    }
    let tenant = page.parameter("tenant");
    found.retain(|one| {
        let own = one.connection.stored.owner.tenant().map(TenantName::as_str);
        tenant.is_none_or(|tenant| own == Some(tenant))
            && page.matches(&[&one.connection.stored.name, own.unwrap_or_default()])
    });
    let queries = app.host.queries();
    if let Some(state) = state {
        // Which of those that are active have expired their tokens say.
        let of_tokens = [ConnectionState::Active, ConnectionState::Expired].map(ConnectionState::as_str);
        let tokens = match of_tokens.contains(&state) {
            true => queries.tokens_of_each(found.iter().map(|one| &one.connection)).await?,
            false => HashMap::new(),
        };
        let known = |one: &Listed| tokens.get(&one.connection.stored.id).map_or(&[][..], Vec::as_slice);
        found.retain(|one| state_now(&one.connection, known(one)) == state);
    }
    let part = page.cut(found.into_iter(), |one| one);
    let tokens = queries.tokens_of_each(part.items().iter().map(|one| &one.connection)).await?;
    Ok(response::json(&part.shown(|one| {
        let known = tokens.get(&one.connection.stored.id).map_or(&[][..], Vec::as_slice);
        Shown::of(&one.connection).with_tokens(known).in_group(one.reference)
    })))
}

pub(super) async fn of_group(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.queries().connections(&access.scope()?, &access.group()?, &access.caller)?;
    listed(&app, &page, found.into_iter().map(|connection| Listed { reference: None, connection }).collect()).await
}

pub(super) async fn of_all(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.queries().all_connections(&access.scope()?, &access.caller).into_iter();
    let named = |(reference, connection): (lockgate_domain::GroupReference, _)| Listed {
        reference: Some(reference.to_string()),
        connection,
    };
    listed(&app, &page, found.map(named).collect()).await
}
