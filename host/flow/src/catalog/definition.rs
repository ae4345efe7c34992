//! A version of a connector that has a definition of its own.

use std::sync::Arc;

use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{ConnectorDefinition, ConnectorName, GroupId, Scope};
use lockgate_engine::Engine;
use lockgate_script::{Program, Scripts};
use lockgate_store::StoredConnector;

use crate::FlowError;
use crate::catalog::loaded_cache::{CacheEntry, LoadedCache};
use crate::catalog::manifest::{ConnectorSchemas, compile};
use crate::clock::now;

/// One version of a connector. Its schemas are compiled when it is first called.
#[derive(Debug)]
pub struct DefinitionEntry {
    /// As stored; `number` is that of this version.
    pub stored: StoredConnector,
    /// Shared with the entries of the same version that come after a change of the group.
    pub(crate) cache: Arc<CacheEntry<ConnectorSchemas>>,
    /// The same for the program of its script; empty without one.
    pub(crate) program: Arc<CacheEntry<Program>>,
}

impl DefinitionEntry {
    /// Keeps what `before` has compiled if it is the same version.
    pub(crate) fn new(stored: StoredConnector, before: Option<&Arc<Self>>) -> Arc<Self> {
        let same =
            before.filter(|before| before.is(&stored.group, &stored.definition.name, stored.created_at, stored.number));
        match same {
            Some(same) if same.stored.version == stored.version => Arc::clone(same),
            Some(same) => Arc::new(Self { cache: Arc::clone(&same.cache), program: Arc::clone(&same.program), stored }),
            None => Arc::new(Self { stored, cache: Arc::default(), program: Arc::default() }),
        }
    }

    /// A connector that was deleted and made again has other versions of the same numbers.
    pub(super) fn is(&self, group: &GroupId, name: &ConnectorName, created_at: i64, number: i64) -> bool {
        let own = &self.stored;
        own.group == *group && own.definition.name == *name && own.created_at == created_at && own.number == number
    }

    /// Compiles the schemas, unless another call has done so meanwhile.
    pub(crate) async fn load(
        self: &Arc<Self>,
        engine: &Engine,
        loaded: &LoadedCache<ConnectorSchemas>,
    ) -> Result<Arc<ConnectorSchemas>, FlowError> {
        let _loading = self.cache.loading.lock().await;
        if let Some(schemas) = loaded.get(&self.cache) {
            return Ok(schemas);
        }
        Ok(loaded.put(&self.cache, self.compile(engine).await?))
    }

    /// Whether the store has it. What is not saved is tested, and often: nothing of it is kept but in memory.
    fn is_saved(&self) -> bool {
        self.stored.number != UNSAVED
    }

    /// Compiles the script, unless another call has done so meanwhile.
    pub(crate) async fn load_program(
        self: &Arc<Self>,
        script: &ScriptDefinition,
        scripts: &Scripts,
        loaded: &LoadedCache<Program>,
        scope: Scope,
    ) -> Result<Arc<Program>, FlowError> {
        let _loading = self.program.loading.lock().await;
        if let Some(program) = loaded.get(&self.program) {
            return Ok(program);
        }
        let name = self.stored.definition.name.as_str();
        let program = match self.is_saved() {
            true => scripts.saved(script, name, scope).await?,
            false => scripts.unsaved(script, name, scope).await?.program,
        };
        Ok(loaded.put(&self.program, program))
    }

    /// Compiles the schemas on the host's threads for such work.
    pub(crate) async fn compile(self: &Arc<Self>, engine: &Engine) -> Result<ConnectorSchemas, FlowError> {
        let own = Arc::clone(self);
        let compiled = engine.compute(self.stored.group, move || {
            let definition = &own.stored.definition;
            compile(&definition.name, &definition.input_schema, &definition.output_schema, &mut 0)
        });
        compiled.await?
    }
}

/// The number of what is no version. Those of versions begin with 1.
const UNSAVED: i64 = 0;

/// A definition as it would be stored, of a group that keeps it nowhere.
pub(crate) fn unsaved(group: GroupId, definition: ConnectorDefinition) -> StoredConnector {
    let at = now();
    StoredConnector { group, definition, number: UNSAVED, version: 0, created_at: at, updated_at: at }
}
