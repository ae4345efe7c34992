//! Takes what logged in out of the values of a row. Values are looked at one by one after they are read: the bytes of a row
//! also have its numbers in them, and a number that was changed on the way would be a wrong answer that nobody notices.

use lockgate_domain::database::{Scalar, Value};

use super::failed::Failed;
use super::rows::Row;
use crate::scrub::Scrubber;

/// Masks texts and bytes. A number that has the digits of what logged in is refused.
pub(super) fn mask(row: &mut Row, scrubber: &Scrubber) -> Result<(), Failed> {
    if scrubber.is_empty() {
        return Ok(());
    }
    for value in row {
        match value {
            Value::Scalar(one) => scalar(one, scrubber)?,
            Value::Array(array) => {
                text(&mut array.element, scrubber);
                array.items.iter_mut().try_for_each(|item| scalar(item, scrubber))?;
            }
        }
    }
    Ok(())
}

fn scalar(value: &mut Scalar, scrubber: &Scrubber) -> Result<(), Failed> {
    match value {
        Scalar::Null | Scalar::Boolean(_) => {}
        Scalar::Int64(own) => number(&own.to_string(), scrubber)?,
        Scalar::Unsigned64(own) => number(&own.to_string(), scrubber)?,
        Scalar::Float64(own) => number(&own.to_string(), scrubber)?,
        Scalar::Decimal(own) => number(own, scrubber)?,
        Scalar::Bytes(own) => {
            if let std::borrow::Cow::Owned(cleaned) = scrubber.cleaned(own) {
                *own = cleaned;
            }
        }
        Scalar::Text(own)
        | Scalar::Date(own)
        | Scalar::Time(own)
        | Scalar::Timestamp(own)
        | Scalar::TimestampTz(own)
        | Scalar::Interval(own)
        | Scalar::Uuid(own)
        // A number in it that is hit is no number any more, so that it is refused as JSON.
        | Scalar::Json(own) => text(own, scrubber),
        Scalar::Other { type_name, text: own } => {
            text(type_name, scrubber);
            text(own, scrubber);
        }
    }
    Ok(())
}

fn text(own: &mut String, scrubber: &Scrubber) {
    if let std::borrow::Cow::Owned(cleaned) = scrubber.cleaned(own.as_bytes()) {
        *own = String::from_utf8_lossy(&cleaned).into_owned();
    }
}

fn number(digits: &str, scrubber: &Scrubber) -> Result<(), Failed> {
    match scrubber.is_in_number(digits) {
        true => Err(Failed::Broken("a number of the answer has the digits of what logs in".to_owned())),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::database::Array;
    use zeroize::Zeroizing;

    use super::*;

    fn masked(secret: &str, value: impl Into<Value>) -> Result<Value, Failed> {
        let mut row = vec![value.into()];
        let secrets = [Zeroizing::new(secret.as_bytes().to_vec())];
        mask(&mut row, &Scrubber::new(&secrets)).map(|()| row.remove(0))
    }

    fn items(items: Vec<Scalar>) -> Value {
        Value::Array(Array { element: "t".to_owned(), dimensions: Vec::new(), items })
    }

    #[test]
    fn texts_and_bytes_are_masked_wherever_they_stand() {
        let (text, json) = (|text: &str| Scalar::Text(text.to_owned()), |text: &str| Scalar::Json(text.to_owned()));
        assert_eq!(masked("db01", text("user DB01")).unwrap(), text("user ****").into());
        assert_eq!(
            masked("db01", Scalar::Bytes(b"\0db01".to_vec())).unwrap(),
            Scalar::Bytes(b"\0****".to_vec()).into()
        );
        assert_eq!(masked("db01", json(r#"{"a":"db01"}"#)).unwrap(), json(r#"{"a":"****"}"#).into());
        assert_eq!(masked("db01", items(vec![text("db01"), text("a")])).unwrap(), items(vec![text("****"), text("a")]));
        let other = |name: &str, own: &str| Scalar::Other { type_name: name.to_owned(), text: own.to_owned() };
        assert_eq!(masked("db01", other("t_db01", "(db01,1)")).unwrap(), other("t_****", "(****,1)").into());
    }

    #[test]
    fn a_number_is_never_another_one() {
        // In memory each of them has the bytes of `db01`, or its digits are those of an encoding of it.
        for number in [
            Scalar::Int64(i64::from(u32::from_le_bytes(*b"db01"))),
            Scalar::Unsigned64(u64::from_le_bytes(*b"db01DB01")),
            Scalar::Float64(f64::from_le_bytes(*b"..db01..")),
            Scalar::Int64(64_623_031),
            Scalar::Decimal("164623031.50".to_owned()),
        ] {
            assert_eq!(masked("db01", number.clone()).unwrap(), number.into());
        }
        for number in [
            Scalar::Int64(-8_252_545_001),
            Scalar::Unsigned64(8_252_545_001),
            Scalar::Float64(8_252_545_001.5),
            Scalar::Decimal("18252545001".to_owned()),
        ] {
            assert!(matches!(masked("8252545001", number.clone()), Err(Failed::Broken(_))), "{number:?}");
            assert!(matches!(masked("8252545001", items(vec![number])), Err(Failed::Broken(_))));
        }
    }
}
