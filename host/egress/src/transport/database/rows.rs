//! Answers as callers get them.

use std::sync::Arc;

use lockgate_domain::database::Value;

use crate::scrub::Scrubber;

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The name that the statement gives it.
    pub name: String,
    /// The type, as the server names it.
    pub type_name: String,
}

impl Column {
    /// What it takes in the host.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.type_name.len()
    }

    /// The same without what logged in, which a server may repeat.
    pub(super) fn cleaned(&self, scrubber: &Arc<Scrubber>) -> Self {
        Self { name: scrubber.clean_text(&self.name), type_name: scrubber.clean_text(&self.type_name) }
    }
}

impl Described {
    /// As [`Column::cleaned`].
    pub(super) fn cleaned(&self, scrubber: &Arc<Scrubber>) -> Self {
        let parameter = |own: &Option<String>| own.as_ref().map(|own| scrubber.clean_text(own));
        Self {
            parameters: self.parameters.iter().map(parameter).collect(),
            columns: self.columns.iter().map(|column| column.cleaned(scrubber)).collect(),
        }
    }
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
    /// What it takes in the host, as `upstream_body_bytes` counts it.
    pub bytes: u64,
}

/// What a server says about a statement before it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The types of its parameters, by their order; none where the server does not know them.
    pub parameters: Vec<Option<String>>,
    /// The columns of its rows.
    pub columns: Vec<Column>,
}
