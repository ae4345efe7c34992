//! Parameters in the binary protocol, each with the type that keeps all of its value. What MySQL has no binary form for is
//! text, which the server reads as what it is compared with or stored in.

use jiff::tz::Offset;
use lockgate_domain::database::{Scalar, Value, plain};

use super::super::failed::Failed;
use super::moment;

/// Digits of a decimal.
const DIGITS_MAX: usize = 65;

/// Types of parameters.
const TINYINT: [u8; 2] = [1, 0];
const DOUBLE: [u8; 2] = [5, 0];
const NULL: [u8; 2] = [6, 0];
const BIGINT: [u8; 2] = [8, 0];
const BIGINT_UNSIGNED: [u8; 2] = [8, 0x80];
const DECIMAL: [u8; 2] = [246, 0];
const BLOB: [u8; 2] = [252, 0];
const VARCHAR: [u8; 2] = [253, 0];

/// Writes the parameters of an execution: which are NULL, their types and their values. `offset` is that of the session's
/// time zone, if it is one.
pub(in super::super) fn parameters(values: &[Value], offset: Option<Offset>) -> Result<Vec<u8>, Failed> {
    let mut message = Vec::new();
    if values.is_empty() {
        return Ok(message);
    }
    let nulls = values.chunks(8).map(|part| {
        let bits = part.iter().enumerate().filter(|(_, value)| **value == Value::NULL);
        bits.fold(0_u8, |byte, (at, _)| byte | 1 << at)
    });
    message.extend(nulls);
    message.push(1);
    let mut types = Vec::with_capacity(2 * values.len());
    let mut bodies = Vec::new();
    for value in values {
        let json;
        let scalar = match value {
            Value::Scalar(scalar) => scalar,
            // MySQL has no arrays; a list is JSON.
            Value::Array(array) => {
                let text = array.to_json_parameter().map_err(|refused| Failed::Invalid(refused.to_string()))?;
                json = Scalar::Json(text);
                &json
            }
        };
        types.extend_from_slice(&put(scalar, offset, &mut bodies)?);
    }
    message.append(&mut types);
    message.append(&mut bodies);
    Ok(message)
}

/// Writes a value, and says of what type it is.
fn put(scalar: &Scalar, offset: Option<Offset>, body: &mut Vec<u8>) -> Result<[u8; 2], Failed> {
    Ok(match scalar {
        Scalar::Null => NULL,
        Scalar::Boolean(value) => {
            body.push((*value).into());
            TINYINT
        }
        Scalar::Int64(value) => {
            body.extend_from_slice(&value.to_le_bytes());
            BIGINT
        }
        Scalar::Unsigned64(value) => {
            body.extend_from_slice(&value.to_le_bytes());
            BIGINT_UNSIGNED
        }
        Scalar::Float64(value) if value.is_finite() => {
            body.extend_from_slice(&value.to_le_bytes());
            DOUBLE
        }
        Scalar::Float64(value) => {
            return Err(Failed::Invalid(format!("MySQL has no `{value}`: expected a finite number")));
        }
        Scalar::Decimal(text) if is_decimal(text) => {
            bytes(text.as_bytes(), body);
            DECIMAL
        }
        // The server takes none with an exponent for a decimal.
        Scalar::Decimal(text) if let Some(plain) = plain(text, DIGITS_MAX) => {
            bytes(plain.as_bytes(), body);
            DECIMAL
        }
        Scalar::Decimal(_) => {
            return Err(Failed::Invalid(format!(
                "a parameter is no decimal of MySQL: expected at most {DIGITS_MAX} digits, with a point or without"
            )));
        }
        Scalar::Bytes(value) => {
            bytes(value, body);
            BLOB
        }
        Scalar::Timestamp(text) => {
            bytes(text.replacen('T', " ", 1).as_bytes(), body);
            VARCHAR
        }
        Scalar::TimestampTz(text) => {
            bytes(moment::in_session(text, offset)?.as_bytes(), body);
            VARCHAR
        }
        Scalar::Text(text)
        | Scalar::Date(text)
        | Scalar::Time(text)
        | Scalar::Interval(text)
        | Scalar::Uuid(text)
        | Scalar::Json(text)
        | Scalar::Other { text, .. } => {
            bytes(text.as_bytes(), body);
            VARCHAR
        }
    })
}

/// The server takes what it can't read for 0, and more digits for the largest number that there is.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    (1..=DIGITS_MAX).contains(&digits().count()) && digits().all(|one| one.is_ascii_digit())
}

