//! The decision about a call, with the facts of its snapshot.

use std::sync::Arc;

use lockgate_domain::{Caller, ConnectionChoice, GroupFacts, Permit, TenantName, authorize};

use crate::call::ancestors::Ancestors;
use crate::call::concurrency::ConcurrencyPermit;
use crate::call::resolve::ResolvedCall;
use crate::clock::now;
use crate::{Connection, FlowError};

impl ResolvedCall {
    /// Decides whether a caller may make the call, and with which connection.
    ///
    /// # Errors
    /// [`FlowError::Denied`].
    pub(crate) fn authorize(
        &self,
        caller: &Caller,
        choice: &ConnectionChoice,
        tenant: Option<TenantName>,
    ) -> Result<Permit, FlowError> {
        let (definition, scopes) = (&self.group.stored.definition, self.catalog.scopes());
        let installed = self.installation.as_ref().and_then(|installation| installation.enabled);
        let connections = self.catalog.connections(&self.group.stored.id);
        let limited = caller.restrictions.tenants.is_some();
        let facts = GroupFacts {
            id: self.group.stored.id,
            scope: self.scope,
            enabled: definition.enabled,
            installation_enabled: installed.unwrap_or(true),
            capabilities: &definition.capabilities,
            scope_enabled: scopes.is_enabled(&self.scope),
            tenants: scopes.tenants(&self.scope),
            activation: self.needs_connection,
            connections: connections.map_or(&[], |all| all.facts(&self.scope, choice, limited)),
            now: now(),
        };
        Ok(authorize(caller, facts, choice, tenant)?)
    }

    /// The connection that a permit names.
    pub(crate) fn connection(&self, permit: &Permit) -> Option<&Arc<Connection>> {
        self.catalog.connections(&self.group.stored.id)?.get(&permit.connection()?)
    }

    /// Counts the call among those that run. One that code made counts as one more of its group alone, and not even that
    /// where a call above it is of the same group: those wait for it, so a tree that waited for its own permits would wait
    /// for ever.
    ///
    /// # Errors
    /// [`FlowError::TooManyCalls`].
    pub(crate) async fn count(
        &self,
        caller: &Caller,
        permit: &Permit,
        ancestors: Option<&Ancestors>,
    ) -> Result<Option<ConcurrencyPermit>, FlowError> {
        if ancestors.is_some_and(|ancestors| ancestors.is_within(&self.group.stored.id)) {
            return Ok(None);
        }
        let token = self.catalog.token_concurrency(&caller.token).filter(|_| ancestors.is_none());
        ConcurrencyPermit::acquire(token, permit.tenant(), &self.group.concurrency).await.map(Some)
    }
}
