//! The schema of one message, and of those that its fields have.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::reachable::Reachable;
use super::{Detail, Side};
use crate::table::{Enum, EnumId, Field, Form, Kind, Message, MessageId, Shape, Tables};

/// Fields of a schema that is still built: one has at least three nodes, and a schema at most 10,000.
const FIELDS_MAX: usize = 3_500;
/// Bytes of an enum's description, in which its values' comments are.
const DESCRIPTION_MAX: usize = 2_000;

pub(super) struct Builder<'t> {
    tables: &'t Tables,
    reachable: &'t Reachable,
    side: Side,
    detail: Detail,
    defs: Map<String, Value>,
    /// Messages that are referred to, and those of them that have no schema yet.
    seen: HashSet<MessageId>,
    open: Vec<MessageId>,
    fields: usize,
}

/// A message of which no field is described.
pub(super) fn left_open(name: &str) -> Value {
    json!({"type": "object", "description": format!("`{name}`, whose fields are left out: the schema would be too large")})
}

impl<'t> Builder<'t> {
    pub(super) fn new(tables: &'t Tables, reachable: &'t Reachable, side: Side, detail: Detail) -> Self {
        let (defs, seen, open) = (Map::new(), HashSet::new(), Vec::new());
        Self { tables, reachable, side, detail, defs, seen, open, fields: 0 }
    }

    /// The schema of a message, and those that it refers to; none if they are too many.
    pub(super) fn build(mut self, id: MessageId) -> Option<(Value, Map<String, Value>)> {
        let root = self.message(id);
        while let Some(id) = self.open.pop() {
            let message = self.tables.message(id)?;
            let schema = self.object(message);
            self.defs.insert(message.name.to_string(), schema);
            if self.fields > FIELDS_MAX {
                return None;
            }
        }
        // A root that nothing refers to stands where it is, and not among the definitions.
        let name = self.tables.message(id)?.name.to_string();
        let reference = reference(&name);
        let is_alone = root == reference && !self.defs.values().any(|schema| refers_to(schema, &reference));
        match is_alone.then(|| self.defs.remove(&name)).flatten() {
            Some(own) => Some((own, self.defs)),
            None => Some((root, self.defs)),
        }
    }

    fn message(&mut self, id: MessageId) -> Value {
        let Some(message) = self.tables.message(id) else { return json!({}) };
        match message.form {
            Form::Object | Form::Entry => {
                if self.reachable.distance(id) > self.detail.levels {
                    return left_open(&message.name);
                }
                if self.seen.insert(id) {
                    self.open.push(id);
                }
                reference(&message.name)
            }
            Form::Any => {
                let mut any = json!({"type": "object", "properties": {"@type": {"type": "string"}}});
                if self.side == Side::Input
                    && let Some(members) = any.as_object_mut()
                {
                    members.insert("required".to_owned(), json!(["@type"]));
                }
                any
            }
            Form::Timestamp => json!({"type": "string", "format": "date-time"}),
            Form::Duration => json!({"type": "string", "description": "seconds, such as `1.5s`"}),
            Form::FieldMask => json!({"type": "string", "description": "paths of fields, such as `name,address.city`"}),
            Form::Struct => json!({"type": "object"}),
            Form::Value => json!({}),
            Form::ListValue => json!({"type": "array"}),
            Form::Wrapper => {
                let inner = message.field(1).map_or_else(|| json!({}), |(_, field)| self.value(field.kind));
                if self.side == Side::Input { nullable(inner) } else { inner }
            }
        }
    }

    fn object(&mut self, message: &'t Message) -> Value {
        let mut properties = Map::new();
        for field in &message.fields {
            self.fields += 1;
            if self.fields > FIELDS_MAX {
                break;
            }
            let schema = self.field(field);
            properties.insert(field.key.to_string(), schema);
        }
        let mut schema = json!({"type": "object", "additionalProperties": false, "properties": properties});
        let Some(members) = schema.as_object_mut() else { return schema };
        let required: Vec<&str> =
            message.required.iter().filter_map(|place| Some(&*message.fields.get(*place)?.key)).collect();
        // A server may leave out what it should send, and the official libraries read it all the same.
        if !required.is_empty() && self.side == Side::Input {
            members.insert("required".to_owned(), json!(required));
        }
        if self.detail.full {
            if !message.comment.is_empty() {
                members.insert("description".to_owned(), (*message.comment).into());
            }
            let mut oneofs: Vec<Value> =
                (0..message.oneofs.len()).filter_map(|oneof| at_most_one(message, oneof)).collect();
            match (oneofs.len(), oneofs.pop()) {
                (1, Some(only)) => {
                    members.insert("oneOf".to_owned(), only);
                }
                (_, Some(last)) => {
                    oneofs.push(last);
                    let all: Vec<Value> = oneofs.into_iter().map(|own| json!({"oneOf": own})).collect();
                    members.insert("allOf".to_owned(), all.into());
                }
                (_, None) => {}
            }
        }
        schema
    }

