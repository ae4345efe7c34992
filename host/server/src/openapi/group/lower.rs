//! Schemas of JSON Schema 2020-12 as a version of OpenAPI has them. What the version can't say is left out, so that the
//! result takes everything that the schema takes, and is marked with the reason. Where taking more would refuse something (in
//! what is excluded, or where exactly one of several must fit) the whole keyword is left out.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::Version;
use super::marks::{Marks, Widened, anything};
use super::scan::Place;

/// Lowers the schemas of one root.
pub(super) struct Lowering<'s> {
    pub(super) version: Version,
    /// Schemas that are components of their own, with their names.
    pub(super) names: &'s HashMap<Place, String>,
    /// Where each reference text leads.
    pub(super) references: &'s BTreeMap<&'s str, Place>,
    /// Components that take more than their schemas.
    pub(super) inexact: &'s HashSet<Place>,
    /// Components that were referred to.
    pub(super) used: HashSet<Place>,
}

/// A schema of the document.
pub(super) struct Lowered {
    pub(super) schema: Value,
    /// Whether it takes exactly what it was made from takes.
    pub(super) exact: bool,
}

impl Lowering<'_> {
    /// A schema inside of another: a reference, if it is a component.
    pub(super) fn inner(&mut self, schema: &Value) -> Lowered {
        let place = std::ptr::from_ref(schema);
        if self.names.contains_key(&place) { self.reference(place) } else { self.whole(schema) }
    }

    /// The schema of a component, or one without a name.
    pub(super) fn whole(&mut self, schema: &Value) -> Lowered {
        match schema {
            Value::Bool(true) => Lowered { schema: json!({}), exact: true },
            Value::Bool(false) => Lowered { schema: nothing(), exact: true },
            Value::Object(members) => Writer::new(self, members).write(),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                Lowered { schema: anything(Widened::Unreadable), exact: false }
            }
        }
    }

    fn reference(&mut self, place: Place) -> Lowered {
        self.used.insert(place);
        match self.names.get(&place) {
            Some(name) => Lowered {
                schema: json!({"$ref": format!("#/components/schemas/{name}")}),
                exact: !self.inexact.contains(&place),
            },
            None => Lowered { schema: anything(Widened::Unreadable), exact: false },
        }
    }

    fn follow(&mut self, text: &str) -> Lowered {
        match self.references.get(text) {
            Some(place) => self.reference(*place),
            None => Lowered { schema: anything(Widened::Unreadable), exact: false },
        }
    }
}

/// The schema that takes nothing.
pub(super) fn nothing() -> Value {
    json!({"not": {}})
}

/// One schema that is being written. What its value is, is in `values.rs`; its members and items are in
/// `shape.rs`.
pub(super) struct Writer<'w, 's> {
    pub(super) lowering: &'w mut Lowering<'s>,
    pub(super) from: &'w Map<String, Value>,
    pub(super) to: Map<String, Value>,
    /// What must also hold: references beside other keywords, and second uses of one keyword.
    pub(super) all_of: Vec<Value>,
    pub(super) marks: Marks,
    pub(super) exact: bool,
}

impl<'w, 's> Writer<'w, 's> {
    fn new(lowering: &'w mut Lowering<'s>, from: &'w Map<String, Value>) -> Self {
        Self { lowering, from, to: Map::new(), all_of: Vec::new(), marks: Marks::default(), exact: true }
    }

    fn write(mut self) -> Lowered {
        self.annotations();
        self.references();
        self.values();
        self.numbers();
        self.logic();
        self.objects();
        self.arrays();
        // Last: whether it can be said depends on all others.
        self.unevaluated();
        self.finish()
    }

    fn finish(mut self) -> Lowered {
        let alone = self.to.is_empty() && self.marks.is_empty();
        match <[Value; 1]>::try_from(self.all_of) {
            Ok([Value::Object(only)]) if alone => self.to = only,
            Ok(one) => drop(self.to.insert("allOf".to_owned(), one.to_vec().into())),
            Err(several) if several.is_empty() => {}
            Err(several) => drop(self.to.insert("allOf".to_owned(), several.into())),
        }
        self.marks.put(&mut self.to);
        Lowered { schema: self.to.into(), exact: self.exact }
    }

