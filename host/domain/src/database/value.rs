//! Values of columns and parameters. Nothing is lost on the way: what is no number of Rust is the server's own text.

/// Dimensions of an array at the most (`MAXDIM` of PostgreSQL).
pub const DIMENSIONS_MAX: usize = 6;

/// One value: a scalar, or an array of scalars.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A single value.
    Scalar(Scalar),
    /// An array of PostgreSQL.
    Array(Array),
}

/// A single value. Texts of dates and times are those of ISO 8601 as RFC 3339 profiles it, as far as that has them; what
/// it has not (`infinity`, years before 1 or after 9999, `24:00:00`) is as the server writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// NULL.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number with a sign.
    Int64(i64),
    /// A whole number without a sign, of MySQL.
    Unsigned64(u64),
    /// A number in binary floating point, infinities and NaN included.
    Float64(f64),
    /// A decimal number in its own digits; also `NaN` and `Infinity` of PostgreSQL.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A date, such as `2026-11-29`.
    Date(String),
    /// A time of day, such as `10:20:30.5`; of PostgreSQL's `timetz` with an offset.
    Time(String),
    /// Date and time without a zone, such as `2026-11-29T10:20:30.5`.
    Timestamp(String),
    /// A moment, such as `2026-11-29T10:20:30.5Z`.
    TimestampTz(String),
    /// A span of time in the form of ISO 8601, such as `P1Y2M3DT4H5M6.7S`; of MySQL's `time`, which can be longer than a
    /// day, such as `-838:59:59`.
    Interval(String),
    /// A UUID in lower case.
    Uuid(String),
    /// JSON text, with the digits that the server has.
    Json(String),
    /// A value of another type, as the server writes it.
    Other {
        /// The name of the type, as the server gives it.
        type_name: String,
        /// The value.
        text: String,
    },
}

impl Scalar {
    /// What it takes beside itself, in bytes: its text or its bytes, and the name of its type.
    pub fn length(&self) -> usize {
        match self {
            Self::Null | Self::Boolean(_) | Self::Int64(_) | Self::Unsigned64(_) | Self::Float64(_) => 0,
            Self::Bytes(bytes) => bytes.len(),
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::Timestamp(text)
            | Self::TimestampTz(text)
            | Self::Interval(text)
            | Self::Uuid(text)
            | Self::Json(text) => text.len(),
            Self::Other { type_name, text } => type_name.len() + text.len(),
        }
    }
}

/// An array.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The name of the type of its items, such as `int8`.
    pub element: String,
    /// The length of each dimension with its first index; none for an array without items.
    pub dimensions: Vec<Dimension>,
    /// All items, those of the last dimension beside each other.
    pub items: Vec<Scalar>,
}

/// Why an array is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ArrayRefused {
    /// Lists in lists in lists.
    #[error("an array has at most {DIMENSIONS_MAX} dimensions")]
    Dimensions,
    /// Lists of one level that differ in length.
    #[error("an array has another number of items than its dimensions say")]
    Items,
    /// Empty lists in a list that becomes JSON: how many there are is no part of an array.
    #[error("a list of empty lists is no array: expected JSON")]
    Empty,
    /// A number in a list that becomes JSON.
    #[error("JSON has no `NaN` and no infinities: expected numbers with digits in a list that becomes JSON")]
    Number,
    /// Bytes in a list that becomes JSON.
    #[error("JSON has no bytes: expected a text of them, such as base64, in a list that becomes JSON")]
    Bytes,
}

impl Array {
    /// The length of each dimension, the outermost first: at least one, and at most [`DIMENSIONS_MAX`].
    ///
    /// # Errors
    /// It has more, or another number of items than they say.
    pub fn lengths(&self) -> Result<Vec<usize>, ArrayRefused> {
        let dimensions = self.dimensions.as_slice();
        if dimensions.len() > DIMENSIONS_MAX {
            return Err(ArrayRefused::Dimensions);
        }
        if dimensions.is_empty() {
            return Ok(vec![self.items.len()]);
        }
        let lengths: Vec<usize> = dimensions.iter().map(|one| one.length as usize).collect();
        let items = lengths.iter().try_fold(1_usize, |product, length| product.checked_mul(*length));
        if items == Some(self.items.len()) { Ok(lengths) } else { Err(ArrayRefused::Items) }
    }
}

/// One dimension of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dimension {
    /// How many items it has.
    pub length: u32,
    /// The index of the first; 1 unless somebody chose another.
    pub first: i32,
}

impl From<Scalar> for Value {
    fn from(scalar: Scalar) -> Self {
        Self::Scalar(scalar)
    }
}

impl Value {
    /// NULL.
    pub const NULL: Self = Self::Scalar(Scalar::Null);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(lengths: &[u32], items: usize) -> Array {
        let dimensions = lengths.iter().map(|length| Dimension { length: *length, first: 1 }).collect();
        Array { element: String::new(), dimensions, items: vec![Scalar::Null; items] }
    }

    #[test]
    fn an_array_has_as_many_items_as_its_dimensions_say() {
        assert_eq!(array(&[], 3).lengths().unwrap(), [3]);
        assert_eq!(array(&[2, 3], 6).lengths().unwrap(), [2, 3]);
        assert_eq!(array(&[1; 6], 1).lengths().unwrap(), [1; 6]);
        assert_eq!(array(&[0], 0).lengths().unwrap(), [0]);
        // `[[1], [2, 3]]`.
        assert_eq!(array(&[2, 1], 3).lengths(), Err(ArrayRefused::Items));
        assert_eq!(array(&[u32::MAX, u32::MAX, u32::MAX], 1).lengths(), Err(ArrayRefused::Items));
        assert_eq!(array(&[1; 7], 1).lengths(), Err(ArrayRefused::Dimensions));
        assert_eq!(array(&[1; 1_000_000], 1).lengths(), Err(ArrayRefused::Dimensions));
    }
}
