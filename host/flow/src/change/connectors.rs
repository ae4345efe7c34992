//! Changes of declarative connectors. A save is checked whole, becomes a version that never changes, and is current.

use std::collections::BTreeSet;
use std::sync::Arc;

use lockgate_domain::connector::Action;
use lockgate_domain::destination::Destinations;
use lockgate_domain::{Caller, ConnectorDefinition, ConnectorName, GroupReference, Scope, Violation};
use lockgate_store::{ConnectorEdits, StoreError, StoredVersion, Switch};
use serde_json::Value;

use crate::catalog::Source;
use crate::catalog::definition::DefinitionEntry;
use crate::catalog::diff::breaks;
use crate::catalog::scripts;
use crate::change::methods::complete_one;
use crate::change::plugins::taken_by;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{Connector, FlowError, Group, SchemaBreak};

/// Declarative connectors of one group: each costs some kilobytes of memory on every host.
pub(crate) const CONNECTORS_MAX: usize = 1000;

/// A connector's definition that keeps every rule.
#[derive(Debug)]
pub struct CheckedConnector(ConnectorDefinition);

impl Changes<'_> {
    /// Checks a definition, as the work of a scope. That takes time, so it is done before a unit is begun.
    ///
    /// # Errors
    /// [`FlowError::Definition`].
    pub async fn check_connector(self, scope: &Scope, definition: Value) -> Result<CheckedConnector, FlowError> {
        let checked = self.0.0.engine.compute(*scope, move || checked(&definition, ""));
        let checked = checked.await?.map_err(FlowError::Definition)?;
        self.check_ceilings(&checked.limits, "/limits")?;
        let broken = scripts::check(&self.0.0.scripts, *scope, &checked, "").await?;
        if !broken.is_empty() {
            return Err(FlowError::Definition(broken));
        }
        Ok(CheckedConnector(checked))
    }

    /// [`UnitOfWork::create_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or [`FlowError::Definition`].
    pub async fn create_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        definition: &Value,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let completed = complete_one(self.0, *scope, &group.descriptors, definition.clone(), "").await?;
        let checked = self.check_connector(scope, completed).await?;
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_connector(scope, reference, &checked)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::save_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or [`FlowError::Definition`].
    pub async fn save_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (expected, allow_removal): (Option<i64>, bool),
        definition: &Value,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let (group, ..) = self.0.catalog().find_owned_definition(scope, reference, name, None)?;
        let completed = complete_one(self.0, *scope, &group.descriptors, definition.clone(), "").await?;
        let checked = self.check_connector(scope, completed).await?;
        let mut unit = self.begin(by).await?;
        let saved = bounded(unit.save_connector(scope, reference, name, (expected, allow_removal), &checked)).await;
        unit.end(saved).await
    }

    /// [`UnitOfWork::delete_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn delete_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let deleted = bounded(unit.delete_connector(scope, reference, name, expected)).await;
        unit.end(deleted).await
    }

    /// [`UnitOfWork::switch_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn switch_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (expected, allow_removal): (Option<i64>, bool),
        number: i64,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let found = self.0.queries().connector_version(scope, reference, name, number).await?.1;
        let mut unit = self.begin(by).await?;
        let switched = bounded(unit.switch_connector(scope, reference, name, (expected, allow_removal), &found)).await;
        unit.end(switched).await
    }
}

impl UnitOfWork {
    /// Makes a connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ConnectorTaken`], or the group has one of that name, or too many.
    pub async fn create_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        CheckedConnector(definition): &CheckedConnector,
    ) -> Result<Arc<Connector>, FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        free(&group, &definition.name)?;
        if group.connectors.contains_key(&definition.name) {
            return Err(StoreError::Exists("a connector with this name".to_owned()).into());
        }
        if group.definitions().count() >= CONNECTORS_MAX {
            return Err(FlowError::Definition(vec![too_many()]));
        }
        self.save(scope, reference, &group, definition).await
    }

    /// Saves a new version of a connector. The one that is current already is not saved again.
    ///
    /// # Errors
    /// [`FlowError::Definition`] for its name, [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`],
    /// and [`FlowError::Removal`] unless `allow_removal`.
    pub async fn save_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (expected, allow_removal): (Option<i64>, bool),
        CheckedConnector(definition): &CheckedConnector,
    ) -> Result<Arc<Connector>, FlowError> {
        let (group, connector, entry) = self.catalog().find_owned_definition(scope, reference, name, expected)?;
        if definition.name != connector.name {
            let detail = format!("the name of a connector never changes: expected `{}`", connector.name);
            return Err(FlowError::Definition(vec![Violation::new("/name", "const", detail)]));
        }
        if *definition == entry.stored.definition {
            return Ok(connector);
        }
        narrows_nothing(&entry.stored.definition, definition, allow_removal)?;
        self.save(scope, reference, &group, definition).await
    }

    async fn save(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        group: &Group,
        definition: &ConnectorDefinition,
    ) -> Result<Arc<Connector>, FlowError> {
        fits(&group.egress.destinations, definition, "")?;
        let edits = ConnectorEdits { saved: vec![definition], ..Default::default() };
        let by = self.by();
        self.write().edit_connectors(&group.stored, &edits, by).await?;
        self.written().await?;
        self.catalog().find_group(scope, reference)?.connector(reference, definition.name.as_str())
    }

    /// Deletes a connector with all its versions. Calls in flight finish.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`].
    pub async fn delete_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
    ) -> Result<(), FlowError> {
        let (group, connector, _) = self.catalog().find_owned_definition(scope, reference, name, expected)?;
        let edits = ConnectorEdits { removed: vec![&connector.name], ..Default::default() };
        let by = self.by();
        self.write().edit_connectors(&group.stored, &edits, by).await?;
        self.written().await
    }

    /// Makes another version of a connector current, forward or back.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::OfPlugin`], and for a later version that takes or gives
    /// less [`FlowError::Removal`] unless `allow_removal`.
    pub async fn switch_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (expected, allow_removal): (Option<i64>, bool),
        StoredVersion { number, definition, .. }: &StoredVersion,
    ) -> Result<Arc<Connector>, FlowError> {
        let number = *number;
        let (group, connector, entry) = self.catalog().find_owned_definition(scope, reference, name, expected)?;
        if entry.stored.number == number {
            return Ok(connector);
        }
        // What an earlier version did callers have had.
        if number > entry.stored.number {
            narrows_nothing(&entry.stored.definition, definition, allow_removal)?;
        }
        let by = self.by();
        let switched = self.write().switch_connector(&group.stored, &connector.name, number, Switch::Named, by).await;
        switched.map_err(|error| match error {
            StoreError::Missing(_) => FlowError::NotFound(format!("version {number} of connector `{name}`")),
            other => other.into(),
        })?;
        self.written().await?;
        self.catalog().find_group(scope, reference)?.connector(reference, name)
    }
}

