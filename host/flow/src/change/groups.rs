//! Changes of groups.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{
    Caller, ConnectorDefinition, ConnectorName, Digest, GroupDefinition, GroupId, GroupReference, LimitsPatch, Origin,
    Protos, ResourceType, Role, Scope, Violation,
};
use lockgate_egress::unreadable_authorities;
use lockgate_store::{ConnectorEdits, NewDescriptors};
use serde_json::Value;

use crate::catalog::descriptors::{DescriptorsEntry, compiled, linked};
use crate::catalog::scripts;
use crate::change::connectors::{ListEdits, checked_list, fits};
use crate::change::methods::complete_list;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{FlowError, Group};

/// How often an update is checked anew, outside the lock, because somebody else has changed the group meanwhile. The last
/// attempt checks under the lock, so that it can't be overtaken.
const ATTEMPTS: usize = 3;

/// A group's definition that keeps every rule, with the connectors that it lists.
#[derive(Debug)]
pub struct CheckedGroup {
    definition: GroupDefinition,
    connectors: Option<Vec<ConnectorDefinition>>,
    /// Of its `protos`, where the store does not have them.
    descriptors: Option<CheckedDescriptors>,
    /// Connectors that it gets with plugins of the same change.
    brought: Vec<ConnectorName>,
}

/// Descriptors that were read once.
#[derive(Debug)]
struct CheckedDescriptors {
    source: Digest,
    bytes: Bytes,
    /// Whether a server told them, so that they do not follow from the definition.
    told: bool,
}

impl CheckedDescriptors {
    fn stored(&self) -> NewDescriptors<'_> {
        NewDescriptors { source: self.source, bytes: &self.bytes }
    }
}

impl CheckedGroup {
    /// The same for a group that gets these connectors with plugins of the same change, so that its limits may name them.
    pub(crate) fn bringing(mut self, brought: Vec<ConnectorName>) -> Self {
        self.brought = brought;
        self
    }

    /// Whether a group is as it says.
    ///
    /// # Errors
    /// [`FlowError::ConnectorTaken`].
    pub(crate) fn changes_nothing(&self, group: &Group) -> Result<bool, FlowError> {
        if group.stored.definition != self.definition || self.descriptors.as_ref().is_some_and(|own| own.told) {
            return Ok(false);
        }
        Ok(match &self.connectors {
            Some(listed) => ListEdits::of(group, listed)?.is_empty(),
            None => true,
        })
    }

    /// The definition, and the connectors that it lists.
    pub(crate) fn parts(&self) -> (&GroupDefinition, Option<&[ConnectorDefinition]>) {
        (&self.definition, self.connectors.as_deref())
    }
}

