//! What would be lost with a group.

use std::collections::BTreeMap;

use lockgate_domain::{CallId, Caller, GroupReference, Scope, TenantName, TokenId};

use crate::FlowError;
use crate::clock::now;
use crate::query::Queries;

/// How far back calls count.
const RECENT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What would be lost with a group, beside the group itself.
#[derive(Debug)]
pub struct Dependents {
    /// Connections by their owners: a scope, or a tenant of it.
    pub connections: BTreeMap<(Scope, Option<TenantName>), usize>,
    /// The scopes that have settings for it.
    pub installations: Vec<Scope>,
    /// Calls of the last seven days by token, the most first.
    pub callers: Vec<(TokenId, i64)>,
}

impl Queries<'_> {
    /// What would be lost if a group were deleted.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`], the caller's token is limited to tenants, or the store does not
    /// answer.
    pub async fn dependents(
        self,
        scope: &Scope,
        reference: &GroupReference,
        caller: &Caller,
    ) -> Result<Dependents, FlowError> {
        if caller.restrictions.tenants.is_some() {
            return Err(FlowError::Limited);
        }
        let catalog = self.0.catalog();
        let group = catalog.find_owned_group(scope, reference, None)?;
        let mut connections = BTreeMap::new();
        for one in catalog.connections(&group.stored.id).into_iter().flat_map(|all| all.iter()) {
            let owner = &one.stored.owner;
            *connections.entry((owner.scope(), owner.tenant().cloned())).or_insert(0) += 1;
        }
        let installations = catalog.installing_scopes(&group);
        let since = CallId::first_at(now().saturating_sub(RECENT_MS));
        let callers = self.0.0.store.callers(&group.stored.id, &since).await?;
        Ok(Dependents { connections, installations, callers })
    }
}