/// Refuses a version with which callers of the current one may fail, unless that is meant.
fn narrows_nothing(
    current: &ConnectorDefinition,
    new: &ConnectorDefinition,
    allow_removal: bool,
) -> Result<(), FlowError> {
    let breaks = if allow_removal { Vec::new() } else { narrowed(current, new) };
    if breaks.is_empty() { Ok(()) } else { Err(FlowError::Removal { removed: Vec::new(), breaks }) }
}

/// Where callers of one version may fail with another.
fn narrowed(current: &ConnectorDefinition, new: &ConnectorDefinition) -> Vec<SchemaBreak> {
    let sides = |one: &ConnectorDefinition| (one.input_schema.value(), one.output_schema.value());
    breaks(&new.name, &sides(current), &sides(new))
}

/// What the `connectors` of a group's definition mean for those that the group has: what they list is saved if it is new,
/// what they don't list is removed.
#[derive(Debug, Default)]
pub(crate) struct ListEdits<'l> {
    saved: Vec<&'l ConnectorDefinition>,
    removed: Vec<ConnectorName>,
}

impl<'l> ListEdits<'l> {
    pub(crate) fn of(group: &Group, listed: &'l [ConnectorDefinition]) -> Result<Self, FlowError> {
        listed.iter().try_for_each(|definition| free(group, &definition.name))?;
        let is_listed = |name: &ConnectorName| listed.iter().any(|definition| definition.name == *name);
        let own = group.definitions().map(|entry| &entry.stored.definition.name);
        let removed = own.filter(|name| !is_listed(name)).cloned().collect();
        let is_new = |definition: &&ConnectorDefinition| {
            let own = group.connectors.get(&definition.name).and_then(|connector| connector.definition());
            own.is_none_or(|entry: &Arc<DefinitionEntry>| entry.stored.definition != **definition)
        };
        Ok(Self { saved: listed.iter().filter(is_new).collect(), removed })
    }

    /// Refuses what takes connectors away or narrows their schemas.
    pub(crate) fn narrows_nothing(&self, group: &Group) -> Result<(), FlowError> {
        let (_, removed, breaks) = self.shown(group);
        if breaks.is_empty() && removed.is_empty() { Ok(()) } else { Err(FlowError::Removal { removed, breaks }) }
    }

    /// The names that get a new version, those that go, and where callers may fail then.
    pub(crate) fn shown(&self, group: &Group) -> (Vec<ConnectorName>, Vec<ConnectorName>, Vec<SchemaBreak>) {
        let current = |name: &ConnectorName| group.connectors.get(name).and_then(|connector| connector.definition());
        let of = |new: &&ConnectorDefinition| {
            current(&new.name).map(|entry| narrowed(&entry.stored.definition, new)).unwrap_or_default()
        };
        let names = self.saved.iter().map(|definition| definition.name.clone());
        (names.collect(), self.removed.clone(), self.saved.iter().flat_map(of).collect())
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        self.saved.is_empty() && self.removed.is_empty()
    }

    pub(crate) fn borrowed(&self) -> ConnectorEdits<'_> {
        ConnectorEdits { saved: self.saved.clone(), removed: self.removed.iter().collect() }
    }
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

/// A statement is read in the dialect of the database that it goes to.
pub(crate) fn fits(
    destinations: &Destinations,
    definition: &ConnectorDefinition,
    pointer: &str,
) -> Result<(), FlowError> {
    let misfit = match &definition.action {
        Action::Database(database) => database.misfit(destinations),
        Action::Http(_) | Action::Grpc(_) | Action::Function(_) => None,
    };
    let wrong =
        |(own, detail)| FlowError::Definition(vec![Violation::new(format!("{pointer}{own}"), "engine", detail)]);
    misfit.map(wrong).map_or(Ok(()), Err)
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
    let detail = format!("a group has at most {CONNECTORS_MAX} declarative connectors");
    Violation::new("/connectors", "maxItems", detail)
}
