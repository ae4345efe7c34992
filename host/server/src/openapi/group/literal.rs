//! Values inside of schemas and examples.

use serde_json::Value;

/// The value, if readers of OpenAPI take it for one: many of them follow every `$ref` of a document, also where it is a
/// member of a value.
pub(super) fn plain(value: &Value) -> Option<&Value> {
    is_plain(value).then_some(value)
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(members) => !members.contains_key("$ref") && members.values().all(is_plain),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A number that counts something, as an integer: `2.0` is a length in JSON Schema, and none to many readers. None for one
/// that nothing reaches.
pub(super) fn count(value: &Value) -> Option<u64> {
    /// Beyond it not every integer is a number of JSON.
    const MAX: f64 = 9_007_199_254_740_991.0;
    match value.as_u64() {
        Some(count) => (count <= MAX as u64).then_some(count),
        None => value.as_f64().filter(|count| (0.0..=MAX).contains(count)).map(|count| count as u64),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_counts_is_an_integer_that_others_read() {
        let counted = [json!(2), json!(2.0), json!(0)].map(|value| count(&value));
        assert_eq!(counted, [Some(2), Some(2), Some(0)]);
        let others = [json!(1e300), json!(u64::MAX), json!(-1), json!("2")].map(|value| count(&value));
        assert_eq!(others, [None; 4]);
    }

    #[test]
    fn a_value_with_a_reference_in_it_is_not_plain() {
        assert!(plain(&json!({"a": [{"ref": 1}]})).is_some());
        assert!(plain(&json!({"a": [{"$ref": 1}]})).is_none());
    }
}
