//! The session by which token requests of a connection leave: of its own, so that they share nothing with its calls.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::destination::{Target, UrlTemplate};
use lockgate_domain::{
    Caller, ConnectionChoice, ConnectionFacts, ConnectionState, EgressDefinition, FieldName, GroupFacts, Limits,
    Permit, authorize,
};
use lockgate_egress::{Account, EgressError, OutboundClient};

use crate::catalog::egress_sessions::EgressSessions;
use crate::clock::now;
use crate::{Catalog, Connection, FlowError, Group, Host};

/// How long a provider may take. It is not the time of a call: who waits for the token may go away before that, and an
/// answer that nobody waits for is still the next token.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// The right to request tokens of a connection in the name of a caller, whatever state it is in.
pub(super) fn token_permit(
    catalog: &Catalog,
    group: &Group,
    connection: &Connection,
    by: &Caller,
) -> Result<Permit, FlowError> {
    let stored = &connection.stored;
    let scope = stored.owner.scope();
    let choice = match stored.owner.tenant() {
        None => ConnectionChoice::Fixed(stored.id.to_string()),
        Some(tenant) => ConnectionChoice::Dynamic { tenant: tenant.clone(), name: Some(stored.name.clone()) },
    };
    let facts = [ConnectionFacts { state: ConnectionState::Active, ends_at: None, ..connection.facts() }];
    let facts = GroupFacts {
        id: group.stored.id,
        scope,
        enabled: true,
        installation_enabled: true,
        capabilities: &group.stored.definition.capabilities,
        scope_enabled: catalog.scopes().is_enabled(&scope),
        tenants: catalog.scopes().tenants(&scope),
        activation: true,
        connections: &facts,
        now: now(),
    };
    Ok(authorize(by, facts, &choice, None)?)
}

impl Host {
    /// An address of a method with the values of a connection in it.
    pub(super) fn method_url(
        &self,
        connection: &Connection,
        account: &Account,
        url: &UrlTemplate,
    ) -> Result<Target, FlowError> {
        let filled = lockgate_egress::filled_url(&connection.egress, account, url);
        filled.map_err(|cause| FlowError::Egress(EgressError::Field { part: "an address of the provider", cause }))
    }

    /// What sends token requests for a connection with these values.
    pub(super) fn token_client(
        &self,
        connection: &Connection,
        account: &Arc<Account>,
        permit: &Permit,
    ) -> Result<OutboundClient, FlowError> {
        let catalog = self.catalog().clone();
        let (key, parts) = ((permit.group(), permit.scope()), (&self.0.egress, &*catalog));
        let definition = reachable(connection);
        let session = EgressSessions::default().of(key, parts, &definition, Some(account))?;
        let deadline = Instant::now() + PATIENCE;
        Ok(OutboundClient::new(self.0.egress.clone(), permit.clone(), session, deadline, &Limits::default()))
    }
}

/// The group's rules. Where a provider names the host of its destinations, and has not done so yet, there are none.
fn reachable(connection: &Connection) -> Arc<EgressDefinition> {
    let kept: BTreeSet<&FieldName> = connection
        .oauth()
        .flat_map(|(_, method)| method.keep.reply.keys().chain(method.keep.callback.keys()))
        .collect();
    let has = |name: &FieldName| {
        let at = format!("fields/{name}");
        connection.stored.visible.contains_key(&at) || connection.stored.secret.contains(&at)
    };
    if kept.iter().all(|name| has(name)) {
        return Arc::clone(&connection.egress);
    }
    let nowhere = EgressDefinition::nowhere(connection.egress.resource_type);
    Arc::new(EgressDefinition {
        activation: connection.egress.activation.clone(),
        authorities: connection.egress.authorities.clone(),
        ..nowhere
    })
}
