//! Lists of connections, of one group or of all.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use lockgate_domain::{ConnectionState, TenantName};
use lockgate_flow::Connection;

use super::types::Shown;
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

fn listed(page: &Page, found: Vec<Listed>) -> Result<Response<Body>, Refusal> {
    let state = page.parameter("state");
    if let Some(unknown) = state.filter(|state| ConnectionState::ALL.iter().all(|one| one.as_str() != *state)) {
        let states = ConnectionState::ALL.map(ConnectionState::as_str).join(", ");
        return Err(Refusal::malformed(format!("`state={}`: expected one of {states}", unknown.escape_debug())));
    }
    let tenant = page.parameter("tenant");
    let wanted = |one: &Listed| {
        let own = one.connection.stored.owner.tenant().map(TenantName::as_str);
        state.is_none_or(|state| one.connection.state().as_str() == state)
            && tenant.is_none_or(|tenant| own == Some(tenant))
            && page.matches(&[&one.connection.stored.name, own.unwrap_or_default()])
    };
    let found = found.into_iter().filter(wanted);
    Ok(response::json(&page.cut(found, |one| Shown::of(&one.connection).in_group(one.reference))))
}

pub(super) async fn of_group(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.queries().connections(&access.scope()?, &access.group()?, &access.caller)?;
    listed(&page, found.into_iter().map(|connection| Listed { reference: None, connection }).collect())
}

pub(super) async fn of_all(app: App, access: Access, request: Parts, _: Body) -> Result<Response<Body>, Refusal> {
    let page = Page::parse(request.uri.query(), &["state", "tenant"])?;
    let found = app.host.queries().all_connections(&access.scope()?, &access.caller).into_iter();
    let named = |(reference, connection): (lockgate_domain::GroupReference, _)| Listed {
        reference: Some(reference.to_string()),
        connection,
    };
    listed(&page, found.map(named).collect())
}
