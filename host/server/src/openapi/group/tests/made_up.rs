//! Schemas that nobody would write, and values to try them with.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// Values of every type, of which each keyword refuses some.
pub(super) static VALUES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let values = json!([
        null, true, false, 0, 1, 2, 3, 2.5, -1, "", "a", "A", "ab", "abc", [], [1], [1, 1], ["a"], [1, "a"], ["a", 1],
        [1, 2, 3], [[1], []], [null], [{}], {}, {"a": 1}, {"a": "a"}, {"b": 1}, {"a": 1, "b": "a"}, {"ab": 1}, {"ab": "a"},
        {"b": {"a": 1}}, {"a": null}, {"a": [1, "a"]}, {"c": 2, "a": 3}, {"a": 1, "b": 1, "c": 1},
    ]);
    values.as_array().unwrap().clone()
});

/// A sequence of schemas.
pub(super) struct Schemas(u64);

impl Schemas {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one (a linear congruential generator, with Knuth's constants).
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one(&mut self, of: &[Value]) -> Value {
        let index = self.below(of.len() as u64);
        of[usize::try_from(index).unwrap()].clone()
    }

    /// A schema with definitions that it may refer to.
    pub(super) fn schema(&mut self) -> Value {
        let mut schema = Value::Object(self.object(2));
        let defs = json!({"p": self.object(1), "q": self.object(1)});
        schema["$defs"] = defs;
        schema
    }

    fn inner(&mut self, depth: u64) -> Value {
        match self.below(8) {
            0 => json!(self.below(2) == 0),
            // Not from the definitions themselves, where it could lead back without an end.
            1 if depth == 1 => {
                json!({"$ref": format!("#/$defs/{}", ["p", "q"][usize::try_from(self.below(2)).unwrap()])})
            }
            _ => Value::Object(self.object(depth)),
        }
    }

    fn object(&mut self, depth: u64) -> Map<String, Value> {
        let mut schema = Map::new();
        for _ in 0..=self.below(3) {
            let (keyword, value) = self.keyword(depth);
            schema.insert(keyword.to_owned(), value);
        }
        schema
    }

    fn keyword(&mut self, depth: u64) -> (&'static str, Value) {
        let types = [
            json!("string"),
            json!("integer"),
            json!("array"),
            json!("object"),
            json!("null"),
            json!("number"),
            json!(["string", "null"]),
            json!(["integer", "object"]),
            json!(["array", "null", "string"]),
        ];
        let values = [json!(1), json!("a"), json!(null), json!([1]), json!({"a": 1})];
        let small = [json!(0), json!(1), json!(2), json!(2.0)];
        if depth == 0 || self.below(3) == 0 {
            return match self.below(13) {
                0..=3 => ("type", self.one(&types)),
                4 => ("const", self.one(&values)),
                5 => ("enum", json!([self.one(&values), self.one(&values)])),
                6 => ("exclusiveMinimum", self.one(&small)),
                7 => ("minimum", self.one(&small)),
                8 => ("minLength", self.one(&small)),
                9 => ("maxItems", self.one(&small)),
                10 => ("pattern", self.one(&[json!("^a"), json!("(?i)A"), json!("b$")])),
                11 => ("required", self.one(&[json!(["a"]), json!(["b", "a"])])),
                _ => ("maxProperties", self.one(&small)),
            };
        }
        let below = depth - 1;
        match self.below(17) {
            0 => ("not", self.inner(below)),
            1 => ("allOf", json!([self.inner(below), self.inner(below)])),
            2 => ("anyOf", json!([self.inner(below), self.inner(below)])),
            3 | 4 => ("oneOf", json!([self.inner(below), self.inner(below)])),
            5 => ("if", self.inner(below)),
            6 => ("then", self.inner(below)),
            7 => ("else", self.inner(below)),
            8 => ("properties", json!({"a": self.inner(below), "b": self.inner(below)})),
            9 => ("patternProperties", json!({"^a": self.inner(below)})),
            10 => ("additionalProperties", self.inner(below)),
            11 => ("items", self.inner(below)),
            12 => ("prefixItems", json!([self.inner(below), self.inner(below)])),
            13 => ("contains", self.inner(below)),
            14 => ("propertyNames", self.inner(below)),
            15 => ("unevaluatedProperties", self.inner(below)),
            _ => ("unevaluatedItems", self.inner(below)),
        }
    }
}
