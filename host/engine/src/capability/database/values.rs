//! Values between the contract and egress, and what they take of the call's memory.

use lockgate_domain::database as domain;
use lockgate_egress::database as egress;

use crate::capability::lockgate::database::client::{
    Answer, Array, Column, Dimension, Other, Parameters, Scalar, Value,
};

/// What a value takes beside its bytes.
const VALUE_BYTES: usize = size_of::<Value>();
/// What a row takes beside its values.
const ROW_BYTES: usize = size_of::<Vec<Value>>();
/// What a column takes beside its texts.
const COLUMN_BYTES: usize = size_of::<Column>();

/// Values of parameters, as egress takes them.
pub(super) fn parameters(given: Parameters) -> egress::Parameters {
    match given {
        Parameters::Numbered(values) => egress::Parameters::Numbered(values.into_iter().map(given_value).collect()),
        Parameters::Named(values) => {
            let named = values.into_iter().map(|(name, value)| (name, given_value(value)));
            egress::Parameters::Named(named.collect())
        }
    }
}

/// What they take.
pub(super) fn parameter_bytes(given: &Parameters) -> usize {
    match given {
        Parameters::Numbered(values) => values.iter().map(given_bytes).sum(),
        Parameters::Named(values) => {
            values.iter().map(|(name, value)| size_of::<String>() + name.len() + given_bytes(value)).sum()
        }
    }
}

/// An answer, as the guest gets it.
pub(super) fn answer(answer: egress::Answer) -> Answer {
    Answer { columns: columns(answer.columns), rows: rows(answer.rows), changed: answer.changed, more: answer.more }
}

/// What it takes.
pub(super) fn answer_bytes(answer: &egress::Answer) -> usize {
    let of_columns = answer.columns.iter().map(|one| COLUMN_BYTES + one.name.len() + one.type_name.len());
    of_columns.sum::<usize>() + rows_bytes(&answer.rows)
}

/// Rows, as the guest gets them.
pub(super) fn rows(rows: Vec<egress::Row>) -> Vec<Vec<Value>> {
    rows.into_iter().map(|row| row.into_iter().map(value).collect()).collect()
}

/// What they take.
pub(super) fn rows_bytes(rows: &[egress::Row]) -> usize {
    rows.iter().map(|row| ROW_BYTES + row.iter().map(value_bytes).sum::<usize>()).sum()
}

/// Columns, as the guest gets them.
pub(super) fn columns(columns: Vec<egress::Column>) -> Vec<Column> {
    let one = |own: egress::Column| Column { name: own.name, type_name: own.type_name };
    columns.into_iter().map(one).collect()
}

/// What they take.
pub(super) fn column_bytes(columns: &[Column]) -> usize {
    columns.iter().map(|one| COLUMN_BYTES + one.name.len() + one.type_name.len()).sum()
}

fn given_value(value: Value) -> domain::Value {
    match value {
        Value::Scalar(scalar) => domain::Value::Scalar(given_scalar(scalar)),
        Value::Array(Array { element, dimensions, items }) => domain::Value::Array(domain::Array {
            element,
            dimensions: dimensions
                .into_iter()
                .map(|Dimension { length, first }| domain::Dimension { length, first })
                .collect(),
            items: items.into_iter().map(given_scalar).collect(),
        }),
    }
}

fn given_scalar(scalar: Scalar) -> domain::Scalar {
    match scalar {
        Scalar::Null => domain::Scalar::Null,
        Scalar::Boolean(own) => domain::Scalar::Boolean(own),
        Scalar::Int64(own) => domain::Scalar::Int64(own),
        Scalar::Unsigned64(own) => domain::Scalar::Unsigned64(own),
        Scalar::Float64(own) => domain::Scalar::Float64(own),
        Scalar::Decimal(own) => domain::Scalar::Decimal(own),
        Scalar::Text(own) => domain::Scalar::Text(own),
        Scalar::Bytes(own) => domain::Scalar::Bytes(own),
        Scalar::Date(own) => domain::Scalar::Date(own),
        Scalar::Time(own) => domain::Scalar::Time(own),
        Scalar::Timestamp(own) => domain::Scalar::Timestamp(own),
        Scalar::TimestampTz(own) => domain::Scalar::TimestampTz(own),
        Scalar::Interval(own) => domain::Scalar::Interval(own),
        Scalar::Uuid(own) => domain::Scalar::Uuid(own),
        Scalar::Json(own) => domain::Scalar::Json(own),
        Scalar::Other(Other { type_name, text }) => domain::Scalar::Other { type_name, text },
    }
}

