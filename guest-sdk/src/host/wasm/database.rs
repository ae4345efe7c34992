//! Statements of a component: the published interface.

use super::lifted;
use crate::{
    Failure,
    bindings::lockgate::database::client::{self, Scalar},
    database::{Array, Asked, BeginOptions, Column, Dimension, Parameters, Value, options_text},
};

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Value>>,
    pub(crate) changed: Option<u64>,
    pub(crate) more: bool,
}

pub(crate) fn query(asked: Asked) -> Result<Answer, Failure> {
    let (statement, parameters, options) = lowered(asked)?;
    client::query(&statement, &parameters, options.as_deref()).map(answer).map_err(lifted)
}

pub(crate) fn execute(asked: Asked) -> Result<u64, Failure> {
    let (statement, parameters, options) = lowered(asked)?;
    client::execute(&statement, &parameters, options.as_deref()).map_err(lifted)
}

pub(crate) fn start(asked: Asked) -> Result<Rows, Failure> {
    let (statement, parameters, options) = lowered(asked)?;
    client::start(&statement, &parameters, options.as_deref()).map(Rows).map_err(lifted)
}

pub(crate) fn begin(options: &BeginOptions) -> Result<Transaction, Failure> {
    client::begin(options_text(options).as_deref()).map(Transaction).map_err(lifted)
}

/// A transaction.
#[derive(Debug)]
pub(crate) struct Transaction(client::Transaction);

impl Transaction {
    pub(crate) fn query(&self, asked: Asked) -> Result<Answer, Failure> {
        let (statement, parameters, options) = lowered(asked)?;
        self.0.query(&statement, &parameters, options.as_deref()).map(answer).map_err(lifted)
    }

    pub(crate) fn execute(&self, asked: Asked) -> Result<u64, Failure> {
        let (statement, parameters, options) = lowered(asked)?;
        self.0.execute(&statement, &parameters, options.as_deref()).map_err(lifted)
    }

    pub(crate) fn start(&self, asked: Asked) -> Result<Rows, Failure> {
        let (statement, parameters, options) = lowered(asked)?;
        self.0.start(&statement, &parameters, options.as_deref()).map(Rows).map_err(lifted)
    }

    pub(crate) fn commit(self) -> Result<(), Failure> {
        client::Transaction::commit(self.0).map_err(lifted)
    }

    pub(crate) fn roll_back(self) -> Result<(), Failure> {
        client::Transaction::roll_back(self.0).map_err(lifted)
    }
}

/// Rows that are read in steps.
#[derive(Debug)]
pub(crate) struct Rows(client::Rows);

impl Rows {
    pub(crate) fn columns(&self) -> Vec<Column> {
        self.0.columns().into_iter().map(column).collect()
    }

    pub(crate) fn next(&mut self, max: u32) -> Result<Vec<Vec<Value>>, Failure> {
        self.0.next(max).map(rows).map_err(lifted)
    }
}

type Lowered = (String, client::Parameters, Option<String>);

fn lowered(asked: Asked) -> Result<Lowered, Failure> {
    let parameters = match asked.parameters {
        Parameters::Numbered(values) => {
            client::Parameters::Numbered(values.into_iter().map(value).collect::<Result<_, _>>()?)
        }
        Parameters::Named(values) => {
            let named = values.into_iter().map(|(name, own)| Ok((name, value(own)?)));
            client::Parameters::Named(named.collect::<Result<_, Failure>>()?)
        }
    };
    Ok((asked.statement, parameters, options_text(&asked.options)))
}

fn value(value: Value) -> Result<client::Value, Failure> {
    Ok(match value {
        Value::Array(Array { element, dimensions, items }) => client::Value::Array(client::Array {
            element,
            dimensions: dimensions
                .into_iter()
                .map(|Dimension { length, first }| client::Dimension { length, first })
                .collect(),
            items: items.into_iter().map(scalar).collect::<Result<_, _>>()?,
        }),
        single => client::Value::Scalar(scalar(single)?),
    })
}

fn scalar(value: Value) -> Result<Scalar, Failure> {
    Ok(match value {
        Value::Null => Scalar::Null,
        Value::Boolean(own) => Scalar::Boolean(own),
        Value::Int64(own) => Scalar::Int64(own),
        Value::Unsigned64(own) => Scalar::Unsigned64(own),
        Value::Float64(own) => Scalar::Float64(own),
        Value::Decimal(own) => Scalar::Decimal(own),
        Value::Text(own) => Scalar::Text(own),
        Value::Bytes(own) => Scalar::Bytes(own),
        Value::Date(own) => Scalar::Date(own),
        Value::Time(own) => Scalar::Time(own),
        Value::Timestamp(own) => Scalar::Timestamp(own),
        Value::TimestampTz(own) => Scalar::TimestampTz(own),
        Value::Interval(own) => Scalar::Interval(own),
        Value::Uuid(own) => Scalar::Uuid(own),
        Value::Json(own) => Scalar::Json(own),
        Value::Other { type_name, text } => Scalar::Other(client::Other { type_name, text }),
        Value::Array(_) => return Err(Failure::new("invalid-request", "an item of an array is an array itself")),
    })
}

fn answer(answer: client::Answer) -> Answer {
    let columns = answer.columns.into_iter().map(column).collect();
    Answer { columns, rows: rows(answer.rows), changed: answer.changed, more: answer.more }
}

fn column(column: client::Column) -> Column {
    Column { name: column.name, type_name: column.type_name }
}

fn rows(rows: Vec<Vec<client::Value>>) -> Vec<Vec<Value>> {
    rows.into_iter().map(|row| row.into_iter().map(read).collect()).collect()
}

fn read(value: client::Value) -> Value {
    match value {
        client::Value::Scalar(scalar) => read_scalar(scalar),
        client::Value::Array(array) => Value::Array(Array {
            element: array.element,
            dimensions: array
                .dimensions
                .into_iter()
                .map(|one| Dimension { length: one.length, first: one.first })
                .collect(),
            items: array.items.into_iter().map(read_scalar).collect(),
        }),
    }
}

fn read_scalar(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(own) => Value::Boolean(own),
        Scalar::Int64(own) => Value::Int64(own),
        Scalar::Unsigned64(own) => Value::Unsigned64(own),
        Scalar::Float64(own) => Value::Float64(own),
        Scalar::Decimal(own) => Value::Decimal(own),
        Scalar::Text(own) => Value::Text(own),
        Scalar::Bytes(own) => Value::Bytes(own),
        Scalar::Date(own) => Value::Date(own),
        Scalar::Time(own) => Value::Time(own),
        Scalar::Timestamp(own) => Value::Timestamp(own),
        Scalar::TimestampTz(own) => Value::TimestampTz(own),
        Scalar::Interval(own) => Value::Interval(own),
        Scalar::Uuid(own) => Value::Uuid(own),
        Scalar::Json(own) => Value::Json(own),
        Scalar::Other(other) => Value::Other { type_name: other.type_name, text: other.text },
    }
}
