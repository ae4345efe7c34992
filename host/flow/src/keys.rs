//! The host's keys: where the ring comes from, and the vault that seals and opens with it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockgate_store::{Reader, Store};
use lockgate_vault::{DerivedKey, KeyRing, KeySource, Vault};
use tokio::sync::Mutex;

use crate::FlowError;

/// The vault of a host, and where its keys come from.
#[derive(Debug)]
pub struct Keys {
    pub(crate) source: KeySource,
    vault: ArcSwap<Vault>,
    /// Held by the rotation that runs.
    pub(crate) rotating: Mutex<()>,
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

    /// The ring as its source has it now.
    pub(crate) async fn ring(&self) -> Result<KeyRing, FlowError> {
        // A command may take its time.
        let source = self.source.clone();
        let loaded = tokio::task::spawn_blocking(move || source.load()).await;
        let ring = loaded.map_err(|_| FlowError::NoKeys("its reader ended".to_owned()))??;
        ring.ok_or_else(|| FlowError::NoKeys(format!("{:?}", self.source)))
    }

    /// Writes the ring to its file, if it has one.
    pub(crate) async fn save(&self, ring: KeyRing) -> Result<KeyRing, FlowError> {
        let KeySource::File(path) = &self.source else { return Ok(ring) };
        let path = path.clone();
        let saved = tokio::task::spawn_blocking(move || ring.save(&path).map(|()| ring)).await;
        Ok(saved.map_err(|_| FlowError::NoKeys("its writer ended".to_owned()))??)
    }

    /// Seals and opens with another ring from now on.
    pub(crate) fn put_ring(&self, ring: &KeyRing) {
        self.vault.store(Arc::new(Vault::new(ring)));
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