fn value(value: domain::Value) -> Value {
    match value {
        domain::Value::Scalar(own) => Value::Scalar(scalar(own)),
        domain::Value::Array(domain::Array { element, dimensions, items }) => Value::Array(Array {
            element,
            dimensions: dimensions
                .into_iter()
                .map(|domain::Dimension { length, first }| Dimension { length, first })
                .collect(),
            items: items.into_iter().map(scalar).collect(),
        }),
    }
}

fn scalar(scalar: domain::Scalar) -> Scalar {
    match scalar {
        domain::Scalar::Null => Scalar::Null,
        domain::Scalar::Boolean(own) => Scalar::Boolean(own),
        domain::Scalar::Int64(own) => Scalar::Int64(own),
        domain::Scalar::Unsigned64(own) => Scalar::Unsigned64(own),
        domain::Scalar::Float64(own) => Scalar::Float64(own),
        domain::Scalar::Decimal(own) => Scalar::Decimal(own),
        domain::Scalar::Text(own) => Scalar::Text(own),
        domain::Scalar::Bytes(own) => Scalar::Bytes(own),
        domain::Scalar::Date(own) => Scalar::Date(own),
        domain::Scalar::Time(own) => Scalar::Time(own),
        domain::Scalar::Timestamp(own) => Scalar::Timestamp(own),
        domain::Scalar::TimestampTz(own) => Scalar::TimestampTz(own),
        domain::Scalar::Interval(own) => Scalar::Interval(own),
        domain::Scalar::Uuid(own) => Scalar::Uuid(own),
        domain::Scalar::Json(own) => Scalar::Json(own),
        domain::Scalar::Other { type_name, text } => Scalar::Other(Other { type_name, text }),
    }
}

fn given_bytes(value: &Value) -> usize {
    let own = match value {
        Value::Scalar(scalar) => given_length(scalar),
        Value::Array(array) => {
            let items = array.items.iter().map(|item| size_of::<Scalar>() + given_length(item));
            array.element.len() + size_of_val(array.dimensions.as_slice()) + items.sum::<usize>()
        }
    };
    VALUE_BYTES + own
}

fn given_length(scalar: &Scalar) -> usize {
    match scalar {
        Scalar::Null | Scalar::Boolean(_) | Scalar::Int64(_) | Scalar::Unsigned64(_) | Scalar::Float64(_) => 0,
        Scalar::Bytes(bytes) => bytes.len(),
        Scalar::Decimal(text)
        | Scalar::Text(text)
        | Scalar::Date(text)
        | Scalar::Time(text)
        | Scalar::Timestamp(text)
        | Scalar::TimestampTz(text)
        | Scalar::Interval(text)
        | Scalar::Uuid(text)
        | Scalar::Json(text) => text.len(),
        Scalar::Other(other) => other.type_name.len() + other.text.len(),
    }
}

fn value_bytes(value: &domain::Value) -> usize {
    let own = match value {
        domain::Value::Scalar(scalar) => scalar.length(),
        domain::Value::Array(array) => {
            let items = array.items.iter().map(|item| size_of::<Scalar>() + item.length());
            array.element.len() + size_of_val(array.dimensions.as_slice()) + items.sum::<usize>()
        }
    };
    VALUE_BYTES + own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_goes_both_ways() {
        let text = || "t".to_owned();
        let scalars = vec![
            domain::Scalar::Null,
            domain::Scalar::Boolean(true),
            domain::Scalar::Int64(i64::MIN),
            domain::Scalar::Unsigned64(u64::MAX),
            domain::Scalar::Float64(f64::INFINITY),
            domain::Scalar::Decimal(text()),
            domain::Scalar::Text(text()),
            domain::Scalar::Bytes(vec![0, 255]),
            domain::Scalar::Date(text()),
            domain::Scalar::Time(text()),
            domain::Scalar::Timestamp(text()),
            domain::Scalar::TimestampTz(text()),
            domain::Scalar::Interval(text()),
            domain::Scalar::Uuid(text()),
            domain::Scalar::Json(text()),
            domain::Scalar::Other { type_name: text(), text: text() },
        ];
        let dimensions = vec![domain::Dimension { length: 16, first: -1 }];
        let array = domain::Value::Array(domain::Array { element: text(), dimensions, items: scalars.clone() });
        let mut row: Vec<_> = scalars.into_iter().map(domain::Value::Scalar).collect();
        row.push(array);
        let through: Vec<_> = row.iter().cloned().map(value).collect();
        assert_eq!(through.iter().map(given_bytes).sum::<usize>(), row.iter().map(value_bytes).sum::<usize>());
        let back: Vec<_> = through.into_iter().map(given_value).collect();
        assert_eq!(back, row);
    }
}
