//! The steps of a unit of work that make groups and installations what they should be.

use lockgate_domain::{Caller, Installation, InstallationGiven, Role, Scope};

use super::contents::WantedInstallation;
use super::needs::Needs;
use super::plan::{GroupPlan, InstallationPlan, PlannedAction};
use super::prepare::{PreparedGroup, PreparedPlugin, own};
use crate::change::plugins::LoadOptions;
use crate::package_error::NameConflict;
use crate::{Catalog, FlowError, Group, UnitOfWork};

/// Whoever removes something has said so, or the whole unit is rolled back when it is planned.
const ALLOWED: LoadOptions = LoadOptions { grant: false, allow_removal: true };

/// A part of a group that is put in place. One may have to wait for another, which frees the name of a connector.
#[derive(Debug, Clone, Copy)]
enum Part<'p> {
    Definition,
    Plugin(&'p PreparedPlugin),
}

/// Which names of a group others have; `update` says that a group with its slug is the one that is meant.
pub(super) fn conflicts(catalog: &Catalog, scope: &Scope, group: &PreparedGroup, update: bool) -> Vec<NameConflict> {
    let mut found = Vec::new();
    for other in catalog.groups(scope).map(|other| &other.stored.definition) {
        if other.slug == group.slug && !update {
            found.push(NameConflict {
                member: "slug",
                value: group.slug.to_string(),
                group: other.slug.clone(),
                choices: vec!["update", "rename"],
            });
        }
        if other.name == group.name && other.slug != group.slug {
            found.push(NameConflict {
                member: "name",
                value: group.name.clone(),
                group: other.slug.clone(),
                choices: vec!["rename"],
            });
        }
    }
    found
}

