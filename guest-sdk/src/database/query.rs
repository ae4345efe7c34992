//! One statement: built, sent and read.

use super::{Asked, Columns, Parameters, Row, Rows, Value};
use crate::{Failure, host};
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};

/// A statement with its values, made by [`query`](super::query) or [`Transaction::query`](super::Transaction::query).
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is sent"]
pub struct Query<'t> {
    asked: Asked,
    /// Whether values were bound both by name and by number.
    mixed: bool,
    transaction: Option<&'t host::database::Transaction>,
}

/// A whole answer, with the names of its columns.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many rows were inserted, changed or removed, of a statement that does that and whose rows were all read.
    pub changed: Option<u64>,
    /// Whether there are more rows than [`Query::max_rows`] asked for.
    pub more: bool,
}

impl<'t> Query<'t> {
    pub(super) fn new(statement: String, transaction: Option<&'t host::database::Transaction>) -> Self {
        let asked = Asked { statement, ..Asked::default() };
        Self { asked, mixed: false, transaction }
    }

    /// Binds a value to `:name`.
    pub fn bind(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let bound = (name.into(), value.into());
        match &mut self.asked.parameters {
            Parameters::Named(values) => values.push(bound),
            Parameters::Numbered(values) => {
                self.mixed |= !values.is_empty();
                self.asked.parameters = Parameters::Named(vec![bound]);
            }
        }
        self
    }

    /// Binds a value to the next of `$1`, `$2` and so on.
    pub fn push(mut self, value: impl Into<Value>) -> Self {
        match &mut self.asked.parameters {
            Parameters::Numbered(values) => values.push(value.into()),
            Parameters::Named(_) => self.mixed = true,
        }
        self
    }

    /// The database, by the `name` of its destination; needed where the group has several. A transaction has its own.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.asked.options.database = Some(name.into());
        self
    }

    /// Lets the server refuse what changes anything. For a transaction [`Begin::read_only`](super::Begin::read_only) says it.
    pub fn read_only(mut self) -> Self {
        self.asked.options.read_only = true;
        self
    }

    /// Reads at most so many rows. Without it all are read, and more than the group's `limits.rows` are a failure with the
    /// code `too-large`.
    pub fn max_rows(mut self, max: u64) -> Self {
        self.asked.options.max_rows = Some(max);
        self
    }

    /// The longest time until there is a session, or until one becomes free; within the call's deadline, as all times are.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.asked.options.connect = Some(time);
        self
    }

    /// The longest time from the sent statement to the beginning of its answer.
    pub fn first_byte_timeout(mut self, time: Duration) -> Self {
        self.asked.options.first_byte = Some(time);
        self
    }

    /// The longest time to the end of the answer.
    pub fn total_timeout(mut self, time: Duration) -> Self {
        self.asked.options.total = Some(time);
        self
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// Those of the host, and `invalid_row` for a row that does not fit the type.
    pub fn rows<T: DeserializeOwned>(self) -> Result<Vec<T>, Failure> {
        self.answer()?.rows.into_iter().map(Row::read).collect()
    }

    /// Reads the only row.
    ///
    /// ```
    /// # use lockgate_sdk::{database, prelude::json, testing::database::on};
    /// # on("SELECT sku FROM products WHERE id = $1").rows(json!([]));
    /// let found = database::query("SELECT sku FROM products WHERE id = $1").push(7).one::<String>();
    /// assert_eq!(found.unwrap_err().code(), "no_row");
    /// ```
    ///
    /// # Errors
    /// As for [`rows`](Self::rows); `no_row` when there is none, `several_rows` when there are more.
    pub fn one<T: DeserializeOwned>(self) -> Result<T, Failure> {
        self.optional()?.ok_or_else(|| Failure::new("no_row", "the statement gave no row, and one was expected"))
    }

    /// Reads the only row, if there is one.
    ///
    /// # Errors
    /// As for [`rows`](Self::rows); `several_rows` when there are more than one.
    pub fn optional<T: DeserializeOwned>(self) -> Result<Option<T>, Failure> {
        // A second one says that there is not only one.
        let mut rows = self.max_rows(2).answer()?.rows.into_iter();
        match (rows.next(), rows.next()) {
            (_, Some(_)) => Err(Failure::new("several_rows", "the statement gave several rows, and one was expected")),
            (row, None) => row.map(Row::read).transpose(),
        }
    }

    /// Runs it for its effect: how many rows were inserted, changed or removed, and 0 for a statement that does none of that.
    ///
    /// # Errors
    /// Those of the host.
    pub fn execute(self) -> Result<u64, Failure> {
        let (asked, transaction) = self.checked()?;
        match transaction {
            Some(transaction) => transaction.execute(asked),
            None => host::database::execute(asked),
        }
    }

    /// Reads rows as they come, in steps that the host chooses: any number of them, in little memory.
    ///
    /// ```
    /// # use lockgate_sdk::{Failure, database, prelude::json, testing::database::on};
    /// # on("SELECT price FROM items").rows(json!([{ "price": 3 }, { "price": 4 }]));
    /// let mut sum = 0;
    /// for price in database::query("SELECT price FROM items").stream::<i64>().unwrap() {
    ///     sum += price.unwrap();
    /// }
    /// assert_eq!(sum, 7);
    /// ```
    ///
    /// # Errors
    /// Those of the host. A row that does not fit is an error of the iterator.
    pub fn stream<T: DeserializeOwned>(self) -> Result<Rows<T>, Failure> {
        let (asked, transaction) = self.checked()?;
        let rows = match transaction {
            Some(transaction) => transaction.start(asked),
            None => host::database::start(asked),
        };
        rows.map(Rows::new)
    }

    /// Reads the whole answer, for statements whose columns are not known before.
    ///
    /// # Errors
    /// Those of the host.
    pub fn answer(self) -> Result<Answer, Failure> {
        let (asked, transaction) = self.checked()?;
        let answer = match transaction {
            Some(transaction) => transaction.query(asked),
            None => host::database::query(asked),
        }?;
        let columns = Arc::new(Columns::new(answer.columns));
        let rows = answer.rows.into_iter().map(|values| Row::new(Arc::clone(&columns), values)).collect();
        Ok(Answer { rows, changed: answer.changed, more: answer.more })
    }

    fn checked(self) -> Result<(Asked, Option<&'t host::database::Transaction>), Failure> {
        if self.mixed {
            let message = "values were bound both with `bind` and with `push`: a statement has one kind of parameters";
            return Err(Failure::new("invalid-request", message));
        }
        Ok((self.asked, self.transaction))
    }
}
