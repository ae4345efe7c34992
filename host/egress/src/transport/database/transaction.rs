//! Transactions and answers that are read in steps, as callers hold them. Dropped, a transaction is rolled back, and what
//! still runs in it is cancelled.

use std::sync::Arc;

use lockgate_domain::database::Engine;
use tokio::sync::Mutex;

use super::conversation::Conversation;
use super::request::{Bound, Query, invalid};
use super::rows::{Answer, Column, Row};
use super::steps::Stepwise;
use crate::EgressError;
use crate::connect::Timeouts;

/// A transaction that was begun.
pub struct Transaction {
    engine: Engine,
    read_only: bool,
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
    pub(super) fn new(conversation: Conversation, read_only: bool) -> Self {
        let engine = conversation.engine();
        Self { engine, read_only, conversation: Arc::new(Mutex::new(Some(conversation))) }
    }

    /// A statement as it is sent, if it can neither end the transaction nor begin another in its place.
    fn bind(&self, query: &Query) -> Result<Bound, EgressError> {
        let bound = query.bind(self.engine)?;
        if bound.wraps_another {
            return Err(invalid(
                "a statement inside of another is no statement of a transaction: expected it by itself".to_owned(),
            ));
        }
        let by_the_server = match self.engine {
            Engine::Postgresql => true,
            // What runs code there can commit, and begin a transaction that writes.
            Engine::Redshift | Engine::Mysql => false,
        };
        if self.read_only && !by_the_server && !bound.only_reads && !bound.of_savepoint {
            return Err(invalid(
                "the transaction only reads: expected SELECT, or a transaction without `read_only`".to_owned(),
            ));
        }
        Ok(bound)
    }

    /// Runs a statement in it.
    ///
    /// # Errors
    /// It is not valid, there is no answer, or the transaction is over.
    pub async fn run(&self, query: &Query) -> Result<Answer, EgressError> {
        let bound = self.bind(query)?;
        let mut held = self.conversation.lock().await;
        let answer = open(&mut held)?.run(&bound, query.max_rows, &query.timeouts).await;
        still_open(&mut held, answer.is_ok())?;
        answer
    }

    /// Runs a statement in it whose rows are read in steps.
    ///
    /// # Errors
    /// As of [`Self::run`].
    pub async fn open(&self, query: &Query) -> Result<Rows, EgressError> {
        let bound = self.bind(query)?;
        let mut held = self.conversation.lock().await;
        let answer = open(&mut held)?.open(&bound, &query.timeouts).await?;
        still_open(&mut held, true)?;
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

impl Drop for Rows {
    fn drop(&mut self) {
        self.answer.leave();
        // Who asks for something just now finds that nobody reads these rows any more.
        if let Ok(mut held) = self.conversation.try_lock()
            && let Some(conversation) = held.as_mut()
        {
            conversation.forget_left();
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
            conversation.end_of_rows().await?;
        }
        Ok(rows)
    }
}

fn open(held: &mut Option<Conversation>) -> Result<&mut Conversation, EgressError> {
    if held.as_ref().is_some_and(Conversation::is_outside) {
        *held = None;
    }
    held.as_mut().ok_or_else(over)
}

/// A statement can't end the transaction that it is in: what follows would be outside of one.
fn still_open(held: &mut Option<Conversation>, answered: bool) -> Result<(), EgressError> {
    if !answered || !held.as_ref().is_some_and(Conversation::is_outside) {
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
