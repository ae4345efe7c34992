//! Calls that are made to see what happens: of connectors as they would be when they are saved.

use std::sync::Arc;

use lockgate_domain::{Caller, GroupDefinition, GroupId, GroupReference, Origin, Scope, Violation};
use lockgate_store::{StoredConnector, StoredGroup};
use serde_json::Value;

use crate::catalog::definition::DefinitionEntry;
use crate::change::connectors::checked;
use crate::change::groups::{check, may_widen};
use crate::clock::now;
use crate::{Connector, FlowError, Group, Host};

/// What is tried: an object that is saved, or the definition of one that is not.
#[derive(Debug)]
pub enum TestResult<T> {
    /// By its name.
    Saved(T),
    /// A definition.
    Unsaved(Value),
}

/// What a trial calls.
#[derive(Debug)]
pub struct TestRun {
    /// As it would be when it is saved.
    pub group: Arc<Group>,
    /// The connector.
    pub connector: Arc<Connector>,
    /// The group leads elsewhere than the saved one, so the call gets no connection.
    pub withheld: bool,
}

impl Host {
    /// The group and the connector of a trial. Where it may go and as whom is what the saved group says: a definition that
    /// says something else runs without credentials, since an editor, who may see no secret, could else send it to a
    /// server of their own.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::NotFound`], or the caller may not save such a group.
    pub async fn tried(
        &self,
        scope: &Scope,
        group: TestResult<GroupReference>,
        connector: TestResult<String>,
        by: &Caller,
    ) -> Result<TestRun, FlowError> {
        let (group, withheld) = match group {
            TestResult::Saved(reference) => {
                let missing = || FlowError::NotFound(format!("group `{reference}`"));
                let group = if by.reaches(scope, &reference) { self.group(scope, &reference) } else { Err(missing()) };
                (group?, false)
            }
            TestResult::Unsaved(definition) => self.unsaved_group(scope, definition, by).await?,
        };
        let connector = match connector {
            TestResult::Saved(name) => {
                let slug = group.stored.definition.slug.clone();
                group.connector(&GroupReference { origin: Origin::Own, slug }, &name)?
            }
            TestResult::Unsaved(definition) => self.unsaved_connector(&group, definition).await?,
        };
        Ok(TestRun { group, connector, withheld })
    }

    async fn unsaved_connector(&self, group: &Group, definition: Value) -> Result<Arc<Connector>, FlowError> {
        let read = self.0.engine.compute(Some(group.stored.id), move || checked(&definition, "/connector"));
        let definition = read.await?.map_err(FlowError::Definition)?;
        let at = now();
        let stored = StoredConnector {
            group: group.stored.id,
            definition,
            number: 0,
            version: 0,
            created_at: at,
            updated_at: at,
        };
        Ok(Connector::defined(DefinitionEntry::new(stored, None), &group.stored.definition.limits))
    }

    /// The group of a definition, and whether it gets no credentials.
    async fn unsaved_group(&self, scope: &Scope, written: Value, by: &Caller) -> Result<(Arc<Group>, bool), FlowError> {
        let mut definition: GroupDefinition = serde_json::from_value(written)
            .map_err(|error| FlowError::Definition(vec![Violation::new("/group", "shape", error.to_string())]))?;
        check(&definition)?;
        let reference = GroupReference { origin: Origin::Own, slug: definition.slug.clone() };
        if !by.reaches(scope, &reference) {
            return Err(FlowError::Limited);
        }
        let saved = self.catalog().group(scope, &reference).cloned();
        may_widen(by, saved.as_ref().map(|group| &group.stored.definition), &definition)?;
        let (connectors, _) = self.listed(None, &definition.connectors.take().unwrap_or_default()).await?;
        let saved = saved.filter(|saved| same_reach(&saved.stored.definition, &definition));
        let at = now();
        let stored = match &saved {
            Some(saved) => StoredGroup { definition, ..saved.stored.clone() },
            None => {
                forget_credentials(&mut definition);
                StoredGroup {
                    id: GroupId::new(),
                    scope: *scope,
                    definition,
                    version: 0,
                    created_at: at,
                    updated_at: at,
                }
            }
        };
        let group = stored.id;
        let connectors = connectors.into_iter().map(|definition| StoredConnector {
            group,
            definition,
            number: 0,
            version: 0,
            created_at: at,
            updated_at: at,
        });
        let plugins = saved.iter().flat_map(|saved| &saved.plugins).map(|entry| entry.stored.clone()).collect();
        let group = Group::new(stored, plugins, connectors.collect(), saved.as_deref());
        Ok((group, saved.is_none()))
    }
}

/// Whether two definitions lead to the same places with the same credentials.
fn same_reach(one: &GroupDefinition, other: &GroupDefinition) -> bool {
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
        // A field of the connection that is not there names the place.
        (definition.base_url, definition.destinations) = (None, None);
    }
}
