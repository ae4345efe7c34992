//! Changes of groups.

use std::sync::Arc;

use lockgate_domain::{Caller, GroupDefinition, GroupReference, Origin, ResourceType, Role, Scope, TokenId, Violation};
use lockgate_egress::unreadable_authorities;
use lockgate_store::ConnectorEdits;

use crate::{FlowError, Group, Host};

impl Host {
    /// The group that a reference names, seen from a scope.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn group(&self, scope: &Scope, reference: &GroupReference) -> Result<Arc<Group>, FlowError> {
        let catalog = self.catalog();
        let group = catalog.group(scope, reference);
        group.cloned().ok_or_else(|| FlowError::NotFound(format!("group `{reference}`")))
    }

    /// Makes a group.
    ///
    /// # Errors
    /// [`FlowError::Definition`], or a name is taken.
    pub async fn create_group(
        &self,
        scope: Scope,
        definition: &GroupDefinition,
        by: &Caller,
    ) -> Result<Arc<Group>, FlowError> {
        check(definition)?;
        may_widen(by, None, definition)?;
        let mut definition = definition.clone();
        let (saved, _) = self.listed(None, &definition.connectors.take().unwrap_or_default()).await?;
        if !by.reaches(&scope, &GroupReference { origin: Origin::Own, slug: definition.slug.clone() }) {
            return Err(FlowError::Limited);
        }
        let _turn = self.turn().await?;
        let edits = ConnectorEdits { saved: saved.iter().collect(), removed: Vec::new() };
        let stored = self.0.store.create_group(scope, &definition, &edits, Some(by.token)).await?;
        let connectors = self.0.store.connectors_of(&stored.id).await?;
        let group = Group::new(stored, Vec::new(), connectors, None);
        self.swap(|catalog| catalog.put(Arc::clone(&group)));
        Ok(group)
    }

    /// Replaces a group's definition; its connectors without code too if the new one lists them. `change` gets the definition in force; `expected` is the version that the caller
    /// read, if it said so.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Changed`], [`FlowError::NotFound`].
    pub async fn update_group(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
        change: impl FnOnce(&GroupDefinition) -> Result<GroupDefinition, FlowError>,
        by: &Caller,
    ) -> Result<Arc<Group>, FlowError> {
        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, expected)?;
        let mut definition = change(&group.stored.definition)?;
        check(&definition)?;
        may_widen(by, Some(&group.stored.definition), &definition)?;
        if definition.slug != group.stored.definition.slug {
            let expected = group.stored.definition.slug.to_string();
            return Err(FlowError::SlugChanged { expected, found: definition.slug.to_string() });
        }
        let (saved, removed) = match definition.connectors.take() {
            Some(listed) => self.listed(Some(&group), &listed).await?,
            None => Default::default(),
        };
        let edits = ConnectorEdits { saved: saved.iter().collect(), removed: removed.iter().collect() };
        let stored = self.0.store.update_group(&group.stored, &definition, &edits, Some(by.token)).await?;
        self.renew(&group, stored).await
    }

    /// Deletes a group with its plugins and connectors. Calls in flight finish.
    ///
    /// # Errors
    /// [`FlowError::Changed`], [`FlowError::NotFound`].
    pub async fn delete_group(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
        by: TokenId,
    ) -> Result<(), FlowError> {
        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, expected)?;
        let gone = self.0.store.delete_group(&group.stored, Some(by)).await?;
        gone.iter().for_each(|digest| self.0.engine.forget(digest));
        self.swap(|catalog| catalog.remove(&group));
        Ok(())
    }

    /// A group that lives in the scope itself, and so can be changed from there.
    pub(crate) fn owned(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
    ) -> Result<Arc<Group>, FlowError> {
        let group = self.group(scope, reference)?;
        if group.stored.scope != *scope {
            return Err(FlowError::ReadOnly { reference: reference.clone(), origin: reference.origin });
        }
        match expected {
            Some(version) if version != group.stored.version => Err(FlowError::Changed),
            _ => Ok(group),
        }
    }
}

pub(crate) fn check(definition: &GroupDefinition) -> Result<(), FlowError> {
    let violations = violations(definition);
    if violations.is_empty() { Ok(()) } else { Err(FlowError::Definition(violations)) }
}

/// Every rule that a definition breaks, and every certificate in it that is none.
pub(crate) fn violations(definition: &GroupDefinition) -> Vec<Violation> {
    let mut found = definition.violations();
    found.extend(unreadable_authorities(&definition.authorities()));
    found
}

/// What gives a group more reach is an operator's decision.
pub(crate) fn may_widen(
    by: &Caller,
    before: Option<&GroupDefinition>,
    after: &GroupDefinition,
) -> Result<(), FlowError> {
    let needs = Role::Operator;
    let refuse = |what| Err(FlowError::Role { what, needs, has: by.role });
    if by.role >= needs {
        return Ok(());
    }
    let held = |capability| before.is_some_and(|before| before.capabilities.contains(capability));
    if !after.capabilities.iter().all(held) {
        return refuse("granting a capability");
    }
    let was_internal = before.is_some_and(|before| before.resource_type == ResourceType::Internal);
    if after.resource_type == ResourceType::Internal && !was_internal {
        return refuse("`resource_type: INTERNAL`");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use lockgate_domain::{OrganizationId, TokenId, TokenRestrictions};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_editor_narrows_and_an_operator_widens() {
        let group = |kind: &str, capabilities: &[&str]| -> GroupDefinition {
            let group = json!({"slug": "a", "name": "A", "resource_type": kind, "capabilities": capabilities});
            serde_json::from_value(group).unwrap()
        };
        let scope = Scope::Organization(OrganizationId::new());
        let caller = |role| Caller { token: TokenId::new(), scope, role, restrictions: TokenRestrictions::default() };
        let (plain, wide) = (group("EXTERNAL", &[]), group("INTERNAL", &["http"]));
        let editor = caller(Role::Editor);
        assert!(may_widen(&editor, None, &plain).is_ok() && may_widen(&editor, Some(&wide), &plain).is_ok());
        assert!(may_widen(&editor, Some(&wide), &wide).is_ok());
        assert!(may_widen(&editor, Some(&plain), &group("INTERNAL", &[])).is_err());
        assert!(may_widen(&editor, Some(&plain), &group("EXTERNAL", &["http"])).is_err());
        assert!(may_widen(&editor, None, &wide).is_err() && may_widen(&caller(Role::Operator), None, &wide).is_ok());
    }
}
