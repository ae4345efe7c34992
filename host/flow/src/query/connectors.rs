//! Versions of declarative connectors, and what is different between them.

use std::collections::BTreeSet;
use std::sync::Arc;

use lockgate_domain::{ConnectorDefinition, GroupReference, Scope};
use lockgate_store::{HistoryEntry, StoredConnector, StoredVersion};
use serde::Serialize;
use serde_json::Value;

use crate::catalog::definition::DefinitionEntry;
use crate::catalog::diff::breaks;
use crate::query::Queries;
use crate::{Connector, FlowError, Group, SchemaBreak};

/// Places in which two versions differ that are listed.
const CHANGES_MAX: usize = 500;

/// What is different between two versions.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct VersionDiff {
    /// The number of the one.
    pub from: i64,
    /// The number of the other.
    pub to: i64,
    /// Places of the definition, with what they have in each; absent is `null`.
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

impl Queries<'_> {
    /// The current version of a connector, with its group.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], which names what is missing.
    pub fn connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
    ) -> Result<(Arc<Group>, Arc<Connector>), FlowError> {
        let group = self.0.catalog().find_group(scope, reference)?;
        let connector = group.connector(reference, name)?;
        Ok((group, connector))
    }

    /// The versions of a connector before a number, the latest first, and the number of the current one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn connector_versions(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        before: i64,
        limit: i64,
    ) -> Result<(i64, Vec<StoredVersion>), FlowError> {
        let (group, connector, entry) = self.0.catalog().find_definition(scope, reference, name)?;
        let found = match packaged(&group, &entry) {
            Some(only) => Vec::from_iter((only.number < before).then_some(only)),
            None => self.0.0.store.connector_versions(&group.stored.id, &connector.name, before, limit).await?,
        };
        Ok((entry.stored.number, found))
    }

    /// What was current of a declarative connector before a place in its history, the latest first.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn connector_history(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        before: i64,
        limit: i64,
    ) -> Result<Vec<HistoryEntry>, FlowError> {
        let (group, connector, _) = self.0.catalog().find_definition(scope, reference, name)?;
        let kind = ("connector", Some(connector.name.as_str()));
        Ok(self.0.0.store.history(&group.stored.id, kind, before, limit).await?)
    }

    /// One version of a connector, and the number of the current one.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn connector_version(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        number: i64,
    ) -> Result<(i64, StoredVersion), FlowError> {
        let (group, connector, entry) = self.0.catalog().find_definition(scope, reference, name)?;
        let found = match packaged(&group, &entry) {
            Some(only) => Some(only).filter(|only| only.number == number),
            None => self.0.0.store.connector_version(&group.stored.id, &connector.name, number).await?,
        };
        let missing = || FlowError::NotFound(format!("version {number} of connector `{name}`"));
        Ok((entry.stored.number, found.ok_or_else(missing)?))
    }

    /// What is different between two versions of a connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn diff_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (from, to): (i64, i64),
    ) -> Result<VersionDiff, FlowError> {
        let old = self.connector_version(scope, reference, name, from).await?.1.definition;
        let new = self.connector_version(scope, reference, name, to).await?.1.definition;
        let compared = self.0.0.engine.compute(*scope, move || {
            let sides = |one: &ConnectorDefinition| (one.input_schema.value(), one.output_schema.value());
            let mut changes = Vec::new();
            compare(&old.written.value(), &new.written.value(), "", &mut changes);
            VersionDiff { from, to, changes, breaks: breaks(&new.name, &sides(&old), &sides(&new)) }
        });
        Ok(compared.await?)
    }
}

/// The one version of a connector that came with a package.
fn packaged(group: &Group, entry: &DefinitionEntry) -> Option<StoredVersion> {
    let StoredConnector { definition, number, created_at, .. } = entry.stored.clone();
    group.package.as_ref().map(|_| StoredVersion { number, definition, token: None, created_at, bad: false })
}

/// Where two values differ: the deepest places, and lists as a whole.
pub(crate) fn compare(old: &Value, new: &Value, pointer: &str, changes: &mut Vec<ValueChange>) {
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
