//! The keywords of a schema that say what the members of objects and the items of arrays are.

use serde_json::{Value, json};

use super::literal::count;
use super::lower::Writer;
use super::marks::Widened;
use super::pattern;

impl Writer<'_, '_> {
    /// Members of objects.
    pub(super) fn objects(&mut self) {
        let properties = self.named("properties");
        if !properties.is_empty() {
            self.put("properties", properties);
        }
        let mut required: Vec<Value> = Vec::new();
        for name in self.from.get("required").and_then(Value::as_array).into_iter().flatten() {
            if !required.contains(name) {
                required.push(name.clone());
            }
        }
        if !required.is_empty() {
            self.put("required", required);
        }
        self.further_members();
        self.names_of_members();
    }

    /// `additionalProperties` and `patternProperties`, of which the one depends on the other.
    fn further_members(&mut self) {
        let further = self.from.get("additionalProperties");
        let patterns = self.from.get("patternProperties").and_then(Value::as_object).filter(|all| !all.is_empty());
        let Some(patterns) = patterns else {
            match further {
                None => {}
                Some(Value::Bool(allowed)) => self.put("additionalProperties", *allowed),
                Some(schema) => {
                    let schema = self.inner(schema);
                    self.put("additionalProperties", schema);
                }
            }
            return;
        };
        let common = patterns.keys().all(|name| pattern::is_common(name));
        let by_pattern = self.named("patternProperties");
        if !self.is_3_0() && common {
            self.put("patternProperties", by_pattern);
            match further {
                None => {}
                Some(Value::Bool(allowed)) => self.put("additionalProperties", *allowed),
                Some(schema) => {
                    let schema = self.inner(schema);
                    self.put("additionalProperties", schema);
                }
            }
            return;
        }
        // A member that `properties` does not name has one of these schemas.
        let mut choices: Vec<_> = by_pattern.into_iter().map(|(_, schema)| schema).collect();
        match further {
            Some(Value::Bool(false)) => {}
            None | Some(Value::Bool(true)) => choices.clear(),
            Some(schema) => choices.push(self.inner(schema)),
        }
        match <[Value; 1]>::try_from(choices) {
            Ok([only]) => self.put("additionalProperties", only),
            Err(none) if none.is_empty() => {}
            Err(several) => self.put("additionalProperties", json!({"anyOf": several})),
        }
        self.widen(if common { Widened::PatternProperties } else { Widened::Pattern });
    }

    fn names_of_members(&mut self) {
        let any = [json!(true), json!({}), json!({"type": "string"})];
        if let Some(names) = self.from.get("propertyNames").filter(|names| !any.contains(names)) {
            if self.is_3_0() {
                self.widen(Widened::Keyword("propertyNames"));
            } else {
                let names = self.inner(names);
                self.put("propertyNames", names);
            }
        }
        for keyword in ["dependentRequired", "dependentSchemas"] {
            let empty = self.from.get(keyword).and_then(Value::as_object).is_none_or(serde_json::Map::is_empty);
            match (empty, self.is_3_0()) {
                (true, _) => {}
                (false, true) => self.widen(Widened::Keyword(keyword)),
                (false, false) if keyword == "dependentRequired" => self.copy(keyword),
                (false, false) => {
                    let schemas = self.named(keyword);
                    self.put(keyword, schemas);
                }
            }
        }
    }

    /// Items of arrays.
    pub(super) fn arrays(&mut self) {
        let items = self.from.get("items");
        let mut places = self.list("prefixItems");
        match (places.is_empty(), self.is_3_0()) {
            (true, _) => {
                if let Some(items) = items {
                    let items = self.inner(items);
                    self.put("items", items);
                }
            }
            (false, false) => {
                self.put("prefixItems", places);
                if let Some(items) = items {
                    let items = self.inner(items);
                    self.put("items", items);
                }
            }
            (false, true) => {
                let all = places.len() as u64;
                match items {
                    Some(Value::Bool(false)) => {
                        let most = self.to.get("maxItems").and_then(Value::as_u64).map_or(all, |most| most.min(all));
                        self.put("maxItems", most);
                    }
                    None | Some(Value::Bool(true)) => places = vec![json!({})],
                    Some(items) => places.push(self.inner(items)),
                }
                match <[Value; 1]>::try_from(places) {
                    Ok([only]) => self.put("items", only),
                    Err(several) => self.put("items", json!({"anyOf": several})),
                }
                self.widen(Widened::Places);
            }
        }
        if self.is_3_0() && self.to.get("type").is_some_and(|own| own == "array") && !self.to.contains_key("items") {
            self.put("items", json!({}));
        }
        self.contained();
    }

    fn contained(&mut self) {
        let Some(contained) = self.from.get("contains") else { return };
        if self.is_3_0() {
            return self.widen(Widened::Keyword("contains"));
        }
        let lowered = self.lowering.inner(contained);
        self.exact &= lowered.exact;
        self.put("contains", lowered.schema);
        match self.from.get("minContains").map(count) {
            None => {}
            Some(Some(least)) => self.put("minContains", least),
            Some(None) => self.widen(Widened::Number("minContains")),
        }
        if let Some(most) = self.from.get("maxContains").and_then(count) {
            if lowered.exact {
                self.put("maxContains", most);
            } else {
                self.widen(Widened::Not("maxContains"));
            }
        }
    }

    /// What no other keyword has looked at: which that is, is another question where one was widened.
    pub(super) fn unevaluated(&mut self) {
        for keyword in ["unevaluatedItems", "unevaluatedProperties"] {
            let Some(schema) = self.from.get(keyword).filter(|schema| **schema != json!(true)) else { continue };
            if self.is_3_0() {
                self.widen(Widened::Keyword(keyword));
            } else if !self.exact {
                self.widen(Widened::Not(keyword));
            } else if let Value::Bool(allowed) = schema {
                self.put(keyword, *allowed);
            } else {
                let schema = self.inner(schema);
                self.put(keyword, schema);
            }
        }
    }
}
