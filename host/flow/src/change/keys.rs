//! The host's keys: where the ring comes from, the vault that seals and opens with it, and its rotation.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockgate_domain::Caller;
use lockgate_store::{Reader, Store};
use lockgate_vault::{DerivedKey, KeyId, KeyRing, KeySource, Vault};
use tokio::sync::Mutex;

use crate::FlowError;
use crate::change::unit_of_work::Changes;

/// The vault of a host, and where its keys come from.
#[derive(Debug)]
pub struct Keys {
    source: KeySource,
    vault: ArcSwap<Vault>,
    rotating: Mutex<()>,
}

/// Keys at the start of a host.
#[derive(Debug)]
pub struct OpenedKeys {
    /// For what is stored.
    pub keys: Keys,
    /// For compiled code.
    pub cache: DerivedKey,
    /// Whether they were made just now.
    pub new: bool,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key by which every value is wrapped now.
    pub active: KeyId,
    /// How many values were wrapped anew.
    pub values: u64,
    /// Whether the ring holds the active key alone now. Else its owner takes the others out.
    pub retired: bool,
}

impl Keys {
    /// Reads the key ring and makes sure that it is the one of the stored values. A new one is made in its file if there
    /// is no such file, and the store holds no sealed value.
    ///
    /// # Errors
    /// There is no ring, or another one than the store's: the host must not start.
    pub async fn open(store: &Store, source: KeySource) -> Result<OpenedKeys, FlowError> {
        // Several hosts may start on a new database at one time.
        let mut change = store.begin_change().await?;
        let check = change.vault_check().await?;
        let (ring, new) = match (source.load()?, &source) {
            (Some(ring), _) => (ring, false),
            (None, KeySource::File(path)) if check.is_none() => {
                let ring = KeyRing::generate()?;
                ring.save(path)?;
                (ring, true)
            }
            (None, source) => return Err(FlowError::NoKeys(format!("{source:?}"))),
        };
        let vault = Vault::new(&ring);
        if let Some(check) = check {
            vault.verify_check(&check)?;
        }
        change.commit().await?;
        let cache = ring.active().derive("compiled code");
        let keys = Self { source, vault: ArcSwap::from_pointee(vault), rotating: Mutex::new(()) };
        Ok(OpenedKeys { keys, cache, new })
    }

    /// What seals and opens now. Whoever seals has the change lock, so that a rotation misses nothing.
    pub(crate) fn vault(&self) -> Arc<Vault> {
        self.vault.load_full()
    }

    async fn ring(&self) -> Result<KeyRing, FlowError> {
        // A command may take its time.
        let source = self.source.clone();
        let loaded = tokio::task::spawn_blocking(move || source.load()).await;
        let ring = loaded.map_err(|_| FlowError::NoKeys("its reader ended".to_owned()))??;
        ring.ok_or_else(|| FlowError::NoKeys(format!("{:?}", self.source)))
    }

    async fn save(&self, ring: KeyRing) -> Result<KeyRing, FlowError> {
        let KeySource::File(path) = &self.source else { return Ok(ring) };
        let path = path.clone();
        let saved = tokio::task::spawn_blocking(move || ring.save(&path).map(|()| ring)).await;
        Ok(saved.map_err(|_| FlowError::NoKeys("its writer ended".to_owned()))??)
    }

    /// Takes over keys that were added to the ring since the start.
    pub(crate) async fn reload(&self, reader: &mut Reader<'_>) -> Result<(), FlowError> {
        let vault = Vault::new(&self.ring().await?);
        if let Some(check) = reader.vault_check().await? {
            vault.verify_check(&check)?;
        }
        self.vault.store(Arc::new(vault));
        Ok(())
    }
}

impl Changes<'_> {
    /// Wraps every sealed value by another key while calls go on. On a store of its own, a host whose ring is a file makes
    /// that key and takes the former one away; else the ring's owner adds a line first, and takes the other away later.
    /// It can be cut off anywhere: the next one goes on.
    ///
    /// # Errors
    /// The ring has no other key, or a value belongs to none of its keys.
    pub async fn rotate_keys(self, by: &Caller) -> Result<Rotated, FlowError> {
        let host = &self.0.0;
        let keys = &host.keys;
        let Ok(_alone) = keys.rotating.try_lock() else { return Err(FlowError::Rotating) };
        let own = matches!(keys.source, KeySource::File(_)) && !host.store.is_shared();
        let mut ring = keys.ring().await?;
        if ring.former().is_empty() {
            if !own {
                return Err(FlowError::OneKey);
            }
            ring.add()?;
            ring = keys.save(ring).await?;
        }
        // Whatever is being sealed by the former key comes first.
        let unit = self.begin(by).await?;
        keys.vault.store(Arc::new(Vault::new(&ring)));
        unit.rollback().await;
        let values = host.store.rewrap(&keys.vault(), &by.scope, Some(by.token)).await?;
        if own {
            ring.retire();
            ring = keys.save(ring).await?;
            keys.vault.store(Arc::new(Vault::new(&ring)));
        }
        Ok(Rotated { active: ring.active().id(), values, retired: ring.former().is_empty() })
    }
}
