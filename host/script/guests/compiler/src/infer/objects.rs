//! Objects: members, what is required, and what is put together of others.

use oxc_ast::ast::*;
use oxc_span::GetSpan;
use serde_json::{Map, Value, json};

use super::types::without_parentheses;
use super::{Inference, Side, TOO_LARGE};

impl Inference<'_, '_, '_> {
    pub(super) fn object(&mut self, members: &[TSSignature<'_>]) -> Value {
        let (mut properties, mut required, mut others) = (Map::new(), Vec::new(), None);
        let mut comments = Vec::new();
        for member in members {
            if self.is_full() {
                comments.push(self.told(member.span(), TOO_LARGE));
                break;
            }
            match member {
                TSSignature::TSPropertySignature(it) => match it.key.static_name() {
                    Some(name) => {
                        let (schema, optional) = self.property(it);
                        if !(optional || required.iter().any(|own| *own == name)) {
                            required.push(name.clone().into_owned());
                        }
                        properties.insert(name.into_owned(), schema);
                    }
                    None => comments.push(self.told(it.span, "the name of this member is not known")),
                },
                TSSignature::TSIndexSignature(it) => others = Some(self.schema(&it.type_annotation.type_annotation)),
                TSSignature::TSMethodSignature(it) => comments.push(self.told(it.span, "a function is no data")),
                TSSignature::TSCallSignatureDeclaration(_) | TSSignature::TSConstructSignatureDeclaration(_) => {
                    comments.push(self.told(member.span(), "a function is no data"));
                }
            }
        }
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if let Some(others) = others.filter(|others| *others != json!({})) {
            schema.insert("additionalProperties".to_owned(), others);
        }
        if !comments.is_empty() {
            schema.insert("$comment".to_owned(), comments.join("; ").into());
        }
        Value::Object(schema)
    }

    /// The schema of a member, and whether it may be absent.
    fn property(&mut self, it: &TSPropertySignature<'_>) -> (Value, bool) {
        let Some(annotation) = &it.type_annotation else { return (json!({}), it.optional) };
        let r#type = without_parentheses(&annotation.type_annotation);
        let (mut schema, optional) = match r#type {
            // A member that is `undefined` is not there, in JSON too.
            TSType::TSUnionType(union) if union.types.iter().any(is_undefined) => {
                let own: Vec<&TSType<'_>> = union.types.iter().filter(|own| !is_undefined(own)).collect();
                let schemas = own.into_iter().map(|own| self.schema(own)).collect();
                (super::types::one_of(schemas), true)
            }
            TSType::TSUndefinedKeyword(_) => (json!(false), true),
            other => (self.schema(other), it.optional),
        };
        if let (Some(text), Some(members)) = (self.comments.before(it.span.start), schema.as_object_mut()) {
            members.insert("description".to_owned(), text.into());
        }
        (schema, optional || it.optional)
    }

    /// An object with members of its own, if that is what a schema is.
    pub(super) fn plain_object(&mut self, schema: &Value) -> Option<Value> {
        let own = self.resolved(schema).clone();
        let members = own.as_object()?;
        let is_plain = members.get("type").is_some_and(|own| own == "object")
            && members.keys().all(|key| {
                matches!(
                    key.as_str(),
                    "type" | "properties" | "required" | "additionalProperties" | "description" | "$comment"
                )
            });
        (is_plain && self.may_copy(&own)).then_some(own)
    }

    /// An interface, with what it extends.
    pub(super) fn interface(&mut self, declarations: &[&TSInterfaceDeclaration<'_>]) -> Value {
        let mut parts = Vec::new();
        for declaration in declarations {
            for base in &declaration.extends {
                let schema = self.reference(&base.type_name, base.type_arguments.as_deref(), base.span);
                let part = self.plain_object(&schema);
                parts.push(part.unwrap_or_else(|| {
                    let comment = self.told(base.span, "what this interface extends can't be expressed");
                    json!({"type": "object", "$comment": comment})
                }));
            }
            parts.push(self.object(&declaration.body.body));
        }
        merged(parts)
    }

    /// A `Date` is written as a text, and read as one.
    pub(super) fn date(&self, span: oxc_span::Span) -> Value {
        match self.side {
            Side::Output => json!({"type": "string", "format": "date-time"}),
            Side::Input => self.unknown(span, "JSON has no Date: take a `string` and write `new Date(text)`"),
        }
    }
}

fn is_undefined(r#type: &TSType<'_>) -> bool {
    matches!(r#type, TSType::TSUndefinedKeyword(_))
}

/// One object with the members of all; a later one replaces those of an earlier one.
pub(super) fn merged(objects: Vec<Value>) -> Value {
    let (mut properties, mut required, mut result) = (Map::new(), Vec::new(), Map::new());
    for object in objects {
        let Value::Object(members) = object else { continue };
        for (key, value) in members {
            match (key.as_str(), value) {
                ("properties", Value::Object(own)) => properties.extend(own),
                ("required", Value::Array(own)) => {
                    let new: Vec<Value> = own.into_iter().filter(|name| !required.contains(name)).collect();
                    required.extend(new);
                }
                ("description", _) => {}
                (_, value) => drop(result.insert(key, value)),
            }
        }
    }
    if !properties.is_empty() {
        result.insert("properties".to_owned(), Value::Object(properties));
    }
    if !required.is_empty() {
        result.insert("required".to_owned(), Value::Array(required));
    }
    Value::Object(result)
}

/// The same object with no member required, or with all of them.
pub(super) fn with_required(mut object: Value, all: bool) -> Value {
    let names: Vec<Value> = object
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str().into())
        .collect();
    if let Some(members) = object.as_object_mut() {
        members.remove("required");
        if all && !names.is_empty() {
            members.insert("required".to_owned(), Value::Array(names));
        }
    }
    object
}

/// The same object with only these members, or without them.
pub(super) fn with_members(mut object: Value, names: &[String], keep: bool) -> Value {
    let stays = |name: &str| names.iter().any(|own| own == name) == keep;
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| stays(name));
    }
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name.as_str().is_some_and(stays));
    }
    object
}
