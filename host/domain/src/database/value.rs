//! Values of columns and parameters. Nothing is lost on the way: what is no number of Rust is the server's own text.

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
