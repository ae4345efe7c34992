//! Changes of connectors without code. A save is checked whole, becomes a version that never changes, and is current.

use std::collections::BTreeSet;
use std::sync::Arc;

use lockgate_domain::{Caller, ConnectorDefinition, ConnectorName, GroupReference, Scope, Violation};
use lockgate_store::{ConnectorEdits, StoredConnector, StoredVersion};
use serde::Serialize;
use serde_json::Value;

use crate::catalog::Source;
use crate::catalog::definition::DefinitionEntry;
use crate::change::diff::breaks;
use crate::change::plugins::taken_by;
use crate::{Connector, FlowError, Group, Host, SchemaBreak};

/// Connectors without code of one group: each costs some kilobytes of memory on every host.
const CONNECTORS_MAX: usize = 1000;
/// ConcurrencyLimit in which two versions differ that are listed.
const CHANGES_MAX: usize = 500;

/// What is different between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct VersionDiff {
    /// The number of the one.
    pub from: i64,
    /// The number of the other.
    pub to: i64,
    /// ConcurrencyLimit of the definition, with what they have in each; absent is `null`.
    pub changes: Vec<ValueChange>,
    /// Where a caller of the one may fail with the other.
    pub breaks: Vec<SchemaBreak>,
}

/// A place with different values.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ValueChange {
    /// JSON pointer into the definition.
    pub pointer: String,
    /// In the one.
    pub from: Option<Value>,
    /// In the other.
    pub to: Option<Value>,
}

/// A connector without code, and the group that has it.
type Saved = (Arc<Group>, Arc<Connector>, Arc<DefinitionEntry>);