    pub(super) fn is_3_0(&self) -> bool {
        self.lowering.version == Version::V30
    }

    pub(super) fn put(&mut self, keyword: &str, value: impl Into<Value>) {
        self.to.insert(keyword.to_owned(), value.into());
    }

    pub(super) fn widen(&mut self, why: Widened) {
        self.marks.add(why);
        self.exact = false;
    }

    /// Lowers a schema in a place where taking more is taking more.
    pub(super) fn inner(&mut self, schema: &Value) -> Value {
        let lowered = self.lowering.inner(schema);
        self.exact &= lowered.exact;
        lowered.schema
    }

    pub(super) fn list(&mut self, keyword: &str) -> Vec<Value> {
        let found = self.from.get(keyword).and_then(Value::as_array);
        found.into_iter().flatten().map(|schema| self.inner(schema)).collect()
    }

    pub(super) fn named(&mut self, keyword: &str) -> Map<String, Value> {
        let found = self.from.get(keyword).and_then(Value::as_object);
        found.into_iter().flatten().map(|(name, schema)| (name.clone(), self.inner(schema))).collect()
    }

    /// Copies a keyword whose value is the same in both versions.
    pub(super) fn copy(&mut self, keyword: &str) {
        if let Some(value) = self.from.get(keyword) {
            self.put(keyword, value.clone());
        }
    }

    /// At least one of these must fit, beside what else must.
    pub(super) fn any_of(&mut self, choices: Vec<Value>) {
        if self.to.contains_key("anyOf") {
            self.all_of.push(json!({"anyOf": choices}));
        } else {
            self.put("anyOf", choices);
        }
    }

    /// A schema whose excess would refuse something: only if it is exact.
    fn exactly(&mut self, keyword: &'static str, schema: &Value) -> Option<Value> {
        let lowered = self.lowering.inner(schema);
        if !lowered.exact {
            self.widen(Widened::Not(keyword));
        }
        lowered.exact.then_some(lowered.schema)
    }

    fn references(&mut self) {
        for keyword in ["$ref", "$dynamicRef"] {
            if let Some(text) = self.from.get(keyword).and_then(Value::as_str) {
                let lowered = self.lowering.follow(text);
                self.exact &= lowered.exact;
                self.all_of.push(lowered.schema);
            }
        }
    }

    fn logic(&mut self) {
        let all_of = self.list("allOf");
        self.all_of.extend(all_of);
        let any_of = self.list("anyOf");
        if !any_of.is_empty() {
            self.any_of(any_of);
        }
        let before = std::mem::replace(&mut self.exact, true);
        let one_of = self.list("oneOf");
        let is_exact = std::mem::replace(&mut self.exact, before);
        match (one_of.is_empty(), is_exact) {
            (true, _) => {}
            (false, true) => self.put("oneOf", one_of),
            (false, false) => {
                self.widen(Widened::OneOf);
                self.any_of(one_of);
            }
        }
        if let Some(schema) = self.from.get("not")
            && let Some(excluded) = self.exactly("not", schema)
        {
            self.put("not", excluded);
        }
        self.condition();
    }

    fn condition(&mut self) {
        let Some(condition) = self.from.get("if") else { return };
        let branches = ["then", "else"].map(|keyword| (keyword, self.from.get(keyword)));
        if self.is_3_0() {
            if branches.iter().any(|(_, branch)| branch.is_some()) {
                self.widen(Widened::Keyword("if"));
            }
            return;
        }
        // Also without branches: what it looks at, `unevaluatedProperties` leaves alone.
        let Some(condition) = self.exactly("if", condition) else { return };
        self.put("if", condition);
        for (keyword, branch) in branches {
            if let Some(branch) = branch {
                let branch = self.inner(branch);
                self.put(keyword, branch);
            }
        }
    }
}
