//! Versions of connectors without code that can be called: the current ones in the catalog, earlier ones on request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use lockgate_domain::{ConnectorName, GroupId};
use lockgate_engine::Engine;
use lockgate_store::StoredConnector;

use crate::catalog::loaded_cache::{CacheEntry, LoadedCache};
use crate::catalog::manifest::{ConnectorSchemas, compile};
use crate::{Connector, FlowError, Group, Host};

/// Versions other than the current one that are kept at hand.
const EARLIER: usize = 64;

/// One version of a connector. Its schemas are compiled when it is first called.
#[derive(Debug)]
pub struct DefinitionEntry {
    /// As stored; `number` is that of this version.
    pub stored: StoredConnector,
    /// Shared with the entries of the same version that come after a change of the group.
    slot: Arc<CacheEntry<ConnectorSchemas>>,
}

/// The last versions that were asked for and are not current.
#[derive(Debug, Default)]
pub(crate) struct Earlier(Mutex<VecDeque<Arc<DefinitionEntry>>>);

impl DefinitionEntry {
    /// Keeps what `before` has compiled if it is the same version.
    pub(crate) fn new(stored: StoredConnector, before: Option<&Arc<Self>>) -> Arc<Self> {
        let same =
            before.filter(|before| before.is(&stored.group, &stored.definition.name, stored.created_at, stored.number));
        match same {
            Some(same) if same.stored.version == stored.version => Arc::clone(same),
            Some(same) => Arc::new(Self { slot: Arc::clone(&same.slot), stored }),
            None => Arc::new(Self { stored, slot: Arc::default() }),
        }
    }

    pub(crate) fn slot(&self) -> &CacheEntry<ConnectorSchemas> {
        &self.slot
    }

    /// A connector that was deleted and made again has other versions of the same numbers.
    fn is(&self, group: &GroupId, name: &ConnectorName, created_at: i64, number: i64) -> bool {
        let own = &self.stored;
        own.group == *group && own.definition.name == *name && own.created_at == created_at && own.number == number
    }

    pub(crate) async fn schemas(
        self: &Arc<Self>,
        engine: &Engine,
        residents: &LoadedCache<ConnectorSchemas>,
    ) -> Result<Arc<ConnectorSchemas>, FlowError> {
        let _turn = self.slot.loading.lock().await;
        if let Some(schemas) = residents.get(&self.slot) {
            return Ok(schemas);
        }
        let own = Arc::clone(self);
        let compiled = engine.compute(Some(self.stored.group), move || {
            let definition = &own.stored.definition;
            compile(&definition.name, &definition.input_schema, &definition.output_schema, &mut 0)
        });
        Ok(residents.put(&self.slot, compiled.await??))
    }
}

impl Host {
    /// The version of a connector without code that has this number.
    pub(crate) async fn defined(
        &self,
        group: &Group,
        current: &Arc<Connector>,
        number: i64,
    ) -> Result<Arc<Connector>, FlowError> {
        let missing = || FlowError::NotFound(format!("version {number} of connector `{}`", current.name));
        let stored = &current.definition().ok_or_else(missing)?.stored;
        if stored.number == number {
            return Ok(Arc::clone(current));
        }
        let limits = &group.stored.definition.limits;
        let known = {
            let earlier = self.0.earlier.0.lock().unwrap_or_else(PoisonError::into_inner);
            earlier.iter().find(|one| one.is(&group.stored.id, &current.name, stored.created_at, number)).cloned()
        };
        if let Some(known) = known {
            return Ok(Connector::defined(known, limits));
        }
        let found =
            self.0.store.connector_version(&group.stored.id, &current.name, number).await?.ok_or_else(missing)?;
        let version = StoredConnector { definition: found.definition, number, ..stored.clone() };
        let entry = DefinitionEntry::new(version, None);
        let mut earlier = self.0.earlier.0.lock().unwrap_or_else(PoisonError::into_inner);
        earlier.truncate(EARLIER - 1);
        earlier.push_front(Arc::clone(&entry));
        drop(earlier);
        Ok(Connector::defined(entry, limits))
    }
}
