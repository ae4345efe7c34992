//! A statement that a server has prepared, and what comes of it.

use std::ops::Range;
use std::sync::Arc;

use lockgate_domain::database::Value;
use postgres_protocol::message::backend::DataRowBody;

use super::super::failed::Failed;
use super::super::rows::{Column, Row};
use super::types::Type;
use super::wire::{items, out_of_turn};
use super::{encode, text};

/// A statement that the server has prepared.
#[derive(Debug)]
pub(in super::super) struct Prepared {
    pub(super) name: String,
    pub(super) parameters: Vec<Type>,
    pub(super) types: Vec<Type>,
    pub(super) columns: Arc<[Column]>,
}

/// How far an answer came.
#[derive(Debug)]
pub(in super::super) enum Ended {
    /// To its end, with the number of rows that were changed, if that is what it does.
    Whole(Option<u64>),
    /// As many rows were read as were asked for, and there may be more.
    More,
}

/// The next part of an answer.
#[derive(Debug)]
pub(in super::super) enum Step {
    Row(RawRow),
    Ended(Ended),
}

/// A row as it came.
#[derive(Debug)]
pub(in super::super) struct RawRow {
    pub(super) prepared: Arc<Prepared>,
    pub(super) body: DataRowBody,
}

impl Prepared {
    pub(in super::super) fn columns(&self) -> &Arc<[Column]> {
        &self.columns
    }

    /// What it takes in the host.
    pub(in super::super) fn bytes(&self) -> usize {
        let kinds = self.parameters.iter().chain(&self.types).map(|own| size_of::<Type>() + own.name.len());
        kinds.sum::<usize>() + self.columns.iter().map(Column::bytes).sum::<usize>()
    }

    /// Parameters as they are sent; none for NULL.
    pub(in super::super) fn encode(&self, values: &[Value]) -> Result<Vec<Option<String>>, Failed> {
        self.parameters.iter().zip(values).map(|(own, value)| encode::parameter(own, value)).collect()
    }

    /// The names of the types of its parameters.
    pub(in super::super) fn parameters(&self) -> impl Iterator<Item = String> {
        self.parameters.iter().map(Type::shown)
    }
}

impl RawRow {
    /// How large it is.
    pub(in super::super) fn bytes(&self) -> usize {
        self.body.buffer().len()
    }

    /// How many values it has.
    pub(in super::super) fn columns(&self) -> usize {
        self.prepared.types.len()
    }

    /// Its values. Items of arrays and names of types come off `room`.
    pub(in super::super) fn read(&self, room: &mut u64) -> Result<Row, Failed> {
        let ranges = items(self.body.ranges())?;
        if ranges.len() != self.prepared.types.len() {
            return Err(Failed::Broken("a row has another number of values than the answer has columns".to_owned()));
        }
        let mut value = |(range, own): (Option<Range<usize>>, &Type)| match range {
            None => Ok(Value::NULL),
            Some(range) => text::value(own, self.body.buffer().get(range).ok_or_else(out_of_turn)?, room),
        };
        ranges.into_iter().zip(&self.prepared.types).map(&mut value).collect()
    }
}

/// The rows that a command changed, from its tag, such as `INSERT 0 5`. That of `CREATE TABLE … AS` is the one of a query.
pub(super) fn changed(tag: &str) -> Option<u64> {
    let mut words = tag.split(' ');
    let changes = words.next().is_some_and(|verb| ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"].contains(&verb));
    words.next_back().filter(|_| changes).and_then(|count| count.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_counts_the_rows_that_were_changed() {
        for (tag, rows) in [("INSERT 0 5", 5), ("UPDATE 0", 0), ("DELETE 2", 2), ("MERGE 3", 3), ("COPY 7", 7)] {
            assert_eq!(changed(tag), Some(rows), "{tag}");
        }
        for tag in ["SELECT 5", "CREATE TABLE", "INSERT", "COPY x", ""] {
            assert_eq!(changed(tag), None, "{tag}");
        }
    }
}
