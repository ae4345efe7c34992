//! Transactions.

use super::Query;
use crate::{Failure, host};

/// A transaction. Without [`commit`](Self::commit) it is rolled back when it is dropped, and also when the connector panics
/// or runs out of time.
#[derive(Debug)]
#[must_use = "dropped, it is rolled back"]
pub struct Transaction(host::database::Transaction);

impl Transaction {
    pub(super) fn new(transaction: host::database::Transaction) -> Self {
        Self(transaction)
    }

    /// A statement of the transaction.
    pub fn query(&self, statement: impl Into<String>) -> Query<'_> {
        Query::new(statement.into(), Some(&self.0))
    }

    /// Makes what was done in it last.
    ///
    /// ```
    /// # use lockgate_sdk::{database, testing::database::{on, statements}};
    /// # on("DELETE FROM carts WHERE age > 30").changed(2);
    /// let transaction = database::begin().start().unwrap();
    /// transaction.query("DELETE FROM carts WHERE age > 30").execute().unwrap();
    /// transaction.commit().unwrap();
    /// # assert_eq!(statements().last().unwrap().statement, "COMMIT");
    /// ```
    ///
    /// # Errors
    /// Nothing was committed: a statement had failed before, or the server refuses it now. After `timeout` and `protocol`
    /// nobody knows.
    pub fn commit(self) -> Result<(), Failure> {
        self.0.commit()
    }

    /// Undoes what was done in it.
    ///
    /// # Errors
    /// The server did not answer. It undoes it when it notices that nobody is there.
    pub fn roll_back(self) -> Result<(), Failure> {
        self.0.roll_back()
    }
}
