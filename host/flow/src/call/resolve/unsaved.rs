//! Calls of definitions that are not saved: of connectors and groups as they would be when they are saved.

use std::sync::Arc;

use arc_swap::Guard;
use lockgate_domain::{Caller, GroupDefinition, GroupId, GroupReference, Origin, Scope, Violation};
use lockgate_store::StoredGroup;
use serde_json::Value;

use super::ResolvedCall;
use crate::catalog::definition::unsaved;
use crate::catalog::descriptors::DescriptorsEntry;
use crate::catalog::scripts;
use crate::change::connectors::{checked, checked_list};
use crate::change::groups::{check, may_widen};
use crate::change::methods::{complete_list, complete_one};
use crate::clock::now;
use crate::{Catalog, Connector, DefinitionEntry, FlowError, Group, Host};

/// What is tested: an object that is saved, or the definition of one that is not.
#[derive(Debug)]
pub enum TestSubject<T> {
    /// By its name.
    Saved(T),
    /// A definition.
    Unsaved(Value),
}

/// Finds the saved group and connector of a test, or makes those of a definition. Destinations and credentials are those of
/// the saved group. A definition with others runs without credentials: an editor may see no secret, and could otherwise
/// send one to a server of their own. So does any definition of who may not change the group: they use what its owner
/// wrote, and what they write themselves gets nothing of the owner's.
pub(crate) async fn resolve_test(
    host: &Host,
    scope: &Scope,
    group: TestSubject<GroupReference>,
    connector: TestSubject<String>,
    by: &Caller,
) -> Result<ResolvedCall, FlowError> {
    let catalog = Guard::into_inner(host.catalog());
    let (group, withheld) = match group {
        TestSubject::Saved(reference) if by.reaches(scope, &reference) => {
            let group = catalog.find_group(scope, &reference)?;
            match &connector {
                TestSubject::Unsaved(_) if !may_change(by, &group) => (without_credentials(scope, &group, by)?, true),
                TestSubject::Unsaved(_) | TestSubject::Saved(_) => (group, false),
            }
        }
        TestSubject::Saved(reference) => return Err(FlowError::NotFound(format!("group `{reference}`"))),
        TestSubject::Unsaved(definition) => unsaved_group(host, &catalog, scope, definition, by).await?,
    };
    let connector = match connector {
        TestSubject::Saved(name) => {
            let slug = group.stored.definition.slug.clone();
            group.connector(&GroupReference { origin: Origin::Own, slug }, &name)?
        }
        TestSubject::Unsaved(definition) => unsaved_connector(host, *scope, &group, definition).await?,
    };
    Ok(ResolvedCall { withheld, ..ResolvedCall::new(catalog, *scope, group, connector) })
}

async fn unsaved_connector(
    host: &Host,
    scope: Scope,
    group: &Group,
    definition: Value,
) -> Result<Arc<Connector>, FlowError> {
    let definition = complete_one(host, scope, &group.descriptors, definition, "/connector").await?;
    let read = host.0.engine.compute(scope, move || checked(&definition, "/connector"));
    let definition = read.await?.map_err(FlowError::Definition)?;
    let broken = scripts::check(&host.0.scripts, scope, &definition, "/connector").await?;
    if !broken.is_empty() {
        return Err(FlowError::Definition(broken));
    }
    let entry = DefinitionEntry::new(unsaved(group.stored.id, definition), None);
    Ok(Connector::defined(entry, &group.stored.definition.limits, &group.ceilings))
}

