//! The keywords of a schema that say what a value is.

use serde_json::{Value, json};

use super::literal::{count, plain};
use super::lower::{Writer, nothing};
use super::marks::Widened;
use super::pattern;

/// Types of JSON Schema but `null`; `number` has the integers in it.
const TYPES: [&str; 5] = ["array", "boolean", "number", "object", "string"];
const LEAST: [&str; 3] = ["minItems", "minLength", "minProperties"];
const MOST: [&str; 3] = ["maxItems", "maxLength", "maxProperties"];
/// Bytes of a value that an author's own keyword has.
const OWN_MAX: usize = 1000;

impl Writer<'_, '_> {
    /// What says nothing of values.
    pub(super) fn annotations(&mut self) {
        for keyword in ["title", "description", "format", "deprecated"] {
            self.copy(keyword);
        }
        if let Some(default) = self.from.get("default").and_then(plain) {
            self.put("default", default.clone());
        }
        let examples = self.from.get("examples").and_then(Value::as_array).into_iter().flatten().filter_map(plain);
        let examples: Vec<_> = examples.cloned().collect();
        if self.is_3_0() {
            // Not `readOnly` and `writeOnly`: there they change what `required` means.
            if let Some(first) = examples.into_iter().next() {
                self.put("example", first);
            }
            if let Some("base64") = self.from.get("contentEncoding").and_then(Value::as_str)
                && !self.from.contains_key("format")
            {
                self.put("format", "byte");
            } else if self.from.contains_key("contentEncoding") {
                self.marks.add(Widened::Keyword("contentEncoding"));
            }
        } else {
            if !examples.is_empty() {
                self.put("examples", examples);
            }
            for keyword in ["readOnly", "writeOnly", "contentEncoding", "contentMediaType"] {
                self.copy(keyword);
            }
        }
        let from = self.from;
        for (keyword, value) in from {
            let own = keyword.starts_with("x-") && !keyword.starts_with("x-lockgate-");
            let small = value.as_str().is_none_or(|text| text.len() <= OWN_MAX);
            if own && small && !(value.is_object() || value.is_array()) {
                self.put(keyword, value.clone());
            }
        }
    }

    /// `type`, `enum` and `const`.
    pub(super) fn values(&mut self) {
        let mut types = types(self.from.get("type"));
        let listed = self.listed();
        let of_null = |values: &[Value]| values.iter().any(Value::is_null);
        if let Some(values) = listed {
            let nullable = types.as_ref().is_none_or(|types| types.contains(&"null"));
            let mut values = values;
            if !nullable {
                values.retain(|value| !value.is_null());
            }
            if let (Some(types), false) = (&mut types, of_null(&values)) {
                types.retain(|one| *one != "null");
            }
            if types.is_none() {
                types = type_of_all(&values).map(|one| vec![one]);
            }
            let constant = self.from.contains_key("const") && !self.is_3_0();
            match <[Value; 1]>::try_from(values) {
                Ok([only]) if constant => self.put("const", only),
                Ok(only) => self.put("enum", only.to_vec()),
                Err(none) if none.is_empty() => self.all_of.push(nothing()),
                Err(several) => self.put("enum", several),
            }
        }
        match types {
            None => {}
            Some(types) if types.is_empty() => self.all_of.push(nothing()),
            Some(types) if self.is_3_0() => self.types_3_0(&types),
            Some(types) => match types.as_slice() {
                [one] => self.put("type", *one),
                several => self.put("type", several.to_vec()),
            },
        }
    }

    /// The values that are allowed, each once.
    fn listed(&mut self) -> Option<Vec<Value>> {
        let (constant, listed) = (self.from.get("const"), self.from.get("enum").and_then(Value::as_array));
        let mut values: Vec<Value> = match (constant, listed) {
            (None, None) => return None,
            (Some(constant), None) => vec![constant.clone()],
            (None, Some(listed)) => listed.clone(),
            (Some(constant), Some(listed)) => listed.iter().filter(|value| *value == constant).cloned().collect(),
        };
        if values.iter().any(|value| plain(value).is_none()) {
            self.widen(Widened::Literal(if constant.is_some() { "const" } else { "enum" }));
            return None;
        }
        let mut texts = std::collections::HashSet::new();
        values.retain(|value| texts.insert(value.to_string()));
        Some(values)
    }

