//! Versions of connectors that are not current: read from the store when a call names one, and kept for the next.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lockgate_store::{Store, StoredConnector};

use super::{Connector, DefinitionEntry, Group};
use crate::FlowError;

/// Versions that are kept in memory, over all groups.
const KEPT: usize = 64;

/// The last versions that were asked for and are not current.
#[derive(Debug, Default)]
pub(crate) struct EarlierVersions(Mutex<VecDeque<Arc<DefinitionEntry>>>);

impl EarlierVersions {
    /// The version of a connector that has this number: from the catalog, from memory, or else from the store.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], or the store does not answer.
    pub(crate) async fn find(
        &self,
        store: &Store,
        group: &Group,
        current: &Arc<Connector>,
        number: i64,
    ) -> Result<Arc<Connector>, FlowError> {
        let missing = || FlowError::NotFound(format!("version {number} of connector `{}`", current.name));
        let stored = &current.definition().ok_or_else(missing)?.stored;
        if stored.number == number {
            return Ok(Arc::clone(current));
        }
        let (limits, ceilings) = (&group.stored.definition.limits, &group.ceilings);
        if let Some(known) = self.get(stored, number) {
            return Ok(Connector::defined(known, limits, ceilings));
        }
        let found = store.connector_version(&group.stored.id, &current.name, number).await?.ok_or_else(missing)?;
        let version = StoredConnector { definition: found.definition, number, ..stored.clone() };
        let entry = DefinitionEntry::new(version, None);
        self.keep(Arc::clone(&entry));
        Ok(Connector::defined(entry, limits, ceilings))
    }

    fn get(&self, current: &StoredConnector, number: i64) -> Option<Arc<DefinitionEntry>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|one| one.is(&current.group, &current.definition.name, current.created_at, number)).cloned()
    }

    fn keep(&self, entry: Arc<DefinitionEntry>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.push_front(entry);
    }
}
