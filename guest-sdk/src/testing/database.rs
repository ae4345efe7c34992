//! Answers to [`database`](crate::database) statements, and a record of what was asked. No statement leaves the test.
//!
//! ```
//! use lockgate_sdk::{database, prelude::json, testing::database::{on, statements}};
//!
//! on("SELECT stock FROM products WHERE sku = :sku").rows(json!([{ "stock": 3 }]));
//!
//! let query = database::query("SELECT stock FROM products WHERE sku = :sku").bind("sku", "desk-oak");
//! assert_eq!(query.one::<i64>().unwrap(), 3);
//! assert_eq!(statements()[0].parameters, [("sku".to_owned(), "desk-oak".into())]);
//! ```
//!
//! Statements are compared as texts, whatever stands between their words. One without an answer fails with the code
//! `unexpected_statement`, and says which answers there are. `BEGIN`, `COMMIT` and `ROLLBACK` are recorded as statements, and
//! succeed unless an answer says otherwise.

use crate::{
    Failure,
    database::{Column, Value},
    host::native::{self, database::plain},
};

/// Begins an answer to one statement.
pub fn on(statement: &str) -> On {
    On(plain(statement))
}

/// A statement that will have an answer.
#[derive(Debug)]
#[must_use = "without `answer`, `rows`, `changed` or `fail` nothing is set"]
pub struct On(String);

impl On {
    /// Sets the answer. It is used once; several for one statement are used in the order in which they were set.
    pub fn answer(self, answer: Answer) {
        self.set(Ok(answer));
    }

    /// Sets rows as a JSON list of objects, whose first has the columns in the order of their names. Objects and lists in
    /// them are JSON values of the database.
    pub fn rows(self, rows: serde_json::Value) {
        let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_value(rows).unwrap_or_default();
        let columns: Vec<String> = rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default();
        let one = |row: &serde_json::Map<String, serde_json::Value>| {
            columns.iter().map(|column| value(row.get(column).cloned().unwrap_or_default())).collect::<Vec<_>>()
        };
        let answer = rows.iter().map(one).fold(Answer::new(&columns), Answer::row);
        self.answer(answer);
    }

    /// Sets how many rows the statement changed.
    pub fn changed(self, rows: u64) {
        self.answer(Answer::new([""; 0]).changed(rows));
    }

    /// Sets a failure of the host, as `unique-violation` or `connect`.
    ///
    /// ```
    /// # use lockgate_sdk::{Failure, database, testing::database::on};
    /// on("COMMIT").fail(Failure::new("serialization-failure", "met another transaction").retryable());
    /// let committed = database::begin().start().unwrap().commit();
    /// assert!(committed.unwrap_err().is_retryable());
    /// ```
    pub fn fail(self, failure: Failure) {
        self.set(Err(failure));
    }

    fn set(self, answer: Result<Answer, Failure>) {
        native::STATE.with_borrow_mut(|state| state.database.answers.push_back((self.0, answer)));
    }
}

fn value(json: serde_json::Value) -> Value {
    match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => value.into(),
        serde_json::Value::String(text) => text.into(),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), ..) => whole.into(),
            (None, Some(whole), _) => whole.into(),
            (None, None, float) => float.into(),
        },
        other => other.into(),
    }
}

/// What a statement gets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) changed: Option<u64>,
}

impl Answer {
    /// With columns of these names, and no rows.
    pub fn new(columns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let column = |name: &str| Column { name: name.to_owned(), type_name: "text".to_owned() };
        let columns = columns.into_iter().map(|name| column(name.as_ref())).collect();
        Self { columns, ..Self::default() }
    }

    /// Adds a row.
    ///
    /// ```
    /// # use lockgate_sdk::{database::{self, Value}, testing::database::{Answer, on}};
    /// on("SELECT day, sum FROM sales").answer(
    ///     Answer::new(["day", "sum"]).row([Value::Date("2026-11-29".to_owned()), Value::Decimal("1.10".to_owned())]),
    /// );
    /// let rows = database::query("SELECT day, sum FROM sales").rows::<(String, String)>().unwrap();
    /// assert_eq!(rows, [("2026-11-29".to_owned(), "1.10".to_owned())]);
    /// ```
    #[must_use]
    pub fn row(mut self, values: impl IntoIterator<Item = Value>) -> Self {
        self.rows.push(values.into_iter().collect());
        self
    }

    /// Sets how many rows were changed.
    #[must_use]
    pub fn changed(mut self, rows: u64) -> Self {
        self.changed = Some(rows);
        self
    }
}

/// A statement that was sent.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// Its text.
    pub statement: String,
    /// The values with the names that they were bound to, or `$1` and so on.
    pub parameters: Vec<(String, Value)>,
    /// Its options, as the JSON text of the contract.
    pub options: Option<String>,
    /// Whether it was sent in a transaction.
    pub in_transaction: bool,
}

/// Takes the statements that were sent in this thread.
pub fn statements() -> Vec<Statement> {
    native::STATE.with_borrow_mut(|state| std::mem::take(&mut state.database.statements))
}

/// Fails when an answer was set and not used.
///
/// # Panics
/// It names the statements that nobody sent.
///
/// ```
/// use lockgate_sdk::{database, testing::database::{assert_all_used, on}};
/// on("DELETE FROM carts").changed(0);
/// database::query("DELETE FROM carts").execute().unwrap();
/// assert_all_used();
/// ```
pub fn assert_all_used() {
    native::STATE.with_borrow(|state| {
        let left: Vec<_> = state.database.answers.iter().map(|(statement, _)| statement.as_str()).collect();
        assert!(left.is_empty(), "nobody sent {}", left.join("; "));
    });
}