/// Makes a group what it should be. Nothing is written if it is so already.
///
/// # Errors
/// [`FlowError::Changed`] if somebody else has changed it since it was checked, and as for the single steps.
pub(super) async fn put_group(
    unit: &mut UnitOfWork,
    scope: &Scope,
    wanted: &PreparedGroup,
    known: &Catalog,
) -> Result<GroupPlan, FlowError> {
    let reference = own(&wanted.slug);
    let before = unit.catalog().group(scope, &reference).cloned();
    if before.as_ref().map(|group| group.stored.version) != wanted.version {
        return Err(FlowError::Changed);
    }
    if let (Some(before), Some(plugins)) = (&before, &wanted.plugins) {
        retire(unit, scope, before, plugins).await?;
    }
    let plugins = wanted.plugins.iter().flatten().map(Part::Plugin);
    let mut open: Vec<_> = std::iter::once(Part::Definition).chain(plugins).collect();
    while !open.is_empty() {
        let (mut waiting, mut taken, count) = (Vec::new(), None, open.len());
        for part in open {
            match put(unit, scope, wanted, part).await {
                Ok(()) => {}
                // Refused before anything was written.
                Err(error @ FlowError::ConnectorTaken { .. }) => {
                    waiting.push(part);
                    taken = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = taken.filter(|_| waiting.len() == count) {
            return Err(error);
        }
        open = waiting;
    }
    let after = unit.catalog().find_group(scope, &reference)?;
    let plan = GroupPlan::between(Some(wanted.file.clone()), (before.as_deref(), known), Some(&after));
    let mut plan = plan.ok_or_else(|| FlowError::NotFound(format!("group `{reference}`")))?;
    plan.renamed_from.clone_from(&wanted.renamed_from);
    Ok(plan)
}

async fn put(unit: &mut UnitOfWork, scope: &Scope, wanted: &PreparedGroup, part: Part<'_>) -> Result<(), FlowError> {
    let reference = own(&wanted.slug);
    let group = unit.catalog().group(scope, &reference).cloned();
    match (part, group) {
        (Part::Definition, None) => unit.create_group(*scope, &wanted.checked).await.map(drop),
        (Part::Definition, Some(group)) => {
            if wanted.checked.changes_nothing(&group)? {
                return Ok(());
            }
            unit.update_group(scope, &reference, (None, true), &wanted.checked).await.map(drop)
        }
        (Part::Plugin(plugin), group) => {
            let digest = &plugin.used.digest;
            let there = group.as_ref().and_then(|group| group.plugin(digest));
            match (there, &plugin.loaded) {
                (Some(entry), _) if entry.stored.current => return Ok(()),
                (Some(_), _) => drop(unit.switch_plugin(scope, &reference, digest, ALLOWED).await?),
                (None, Some(loaded)) => drop(unit.load_plugin(scope, &reference, loaded, ALLOWED).await?),
                // It was there when it was checked.
                (None, None) => return Err(FlowError::Changed),
            }
            let loaded = unit.catalog().find_plugin(scope, &reference, digest)?;
            if loaded.stored.current {
                return Ok(());
            }
            let missing = unit.catalog().find_group(scope, &reference)?.capabilities_of(&loaded).missing;
            Err(FlowError::NotGranted(missing))
        }
    }
}

/// Leaves plugins that the group is to have no more without a current version.
async fn retire(
    unit: &mut UnitOfWork,
    scope: &Scope,
    group: &Group,
    wanted: &[PreparedPlugin],
) -> Result<(), FlowError> {
    for plugin in group.plugins.iter().filter(|plugin| plugin.stored.current) {
        if !wanted.iter().any(|own| own.used.name == plugin.stored.name) {
            unit.retire_plugin(scope, &own(&group.stored.definition.slug), &plugin.stored.name).await?;
        }
    }
    Ok(())
}

/// Deletes the groups of a scope that nobody wants.
///
/// # Errors
/// [`FlowError::Limited`] for a token that sees only some of them, and as for deleting a group.
pub(super) async fn prune(
    unit: &mut UnitOfWork,
    scope: &Scope,
    wanted: &[PreparedGroup],
    (known, by): (&Catalog, &Caller),
) -> Result<Vec<GroupPlan>, FlowError> {
    if by.restrictions.groups.is_some() {
        return Err(FlowError::Limited);
    }
    let mut plans = Vec::new();
    for group in known.groups(scope) {
        let slug = &group.stored.definition.slug;
        if wanted.iter().any(|own| own.slug == *slug) {
            continue;
        }
        plans.extend(GroupPlan::between(None, (Some(group), known), None));
        unit.delete_group(scope, &own(slug), None).await?;
    }
    Ok(plans)
}

/// Sets what the scope should set for a group. Nothing is written if it is so already.
///
/// # Errors
/// [`FlowError::NotFound`], [`FlowError::Role`], and as for setting it.
pub(super) async fn put_installation(
    unit: &mut UnitOfWork,
    scope: &Scope,
    wanted: &WantedInstallation,
    by: &Caller,
) -> Result<InstallationPlan, FlowError> {
    let WantedInstallation { file, group: reference, document } = wanted;
    if !by.reaches(scope, reference) {
        return Err(FlowError::NotFound(format!("group `{reference}`")));
    }
    let (group, before, _) = unit.catalog().find_installation(scope, reference)?;
    let removed = document.removed_clients(&before.definition);
    if !document.is_in_force(&before.definition) {
        may_set(by)?;
        unit.put_installation(scope, reference, None, document.given(&before.definition)).await?;
    }
    let after = unit.catalog().find_installation(scope, reference)?.1;
    let known = (before.version > 0).then_some(&before.definition);
    let needs = Needs::of(&group.egress);
    let file = Some(file.clone());
    Ok(InstallationPlan::between(file, reference.to_string(), (known, &after.definition), removed, &needs))
}

/// Takes back what a scope sets for groups that it sees and nobody wants set.
///
/// # Errors
/// [`FlowError::Role`], and as for setting it.
pub(super) async fn prune_installations(
    unit: &mut UnitOfWork,
    scope: &Scope,
    wanted: &[WantedInstallation],
    by: &Caller,
) -> Result<Vec<InstallationPlan>, FlowError> {
    let catalog = unit.catalog().clone();
    let mut plans = Vec::new();
    for (reference, group) in catalog.visible(scope) {
        let stored = catalog.installation(scope, &group.stored.id);
        let Some(set) = stored.map(|stored| &stored.definition).filter(|set| **set != Installation::default()) else {
            continue;
        };
        if wanted.iter().any(|one| one.group == reference) {
            continue;
        }
        may_set(by)?;
        unit.put_installation(scope, &reference, None, InstallationGiven::default()).await?;
        plans.push(InstallationPlan::removed(reference.to_string(), set));
    }
    Ok(plans)
}

fn may_set(by: &Caller) -> Result<(), FlowError> {
    let (needs, has) = (Role::Operator, by.role);
    if has < needs {
        return Err(FlowError::Role { what: "what a scope sets for a group", needs, has });
    }
    Ok(())
}

/// The plan of a group whose names others have.
pub(super) fn conflicting(wanted: &PreparedGroup, conflicts: Vec<NameConflict>) -> GroupPlan {
    let mut plan = GroupPlan::named(wanted.slug.clone(), wanted.name.clone());
    plan.file = Some(wanted.file.clone());
    plan.action = PlannedAction::Conflict;
    plan.conflicts = conflicts;
    plan
}
