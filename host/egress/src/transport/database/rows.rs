//! Answers as callers get them.

use lockgate_domain::database::Value;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name that the statement gives it.
    pub name: String,
    /// The type, as the server names it.
    pub type_name: String,
}

/// The values of a row, one for each column.
pub type Row = Vec<Value>;

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// The columns; none of a statement that gives no rows.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// How many rows were changed, of a statement that changes rows.
    pub changed: Option<u64>,
    /// Whether there are more rows than were asked for.
    pub more: bool,
}

/// What a server says about a statement before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The types of its parameters, by their order; none where the server does not know them.
    pub parameters: Vec<Option<String>>,
    /// The columns of its rows.
    pub columns: Vec<Column>,
}