    /// One type at most, and whether null is allowed beside it.
    fn types_3_0(&mut self, types: &[&'static str]) {
        let nullable = types.contains(&"null");
        let others: Vec<_> = types.iter().copied().filter(|one| *one != "null").collect();
        match others.as_slice() {
            [] => {
                // There is no such type: a text that can be nothing but null.
                self.put("type", "string");
                self.put("nullable", true);
                self.put("enum", json!([null]));
            }
            [one] => {
                self.put("type", *one);
                if nullable {
                    self.put("nullable", true);
                }
            }
            several if nullable && TYPES.iter().all(|one| several.contains(one)) => {}
            several => {
                let choice = |one: &&str| {
                    let mut choice = json!({"type": one});
                    if let Some(members) = choice.as_object_mut() {
                        if *one == "array" {
                            members.insert("items".to_owned(), json!({}));
                        }
                        if nullable {
                            members.insert("nullable".to_owned(), true.into());
                        }
                    }
                    choice
                };
                let choices = several.iter().map(choice).collect();
                self.any_of(choices);
            }
        }
    }

    /// Numbers, lengths and patterns.
    pub(super) fn numbers(&mut self) {
        for keyword in ["multipleOf", "uniqueItems"] {
            self.copy(keyword);
        }
        for (keyword, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            if self.is_3_0() {
                self.bound_3_0(keyword, exclusive);
            } else {
                self.copy(keyword);
                self.copy(exclusive);
            }
        }
        for keyword in LEAST {
            match self.from.get(keyword).map(count) {
                None => {}
                Some(Some(count)) => self.put(keyword, count),
                Some(None) => self.widen(Widened::Number(keyword)),
            }
        }
        for keyword in MOST {
            // Nothing is longer than what does not count.
            if let Some(count) = self.from.get(keyword).and_then(count) {
                self.put(keyword, count);
            }
        }
        match self.from.get("pattern").and_then(Value::as_str) {
            None => {}
            Some(text) if pattern::is_common(text) => self.copy("pattern"),
            Some(_) => self.widen(Widened::Pattern),
        }
    }

    /// The stricter one of both, with a flag.
    fn bound_3_0(&mut self, keyword: &str, exclusive: &str) {
        let (inclusive, beyond) = (self.from.get(keyword), self.from.get(exclusive));
        let stricter = |one: &Value, other: &Value| {
            let (one, other) = (one.as_f64().unwrap_or_default(), other.as_f64().unwrap_or_default());
            if keyword == "minimum" { one > other } else { one < other }
        };
        match (inclusive, beyond) {
            (None, None) => {}
            (Some(inclusive), None) => self.put(keyword, inclusive.clone()),
            (Some(inclusive), Some(beyond)) if stricter(inclusive, beyond) => self.put(keyword, inclusive.clone()),
            (Some(_) | None, Some(beyond)) => {
                self.put(keyword, beyond.clone());
                self.put(exclusive, true);
            }
        }
    }
}

/// The types that `type` names, each once; `integer` is no further one beside `number`.
fn types(named: Option<&Value>) -> Option<Vec<&'static str>> {
    const ALL: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let names: Vec<&str> = match named? {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    let has = |name: &str| names.contains(&name);
    Some(ALL.into_iter().filter(|one| has(one) && !(*one == "integer" && has("number"))).collect())
}

/// The one type that all of these values have.
fn type_of_all(values: &[Value]) -> Option<&'static str> {
    let own = |value: &Value| match value {
        Value::String(_) => Some("string"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some("integer"),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let first = own(values.first()?)?;
    values.iter().all(|value| own(value) == Some(first)).then_some(first)
}
