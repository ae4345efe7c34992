//! What happened: records of calls, and the audit log.

use std::collections::HashMap;

use lockgate_domain::{CallId, CallRecord, Caller, GroupId, GroupReference, LogLine, Role, Scope, TenantName};
use lockgate_store::{AuditEntry, AuditFilter, CallFilter};

use crate::FlowError;
use crate::query::Queries;

/// Which records of calls are wanted.
#[derive(Debug)]
pub struct CallsWanted {
    /// Only of this group.
    pub group: Option<GroupReference>,
    /// Only of this connector.
    pub connector: Option<String>,
    /// Only with this outcome: `ok`, `gone` or a code.
    pub outcome: Option<String>,
    /// Only those that ended with a problem.
    pub failed: bool,
    /// Only those that the code of this call made.
    pub parent: Option<CallId>,
    /// Only for this tenant.
    pub tenant: Option<TenantName>,
    /// Not ended before; milliseconds since 1970.
    pub since: i64,
    /// Only those with a smaller id.
    pub before: CallId,
    /// The most records.
    pub limit: i64,
}

impl Queries<'_> {
    /// Records of a scope that exist for a caller, the latest first.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] for the group, or the store does not answer.
    pub async fn call_records(
        self,
        scope: &Scope,
        wanted: CallsWanted,
        caller: &Caller,
    ) -> Result<Vec<CallRecord>, FlowError> {
        let CallsWanted { group, connector, outcome, failed, parent, tenant, since, before, limit } = wanted;
        let groups = match group {
            Some(reference) if caller.reaches(scope, &reference) => {
                Some(vec![self.group(scope, &reference)?.stored.id])
            }
            Some(reference) => return Err(FlowError::NotFound(format!("group `{reference}`"))),
            None => caller.restrictions.groups.as_ref().map(|_| self.reached(scope, caller)),
        };
        let tenants = match tenant {
            Some(tenant) if caller.restrictions.has_tenant(&tenant) => Some(vec![tenant]),
            // As for a tenant that never called.
            Some(_) => Some(Vec::new()),
            None => caller.restrictions.tenants.as_ref().map(|own| own.to_vec()),
        };
        let filter = CallFilter { groups, connector, outcome, failed, parent, tenants, since, before, limit };
        Ok(self.0.0.store.calls(scope, &filter).await?)
    }

    /// One record of a scope.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub async fn call_record(self, scope: &Scope, id: &str, caller: &Caller) -> Result<CallRecord, FlowError> {
        let missing = || FlowError::NotFound(format!("call `{}`", id.escape_debug()));
        let call = self.0.0.store.call(scope, &id.parse().map_err(|_| missing())?).await;
        let call = call.map_err(|error| match error {
            lockgate_store::StoreError::Missing(_) => missing(),
            other => other.into(),
        })?;
        let own_tenant = caller.restrictions.tenants.is_none()
            || call.tenant.as_ref().is_some_and(|tenant| caller.restrictions.has_tenant(tenant));
        let own_group = caller.restrictions.groups.is_none() || self.reached(scope, caller).contains(&call.group);
        if own_tenant && own_group { Ok(call) } else { Err(missing()) }
    }

    /// What a guest logged in a call whose record the caller has read: nothing for a caller below an editor, as for a test.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn call_logs(self, call: &CallRecord, caller: &Caller) -> Result<Vec<LogLine>, FlowError> {
        if caller.role < Role::Editor {
            return Ok(Vec::new());
        }
        Ok(self.0.0.store.call_logs(&call.id).await?)
    }

    /// How the groups of records are named in a scope.
    pub fn references(self, scope: &Scope) -> HashMap<GroupId, GroupReference> {
        let catalog = self.0.catalog();
        catalog.visible(scope).map(|(reference, group)| (group.stored.id, reference)).collect()
    }

    /// The groups that exist for a caller in a scope.
    fn reached(self, scope: &Scope, caller: &Caller) -> Vec<GroupId> {
        let catalog = self.0.catalog();
        let visible = catalog.visible(scope).filter(|(reference, _)| caller.reaches(scope, reference));
        visible.map(|(_, group)| group.stored.id).collect()
    }

    /// A part of the audit log.
    ///
    /// # Errors
    /// The caller's token is limited to a part of its scope, or the store does not answer.
    pub async fn audit(self, filter: &AuditFilter, caller: &Caller) -> Result<Vec<AuditEntry>, FlowError> {
        if caller.restrictions.is_limited() {
            return Err(FlowError::Limited);
        }
        Ok(self.0.0.store.audit(filter).await?)
    }
}
