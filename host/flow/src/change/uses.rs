//! Grants of a group's `uses`: which connectors its code may call, with which connections. A grant is of exactly what the
//! operator saw.

use lockgate_domain::{Caller, Digest, GroupReference, Role, Scope};

use crate::catalog::uses::FoundUse;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{FlowError, Group};

impl Changes<'_> {
    /// [`UnitOfWork::grant_use`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn grant_use(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        seen: &Digest,
        by: &Caller,
    ) -> Result<FoundUse, FlowError> {
        let mut unit = self.begin(by).await?;
        let granted = bounded(unit.grant_use(scope, named, seen)).await;
        unit.end(granted).await
    }

    /// [`UnitOfWork::revoke_use`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn revoke_use(self, scope: &Scope, named: (&GroupReference, &str), by: &Caller) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let revoked = bounded(unit.revoke_use(scope, named)).await;
        unit.end(revoked).await
    }
}

impl UnitOfWork {
    /// Grants an entry that still has the digest that the operator saw. It holds in the scope, and in the workspaces of an
    /// organization.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::UseCycle`], [`FlowError::Role`],
    /// [`FlowError::Limited`].
    pub async fn grant_use(
        &mut self,
        scope: &Scope,
        (reference, name): (&GroupReference, &str),
        seen: &Digest,
    ) -> Result<FoundUse, FlowError> {
        self.may_grant()?;
        let group = self.catalog().find_group(scope, reference)?;
        let found = self.found(scope, (group.as_ref(), reference), name)?;
        let target = found.target.clone().ok_or_else(|| missing_target(&found))?;
        if found.entry.digest() != *seen {
            return Err(FlowError::Changed);
        }
        // Nobody gives away a group that does not exist for them.
        let own = self.catalog().reference_in(scope, &target);
        if !own.is_some_and(|own| self.caller.reaches(scope, &own)) {
            return Err(missing_target(&found));
        }
        // What is called has to be there, so that the operator sees what it is.
        target.connector(&found.entry.connector.group, found.entry.connector.connector.as_str())?;
        if let Some(path) = self.catalog().cycle(scope, &group, &target, &found.entry) {
            return Err(FlowError::UseCycle { name: found.entry.name.clone(), path });
        }
        let (subject, by) = (subject(&group, &found), self.by());
        let entry = (&found.entry.name, seen, &target.stored.id);
        self.write().grant_use((scope, &group.stored.id), entry, &subject, by).await?;
        self.written().await?;
        self.found(scope, (group.as_ref(), reference), name)
    }

    /// Takes back what the scope itself has granted.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Role`], [`FlowError::Limited`].
    pub async fn revoke_use(
        &mut self,
        scope: &Scope,
        (reference, name): (&GroupReference, &str),
    ) -> Result<(), FlowError> {
        self.may_grant()?;
        let group = self.catalog().find_group(scope, reference)?;
        // What is no longer written can be taken back too.
        let missing = || FlowError::NotFound(format!("a grant of `{}` in this scope", name.escape_debug()));
        let parsed = name.parse().map_err(|_| missing())?;
        let (subject, by) = (format!("{}: {name}", group.stored.definition.slug), self.by());
        let revoked = self.write().revoke_use((scope, &group.stored.id), &parsed, &subject, by).await;
        revoked.map_err(|error| match error {
            lockgate_store::StoreError::Missing(_) => missing(),
            other => other.into(),
        })?;
        self.written().await
    }

    fn may_grant(&self) -> Result<(), FlowError> {
        let (needs, has) = (Role::Operator, self.caller.role);
        if has < needs {
            return Err(FlowError::Role { what: "granting an entry of `uses`", needs, has });
        }
        if self.caller.restrictions.tenants.is_some() { Err(FlowError::Limited) } else { Ok(()) }
    }

    fn found(
        &self,
        scope: &Scope,
        (group, reference): (&Group, &GroupReference),
        name: &str,
    ) -> Result<FoundUse, FlowError> {
        let missing =
            || FlowError::NotFound(format!("entry `{}` in `uses` of group `{reference}`", name.escape_debug()));
        self.catalog().find_use(scope, group, name).ok_or_else(missing)
    }
}

fn missing_target(found: &FoundUse) -> FlowError {
    FlowError::NotFound(format!("the connector `{}`", found.entry.connector))
}

fn subject(group: &Group, found: &FoundUse) -> String {
    format!("{}: {} = {}", group.stored.definition.slug, found.entry.name, found.entry.connector)
}
