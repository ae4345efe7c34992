//! Back to what was current before, and marks on versions to which no rollback goes.

use std::sync::Arc;

use lockgate_domain::{Caller, Digest, GroupReference, Limits, PluginName, Scope};
use lockgate_store::{Reader, StoreError, Switch, Versioned};

use crate::change::plugins::{LoadOptions, LoadReport};
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{Connector, FlowError, Group, PluginEntry};

impl Changes<'_> {
    /// [`UnitOfWork::rollback_plugin`] by itself. The code is compiled before, if the cache has lost it.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn rollback_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &PluginName,
        by: &Caller,
    ) -> Result<LoadReport, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let host = &self.0.0;
        let (target, _) = before(&mut host.store.reader().await?, &group, reference, name).await?;
        let limits = group.ceilings.hold(Limits::of_group(&group.stored.definition.limits));
        target.load(&host.engine, &host.store, &host.loaded_plugins, &limits, *scope).await?;
        let mut unit = self.begin(by).await?;
        let switched = bounded(unit.rollback_plugin(scope, reference, name)).await;
        unit.end(switched).await
    }

    /// [`UnitOfWork::mark_plugin`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn mark_plugin(
        self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        bad: bool,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let marked = bounded(unit.mark_plugin(scope, reference, digest, bad)).await;
        unit.end(marked).await
    }

    /// [`UnitOfWork::rollback_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn rollback_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<Arc<Connector>, FlowError> {
        let mut unit = self.begin(by).await?;
        let switched = bounded(unit.rollback_connector(scope, reference, name, expected)).await;
        unit.end(switched).await
    }

    /// [`UnitOfWork::mark_connector`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn mark_connector(
        self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        (number, bad): (i64, bool),
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let marked = bounded(unit.mark_connector(scope, reference, name, number, bad)).await;
        unit.end(marked).await
    }
}

impl UnitOfWork {
    /// Makes the version of a plugin current that was so before, unless that was deleted or marked as bad: then the one
    /// before that.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::NoEarlier`], [`FlowError::NotGranted`].
    pub async fn rollback_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &PluginName,
    ) -> Result<LoadReport, FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        let (target, row) = before(&mut self.reader(), &group, reference, name).await?;
        self.switch(scope, reference, (&group, &target), LoadOptions::default(), Switch::Back(row)).await
    }

    /// Marks a version of a plugin as bad, so that no rollback goes to it, or as good again.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub async fn mark_plugin(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        digest: &Digest,
        bad: bool,
    ) -> Result<(), FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        self.catalog().find_plugin(scope, reference, digest)?;
        let by = self.by();
        self.write().mark_plugin(&group.stored, digest, bad, by).await?;
        self.written().await
    }

    /// As [`Self::rollback_plugin`], for a declarative connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::NoEarlier`], [`FlowError::Changed`], [`FlowError::OfPlugin`].
    pub async fn rollback_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        expected: Option<i64>,
    ) -> Result<Arc<Connector>, FlowError> {
        let (group, connector, entry) = self.catalog().find_owned_definition(scope, reference, name, expected)?;
        let mut reader = self.reader();
        let good = reader.good_versions(&group.stored.id, &connector.name).await?;
        let stack = reader.current_before(&group.stored.id, Versioned::Connector(&connector.name)).await?;
        let target = stack.iter().find_map(|row| {
            let number = row.version.as_ref()?.parse().ok()?;
            (number != entry.stored.number && good.contains(&number)).then_some((number, row.sequence))
        });
        let (number, row) = target.ok_or_else(|| FlowError::NoEarlier(format!("connector `{name}`")))?;
        let by = self.by();
        let switch = Switch::Back(row);
        self.write().switch_connector(&group.stored, &connector.name, number, switch, by).await?;
        self.written().await?;
        self.catalog().find_group(scope, reference)?.connector(reference, name)
    }

    /// As [`Self::mark_plugin`], for a version of a declarative connector.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::OfPlugin`].
    pub async fn mark_connector(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        name: &str,
        number: i64,
        bad: bool,
    ) -> Result<(), FlowError> {
        let (group, connector, _) = self.catalog().find_owned_definition(scope, reference, name, None)?;
        let by = self.by();
        let marked = self.write().mark_connector(&group.stored, &connector.name, number, bad, by).await;
        marked.map_err(|error| match error {
            StoreError::Missing(_) => FlowError::NotFound(format!("version {number} of connector `{name}`")),
            other => other.into(),
        })?;
        self.written().await
    }
}

/// The version of a plugin to which a rollback goes, and the row of the history in which it was current.
async fn before(
    reader: &mut Reader<'_>,
    group: &Group,
    reference: &GroupReference,
    name: &PluginName,
) -> Result<(Arc<PluginEntry>, i64), FlowError> {
    if !group.plugins.iter().any(|entry| entry.stored.name == *name) {
        return Err(FlowError::NotFound(format!("plugin `{name}` of group `{reference}`")));
    }
    let stack = reader.current_before(&group.stored.id, Versioned::Plugin(name)).await?;
    let target = stack.iter().find_map(|row| {
        let digest: Digest = row.version.as_ref()?.parse().ok()?;
        let entry = group.plugin(&digest).filter(|entry| !entry.stored.current && !entry.stored.bad)?;
        Some((Arc::clone(entry), row.sequence))
    });
    target.ok_or_else(|| FlowError::NoEarlier(format!("plugin `{name}`")))
}