impl Host {
    /// Makes a connector.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::ConnectorTaken`], or there is one of that name.
    pub async fn create_connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        definition: &Value,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        self.owned(scope, reference, None)?;
        let definition = self.read_connector(definition).await?;
        let _turn = self.turn().await?;
        let group = self.owned(scope, reference, None)?;
        free(&group, &definition.name)?;
        if group.connectors.contains_key(&definition.name) {
            return Err(lockgate_store::StoreError::Exists("a connector with this name").into());
        }
        if group.definitions().count() >= CONNECTORS_MAX {
            return Err(FlowError::Definition(vec![too_many()]));
        }
        self.edit(&group, &definition.name, ConnectorEdits { saved: vec![&definition], ..Default::default() }, by).await
    }

    /// Saves a new version of a connector. The one that is current already is not saved again.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`].
    pub async fn save_connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
        definition: &Value,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        self.editable(scope, reference, name, None)?;
        let definition = self.read_connector(definition).await?;
        let _turn = self.turn().await?;
        let (group, connector, entry) = self.editable(scope, reference, name, expected)?;
        if definition.name != connector.name {
            let detail = format!("the name of a connector never changes: expected `{}`", connector.name);
            return Err(FlowError::Definition(vec![Violation::new("/name", "const", detail)]));
        }
        if definition == entry.stored.definition {
            return Ok(connector);
        }
        self.edit(&group, &connector.name, ConnectorEdits { saved: vec![&definition], ..Default::default() }, by).await
    }

    /// Deletes a connector with all its versions. Calls in flight finish.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`].
    pub async fn delete_connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let _turn = self.turn().await?;
        let (group, connector, _) = self.editable(scope, reference, name, expected)?;
        let edits = ConnectorEdits { removed: vec![&connector.name], ..Default::default() };
        let stored = self.0.store.edit_connectors(&group.stored, &edits, Some(by.token)).await?;
        self.renew(&group, stored).await?;
        Ok(())
    }

    /// Makes another version of a connector current, forward or back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`].
    pub async fn switch_connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
        number: i64,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let _turn = self.turn().await?;
        let (group, connector, entry) = self.editable(scope, reference, name, expected)?;
        if entry.stored.number == number {
            return Ok(connector);
        }
        let missing = || FlowError::NotFound(format!("version {number} of connector `{name}`"));
        let there = self.0.store.connector_version(&group.stored.id, &connector.name, number).await?;
        there.ok_or_else(missing)?;
        let stored = self.0.store.switch_connector(&group.stored, &connector.name, number, Some(by.token)).await?;
        let group = self.renew(&group, stored).await?;
        group.connectors.get(&connector.name).cloned().ok_or_else(missing)
    }

    /// The versions of a connector before a number, the latest first, and the number of the current one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn connector_versions(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        before: i64,
        limit: i64,
    ) -> Result<(i64, Vec<StoredVersion>), FlowError> {
        let (group, connector, entry) = self.versioned(scope, reference, name)?;
        let found = match packaged(&group, &entry) {
            Some(only) => Vec::from_iter((only.number < before).then_some(only)),
            None => self.0.store.connector_versions(&group.stored.id, &connector.name, before, limit).await?,
        };
        Ok((entry.stored.number, found))
    }

    /// One version of a connector, and the number of the current one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn connector_version(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        number: i64,
    ) -> Result<(i64, StoredVersion), FlowError> {
        let (group, connector, entry) = self.versioned(scope, reference, name)?;
        let found = match packaged(&group, &entry) {
            Some(only) => Some(only).filter(|only| only.number == number),
            None => self.0.store.connector_version(&group.stored.id, &connector.name, number).await?,
        };
        let missing = || FlowError::NotFound(format!("version {number} of connector `{name}`"));
        Ok((entry.stored.number, found.ok_or_else(missing)?))
    }

    /// What is different between two versions of a connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn diff_connector(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (from, to): (i64, i64),
    ) -> Result<VersionDiff, FlowError> {
        let old = self.connector_version(scope, reference, name, from).await?.1.definition;
        let new = self.connector_version(scope, reference, name, to).await?.1.definition;
        let compared = self.0.engine.compute(None, move || {
            let sides = |one: &ConnectorDefinition| (one.input_schema.value(), one.output_schema.value());
            let mut changes = Vec::new();
            compare(&old.written.value(), &new.written.value(), "", &mut changes);
            VersionDiff { from, to, changes, breaks: breaks(&new.name, &sides(&old), &sides(&new)) }
        });
        Ok(compared.await?)
    }

    /// What the `connectors` of a group's definition mean for those that the group has: what they list is saved if it is
    /// new, what they don't list is removed.
    pub(crate) async fn listed(
        &self,
        group: Option<&Group>,
        listed: &[Value],
    ) -> Result<(Vec<ConnectorDefinition>, Vec<ConnectorName>), FlowError> {
        let (values, owner) = (listed.to_vec(), group.map(|group| group.stored.id));
        let read = self.0.engine.compute(owner, move || checked_list(&values));
        let mut definitions = read.await?.map_err(FlowError::Definition)?;
        let Some(group) = group else { return Ok((definitions, Vec::new())) };
        definitions.iter().try_for_each(|definition| free(group, &definition.name))?;
        let gone = |entry: &&Arc<DefinitionEntry>| {
            definitions.iter().all(|definition| definition.name != entry.stored.definition.name)
        };
        let removed = group.definitions().filter(gone).map(|entry| entry.stored.definition.name.clone()).collect();
        definitions.retain(|definition| {
            let own = group.connectors.get(&definition.name).and_then(|connector| connector.definition());
            own.is_none_or(|entry| entry.stored.definition != *definition)
        });
        Ok((definitions, removed))
    }

    async fn read_connector(&self, value: &Value) -> Result<ConnectorDefinition, FlowError> {
        let value = value.clone();
        let read = self.0.engine.compute(None, move || checked(&value, ""));
        read.await?.map_err(FlowError::Definition)
    }

    /// Makes a change that leaves the connector there.
    async fn edit(
        &self,
        group: &Group,
        name: &ConnectorName,
        edits: ConnectorEdits<'_>,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let stored = self.0.store.edit_connectors(&group.stored, &edits, Some(by.token)).await?;
        let group = self.renew(group, stored).await?;
        let saved = group.connectors.get(name).cloned();
        saved.ok_or_else(|| FlowError::NotFound(format!("connector `{name}`")))
    }

    /// A connector without code of a group that is changed from this scope.
    fn editable(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
    ) -> Result<Saved, FlowError> {
        let (_, connector) = self.connector(scope, reference, name)?;
        let group = self.owned(scope, reference, None)?;
        let entry = own_definition(&connector)?;
        match expected {
            Some(version) if version != entry.stored.version => Err(FlowError::Changed),
            Some(_) | None => Ok((group, connector, entry)),
        }
    }

    fn versioned(&self, scope: &Scope, reference: &GroupReference, name: &str) -> Result<Saved, FlowError> {
        let (group, connector) = self.connector(scope, reference, name)?;
        let entry = own_definition(&connector)?;
        Ok((group, connector, entry))
    }
}

