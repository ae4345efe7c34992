//! Whether a connection works: the request that its group declares for that, sent with its credentials, or logins and
//! connections to the servers that say so without one.

use std::time::{Duration, Instant};

use arc_swap::Guard;
use lockgate_domain::{Caller, ConnectionChoice, GroupFacts, GroupReference, Scope, authorize};
use lockgate_egress::{OutboundClient, Verified};

use crate::FlowError;
use crate::call::calls::Calls;
use crate::call::environment::Environment;
use crate::clock::now;

/// How long the answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

impl Calls<'_> {
    /// Asks whether a connection works.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Denied`] as for a call, [`FlowError::Egress`].
    pub async fn verify_connection(
        &self,
        scope: &Scope,
        (reference, text): (&GroupReference, &str),
        by: &Caller,
    ) -> Result<Verified, FlowError> {
        let host = self.0;
        let catalog = Guard::into_inner(host.catalog());
        let (group, connection) = catalog.find_connection(scope, (reference, text), None, by)?;
        if !connection.egress.is_verifiable() {
            return Ok(Verified::NotDeclared);
        }
        let (tenant, name) = (connection.stored.owner.tenant().cloned(), connection.stored.name.clone());
        let choice = match tenant {
            None => ConnectionChoice::Fixed(connection.stored.id.to_string()),
            Some(tenant) => ConnectionChoice::Dynamic { tenant, name: Some(name) },
        };
        let connections = catalog.connections(&group.stored.id);
        let facts = GroupFacts {
            id: group.stored.id,
            scope: *scope,
            enabled: true,
            installation_enabled: true,
            capabilities: &group.stored.definition.capabilities,
            scope_enabled: catalog.scopes().is_enabled(scope),
            tenants: catalog.scopes().tenants(scope),
            activation: true,
            connections: connections.map_or(&[], |all| all.facts(scope, &choice, false)),
            now: now(),
        };
        let permit = authorize(by, facts, &choice, None)?;
        let (connection, account) = host.opened(connection).await?;
        let (key, parts) = ((group.stored.id, *scope), (&host.0.egress, &*catalog));
        let session = connection.egress_sessions.of(key, parts, &connection.egress, Some(&account))?;
        let deadline = Instant::now() + PATIENCE;
        let issuer = host.issuer(&connection, &account, &permit);
        let client = OutboundClient::new(host.0.egress.clone(), permit, session, deadline, &group.limits);
        let client = issuer.into_iter().fold(client, OutboundClient::issued_by);
        Ok(client.verify().await?)
    }
}
