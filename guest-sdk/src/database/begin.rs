//! How a transaction is begun.

use super::{Transaction, asked::BeginOptions};
use crate::{Failure, host};
use serde::Serialize;
use std::time::Duration;

/// What a transaction sees of others (ISO 9075).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other. One that can't is refused with `serialization-failure`, and may succeed
    /// when all of it is done again.
    Serializable,
}

/// A transaction that is about to be begun, made by [`begin`](super::begin).
#[derive(Debug, Clone, Default)]
#[must_use = "without `start` or `run` nothing is begun"]
pub struct Begin(BeginOptions);

impl Begin {
    /// The database, by the `name` of its destination; needed where the group has several.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.0.database = Some(name.into());
        self
    }

    /// Lets the server refuse what changes anything.
    pub fn read_only(mut self) -> Self {
        self.0.read_only = true;
        self
    }

    /// What it sees of others; without it [`Isolation::ReadCommitted`].
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.0.isolation = Some(isolation);
        self
    }

    /// The longest time until there is a session, or until one becomes free.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.0.connect = Some(time);
        self
    }

    /// Begins it.
    ///
    /// # Errors
    /// Code `denied` when the group does not grant `database`; those of the connection, as `connect` and `timeout`.
    pub fn start(self) -> Result<Transaction, Failure> {
        host::database::begin(&self.0).map(Transaction::new)
    }

    /// Runs something in it, as [`transaction`](super::transaction) does.
    ///
    /// # Errors
    /// Those of the work, and of beginning and committing.
    pub fn run<T, E: From<Failure>>(self, work: impl FnOnce(&Transaction) -> Result<T, E>) -> Result<T, E> {
        let transaction = self.start()?;
        // Dropped, it is rolled back.
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }
}
