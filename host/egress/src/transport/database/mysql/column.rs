//! Columns, as a server describes them.

use bytes::Bytes;

use super::super::failed::Failed;
use super::super::rows::Column;
use super::fields::Fields;

/// Flags of a column.
const UNSIGNED: u16 = 1 << 5;
const ENUM: u16 = 1 << 8;
const SET: u16 = 1 << 11;
/// The character set of what is no text.
const BINARY: u16 = 63;

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number of so many bytes.
    Integer {
        bytes: u8,
        unsigned: bool,
    },
    Year,
    Float,
    Double,
    Decimal,
    Date,
    DateTime,
    Timestamp,
    Time,
    /// Up to 64 bits: a number without a sign.
    Bit,
    Json,
    Text,
    Bytes,
    /// Nothing but NULL.
    Null,
}

/// A column of an answer.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) kind: Kind,
    /// Digits behind the point of seconds.
    pub(super) decimals: u8,
    /// As it came, to see whether an answer has the columns that are known.
    pub(super) described: Bytes,
}

/// Reads a column.
pub(super) fn column(message: &Bytes) -> Result<(Type, Column), Failed> {
    let mut fields = Fields::of(message);
    for _ in ["catalog", "schema", "table", "table of the schema"] {
        fields.bytes()?;
    }
    let name = fields.text()?;
    let _name_in_table = fields.bytes()?;
    let mut fixed = Fields::of(fields.bytes()?);
    let charset = fixed.u16()?;
    let _length = fixed.u32()?;
    let (number, flags, decimals) = (fixed.u8()?, fixed.u16()?, fixed.u8()?);
    let (kind, type_name) = kind(number, flags, charset == BINARY)?;
    let is_unsigned = matches!(kind, Kind::Integer { unsigned: true, .. });
    let type_name = format!("{type_name}{}", if is_unsigned { " unsigned" } else { "" });
    // A copy: the message is a part of all that was read with it.
    let described = Bytes::copy_from_slice(message);
    Ok((Type { kind, decimals, described }, Column { name, type_name }))
}

fn kind(number: u8, flags: u16, binary: bool) -> Result<(Kind, &'static str), Failed> {
    let integer = |bytes| Kind::Integer { bytes, unsigned: flags & UNSIGNED != 0 };
    // An own name for bytes and for text: they differ in the character set alone.
    let text = |bytes: &'static str, text: &'static str| match binary {
        true => (Kind::Bytes, bytes),
        false => (Kind::Text, text),
    };
    Ok(match number {
        _ if flags & ENUM != 0 => (Kind::Text, "enum"),
        _ if flags & SET != 0 => (Kind::Text, "set"),
        0 | 246 => (Kind::Decimal, "decimal"),
        1 => (integer(1), "tinyint"),
        2 => (integer(2), "smallint"),
        3 => (integer(4), "int"),
        4 => (Kind::Float, "float"),
        5 => (Kind::Double, "double"),
        6 => (Kind::Null, "null"),
        7 => (Kind::Timestamp, "timestamp"),
        8 => (integer(8), "bigint"),
        // Three bytes in a table, four on the way.
        9 => (integer(4), "mediumint"),
        10 | 14 => (Kind::Date, "date"),
        11 => (Kind::Time, "time"),
        12 => (Kind::DateTime, "datetime"),
        13 => (Kind::Year, "year"),
        15 | 253 => text("varbinary", "varchar"),
        16 => (Kind::Bit, "bit"),
        242 => (Kind::Bytes, "vector"),
        245 => (Kind::Json, "json"),
        247 => (Kind::Text, "enum"),
        248 => (Kind::Text, "set"),
        249..=252 => text("blob", "text"),
        254 => text("binary", "char"),
        255 => (Kind::Bytes, "geometry"),
        _ => return Err(Failed::Broken(format!("the server has a type of column that is not known: {number}"))),
    })
}

#[cfg(test)]
pub(super) fn described(number: u8, flags: u16, charset: u16, decimals: u8) -> Bytes {
    let mut message = b"\x03def\x00\x00\x00\x01c\x00\x0c".to_vec();
    message.extend_from_slice(&charset.to_le_bytes());
    message.extend_from_slice(&[0; 4]);
    message.push(number);
    message.extend_from_slice(&flags.to_le_bytes());
    message.extend_from_slice(&[decimals, 0, 0]);
    message.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_names_that_people_write() {
        for (number, flags, charset, name, kind) in [
            (1, 0, 63, "tinyint", Kind::Integer { bytes: 1, unsigned: false }),
            (8, UNSIGNED, 63, "bigint unsigned", Kind::Integer { bytes: 8, unsigned: true }),
            (13, UNSIGNED, 63, "year", Kind::Year),
            (253, 0, 45, "varchar", Kind::Text),
            (253, 0, 63, "varbinary", Kind::Bytes),
            (254, ENUM, 45, "enum", Kind::Text),
            (254, SET, 45, "set", Kind::Text),
            (252, 0, 63, "blob", Kind::Bytes),
            (246, UNSIGNED, 63, "decimal", Kind::Decimal),
        ] {
            let (own, column) = super::column(&described(number, flags, charset, 0)).unwrap();
            assert_eq!((column.name.as_str(), column.type_name.as_str(), own.kind), ("c", name, kind));
        }
    }

    #[test]
    fn what_is_no_column_is_refused() {
        let whole = described(8, 0, 63, 0);
        for length in 0..whole.len() - 2 {
            assert!(column(&whole.slice(..length)).is_err(), "{length}");
        }
        assert!(column(&described(200, 0, 63, 0)).is_err());
    }
}
