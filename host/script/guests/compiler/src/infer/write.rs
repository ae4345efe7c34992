//! Schemas of what types take. What `undefined` becomes depends on the place: a member is not there, an element of an array
//! and an output as a whole are `null`, and in an input it can't be said.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Side;
use super::alternatives::one_of;
use super::definitions::Definitions;
use super::shape::{Object, Shape, Tuple};

/// Characters of a schema; the host refuses larger ones.
const BYTES_MAX: usize = 200_000;
/// What a part takes besides its texts.
const PART_BYTES: usize = 24;
/// JSON within JSON; the host refuses what is nested deeper. A definition is two deeper than where it is used.
const DEPTH_MAX: usize = 56;

/// The schema of a side, with the definitions that it refers to. `too_large` stands for what has no room.
pub(super) fn written(definitions: &Definitions, side: Side, root: &Shape, too_large: &Value) -> Value {
    let (uses, bytes, is_full) = (BTreeMap::new(), BYTES_MAX, false);
    let mut writer = Writer { definitions, side, too_large, uses, bytes, is_full };
    let mut schema = match (side, root) {
        (Side::Input, Shape::Undefined) => json!({"type": "null"}),
        (Side::Input, root) => writer.schema(root, 0),
        (Side::Output, root) => writer.slot(root, 0),
    };
    let (mut made, mut seen) = (Map::new(), BTreeSet::new());
    while let Some(name) = writer.uses.keys().find(|name| !seen.contains(*name)).cloned() {
        if let Some(definition) = definitions.get(&name) {
            let mut own = writer.schema(&definition.shape, 2);
            writer.describe(&mut own, definition.description.as_deref());
            made.insert(name.clone(), own);
        }
        seen.insert(name);
    }
    if writer.is_full {
        return too_large.clone();
    }
    // The one use of a type needs no name.
    if let Some(name) = referred(&schema)
        && writer.uses.get(name) == Some(&1)
        && let Some(own) = made.remove(name)
    {
        schema = own;
    }
    match schema.as_object_mut() {
        Some(members) if !made.is_empty() => drop(members.insert("$defs".to_owned(), Value::Object(made))),
        _ => {}
    }
    schema
}

/// The name that a schema refers to, if it does nothing else.
fn referred(schema: &Value) -> Option<&str> {
    let members = schema.as_object()?;
    let reference = members.get("$ref")?.as_str()?;
    (members.len() == 1).then(|| reference.strip_prefix("#/$defs/")).flatten()
}

/// One schema that is being written.
struct Writer<'w> {
    definitions: &'w Definitions,
    side: Side,
    too_large: &'w Value,
    /// How often each definition is referred to.
    uses: BTreeMap<String, usize>,
    /// What is left of the size.
    bytes: usize,
    is_full: bool,
}

impl Writer<'_> {
    /// The schema of a value that is there.
    fn schema(&mut self, shape: &Shape, depth: usize) -> Value {
        self.take(PART_BYTES);
        if self.is_full {
            return Value::Null;
        }
        if depth >= DEPTH_MAX {
            return self.too_large.clone();
        }
        match shape {
            Shape::Any | Shape::Unknown => json!({}),
            Shape::Never | Shape::Undefined => json!(false),
            Shape::Null => json!({"type": "null"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Number => json!({"type": "number"}),
            Shape::BigInt => json!({"type": "integer"}),
            Shape::Text => json!({"type": "string"}),
            Shape::NonPrimitive => json!({"type": ["object", "array"]}),
            Shape::Date => json!({"type": "string", "format": "date-time"}),
            Shape::Constant(value) => {
                self.take(value.as_str().map_or(0, str::len));
                json!({"const": value})
            }
            Shape::Array(item) => json!({"type": "array", "items": self.slot(item, depth + 1)}),
            Shape::Tuple(tuple) => self.tuple(tuple, depth),
            Shape::Object(object) => self.object(object, depth),
            Shape::Union(_) => one_of(self.alternatives(shape, depth)),
            Shape::All(parts) => {
                let parts: Vec<Value> = parts.iter().map(|part| self.schema(part, depth + 2)).collect();
                json!({"allOf": parts})
            }
            Shape::Named(name) => {
                self.take(name.len());
                *self.uses.entry(name.clone()).or_default() += 1;
                json!({"$ref": format!("#/$defs/{name}")})
            }
            Shape::Promise(_, comment) => self.commented(json!({}), comment),
            Shape::Wider(inner, comment) => {
                let inner = self.schema(inner, depth);
                self.commented(inner, comment)
            }
        }
    }

    /// The schema of a value in a place that is always there, where an output has `null` for `undefined`.
    fn slot(&mut self, shape: &Shape, depth: usize) -> Value {
        let takes_all = matches!(shape, Shape::Any | Shape::Unknown | Shape::Promise(..) | Shape::Wider(..));
        if self.side == Side::Input || takes_all || !self.definitions.may_be_undefined(shape, self.side) {
            return self.schema(shape, depth);
        }
        let mut schemas = self.alternatives(shape, depth);
        schemas.push(json!({"type": "null"}));
        one_of(schemas)
    }

    fn alternatives(&mut self, shape: &Shape, depth: usize) -> Vec<Value> {
        match shape {
            Shape::Union(parts) => parts.iter().map(|part| self.schema(part, depth + 2)).collect(),
            other => vec![self.schema(other, depth + 2)],
        }
    }

    fn tuple(&mut self, tuple: &Tuple, depth: usize) -> Value {
        let items: Vec<Value> = tuple.items.iter().map(|item| self.slot(item, depth + 2)).collect();
        let rest = tuple.rest.as_ref().map_or(json!(false), |rest| self.slot(rest, depth + 1));
        if items.is_empty() {
            return json!({"type": "array", "items": rest});
        }
        json!({"type": "array", "prefixItems": items, "minItems": tuple.least, "items": rest})
    }

    fn object(&mut self, object: &Object, depth: usize) -> Value {
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, member) in object.in_order() {
            let mut own = self.schema(&member.shape, depth + 2);
            self.describe(&mut own, member.description.as_deref());
            self.take(name.len());
            if !member.optional && !self.definitions.may_be_undefined(&member.shape, self.side) {
                self.take(name.len());
                required.push(name.as_str());
            }
            properties.insert(name.clone(), own);
        }
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        let others = object.others.as_ref().map(|others| self.schema(others, depth + 1));
        if let Some(others) = others.filter(|others| *others != json!({})) {
            schema.insert("additionalProperties".to_owned(), others);
        }
        match object.comments.as_slice() {
            [] => Value::Object(schema),
            comments => self.commented(Value::Object(schema), &comments.join("; ")),
        }
    }

    /// Adds a comment to those that a schema has.
    fn commented(&mut self, mut schema: Value, comment: &str) -> Value {
        self.take(comment.len());
        if let Some(members) = schema.as_object_mut() {
            let before = members.get("$comment").and_then(Value::as_str).filter(|before| *before != comment);
            let text = before.map_or_else(|| comment.to_owned(), |before| format!("{before}; {comment}"));
            members.insert("$comment".to_owned(), text.into());
        }
        schema
    }

    fn describe(&mut self, schema: &mut Value, text: Option<&str>) {
        if let (Some(text), Some(members)) = (text, schema.as_object_mut()) {
            self.take(text.len());
            members.insert("description".to_owned(), text.into());
        }
    }

    fn take(&mut self, bytes: usize) {
        match self.bytes.checked_sub(bytes) {
            Some(left) => self.bytes = left,
            None => self.is_full = true,
        }
    }
}