fn own_definition(connector: &Connector) -> Result<Arc<DefinitionEntry>, FlowError> {
    match &connector.source {
        Source::Definition(entry) => Ok(Arc::clone(entry)),
        Source::Plugin { plugin, .. } => {
            let plugin = plugin.stored.name.clone();
            Err(FlowError::OfPlugin { connector: connector.name.clone(), plugin })
        }
    }
}

/// The one version of a connector that came with a package.
fn packaged(group: &Group, entry: &DefinitionEntry) -> Option<StoredVersion> {
    let StoredConnector { definition, number, created_at, .. } = entry.stored.clone();
    group.package.as_ref().map(|_| StoredVersion { number, definition, token: None, created_at })
}

/// Reads a definition and checks what it says of its schemas, which takes time.
pub(crate) fn checked(value: &Value, pointer: &str) -> Result<ConnectorDefinition, Vec<Violation>> {
    let definition = ConnectorDefinition::read(value, pointer)?;
    definition.check(pointer)?;
    Ok(definition)
}

/// The same for the `connectors` of a group's definition.
pub(crate) fn checked_list(values: &[Value]) -> Result<Vec<ConnectorDefinition>, Vec<Violation>> {
    if values.len() > CONNECTORS_MAX {
        return Err(vec![too_many()]);
    }
    let (mut definitions, mut names, mut found) = (Vec::new(), BTreeSet::new(), Vec::new());
    for (index, value) in values.iter().enumerate() {
        let pointer = format!("/connectors/{index}");
        match checked(value, &pointer) {
            Ok(definition) if !names.insert(definition.name.clone()) => {
                let detail = format!("connector `{}` is listed twice", definition.name);
                found.push(Violation::new(format!("{pointer}/name"), "uniqueNames", detail));
            }
            Ok(definition) => definitions.push(definition),
            Err(violations) => found.extend(violations),
        }
    }
    if found.is_empty() { Ok(definitions) } else { Err(found) }
}

/// No plugin of the group may have a connector of that name.
fn free(group: &Group, name: &ConnectorName) -> Result<(), FlowError> {
    match group.connectors.get(name).map(|other| &other.source) {
        Some(Source::Plugin { plugin, .. }) => {
            Err(FlowError::ConnectorTaken { connector: name.clone(), owner: taken_by(&plugin.stored.name) })
        }
        Some(Source::Definition(_)) | None => Ok(()),
    }
}

fn too_many() -> Violation {
    let detail = format!("a group has at most {CONNECTORS_MAX} connectors without code");
    Violation::new("/connectors", "maxItems", detail)
}

/// Where two values differ: the deepest places, and lists as a whole.
fn compare(old: &Value, new: &Value, pointer: &str, changes: &mut Vec<ValueChange>) {
    if old == new || changes.len() >= CHANGES_MAX {
        return;
    }
    let (Value::Object(before), Value::Object(after)) = (old, new) else {
        changes.push(ValueChange { pointer: pointer.to_owned(), from: Some(old.clone()), to: Some(new.clone()) });
        return;
    };
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for name in names {
        let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (before.get(name), after.get(name)) {
            (Some(from), Some(to)) => compare(from, to, &pointer, changes),
            (from, to) => changes.push(ValueChange { pointer, from: from.cloned(), to: to.cloned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_deepest_places_that_differ_are_listed() {
        let (old, new) = (
            json!({"a": 1, "b": {"c": [1], "d/e": true}, "same": {"x": 1}}),
            json!({"b": {"c": [2], "f": null}, "same": {"x": 1}}),
        );
        let mut changes = Vec::new();
        compare(&old, &new, "", &mut changes);
        let found: Vec<_> =
            changes.iter().map(|one| (one.pointer.as_str(), one.from.clone(), one.to.clone())).collect();
        assert_eq!(
            found,
            [
                ("/a", Some(json!(1)), None),
                ("/b/c", Some(json!([1])), Some(json!([2]))),
                ("/b/d~1e", Some(json!(true)), None),
                ("/b/f", None, Some(json!(null))),
            ]
        );
    }
}