/// The group of a definition, and whether it gets no credentials.
async fn unsaved_group(
    host: &Host,
    catalog: &Catalog,
    scope: &Scope,
    written: Value,
    by: &Caller,
) -> Result<(Arc<Group>, bool), FlowError> {
    let below = |one: Violation| Violation { pointer: format!("/group{}", one.pointer), ..one };
    let read = GroupDefinition::read(written);
    let mut definition = read.map_err(|found| FlowError::Definition(found.into_iter().map(below).collect()))?;
    check(&definition)?;
    let reference = GroupReference { origin: Origin::Own, slug: definition.slug.clone() };
    if !by.reaches(scope, &reference) {
        return Err(FlowError::Limited);
    }
    let saved = catalog.group(scope, &reference).cloned();
    may_widen(by, saved.as_ref().map(|group| &group.stored.definition), &definition)?;
    let listed = definition.connectors.take().unwrap_or_default();
    let known = saved.as_ref().filter(|saved| may_change(by, saved)).and_then(|saved| saved.stored.descriptors);
    let saved = saved.filter(|saved| may_change(by, saved) && same_egress(&saved.stored.definition, &definition));
    let stored = match &saved {
        Some(saved) => StoredGroup { definition, ..saved.stored.clone() },
        None => {
            forget_credentials(&mut definition);
            let (id, at) = (GroupId::new(), now());
            // Descriptors are no secret, and the same ones if they are of the same `protos`.
            let descriptors = known;
            StoredGroup { id, scope: *scope, definition, version: 0, created_at: at, updated_at: at, descriptors }
        }
    };
    let id = stored.id;
    let entry = DescriptorsEntry::new(&stored, saved.as_ref().map(|saved| &saved.descriptors));
    let listed = complete_list(host, *scope, &entry, listed).await?;
    let read = host.0.engine.compute(*scope, move || checked_list(&listed));
    let connectors = read.await?.map_err(FlowError::Definition)?;
    let connectors = connectors.into_iter().map(|definition| unsaved(id, definition)).collect();
    let plugins = saved.iter().flat_map(|saved| &saved.plugins).map(|entry| entry.stored.clone()).collect();
    Ok((Group::new(stored, plugins, connectors, saved.as_deref(), &host.0.settings.ceilings), saved.is_none()))
}

/// Whether a caller, an editor, could save a connector of a group.
pub(in crate::call) fn may_change(by: &Caller, group: &Group) -> bool {
    let (scope, slug) = (&group.stored.scope, group.stored.definition.slug.clone());
    let own = GroupReference { origin: Origin::Own, slug };
    by.scope.contains(scope) && by.reaches(scope, &own) && by.restrictions.tenants.is_none()
}

/// A group that goes where another one goes, as the caller could make it in their scope: with none of its connections,
/// and with no more than they may grant.
fn without_credentials(scope: &Scope, group: &Group, by: &Caller) -> Result<Arc<Group>, FlowError> {
    let mut definition = group.stored.definition.clone();
    // For plugins alone, and no plugin runs.
    definition.capabilities.clear();
    may_widen(by, None, &definition)?;
    forget_credentials(&mut definition);
    let (id, at) = (GroupId::new(), now());
    let descriptors = group.stored.descriptors;
    let stored = StoredGroup { id, scope: *scope, definition, version: 0, created_at: at, updated_at: at, descriptors };
    Ok(Group::new(stored, Vec::new(), Vec::new(), None, &group.ceilings))
}

/// Whether two definitions allow the same destinations with the same credentials.
fn same_egress(one: &GroupDefinition, other: &GroupDefinition) -> bool {
    one.resource_type == other.resource_type
        && one.base_url == other.base_url
        && one.activation == other.activation
        && one.destinations == other.destinations
        && one.certificate_authorities == other.certificate_authorities
}

/// Leaves nothing that would take a connection.
fn forget_credentials(definition: &mut GroupDefinition) {
    definition.activation = None;
    for destination in definition.destinations.iter_mut().filter_map(Value::as_array_mut).flatten() {
        if let Some(members) = destination.as_object_mut() {
            members.insert("credential".to_owned(), "none".into());
        }
    }
    if definition.egress().is_err() {
        // A destination takes its host from a field of the connection, and there is no connection.
        (definition.base_url, definition.destinations) = (None, None);
    }
}
