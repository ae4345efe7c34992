//! The values that a person enters for fields. An error about a value never repeats it.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::field::{Field, FieldKind, Fields};
use crate::{FieldName, Violation, pem};

/// A chain of certificates with its key has some 10 KiB.
const VALUE_MAX_BYTES: usize = 64 * 1024;

/// Values that passed the checks, by field.
pub type Values = BTreeMap<FieldName, Given>;

/// An accepted value on its way to the vault: zeroed on drop, printed as a mask.
pub struct Given(Zeroizing<String>);

impl Given {
    /// The text, for values that are not secret: a visible field, a host that has to fit its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The bytes, for the vault, without a copy that would stay behind.
    pub fn into_bytes(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.0).into_bytes()
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Given(…)")
    }
}

/// Checks the values of a connection against its fields. A field with a default may be left out; the default is not
/// filled in, so that a later one applies.
///
/// # Errors
/// What is wrong, with pointers below `pointer`.
pub fn check(fields: &Fields, values: &Map<String, Value>, pointer: &str) -> Result<Values, Vec<Violation>> {
    let mut violations = Vec::new();
    let mut accepted = Values::new();
    let mut add = |key: &str, rule: &str, detail: &str| {
        let key = key.replace('~', "~0").replace('/', "~1");
        violations.push(Violation::new(format!("{pointer}/{key}"), rule, detail));
    };
    for (key, value) in values {
        let Some((name, field)) = fields.get_key_value(key.as_str()) else {
            add(key, "unknown", "the group's activation has no such field");
            continue;
        };
        match accept(field, value) {
            Ok(text) => drop(accepted.insert(name.clone(), Given(text))),
            Err((rule, expected)) => add(key, rule, &expected),
        }
    }
    let missing = |(name, field): &(&FieldName, &Field)| {
        field.required && field.default.is_none() && !values.contains_key(name.as_str())
    };
    fields.iter().filter(missing).for_each(|(name, _)| add(name.as_str(), "required", "expected a value"));
    if violations.is_empty() { Ok(accepted) } else { Err(violations) }
}

/// The value as text, or the rule that it breaks and what is expected.
pub(super) fn accept(field: &Field, value: &Value) -> Result<Zeroizing<String>, (&'static str, String)> {
    let refuse = |rule, expected: &str| Err((rule, format!("expected {expected}")));
    let text = match (value, &field.kind) {
        (Value::String(text), _) => text.clone(),
        (Value::Number(number), FieldKind::Number) => number.to_string(),
        (_, FieldKind::Number) => return refuse("type", "a number"),
        (_, FieldKind::Text | FieldKind::Password | FieldKind::Certificate | FieldKind::Select(_)) => {
            return refuse("type", "a text");
        }
    };
    let text = Zeroizing::new(text);
    if text.len() > VALUE_MAX_BYTES {
        return refuse("maxLength", "at most 65536 bytes");
    }
    if text.is_empty() && field.required {
        return refuse("minLength", "a value that is not empty");
    }
    match &field.kind {
        FieldKind::Text | FieldKind::Password => match &field.pattern {
            Some(pattern) if !pattern.matches(&text) => refuse("pattern", &format!("`{}`", pattern.source())),
            Some(_) | None => Ok(text),
        },
        FieldKind::Number if decimal(&text) => Ok(text),
        FieldKind::Number => refuse("type", "a decimal number such as `42`, `-1` or `0.5`"),
        FieldKind::Certificate if pem::blocks(&text).is_some() => Ok(text),
        FieldKind::Certificate => {
            refuse("certificate", "PEM: `-----BEGIN …-----`, base64, and `-----END …-----` of the same name")
        }
        FieldKind::Select(options) if options.contains(&*text) => Ok(text),
        FieldKind::Select(_) => refuse("enum", "one of the field's options"),
    }
}

/// Whether a text has the form `-?[0-9]+(\.[0-9]+)?`.
fn decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.strip_prefix('-').unwrap_or(text);
    number.len() <= 64
        && match number.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(number),
        }
}