impl Changes<'_> {
    /// Checks a definition, and the connectors that it lists: of `group`, if it is there already. That takes time, so it is
    /// done before a unit is begun, as the work of the scope.
    ///
    /// # Errors
    /// [`FlowError::Definition`].
    pub async fn check_group(
        self,
        scope: Scope,
        group: Option<GroupId>,
        definition: GroupDefinition,
    ) -> Result<CheckedGroup, FlowError> {
        self.check_group_with(scope, group, definition, None).await
    }

    /// The same for a group that comes with the descriptors that a server told, elsewhere or earlier.
    ///
    /// # Errors
    /// As of [`Self::check_group`].
    pub(crate) async fn check_group_with(
        self,
        scope: Scope,
        group: Option<GroupId>,
        mut definition: GroupDefinition,
        told: Option<Bytes>,
    ) -> Result<CheckedGroup, FlowError> {
        check(&definition)?;
        self.check_ceilings(&definition.limits, "/limits")?;
        let before = group.and_then(|id| self.0.catalog().group_by_id(&id).cloned());
        let descriptors = self.check_protos(scope, &definition, before.as_deref(), told).await?;
        let connectors = match definition.connectors.take() {
            None => None,
            Some(listed) => {
                let complete =
                    self.complete_listed(scope, &definition, before.as_deref(), descriptors.as_ref(), listed);
                let listed = complete.await?;
                let checked = self.0.0.engine.compute(scope, move || checked_list(&listed));
                let checked = checked.await?.map_err(FlowError::Definition)?;
                let egress = definition.egress().map_err(FlowError::Definition)?;
                for (index, connector) in checked.iter().enumerate() {
                    fits(&egress.destinations, connector, &format!("/connectors/{index}"))?;
                    self.check_ceilings(&connector.limits, &format!("/connectors/{index}/limits"))?;
                }
                scripts::check_list(&self.0.0.scripts, scope, &checked).await?;
                Some(checked)
            }
        };
        Ok(CheckedGroup { definition, connectors, descriptors, brought: Vec::new() })
    }

    /// Compiles what a definition has of descriptors, and reads them or those that a server told, unless the store has the same
    /// ones.
    async fn check_protos(
        self,
        scope: Scope,
        definition: &GroupDefinition,
        before: Option<&Group>,
        told: Option<Bytes>,
    ) -> Result<Option<CheckedDescriptors>, FlowError> {
        let Some(written) = &definition.protos else { return Ok(None) };
        let source = Protos::digest(written);
        let kept = before.and_then(|before| before.stored.descriptors).filter(|own| own.source == source);
        let is_new = told.as_ref().is_some_and(|told| kept.is_none_or(|own| own.digest != Digest::of(told)));
        if kept.is_some() && !is_new {
            return Ok(None);
        }
        let engine = &self.0.0.engine;
        let (bytes, place) = match definition.protos().map_err(FlowError::Definition)? {
            None => return Ok(None),
            Some(Protos::Reflection { .. }) => match told {
                Some(bytes) => (bytes, "/protos/descriptors"),
                None => return Ok(None),
            },
            Some(Protos::Files(files)) => (compiled(engine, &files, Some(scope)).await?, "/protos/files"),
            Some(Protos::Set(bytes)) => (Bytes::from(bytes), "/protos/descriptor_set"),
        };
        let read = linked(engine, scope, bytes.clone()).await?;
        read.map_err(|refused| FlowError::Definition(vec![Violation::new(place, "descriptors", refused.to_string())]))?;
        Ok(Some(CheckedDescriptors { source, bytes, told: is_new }))
    }

    /// Fills in what listed connectors leave out, by the descriptors that the group is about to have.
    async fn complete_listed(
        self,
        scope: Scope,
        definition: &GroupDefinition,
        before: Option<&Group>,
        new: Option<&CheckedDescriptors>,
        listed: Vec<Value>,
    ) -> Result<Vec<Value>, FlowError> {
        let entry = match (before, new) {
            (Some(before), None) if before.stored.definition.protos == definition.protos => {
                Arc::clone(&before.descriptors)
            }
            (_, Some(new)) => DescriptorsEntry::of_set(new.bytes.clone(), new.source),
            (_, None) => DescriptorsEntry::of_definition(definition),
        };
        complete_list(self.0, scope, &entry, listed).await
    }

    /// Refuses limits above what this host allows.
    pub(super) fn check_ceilings(self, limits: &LimitsPatch, pointer: &str) -> Result<(), FlowError> {
        let violations = self.0.0.settings.ceilings.violations(limits, pointer);
        if violations.is_empty() { Ok(()) } else { Err(FlowError::Definition(violations)) }
    }

    /// [`UnitOfWork::create_group`] by itself.
    ///
    /// # Errors
    /// As for that step, or [`FlowError::Definition`].
    pub async fn create_group(
        self,
        scope: Scope,
        definition: &GroupDefinition,
        by: &Caller,
    ) -> Result<Arc<Group>, FlowError> {
        may_create(&scope, definition, by)?;
        let checked = self.check_group(scope, None, definition.clone()).await?;
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_group(scope, &checked)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::update_group`] by itself. `change` gets the definition in force, and again if somebody else has
    /// changed that meanwhile; `expected` is the version that the caller read, if it said so.
    ///
    /// # Errors
    /// As for that step, or [`FlowError::Definition`].
    pub async fn update_group(
        self,
        scope: &Scope,
        reference: &GroupReference,
        (expected, allow_removal): (Option<i64>, bool),
        change: impl Fn(&GroupDefinition) -> Result<GroupDefinition, FlowError>,
        by: &Caller,
    ) -> Result<Arc<Group>, FlowError> {
        for _ in 0..ATTEMPTS {
            let before = self.0.catalog().find_owned_group(scope, reference, expected)?;
            let checked = self.check_update(&before, &change, by).await?;
            let mut unit = self.begin(by).await?;
            let known = (Some(before.stored.version), allow_removal);
            let updated = bounded(unit.update_group(scope, reference, known, &checked)).await;
            match unit.end(updated).await {
                Err(FlowError::Changed) if expected.is_none() => {}
                ended => return ended,
            }
        }
        let mut unit = self.begin(by).await?;
        let updated = async {
            let before = unit.catalog().find_owned_group(scope, reference, expected)?;
            let checked = self.check_update(&before, &change, by).await?;
            unit.update_group(scope, reference, (None, allow_removal), &checked).await
        };
        let updated = bounded(updated).await;
        unit.end(updated).await
    }

    /// Rights come before the work of checking, which nobody gets who may not make the change.
    async fn check_update(
        self,
        before: &Group,
        change: &impl Fn(&GroupDefinition) -> Result<GroupDefinition, FlowError>,
        by: &Caller,
    ) -> Result<CheckedGroup, FlowError> {
        let changed = change(&before.stored.definition)?;
        may_update(by, &before.stored.definition, &changed)?;
        self.check_group(before.stored.scope, Some(before.stored.id), changed).await
    }

    /// [`UnitOfWork::delete_group`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_group(
        self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_group(scope, reference, expected)).await;
        unit.end(deleted).await
    }
}

impl UnitOfWork {
    /// Makes a group.
    ///
    /// # Errors
    /// [`FlowError::Role`], [`FlowError::Limited`], or a name is taken.
    pub async fn create_group(&mut self, scope: Scope, checked: &CheckedGroup) -> Result<Arc<Group>, FlowError> {
        let CheckedGroup { definition, connectors, descriptors, brought } = checked;
        may_create(&scope, definition, &self.caller)?;
        let listed = connectors.iter().flatten().map(|definition| &definition.name);
        known_connectors(&definition.limits, listed.chain(brought))?;
        let saved = connectors.iter().flatten().collect();
        let by = self.by();
        let edits = ConnectorEdits { saved, removed: Vec::new() };
        let descriptors = descriptors.as_ref().map(CheckedDescriptors::stored);
        self.write().create_group(scope, definition, &edits, descriptors, by).await?;
        self.written().await?;
        self.catalog().find_group(&scope, &own(definition))
    }

    /// Replaces a group's definition; its declarative connectors too if the new one lists them. `expected` is the version
    /// that the caller read, if it said so.
    ///
    /// # Errors
    /// [`FlowError::Changed`], [`FlowError::NotFound`], [`FlowError::Role`], [`FlowError::SlugChanged`],
    /// [`FlowError::ConnectorTaken`], [`FlowError::Definition`], and [`FlowError::Removal`] unless `allow_removal`.
    pub async fn update_group(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        (expected, allow_removal): (Option<i64>, bool),
        checked: &CheckedGroup,
    ) -> Result<Arc<Group>, FlowError> {
        let CheckedGroup { definition, connectors, descriptors, brought } = checked;
        let group = self.catalog().find_owned_group(scope, reference, expected)?;
        may_update(&self.caller, &group.stored.definition, definition)?;
        let edits = match connectors {
            Some(listed) => ListEdits::of(&group, listed)?,
            None => ListEdits::default(),
        };
        if !allow_removal {
            edits.narrows_nothing(&group)?;
        }
        let listed = connectors.iter().flatten().map(|definition| &definition.name);
        let known = group.stored.definition.limits.connectors.keys().chain(group.connector_names());
        known_connectors(&definition.limits, known.chain(listed).chain(brought))?;
        let by = self.by();
        let descriptors = descriptors.as_ref().map(CheckedDescriptors::stored);
        self.write().update_group(&group.stored, definition, &edits.borrowed(), descriptors, by).await?;
        self.written().await?;
        self.catalog().find_group(scope, reference)
    }

    /// Deletes a group with its plugins and connectors. Calls in flight finish.
    ///
    /// # Errors
    /// [`FlowError::Changed`], [`FlowError::NotFound`], [`FlowError::Role`] for an editor if that deletes secrets which
    /// only operators give.
    pub async fn delete_group(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        expected: Option<i64>,
    ) -> Result<(), FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, expected)?;
        let connections = self.catalog().connections(&group.stored.id);
        let has_secrets = connections.is_some_and(|all| all.iter().next().is_some())
            || !self.catalog().installing_scopes(&group).is_empty();
        if has_secrets && self.caller.role < Role::Operator {
            let what = "deleting a group that has connections or settings of a scope";
            return Err(FlowError::Role { what, needs: Role::Operator, has: self.caller.role });
        }
        let by = self.by();
        let gone = self.write().delete_group(&group.stored, by).await?;
        self.forget(gone);
        self.written().await
    }
}

/// How a group is named in its own scope.
fn own(definition: &GroupDefinition) -> GroupReference {
    GroupReference { origin: Origin::Own, slug: definition.slug.clone() }
}

fn may_create(scope: &Scope, definition: &GroupDefinition, by: &Caller) -> Result<(), FlowError> {
    may_widen(by, None, definition)?;
    if by.reaches(scope, &own(definition)) { Ok(()) } else { Err(FlowError::Limited) }
}

fn may_update(by: &Caller, before: &GroupDefinition, after: &GroupDefinition) -> Result<(), FlowError> {
    may_widen(by, Some(before), after)?;
    if after.slug == before.slug {
        return Ok(());
    }
    Err(FlowError::SlugChanged { expected: before.slug.to_string(), found: after.slug.to_string() })
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

/// Limits of a connector that does not exist would never apply. A group without any connector may still get them with its
/// first plugin.
pub(crate) fn known_connectors<'n>(
    limits: &LimitsPatch,
    names: impl Iterator<Item = &'n ConnectorName>,
) -> Result<(), FlowError> {
    let names: BTreeSet<_> = names.collect();
    let unknown = limits.connectors.keys().filter(|name| !names.contains(name));
    let found: Vec<_> = unknown
        .map(|name| {
            let own = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let detail = format!("the group has no connector `{name}`: expected one of {own}");
            Violation::new(format!("/limits/connectors/{name}"), "unknown", detail)
        })
        .collect();
    if names.is_empty() || found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

/// What lets a group reach more is an operator's decision.
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
    let has = |capability| before.is_some_and(|before| before.capabilities.contains(capability));
    if !after.capabilities.iter().all(has) {
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
