//! Values of rows in the binary protocol.

use lockgate_domain::database::Scalar;

use super::super::failed::Failed;
use super::column::{Kind, Type};
use super::fields::Fields;
use super::moment;

/// Reads a value that is not NULL. `utc` says that the session's time zone is.
pub(super) fn value(own: &Type, fields: &mut Fields<'_>, utc: bool) -> Result<Scalar, Failed> {
    Ok(match own.kind {
        Kind::Integer { bytes, unsigned: true } => Scalar::Unsigned64(match bytes {
            1 => fields.u8()?.into(),
            2 => fields.u16()?.into(),
            4 => fields.u32()?.into(),
            _ => fields.u64()?,
        }),
        Kind::Integer { bytes, unsigned: false } => Scalar::Int64(match bytes {
            1 => fields.u8()?.cast_signed().into(),
            2 => fields.u16()?.cast_signed().into(),
            4 => fields.u32()?.cast_signed().into(),
            _ => fields.u64()?.cast_signed(),
        }),
        Kind::Year => Scalar::Int64(fields.u16()?.into()),
        Kind::Float => Scalar::Float64(shortest(f32::from_bits(fields.u32()?))),
        Kind::Double => Scalar::Float64(f64::from_bits(fields.u64()?)),
        Kind::Decimal => Scalar::Decimal(text(fields)?),
        Kind::Date => Scalar::Date(moment::date(fields)?),
        Kind::DateTime => Scalar::Timestamp(moment::date_time(fields, own.decimals)?.text),
        Kind::Timestamp => {
            let read = moment::date_time(fields, own.decimals)?;
            // `0000-00-00` is a moment of no zone.
            if utc && read.is_real { Scalar::TimestampTz(read.text + "Z") } else { Scalar::Timestamp(read.text) }
        }
        Kind::Time => Scalar::Interval(moment::time(fields, own.decimals)?),
        Kind::Bit => Scalar::Unsigned64(bits(fields.bytes()?)?),
        Kind::Json => Scalar::Json(text(fields)?),
        Kind::Text => Scalar::Text(text(fields)?),
        Kind::Bytes => Scalar::Bytes(fields.bytes()?.to_vec()),
        Kind::Null => return Err(Failed::Broken("the server sent a value of a column that has none".to_owned())),
    })
}

fn text(fields: &mut Fields<'_>) -> Result<String, Failed> {
    let text = std::str::from_utf8(fields.bytes()?);
    text.map(str::to_owned).map_err(|_| Failed::Broken("the server sent a text that is no UTF-8".to_owned()))
}

/// The number with the same digits: 0.1 and not the 0.10000000149011612 that is closest to it in four bytes.
fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| value.into())
}

/// Bits, the highest first.
fn bits(bytes: &[u8]) -> Result<u64, Failed> {
    if bytes.len() > 8 {
        return Err(Failed::Broken("the server sent more than 64 bits".to_owned()));
    }
    Ok(bytes.iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::super::column::{column, described};
    use super::*;

    const UNSIGNED: u16 = 32;

    fn read(number: u8, flags: u16, charset: u16, decimals: u8, bytes: &[u8]) -> Scalar {
        let (own, _) = column(&described(number, flags, charset, decimals)).unwrap();
        let mut fields = Fields::of(bytes);
        let value = value(&own, &mut fields, true).unwrap();
        assert!(fields.is_empty());
        // A part of it is no value, and no end of the host.
        for length in 0..bytes.len() {
            assert!(super::value(&own, &mut Fields::of(&bytes[..length]), true).is_err());
        }
        value
    }

    #[test]
    fn numbers_are_read_at_their_edges() {
        for (number, bytes, signed, unsigned) in [
            (1, &[0x80][..], i64::from(i8::MIN), 128),
            (2, &[0x00, 0x80], i64::from(i16::MIN), 32_768),
            (3, &[0, 0, 0, 0x80], i64::from(i32::MIN), 2_147_483_648),
            (9, &[0xFF, 0xFF, 0x7F, 0], 8_388_607, 8_388_607),
            (8, &[0, 0, 0, 0, 0, 0, 0, 0x80], i64::MIN, 9_223_372_036_854_775_808),
        ] {
            assert_eq!(read(number, 0, 63, 0, bytes), Scalar::Int64(signed));
            assert_eq!(read(number, UNSIGNED, 63, 0, bytes), Scalar::Unsigned64(unsigned));
        }
        assert_eq!(read(13, UNSIGNED, 63, 0, &[0x6B, 0x08]), Scalar::Int64(2155));
        assert_eq!(read(4, 0, 63, 31, &0.1_f32.to_le_bytes()), Scalar::Float64(0.1));
        assert_eq!(read(4, 0, 63, 31, &f32::MAX.to_le_bytes()), Scalar::Float64(3.402_823_5e38));
        assert_eq!(read(5, 0, 63, 31, &f64::MIN_POSITIVE.to_le_bytes()), Scalar::Float64(f64::MIN_POSITIVE));
        assert_eq!(read(16, UNSIGNED, 63, 0, b"\x02\x01\xFF"), Scalar::Unsigned64(0x01FF));
        assert_eq!(read(246, 0, 63, 2, b"\x05-0.10"), Scalar::Decimal("-0.10".to_owned()));
    }

    #[test]
    fn moments_are_written_as_the_type_says() {
        let moment = b"\x0b\xEA\x07\x0B\x1D\x0A\x14\x1E\x20\xA1\x07\x00";
        let text = "2026-11-29T10:20:30.500000".to_owned();
        assert_eq!(read(12, 0, 63, 6, moment), Scalar::Timestamp(text.clone()));
        assert_eq!(read(7, 0, 63, 6, moment), Scalar::TimestampTz(text + "Z"));
        assert_eq!(read(7, 0, 63, 0, b"\x00"), Scalar::Timestamp("0000-00-00 00:00:00".to_owned()));
        assert_eq!(read(10, 0, 63, 0, b"\x04\x0F\x27\x0C\x1F"), Scalar::Date("9999-12-31".to_owned()));
        assert_eq!(
            read(11, 0, 63, 6, b"\x0C\x01\x22\x00\x00\x00\x16\x3B\x3B\x3F\x42\x0F\x00"),
            Scalar::Interval("-838:59:59.999999".to_owned())
        );
    }

    #[test]
    fn what_is_no_value_of_its_type_is_refused() {
        for (number, charset, bytes) in [
            (253, 45, &b"\x02\xFF\xFE"[..]),
            (16, 63, b"\x09123456789"),
            (6, 63, b""),
            (253, 63, b"\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
            (12, 63, b"\x05\x00\x00\x00\x00\x00"),
            (11, 63, b"\x01\x00"),
            (10, 63, b"\x01\x00"),
        ] {
            let (own, _) = column(&described(number, 0, charset, 0)).unwrap();
            assert!(value(&own, &mut Fields::of(bytes), true).is_err(), "{number}");
        }
        assert_eq!(read(253, 0, 63, 0, b"\x02\xFF\xFE"), Scalar::Bytes(vec![0xFF, 0xFE]));
    }
}