/// Bytes behind their length.
pub(super) fn bytes(bytes: &[u8], message: &mut Vec<u8>) {
    let length = bytes.len() as u64;
    let [one, two, three, ..] = length.to_le_bytes();
    match length {
        0..=250 => message.push(one),
        251..=0xFFFF => message.extend_from_slice(&[0xFC, one, two]),
        0x1_0000..=0xFF_FFFF => message.extend_from_slice(&[0xFD, one, two, three]),
        _ => {
            message.push(0xFE);
            message.extend_from_slice(&length.to_le_bytes());
        }
    }
    message.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use lockgate_domain::database::{Array, Dimension};

    use super::super::fields::Fields;
    use super::*;

    fn written(values: &[Scalar]) -> Result<Vec<u8>, Failed> {
        let values: Vec<Value> = values.iter().cloned().map(Value::Scalar).collect();
        parameters(&values, Some(Offset::UTC))
    }

    #[test]
    fn values_keep_their_types_and_all_of_themselves() {
        let text = |text: &str| text.to_owned();
        assert_eq!(written(&[]).unwrap(), b"");
        assert_eq!(written(&[Scalar::Null, Scalar::Boolean(true)]).unwrap(), b"\x01\x01\x06\0\x01\0\x01");
        let mut nulls = vec![Scalar::Boolean(false); 8];
        nulls.push(Scalar::Null);
        assert_eq!(written(&nulls).unwrap()[..2], [0, 1]);
        assert_eq!(
            written(&[Scalar::Unsigned64(u64::MAX)]).unwrap(),
            b"\0\x01\x08\x80\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
        );
        assert_eq!(written(&[Scalar::Int64(i64::MIN)]).unwrap(), b"\0\x01\x08\0\0\0\0\0\0\0\0\x80");
        assert_eq!(written(&[Scalar::Decimal(text("-1.10"))]).unwrap(), b"\0\x01\xF6\0\x05-1.10");
        assert_eq!(written(&[Scalar::Bytes(vec![0, 255])]).unwrap(), b"\0\x01\xFC\0\x02\0\xFF");
        assert_eq!(
            written(&[Scalar::TimestampTz(text("2026-11-29T10:20:30+01:00"))]).unwrap(),
            b"\0\x01\xFD\0\x132026-11-29 09:20:30"
        );
        assert_eq!(written(&[Scalar::Interval(text("-838:59:59"))]).unwrap(), b"\0\x01\xFD\0\x0A-838:59:59");
    }

    #[test]
    fn lengths_are_written_in_all_their_forms() {
        for length in [0, 250, 251, 0xFFFF, 0x1_0000, 0xFF_FFFF, 0x100_0000] {
            let mut message = Vec::new();
            bytes(&vec![1; length], &mut message);
            assert_eq!(Fields::of(&message).bytes().unwrap().len(), length);
        }
    }

    #[test]
    fn what_would_become_another_value_is_refused() {
        for wrong in ["", "NaN", "1e65", "1e-65", "1.2.3", "-", ".", "1 ", &"9".repeat(66)] {
            assert!(written(&[Scalar::Decimal(wrong.to_owned())]).is_err(), "{wrong}");
        }
        for fits in ["0", "-.5", "5.", &"9".repeat(65)] {
            assert!(written(&[Scalar::Decimal(fits.to_owned())]).is_ok(), "{fits}");
        }
        assert_eq!(written(&[Scalar::Decimal("-1.5e2".to_owned())]).unwrap(), b"\0\x01\xF6\0\x04-150");
        assert!(written(&[Scalar::Float64(f64::NAN)]).is_err());
        assert!(written(&[Scalar::TimestampTz("yesterday".to_owned())]).is_err());
    }

    #[test]
    fn a_list_is_json() {
        let array =
            Array { element: String::new(), dimensions: Vec::new(), items: vec![Scalar::Int64(1), Scalar::Null] };
        assert_eq!(parameters(&[Value::Array(array)], None).unwrap(), b"\0\x01\xFD\0\x08[1,null]");
        // `[[1], [2, 3]]`, lists in lists without an end, and `[[], []]`.
        for (lengths, items) in [(vec![2, 1], 3), (vec![1; 1_000_000], 1), (vec![2, 0], 0)] {
            let dimensions = lengths.into_iter().map(|length| Dimension { length, first: 1 }).collect();
            let array = Array { element: String::new(), dimensions, items: vec![Scalar::Int64(1); items] };
            assert!(parameters(&[Value::Array(array)], None).is_err());
        }
    }
}
