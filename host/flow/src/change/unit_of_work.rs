//! A unit of work: changes that hold together or not at all. It has the change lock of the host and of the store, one
//! transaction, and a draft of the catalog in which each step sees those before it. A commit makes the transaction durable
//! as one revision, and swaps the draft in; whatever else ends the unit leaves store and catalog as they were.
//!
//! What takes time is done before a unit is begun: it stops every other change, and on SQLite every other writer. So steps
//! take what was checked ([`super::groups::CheckedGroup`], [`super::plugins::CheckedPlugin`]).

use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::{Caller, Digest, Role, Scope, TokenId, TokenRestrictions};
use lockgate_store::{Action, By, Change, StoreError};
use tokio::sync::OwnedMutexGuard;

use crate::change::catch_up::catch_up;
use crate::{Catalog, FlowError, Host};

/// How long the store may take to give the lock: a connection that hangs must not hold up every change.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one step, or the commit, may take: as long as a slow disk needs for the largest component. Every other change
/// waits meanwhile, and on SQLite every other writer.
const STEP: Duration = Duration::from_secs(60);

/// What can be changed of a host. Each method is a unit of work with one step.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'h>(pub(crate) &'h Host);

impl Host {
    /// What can be changed.
    pub fn changes(&self) -> Changes<'_> {
        Changes(self)
    }
}

/// Changes that are made together. Dropped before [`UnitOfWork::commit`], it changes nothing.
#[derive(Debug)]
pub struct UnitOfWork {
    pub(super) host: Host,
    pub(super) caller: Caller,
    by: By,
    change: Change,
    draft: Catalog,
    /// A step has begun to write and not come to its end.
    unfinished: bool,
    /// Plugins whose bytes are gone from the store.
    forgotten: Vec<Digest>,
    /// The revision of the store that the catalog has. Behind the transaction, so that it ends after it.
    revision: OwnedMutexGuard<i64>,
}

impl Changes<'_> {
    /// Waits until nobody else changes anything, takes over what other hosts have changed, and begins to change something
    /// in a caller's name. Nothing else changes until the unit ends.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn begin(self, caller: &Caller) -> Result<UnitOfWork, FlowError> {
        self.begin_by(caller.clone(), Some(caller.token)).await
    }

    /// The same for what the host does by itself, such as noting that a provider has ended a grant.
    pub(crate) async fn begin_own(self, scope: &Scope) -> Result<UnitOfWork, FlowError> {
        let restrictions = TokenRestrictions::default();
        let caller = Caller { token: TokenId::new(), scope: *scope, role: Role::Admin, restrictions };
        self.begin_by(caller, None).await
    }

    async fn begin_by(self, caller: Caller, by: By) -> Result<UnitOfWork, FlowError> {
        let host = self.0.clone();
        let mut revision = Arc::clone(&host.0.change_lock).lock_owned().await;
        let begun = tokio::time::timeout(PATIENCE, async {
            let mut change = host.0.store.begin_change().await?;
            catch_up(&host, &mut revision, &mut change.reader()).await?;
            Ok::<_, FlowError>(change)
        });
        let change = begun.await.map_err(|_| FlowError::Store(StoreError::Silent))??;
        let draft = Catalog::clone(&host.catalog());
        Ok(UnitOfWork { host, caller, by, change, draft, unfinished: false, forgotten: Vec::new(), revision })
    }
}

/// A step that is cancelled when it takes too long.
pub(crate) async fn bounded<T>(step: impl Future<Output = Result<T, FlowError>>) -> Result<T, FlowError> {
    within(STEP, step).await
}

async fn within<T>(time: Duration, step: impl Future<Output = Result<T, FlowError>>) -> Result<T, FlowError> {
    tokio::time::timeout(time, step).await.unwrap_or(Err(FlowError::Store(StoreError::Silent)))
}

impl UnitOfWork {
    /// What is in force once the unit is committed, as far as its steps have come.
    pub fn catalog(&self) -> &Catalog {
        &self.draft
    }

    /// In whose name the store's audit log has the unit.
    pub(super) fn by(&self) -> By {
        self.by
    }

    /// Begins to write a step, which [`Self::written`] completes.
    pub(super) fn write(&mut self) -> &mut Change {
        self.unfinished = true;
        &mut self.change
    }

    /// Reads what the store has.
    pub(super) fn reader(&mut self) -> lockgate_store::Reader<'_> {
        self.change.reader()
    }

    /// Completes a step: the draft takes over what it has written.
    pub(super) async fn written(&mut self) -> Result<(), FlowError> {
        let bounds = self.host.0.settings.bounds();
        for changed in self.change.take_touched() {
            self.draft.reload(&changed, &mut self.change.reader(), &bounds).await?;
        }
        self.unfinished = false;
        Ok(())
    }

    /// Says in the audit log what the steps are as a whole.
    pub(crate) async fn note(&mut self, action: Action, scope: &Scope, subject: &str) -> Result<(), FlowError> {
        let by = self.by;
        self.write().note(action, scope, subject, by).await?;
        self.written().await
    }

    /// The bytes of these plugins are gone once the unit is committed.
    pub(super) fn forget(&mut self, gone: impl IntoIterator<Item = Digest>) {
        self.forgotten.extend(gone);
    }

    /// Makes everything durable, and lets calls see it. Runs to its end when its caller goes away.
    ///
    /// # Errors
    /// The store does not answer, or a step had failed while it wrote. Then nothing has changed.
    pub async fn commit(self) -> Result<(), FlowError> {
        if self.unfinished {
            self.change.rollback().await;
            return Err(FlowError::Store(StoreError::Unfinished));
        }
        let committed = tokio::spawn(self.make_durable()).await;
        committed.unwrap_or_else(|_| Err(FlowError::Store(StoreError::Unfinished)))
    }

    async fn make_durable(self) -> Result<(), FlowError> {
        let Self { host, change, draft, forgotten, mut revision, .. } = self;
        // Should it have been committed after all, the follower of the store's revision sees that.
        let committed = bounded(async { Ok(change.commit().await?) });
        if let Some(number) = committed.await? {
            host.put_catalog(draft);
            // Nobody has to read again here what this host has changed. Should another host have changed something without
            // the lock, all of it is read again.
            if number == *revision + 1 {
                *revision = number;
            }
        }
        let catalog = host.catalog();
        let used = |digest: &Digest| catalog.all_groups().any(|group| group.plugin(digest).is_some());
        forgotten.iter().filter(|digest| !used(digest)).for_each(|digest| host.0.engine.forget(digest));
        Ok(())
    }

    /// Takes everything back. A drop does the same and costs a connection to the store.
    pub async fn rollback(self) {
        self.change.rollback().await;
    }

    /// Ends a unit of one step: commits it, or rolls back what failed.
    pub(crate) async fn end<T>(self, step: Result<T, FlowError>) -> Result<T, FlowError> {
        match step {
            Ok(made) => self.commit().await.map(|()| made),
            Err(error) => {
                self.rollback().await;
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests;
