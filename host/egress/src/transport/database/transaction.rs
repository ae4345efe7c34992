//! Transactions and answers that are read in steps, as callers hold them. Dropped, a transaction is rolled back, and what
//! still runs in it is cancelled.

use std::sync::Arc;

use lockgate_domain::database::Engine;
use tokio::sync::Mutex;

use super::conversation::{Conversation, Stepwise};
use super::request::{Query, invalid};
use super::rows::{Answer, Column, Row};
use crate::EgressError;
use crate::connect::Timeouts;

/// A transaction that was begun.
pub struct Transaction {
    engine: Engine,
    conversation: Arc<Mutex<Option<Conversation>>>,
}

/// The rows of one statement, read in steps.
pub struct Rows {
    conversation: Arc<Mutex<Option<Conversation>>>,
    answer: Stepwise,
    timeouts: Timeouts,
    /// Whether the transaction is there for these rows alone, and ends with them.
    alone: bool,
}

impl Transaction {
    pub(super) fn new(conversation: Conversation) -> Self {
        Self { engine: conversation.engine(), conversation: Arc::new(Mutex::new(Some(conversation))) }
    }

    /// Runs a statement in it.
    ///
    /// # Errors
    /// It is not valid, there is no answer, or the transaction is over.
    pub async fn run(&self, query: &Query) -> Result<Answer, EgressError> {
        let bound = query.bind(self.engine)?;
        let mut held = self.conversation.lock().await;
        let answer = open(&mut held)?.run(&bound, query.max_rows, &query.timeouts).await;
        still_open(&mut held, answer.is_ok()).await?;
        answer
    }

    /// Runs a statement in it whose rows are read in steps.
    ///
    /// # Errors
    /// As of [`Self::run`].
    pub async fn open(&self, query: &Query) -> Result<Rows, EgressError> {
        let bound = query.bind(self.engine)?;
        let mut held = self.conversation.lock().await;
        let answer = open(&mut held)?.open(&bound, &query.timeouts).await?;
        Ok(Rows { conversation: Arc::clone(&self.conversation), answer, timeouts: query.timeouts, alone: false })
    }

    /// Makes what was done last.
    ///
    /// # Errors
    /// It was not committed; or, if the server did not answer, nobody knows whether it was.
    pub async fn commit(self) -> Result<(), EgressError> {
        self.take().await?.commit().await
    }

    /// Undoes what was done.
    ///
    /// # Errors
    /// The server did not answer: it will undo it when it notices that nobody is there.
    pub async fn roll_back(self) -> Result<(), EgressError> {
        self.take().await?.roll_back().await
    }

    async fn take(&self) -> Result<Conversation, EgressError> {
        self.conversation.lock().await.take().ok_or_else(over)
    }
}

impl Drop for Transaction {
    /// It ends here, though somebody may still have rows of it.
    fn drop(&mut self) {
        // Who reads such rows just now has a part of the session's answer; the transaction ends with them then.
        if let Ok(mut held) = self.conversation.try_lock() {
            drop(held.take());
        }
    }
}

impl Rows {
    pub(super) async fn alone(mut conversation: Conversation, query: &Query) -> Result<Self, EgressError> {
        let bound = query.bind(conversation.engine())?;
        conversation.begin(super::Isolation::default(), query.read_only, bound.keeps).await?;
        let answer = conversation.open(&bound, &query.timeouts).await?;
        let conversation = Arc::new(Mutex::new(Some(conversation)));
        Ok(Self { conversation, answer, timeouts: query.timeouts, alone: true })
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.answer.columns()
    }

    /// The next rows, at least one and at most `max`; none at the end.
    ///
    /// # Errors
    /// There are no further rows, or their transaction is over.
    pub async fn next(&mut self, max: usize) -> Result<Vec<Row>, EgressError> {
        let mut held = self.conversation.lock().await;
        let Some(conversation) = held.as_mut() else {
            return if self.answer.ended() { Ok(Vec::new()) } else { Err(over()) };
        };
        let rows = conversation.more(&mut self.answer, max.max(1), &self.timeouts).await?;
        if self.alone
            && self.answer.ended()
            && let Some(mut conversation) = held.take()
        {
            conversation.commit().await?;
        }
        Ok(rows)
    }
}

fn open(held: &mut Option<Conversation>) -> Result<&mut Conversation, EgressError> {
    held.as_mut().ok_or_else(over)
}

/// A statement can't end the transaction that it is in: what follows would be outside of one.
async fn still_open(held: &mut Option<Conversation>, answered: bool) -> Result<(), EgressError> {
    let Some(conversation) = held.as_mut().filter(|_| answered) else { return Ok(()) };
    if conversation.in_transaction().await {
        return Ok(());
    }
    *held = None;
    Err(invalid("the statement ended the transaction that it was in".to_owned()))
}

fn over() -> EgressError {
    invalid("the transaction is over".to_owned())
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transaction({})", self.engine)
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rows({} columns)", self.columns().len())
    }
}
