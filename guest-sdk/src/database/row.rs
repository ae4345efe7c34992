//! Rows and their columns.

use super::{Value, deserialize::RowDeserializer};
use crate::Failure;
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name that the statement gives it.
    pub name: String,
    /// The name of its type, as the server gives it.
    pub type_name: String,
}

/// The columns of an answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(super) list: Vec<Column>,
    /// One that has the name of another.
    pub(super) duplicate: Option<usize>,
}

impl Columns {
    pub(crate) fn new(list: Vec<Column>) -> Self {
        let repeats = |(at, column): (usize, &Column)| list.iter().take(at).any(|other| other.name == column.name);
        let duplicate = list.iter().enumerate().position(repeats);
        Self { list, duplicate }
    }
}

/// One row, with the names of its columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    columns: Arc<Columns>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) fn new(columns: Arc<Columns>, values: Vec<Value>) -> Self {
        Self { columns, values }
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns.list
    }

    /// Its values, one for each column.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of the first column with a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let index = self.columns.list.iter().position(|column| column.name == name)?;
        self.values.get(index)
    }

    /// Reads it as a value of a type: a struct or map by the names of the columns, a tuple by their order, a single column
    /// also as a plain value. Columns that the type does not have are ignored.
    ///
    /// ```
    /// # use lockgate_sdk::{database, prelude::*, testing::database::on};
    /// # on("SELECT * FROM products").rows(json!([{ "sku": "desk-oak", "stock": 3 }]));
    /// #[derive(Debug, Deserialize)]
    /// struct Product {
    ///     sku: String,
    ///     price: String,
    /// }
    /// let row = database::query("SELECT * FROM products").answer().unwrap().rows.remove(0);
    /// let failure = row.read::<Product>().unwrap_err();
    /// assert_eq!(failure.to_string(), "invalid_row: the row does not fit: missing field `price`");
    /// ```
    ///
    /// # Errors
    /// `invalid_row`: a column is missing, has the name of another, or a value that does not fit.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Failure> {
        T::deserialize(RowDeserializer { columns: &self.columns, values: self.values })
            .map_err(|error| Failure::new("invalid_row", format!("the row does not fit: {error}")))
    }
}
