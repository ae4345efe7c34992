//! Hosts of one store follow each other's changes. Each polls the store's revision every second and reloads what changed
//! since the last one it knows; a notification of the store only makes it look sooner.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lockgate_domain::Digest;
use lockgate_store::{Changed, Exclusive, Since, Store, StoreError};
use tokio::sync::{MutexGuard, Notify};

use crate::host::Inner;
use crate::{Catalog, FlowError, Group, Host};

/// The shortest pause between two looks; the longest is half as much again, so that hosts don't look in step.
const PAUSE_MS: u64 = 800;

/// How long the store may take with what other hosts changed: a connection that hangs must not hold up every change.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to change store and catalog: no other change happens meanwhile, on any host of the store.
#[derive(Debug)]
pub(crate) struct ChangeTurn<'h> {
    _applied: MutexGuard<'h, i64>,
    _exclusive: Exclusive,
}

impl Host {
    /// Waits for the turn to change something. The catalog has every earlier change then, also those of other hosts.
    pub(crate) async fn turn(&self) -> Result<ChangeTurn<'_>, FlowError> {
        let mut applied = self.0.changes.lock().await;
        let exclusive = in_time(async {
            let exclusive = self.0.store.exclusive().await?;
            self.follow(&mut applied).await?;
            Ok(exclusive)
        });
        let exclusive = exclusive.await?;
        Ok(ChangeTurn { _applied: applied, _exclusive: exclusive })
    }

    /// Takes over what other hosts changed until now.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn catch_up(&self) -> Result<(), FlowError> {
        if !self.0.store.is_shared() {
            return Ok(());
        }
        let mut applied = self.0.changes.lock().await;
        in_time(self.follow(&mut applied)).await
    }

    async fn follow(&self, applied: &mut i64) -> Result<(), FlowError> {
        if !self.0.store.is_shared() {
            return Ok(());
        }
        match self.0.store.changed_since(*applied).await? {
            Since::Nothing => {}
            Since::These(changes, revision) => {
                for changed in &changes {
                    self.apply(changed).await?;
                }
                *applied = revision;
            }
            Since::TooMuch => {
                let revision = self.0.store.revision().await?;
                let before = self.catalog().clone();
                let fresh = Catalog::read(&self.0.store, self.0.settings.calls_per_token, Some(&before)).await?;
                self.swap(|catalog| *catalog = fresh);
                *applied = revision;
                tracing::info!(revision, "read everything again: more had changed than the store remembers");
            }
        }
        Ok(())
    }

    /// Reloads what a change concerned. The caller holds `changes`.
    pub(crate) async fn apply(&self, changed: &Changed) -> Result<(), FlowError> {
        let store = &self.0.store;
        match changed {
            Changed::Scopes => {
                let scopes = store.scopes().await?;
                self.swap(|catalog| catalog.put_scopes(scopes));
            }
            Changed::Tenants(workspace) => {
                let tenants = store.tenants(Some(*workspace)).await?;
                self.swap(|catalog| catalog.put_tenants(workspace, tenants));
            }
            Changed::Token(id) => {
                let token = store.token(id).await?;
                self.swap(|catalog| match token {
                    Some(token) => catalog.put_token(token, self.0.settings.calls_per_token),
                    None => catalog.remove_token(id),
                });
            }
            Changed::Connection(id) => {
                let connection = store.connection(id).await?;
                self.swap(|catalog| match connection {
                    Some(connection) => catalog.put_connections(&connection.group.clone(), vec![connection]),
                    None => catalog.remove_connection(id),
                });
            }
            Changed::Installation(id) => {
                let installation = store.installation(id).await?;
                self.swap(|catalog| match installation {
                    Some(installation) => catalog.put_installation(installation),
                    None => catalog.remove_installation(id),
                });
            }
            Changed::Keys => {
                // A ring that is not complete yet must not hold up everything else.
                if let Err(error) = self.0.keys.reload(store).await {
                    tracing::error!(%error, "the keys were rotated elsewhere, and this host's ring does not fit");
                }
            }
            Changed::Group(id) => {
                let before = self.catalog().group_by_id(id).cloned();
                let had: Vec<_> =
                    before.iter().flat_map(|group| &group.plugins).map(|entry| entry.stored.digest).collect();
                match store.group(id).await? {
                    Some(stored) => {
                        let plugins = store.plugins_of(id).await?;
                        let connectors = store.connectors_of(id).await?;
                        let group = Group::new(stored, plugins, connectors, before.as_deref());
                        self.swap(|catalog| catalog.put(Arc::clone(&group)));
                        tokio::spawn(self.clone().compile_group(group));
                    }
                    None => self.swap(|catalog| before.iter().for_each(|group| catalog.remove(group))),
                }
                let catalog = self.catalog();
                let used = |digest: &Digest| catalog.all_groups().any(|group| group.plugin(digest).is_some());
                for gone in had.iter().filter(|digest| !used(digest)) {
                    self.0.engine.forget(gone);
                }
            }
        }
        Ok(())
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, FlowError>>) -> Result<T, FlowError> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(done) => done,
        Err(_) => Err(FlowError::Store(StoreError::Silent)),
    }
}

/// Follows the other hosts for as long as this one lives.
pub(crate) async fn poll(host: Weak<Inner>, store: Store) {
    if !store.is_shared() {
        return;
    }
    let hint = Arc::new(Notify::new());
    let woken = Arc::clone(&hint);
    let listener = tokio::spawn(async move { store.listen(&woken).await });
    let mut failing = false;
    loop {
        // Nobody is there to hear a hint in time more often than this.
        let _ = tokio::time::timeout(pause(), hint.notified()).await;
        let Some(inner) = host.upgrade() else { break };
        let caught_up = Host(inner).catch_up().await;
        match &caught_up {
            Err(error) if !failing => {
                tracing::warn!(%error, "changes of other hosts are not seen until the store answers");
            }
            Ok(()) if failing => tracing::info!("changes of other hosts are seen again"),
            Ok(()) | Err(_) => {}
        }
        failing = caught_up.is_err();
    }
    listener.abort();
}

/// The digits of the clock below a millisecond are as good as random here.
fn pause() -> Duration {
    let nanoseconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    Duration::from_millis(PAUSE_MS + u64::from(nanoseconds % 401))
}
