//! SQL databases among the destinations of the connector's group.
//!
//! ```
//! use lockgate_sdk::prelude::*;
//! # use lockgate_sdk::testing::database::on;
//! # on("SELECT sku, stock FROM products WHERE stock < :below").rows(json!([{ "sku": "desk-oak", "stock": 3 }]));
//!
//! #[derive(Debug, Deserialize)]
//! struct Product {
//!     sku: String,
//!     stock: i64,
//! }
//!
//! fn scarce(below: i64) -> Result<Vec<Product>, Failure> {
//!     database::query("SELECT sku, stock FROM products WHERE stock < :below").bind("below", below).rows()
//! }
//! assert_eq!(scarce(10).unwrap()[0].sku, "desk-oak");
//! ```
//!
//! Where the database is, and who logs in, says the group: no code here knows a host or a password. Values are bound by the
//! server's protocol and never become a part of the statement. Parameters are written in one way for every database:
//! `:name` with [`Query::bind`], or `$1` with [`Query::push`]. `IN (:names)` takes a `Vec`.
//!
//! Columns come into the fields of a struct by their names, or into a tuple by their order; a single column also into a
//! plain value. What would lose something is refused: a decimal goes into a `String`, into a whole number if it is one, and
//! into an `f64` only where [`decimal_as_f64`] says so.
//!
//! What the server refuses is a [`Failure`](crate::Failure) with a code of its own, such as `unique-violation`,
//! `serialization-failure` or `invalid-statement`; its details have the `sqlstate`, and the `constraint`, `table` and `column`
//! that it is about.

mod asked;
mod begin;
mod deserialize;
mod deserialize_value;
mod query;
mod row;
mod rows;
mod transaction;
mod value;

pub(crate) use asked::{Asked, BeginOptions, Parameters, text as options_text};
pub use begin::{Begin, Isolation};
pub use query::{Answer, Query};
pub(crate) use row::Columns;
pub use row::{Column, Row};
pub use rows::Rows;
pub use transaction::Transaction;
pub use value::{Array, Bytes, Dimension, Value};

use crate::Failure;
use serde::{Deserialize, Deserializer, de::Error};

/// A statement, to which its values are bound next.
///
/// ```
/// # use lockgate_sdk::{database, testing::database::on};
/// # on("UPDATE products SET stock = stock + :more WHERE sku = :sku").changed(1);
/// let changed = database::query("UPDATE products SET stock = stock + :more WHERE sku = :sku")
///     .bind("more", 5)
///     .bind("sku", "desk-oak")
///     .execute()
///     .unwrap();
/// assert_eq!(changed, 1);
/// ```
pub fn query(statement: impl Into<String>) -> Query<'static> {
    Query::new(statement.into(), None)
}

/// A transaction that is about to be begun, for those that need another isolation or only read.
///
/// ```
/// # use lockgate_sdk::{Failure, database::{self, Isolation}, testing::database::on};
/// # on("SELECT count(*) FROM products").rows(serde_json::json!([{ "count": 2 }]));
/// let transaction = database::begin().isolation(Isolation::RepeatableRead).read_only().start().unwrap();
/// let count: i64 = transaction.query("SELECT count(*) FROM products").one().unwrap();
/// transaction.commit().unwrap();
/// # assert_eq!(count, 2);
/// ```
pub fn begin() -> Begin {
    Begin::default()
}

/// Runs something in a transaction: committed when it succeeds, rolled back when it fails, panics or runs out of time.
///
/// ```
/// # use lockgate_sdk::{Failure, database, testing::database::{on, statements}};
/// # on("UPDATE products SET stock = stock - :n WHERE sku = :sku AND stock >= :n").changed(0);
/// let sold = database::transaction(|transaction| {
///     let statement = "UPDATE products SET stock = stock - :n WHERE sku = :sku AND stock >= :n";
///     match transaction.query(statement).bind("n", 9).bind("sku", "desk-oak").execute()? {
///         0 => Err(Failure::new("out_of_stock", "fewer than 9 are left")),
///         _ => Ok(()),
///     }
/// });
/// assert_eq!(sold.unwrap_err().code(), "out_of_stock");
/// # assert_eq!(statements().last().unwrap().statement, "ROLLBACK");
/// ```
///
/// # Errors
/// Those of the work, and of beginning and committing.
pub fn transaction<T, E: From<Failure>>(work: impl FnOnce(&Transaction) -> Result<T, E>) -> Result<T, E> {
    begin().run(work)
}

/// For a field of type `f64` whose column is a decimal: takes the number that is next to it, of some 16 digits.
///
/// ```
/// # use lockgate_sdk::{database, prelude::*, testing::database::{Answer, on}};
/// # on("SELECT rate FROM rates").answer(Answer::new(["rate"]).row([database::Value::Decimal("1.10".to_owned())]));
/// #[derive(Deserialize)]
/// struct Rate {
///     #[serde(deserialize_with = "database::decimal_as_f64")]
///     rate: f64,
/// }
/// assert_eq!(database::query("SELECT rate FROM rates").one::<Rate>().unwrap().rate, 1.1);
/// ```
///
/// # Errors
/// It is no number.
pub fn decimal_as_f64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| D::Error::custom(format!("`{text}` is no number")))
}
