//! Taking over what other hosts of the store have changed: before each change, so that it is made to what is in force, and
//! every second.

use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::Digest;
use lockgate_store::{Changed, Reader, Since, StoreError};

use crate::{Catalog, FlowError, Host};

/// How long the store may take with what other hosts changed: a connection that hangs must not hold up every change.
const PATIENCE: Duration = Duration::from_secs(10);

impl Host {
    /// Takes over what other hosts changed until now.
    pub(crate) async fn catch_up(&self) -> Result<(), FlowError> {
        if !self.0.store.is_shared() {
            return Ok(());
        }
        let mut revision = self.0.change_lock.lock().await;
        let caught_up = tokio::time::timeout(PATIENCE, async {
            let mut reader = self.0.store.reader().await?;
            catch_up(self, &mut revision, &mut reader).await
        });
        caught_up.await.map_err(|_| FlowError::Store(StoreError::Silent))?
    }
}

/// Takes over what other hosts changed after a revision, in one step. The caller has the change lock.
pub(crate) async fn catch_up(host: &Host, revision: &mut i64, reader: &mut Reader<'_>) -> Result<(), FlowError> {
    if !host.0.store.is_shared() {
        return Ok(());
    }
    match reader.changed_since(*revision).await? {
        Since::Nothing => {}
        Since::These(changes, last) => {
            let before = host.catalog().clone();
            let mut catalog = Catalog::clone(&before);
            for changed in &changes {
                catalog.reload(changed, reader, &host.0.settings.bounds()).await?;
            }
            if changes.contains(&Changed::Keys) {
                reload_keys(host, reader).await;
            }
            host.put_catalog(catalog);
            *revision = last;
            changes.iter().for_each(|changed| follow_plugins(host, &before, changed));
        }
        Since::TooMuch => {
            let last = reader.revision().await?;
            let before = host.catalog().clone();
            let catalog = Catalog::read(reader, &host.0.settings.bounds(), Some(&before)).await?;
            host.put_catalog(catalog);
            *revision = last;
            tracing::info!(revision = last, "read everything again: more had changed than the store remembers");
        }
    }
    Ok(())
}

/// A ring that is not complete yet must not hold up everything else.
async fn reload_keys(host: &Host, reader: &mut Reader<'_>) {
    if let Err(error) = host.0.keys.reload(reader).await {
        tracing::error!(%error, "keys were rotated by another host: this host's key ring can't be read or lacks the new key");
    }
}

/// Compiles what another host has loaded into a group, and forgets what no group has any more.
fn follow_plugins(host: &Host, before: &Catalog, changed: &Changed) {
    let Changed::Group(id) = changed else { return };
    let catalog = host.catalog();
    if let Some(group) = catalog.group_by_id(id) {
        tokio::spawn(host.clone().compile_group(Arc::clone(group)));
    }
    let had = before.group_by_id(id).into_iter().flat_map(|group| &group.plugins);
    let used = |digest: &Digest| catalog.all_groups().any(|group| group.plugin(digest).is_some());
    let gone = had.map(|entry| &entry.stored.digest).filter(|digest| !used(digest));
    gone.for_each(|digest| host.0.engine.forget(digest));
}