    fn field(&mut self, field: &'t Field) -> Value {
        let mut schema = match field.shape {
            Shape::Single { .. } => self.value(field.kind),
            Shape::List { .. } => json!({"type": "array", "items": self.value(field.kind)}),
            Shape::Map => {
                let entry = field.kind.message().and_then(|id| self.tables.message(id)).and_then(Message::entry);
                let values = entry.map_or_else(|| json!({}), |(_, value)| self.value(value.kind));
                let mut map = json!({"type": "object", "additionalProperties": values});
                if let (Some((key, _)), Some(members)) = (entry, map.as_object_mut())
                    && key.kind == Kind::Bool
                {
                    members.insert("propertyNames".to_owned(), json!({"enum": ["true", "false"]}));
                }
                map
            }
        };
        if self.detail.full
            && let Some(members) = schema.as_object_mut()
        {
            let mut description = field.comment.to_string();
            if let Some(default) = &field.default {
                let gap = if description.is_empty() { "" } else { "\n" };
                description.push_str(&format!("{gap}default: {default}"));
            }
            if !description.is_empty() {
                members.insert("description".to_owned(), description.into());
            }
        }
        schema
    }

    fn value(&mut self, kind: Kind) -> Value {
        match kind {
            // What is no number is the text `NaN`, `Infinity` or `-Infinity`.
            Kind::Double | Kind::Float => json!({"type": ["number", "string"]}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({"type": "integer", "format": "int32"}),
            Kind::Uint32 | Kind::Fixed32 => json!({"type": "integer", "format": "uint32"}),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => self.long("int64"),
            Kind::Uint64 | Kind::Fixed64 => self.long("uint64"),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::String => json!({"type": "string"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Enum(id) => self.an_enum(id),
            Kind::Message(id) | Kind::Group(id) => self.message(id),
        }
    }

    /// 64 bits are a text, since JSON's readers round numbers.
    fn long(&self, format: &str) -> Value {
        match self.side {
            Side::Input => json!({"type": ["string", "integer"], "format": format}),
            Side::Output => json!({"type": "string", "format": format}),
        }
    }

    fn an_enum(&mut self, id: EnumId) -> Value {
        let Some(own) = self.tables.an_enum(id) else { return json!({}) };
        if own.null {
            return json!({"type": "null"});
        }
        if !self.defs.contains_key(&*own.name) {
            self.fields += own.values.len() / 3;
            let schema = enum_schema(own, self.side, self.detail.full);
            self.defs.insert(own.name.to_string(), schema);
        }
        reference(&own.name)
    }
}

fn enum_schema(own: &Enum, side: Side, full: bool) -> Value {
    let names: Vec<&str> = own.values.iter().map(|value| &*value.name).collect();
    let mut schema = json!({"type": "string", "enum": names});
    // A newer server may know more values, which come as their numbers.
    if side == Side::Output && !own.closed {
        schema = json!({"anyOf": [schema, {"type": "integer"}]});
    }
    let mut description = own.comment.to_string();
    for value in own.values.iter().filter(|value| !value.comment.is_empty()) {
        let gap = if description.is_empty() { "" } else { "\n" };
        description.push_str(&format!("{gap}{}: {}", value.name, value.comment.replace('\n', " ")));
    }
    if description.len() > DESCRIPTION_MAX {
        description.truncate(description.floor_char_boundary(DESCRIPTION_MAX));
        description.push('…');
    }
    if let Some(members) = schema.as_object_mut().filter(|_| full && !description.is_empty()) {
        members.insert("description".to_owned(), description.into());
    }
    schema
}

/// The alternatives of a oneof: each of its fields alone, or none of them.
fn at_most_one(message: &Message, oneof: usize) -> Option<Value> {
    let fields = message.fields.iter().filter(|field| field.oneof == Some(oneof));
    let mut alternatives: Vec<Value> = fields.map(|field| json!({"required": [field.key]})).collect();
    if alternatives.len() < 2 {
        return None;
    }
    alternatives.push(json!({"not": {"anyOf": alternatives}}));
    Some(alternatives.into())
}

fn nullable(mut schema: Value) -> Value {
    if let Some(kind) = schema.get_mut("type") {
        *kind = match kind.take() {
            Value::Array(mut several) => {
                several.push("null".into());
                Value::Array(several)
            }
            one => json!([one, "null"]),
        };
    }
    schema
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

fn refers_to(schema: &Value, reference: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.get("$ref").is_some_and(|own| Some(own) == reference.get("$ref"))
                || members.values().any(|member| refers_to(member, reference))
        }
        Value::Array(items) => items.iter().any(|item| refers_to(item, reference)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
