//! Statements that a server has prepared, and the rows that they give.

use std::sync::Arc;

use bytes::Bytes;
use lockgate_domain::database::{Scalar, Value};

use super::super::failed::Failed;
use super::super::rows::{Column, Row};
use super::column::{self, Type};
use super::fields::Fields;
use super::message::OK;
use super::value;

/// As many as a table of MySQL can have.
pub(super) const COLUMNS_MAX: u64 = 4_096;
/// Bits before those of the first column that say which values are NULL.
const NULLS_FROM: usize = 2;

/// A statement that the server has prepared.
#[derive(Debug)]
pub(in super::super) struct Prepared {
    /// What the server calls it.
    pub(super) number: u32,
    pub(super) text: Arc<str>,
    pub(super) parameters: usize,
    pub(super) shape: Arc<Shape>,
}

/// The columns of an answer. The server knows them to the end only when it runs the statement: those that are made of
/// parameters have no type before.
#[derive(Debug)]
pub(super) struct Shape {
    types: Vec<Type>,
    columns: Arc<[Column]>,
}

/// A row as it came.
#[derive(Debug)]
pub(in super::super) struct RawRow {
    pub(super) shape: Arc<Shape>,
    pub(super) message: Bytes,
    /// Whether the session's time zone is UTC.
    pub(super) utc: bool,
}

impl Prepared {
    pub(in super::super) fn columns(&self) -> &Arc<[Column]> {
        &self.shape.columns
    }

    /// What it takes in the host.
    pub(in super::super) fn bytes(&self) -> usize {
        let kinds = self.shape.types.iter().map(|own| size_of::<Type>() + own.described.len());
        kinds.sum::<usize>() + self.shape.columns.iter().map(Column::bytes).sum::<usize>()
    }

    /// How many parameters it has. MySQL names no types of them.
    pub(in super::super) fn parameters(&self) -> usize {
        self.parameters
    }
}

impl Shape {
    /// Reads descriptions of columns.
    pub(super) fn read(described: &[Bytes]) -> Result<Arc<Self>, Failed> {
        let (mut types, mut columns) = (Vec::with_capacity(described.len()), Vec::with_capacity(described.len()));
        for one in described {
            let (own, column) = column::column(one)?;
            types.push(own);
            columns.push(column);
        }
        Ok(Arc::new(Self { types, columns: columns.into() }))
    }

    /// Whether these are the columns that are described.
    pub(super) fn is(&self, described: &[Bytes]) -> bool {
        self.types.len() == described.len() && self.types.iter().zip(described).all(|(own, one)| own.described == *one)
    }
}

impl RawRow {
    /// How large it is.
    pub(in super::super) fn bytes(&self) -> usize {
        self.message.len()
    }

    /// How many values it has.
    pub(in super::super) fn columns(&self) -> usize {
        self.shape.types.len()
    }

    /// Its values.
    pub(in super::super) fn read(&self) -> Result<Row, Failed> {
        let mut fields = Fields::of(&self.message);
        let types = &self.shape.types;
        if fields.u8()? != OK {
            return Err(Failed::Broken("a row of the server is none".to_owned()));
        }
        let nulls = fields.take((types.len() + NULLS_FROM).div_ceil(8))?;
        let mut row = Row::with_capacity(types.len());
        for (at, own) in types.iter().enumerate() {
            let bit = at + NULLS_FROM;
            let is_null = nulls.get(bit / 8).is_some_and(|byte| byte & 1 << (bit % 8) != 0);
            let scalar = if is_null { Scalar::Null } else { value::value(own, &mut fields, self.utc)? };
            row.push(Value::Scalar(scalar));
        }
        if !fields.is_empty() {
            return Err(Failed::Broken("a row of the server has more values than the answer has columns".to_owned()));
        }
        Ok(row)
    }
}

#[cfg(test)]
mod tests {
    use super::column::described;
    use super::*;

    fn row(columns: usize, message: &'static [u8]) -> Result<Row, Failed> {
        let shape = Shape::read(&vec![described(1, 0, 63, 0); columns]).unwrap();
        RawRow { shape, message: Bytes::from_static(message), utc: true }.read()
    }

    #[test]
    fn values_and_nulls_are_told_apart() {
        let int = |value| Value::Scalar(Scalar::Int64(value));
        assert_eq!(row(2, b"\0\x04\x07").unwrap(), [Value::NULL, int(7)]);
        // The seventh column is the first of the second byte.
        let mut expected = vec![int(1); 6];
        expected.push(Value::NULL);
        assert_eq!(row(7, b"\0\0\x01\x01\x01\x01\x01\x01\x01").unwrap(), expected);
    }

    #[test]
    fn rows_of_another_length_are_refused() {
        for message in [&b""[..], b"\0", b"\0\0", b"\0\0\x01", b"\0\0\x01\x02\x03", b"\xFE\0\x01\x02"] {
            assert!(row(2, message).is_err(), "{message:?}");
        }
    }
}
