//! The descriptors of a group's gRPC messages, linked when they are first used.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::{Digest, GroupDefinition, GroupId, Protos, Scope, Violation};
use lockgate_engine::{Engine, ProtosError, QueueOwner};
use lockgate_protobuf::{Descriptors, DescriptorsRefused};
use lockgate_store::{Store, StoredDescriptors, StoredGroup};

use crate::FlowError;
use crate::catalog::loaded_cache::{CacheEntry, LoadedCache};

/// Groups whose descriptors are in memory. Those of large APIs take some megabytes, and the largest that there may be some
/// tens of them.
pub(crate) const LOADED: usize = 64;

/// The descriptors of one group.
#[derive(Debug)]
pub(crate) struct DescriptorsEntry {
    group: GroupId,
    scope: Scope,
    source: Source,
    /// Shared with the entries of the same descriptors that come after a change of the group.
    cache: Arc<CacheEntry<Descriptors>>,
}

/// Where their bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// The group has no `protos`.
    None,
    /// In the store.
    Stored(StoredDescriptors),
    /// In the definition, of a group that the store has not: they are compiled when they are used.
    Files(Arc<BTreeMap<String, String>>, Digest),
    /// The same, and there is nothing to compile.
    Set(Bytes, Digest),
    /// The server was not asked yet.
    NotFetched,
}

impl DescriptorsEntry {
    /// Keeps what `before` has linked if they are the same.
    pub(crate) fn new(stored: &StoredGroup, before: Option<&Arc<Self>>) -> Arc<Self> {
        let source = source(stored);
        match before.filter(|before| before.source == source) {
            Some(same) if same.group == stored.id => Arc::clone(same),
            Some(same) => {
                Arc::new(Self { group: stored.id, scope: stored.scope, source, cache: Arc::clone(&same.cache) })
            }
            None => Arc::new(Self { group: stored.id, scope: stored.scope, source, cache: Arc::default() }),
        }
    }

    /// Those of a set that was compiled for a group which is about to be saved.
    pub(crate) fn of_set(bytes: Bytes, source: Digest) -> Arc<Self> {
        Self::unsaved(Source::Set(bytes, source))
    }

    /// Those of a group that has none yet.
    pub(crate) fn of_definition(definition: &GroupDefinition) -> Arc<Self> {
        Self::unsaved(if definition.protos.is_some() { Source::NotFetched } else { Source::None })
    }

    fn unsaved(source: Source) -> Arc<Self> {
        Arc::new(Self { group: GroupId::new(), scope: Scope::COMMUNITY, source, cache: Arc::default() })
    }

    /// Whether there are some.
    pub(crate) fn are_known(&self) -> bool {
        match self.source {
            Source::None | Source::NotFetched => false,
            Source::Stored(_) | Source::Files(..) | Source::Set(..) => true,
        }
    }

    /// The descriptors, if they are in memory.
    pub(crate) fn ready(&self, loaded: &LoadedCache<Descriptors>) -> Option<Arc<Descriptors>> {
        loaded.get(&self.cache)
    }

    /// The descriptors.
    ///
    /// # Errors
    /// [`FlowError::NoDescriptors`] where there are none, or they are not valid.
    pub(crate) async fn load(
        &self,
        engine: &Engine,
        store: Option<&Store>,
        loaded: Option<&LoadedCache<Descriptors>>,
    ) -> Result<Arc<Descriptors>, FlowError> {
        if let Some(ready) = loaded.and_then(|loaded| loaded.get(&self.cache)) {
            return Ok(ready);
        }
        let _loading = self.cache.loading.lock().await;
        if let Some(ready) = loaded.and_then(|loaded| loaded.get(&self.cache)) {
            return Ok(ready);
        }
        let bytes = self.bytes(engine, store).await?;
        let linked = linked(engine, self.group, bytes).await?;
        let linked = linked.map_err(|refused| FlowError::NoDescriptors(refused.to_string()))?;
        Ok(match loaded {
            Some(loaded) => loaded.put(&self.cache, linked),
            None => Arc::new(linked),
        })
    }

    /// The bytes of those that the store has.
    ///
    /// # Errors
    /// The store does not answer, or they were replaced meanwhile.
    pub(crate) async fn kept(&self, store: &Store) -> Result<Option<Bytes>, FlowError> {
        match &self.source {
            Source::None | Source::NotFetched | Source::Files(..) | Source::Set(..) => Ok(None),
            Source::Stored(stored) => of_store(stored, Some(store)).await.map(Some),
        }
    }

    async fn bytes(&self, engine: &Engine, store: Option<&Store>) -> Result<Bytes, FlowError> {
        let missing = |detail: &str| Err(FlowError::NoDescriptors(detail.to_owned()));
        match &self.source {
            Source::None => {
                missing("the group has none: give it `protos` with `files`, a `descriptor_set` or `reflection: true`")
            }
            Source::NotFetched => missing("its server was not asked for them yet: do so by `lockgate grpc refresh`"),
            Source::Set(bytes, _) => Ok(bytes.clone()),
            Source::Files(files, _) => compiled(engine, files, Some(self.scope)).await,
            Source::Stored(stored) => of_store(stored, store).await,
        }
    }
}

async fn of_store(stored: &StoredDescriptors, store: Option<&Store>) -> Result<Bytes, FlowError> {
    let found = match store {
        Some(store) => store.descriptors(stored).await?,
        None => None,
    };
    // None: they were replaced a moment ago.
    found.map(Bytes::from).ok_or_else(|| FlowError::NoDescriptors("they were replaced meanwhile: try again".to_owned()))
}

fn source(stored: &StoredGroup) -> Source {
    let definition = &stored.definition;
    let Some(written) = &definition.protos else { return Source::None };
    let digest = Protos::digest(written);
    if let Some(own) = stored.descriptors.filter(|own| own.source == digest) {
        return Source::Stored(own);
    }
    match definition.protos() {
        Ok(Some(Protos::Files(files))) => Source::Files(Arc::new(files), digest),
        Ok(Some(Protos::Set(bytes))) => Source::Set(bytes.into(), digest),
        Ok(Some(Protos::Reflection { .. })) => Source::NotFetched,
        Ok(None) | Err(_) => Source::None,
    }
}

/// Compiles the texts of a definition.
pub(crate) async fn compiled(
    engine: &Engine,
    files: &BTreeMap<String, String>,
    scope: Option<Scope>,
) -> Result<Bytes, FlowError> {
    engine.compile_protos(files, scope).await.map_err(|error| match error {
        ProtosError::Invalid(errors) => {
            let violation = |error: lockgate_protobuf::ProtoError| {
                let file = error.file.as_ref().filter(|file| files.contains_key(*file));
                let place = file.map(|file| format!("/{}", file.replace('~', "~0").replace('/', "~1")));
                Violation::new(format!("/protos/files{}", place.unwrap_or_default()), "proto", error.to_string())
            };
            FlowError::Definition(errors.into_iter().map(violation).collect())
        }
        limit @ ProtosError::Limit(_) => {
            FlowError::Definition(vec![Violation::new("/protos/files", "size", limit.to_string())])
        }
        ProtosError::Engine(error) => FlowError::Engine(error),
    })
}

/// Links descriptors on the host's threads for such work.
pub(crate) async fn linked(
    engine: &Engine,
    owner: impl Into<QueueOwner>,
    bytes: Bytes,
) -> Result<Result<Descriptors, DescriptorsRefused>, FlowError> {
    Ok(engine.compute(owner, move || Descriptors::read(bytes)).await?)
}
