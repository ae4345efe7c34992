//! Values of the input as values of parameters. The server reads them as what the statement makes of them.

use crate::database::{Array, Scalar, Value, plain};
use crate::schema::{DocumentValue, Kind};

/// More digits than a whole number of 64 bits has, zeros behind the point included.
const WHOLE_MAX: usize = 1_000;

/// Why a value can't be a parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unbound {
    /// Something is compared with a list or an object.
    #[error("a list of `IN` has texts, numbers, booleans and null: expected no lists or objects in it")]
    Nested,
    /// It has a character that no database takes.
    #[error("a text of a database has no NUL")]
    Nul,
}

/// A value of the input. Objects and lists of lists are JSON text; a number keeps its digits. `compared` says that the list
/// is one of `IN`.
pub(super) fn value(value: DocumentValue<'_>, compared: bool) -> Result<Value, Unbound> {
    let item = |value| item(value, compared);
    match value.kind() {
        Kind::List => {
            let items: Result<Vec<Scalar>, Unbound> = value.items().map(item).collect();
            Ok(Value::Array(Array { element: String::new(), dimensions: Vec::new(), items: items? }))
        }
        Kind::Object => Ok(Scalar::Json(value.to_json()).into()),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) => item(value).map(Value::Scalar),
    }
}

fn item(value: DocumentValue<'_>, compared: bool) -> Result<Scalar, Unbound> {
    Ok(match value.kind() {
        Kind::Null => Scalar::Null,
        Kind::Bool(value) => Scalar::Boolean(value),
        Kind::Number(digits) => match whole(digits) {
            Some(whole) => Scalar::Int64(whole),
            None => Scalar::Decimal(digits.to_owned()),
        },
        Kind::Text(text) if text.contains('\0') => return Err(Unbound::Nul),
        Kind::Text(text) => Scalar::Text(text.to_owned()),
        Kind::List | Kind::Object if compared => return Err(Unbound::Nested),
        Kind::List | Kind::Object => Scalar::Json(value.to_json()),
    })
}

/// A number without a fraction, which JSON Schema counts as an integer, however it is written: `2.0` and `1e5` are.
fn whole(digits: &str) -> Option<i64> {
    if let Ok(whole) = digits.parse() {
        return Some(whole);
    }
    let plain = plain(digits, WHOLE_MAX)?;
    match plain.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole.parse().ok(),
        Some(_) => None,
        None => plain.parse().ok(),
    }
}
