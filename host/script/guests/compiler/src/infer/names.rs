//! Types by their names: those of the script, those of TypeScript, and type parameters.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use serde_json::{Map, Value, json};

use super::declared::{Named, name_of};
use super::objects::{with_members, with_required};
use super::{Inference, TOO_LARGE, reference};

impl Inference<'_, '_, '_> {
    pub(super) fn reference(
        &mut self,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        span: Span,
    ) -> Value {
        let Some(name) = name_of(name) else { return self.unknown(span, "a type of a namespace can't be expressed") };
        if let Some((_, own)) = self.parameters.iter().find(|(own, _)| own == name).cloned() {
            return if self.may_copy(&own) { own } else { self.unknown(span, TOO_LARGE) };
        }
        let arguments: &[TSType<'_>] = arguments.map_or(&[], |arguments| &arguments.params);
        match self.declared.named(name) {
            Some(Named::Other(what)) => self.unknown(span, &format!("`{name}` {what}")),
            Some(Named::Interface(all)) => match all.first().and_then(|first| first.type_parameters.as_deref()) {
                Some(parameters) => self.with_arguments(parameters, arguments, |own| own.interface(all)),
                None => self.definition(name, |own| own.interface(all)),
            },
            Some(Named::Alias(alias)) => match &alias.type_parameters {
                Some(parameters) => {
                    self.with_arguments(parameters, arguments, |own| own.schema(&alias.type_annotation))
                }
                None => self.definition(name, |own| own.schema(&alias.type_annotation)),
            },
            None => self.standard(name, arguments, span),
        }
    }

    /// A type with a name is a definition, so that it may refer to itself.
    fn definition(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        if !self.definitions.contains_key(name) {
            self.definitions.insert(name.to_owned(), Value::Null);
            let outer = std::mem::take(&mut self.parameters);
            let mut schema = make(self);
            self.parameters = outer;
            let text = self.declared.start_of(name).and_then(|start| self.comments.before(start));
            if let (Some(text), Some(members)) = (text, schema.as_object_mut()) {
                members.insert("description".to_owned(), text.into());
            }
            if schema == reference(name) {
                // `type A = A`, which TypeScript refuses.
                schema = json!({});
            }
            self.definitions.insert(name.to_owned(), schema);
        }
        reference(name)
    }

    /// A type with parameters is written out at each use.
    fn with_arguments(
        &mut self,
        parameters: &TSTypeParameterDeclaration<'_>,
        arguments: &[TSType<'_>],
        make: impl FnOnce(&mut Self) -> Value,
    ) -> Value {
        let mut bound = Vec::new();
        for (index, parameter) in parameters.params.iter().enumerate() {
            let schema = match arguments.get(index).or(parameter.default.as_ref()) {
                Some(argument) => self.schema(argument),
                None => json!({}),
            };
            bound.push((parameter.name.name.to_string(), schema));
        }
        let outer = std::mem::replace(&mut self.parameters, bound);
        let schema = make(self);
        self.parameters = outer;
        schema
    }

    /// A type of TypeScript itself.
    fn standard(&mut self, name: &str, arguments: &[TSType<'_>], span: Span) -> Value {
        match (name, arguments) {
            ("Array" | "ReadonlyArray", [item]) => {
                let items = self.schema(item);
                json!({"type": "array", "items": items})
            }
            ("Record", [key, value]) => self.record(key, value),
            ("Readonly" | "Awaited" | "Promise", [inner]) => self.schema(inner),
            ("NonNullable", [inner]) => {
                let schema = self.schema(inner);
                self.without_null(schema)
            }
            ("Partial" | "Required", [inner]) => {
                let schema = self.schema(inner);
                let object = self.plain_object(&schema);
                object.map_or_else(
                    || self.unknown(span, &format!("`{name}` of what is no plain object can't be expressed")),
                    |object| with_required(object, name == "Required"),
                )
            }
            ("Pick" | "Omit", [inner, keys]) => {
                let (schema, keys) = (self.schema(inner), self.schema(keys));
                match (self.plain_object(&schema), self.names(&keys)) {
                    (Some(object), Some(names)) => with_members(object, &names, name == "Pick"),
                    _ => self.unknown(span, &format!("`{name}` of what is no plain object can't be expressed")),
                }
            }
            ("Date", []) => self.date(span),
            ("String", []) => json!({"type": "string"}),
            ("Number", []) => json!({"type": "number"}),
            ("Boolean", []) => json!({"type": "boolean"}),
            ("Object", []) => json!({"type": "object"}),
            _ => self.unknown(span, &format!("`{name}` is no plain data that the script declares")),
        }
    }

    fn record(&mut self, key: &TSType<'_>, value: &TSType<'_>) -> Value {
        let (keys, value) = (self.schema(key), self.schema(value));
        match self.names(&keys) {
            Some(names) => {
                if !names.iter().all(|_| self.may_copy(&value)) {
                    return self.unknown(key.span(), TOO_LARGE);
                }
                let properties: Map<String, Value> = names.iter().map(|name| (name.clone(), value.clone())).collect();
                json!({"type": "object", "properties": properties, "required": names})
            }
            None if value == json!({}) => json!({"type": "object"}),
            None => json!({"type": "object", "additionalProperties": value}),
        }
    }

    /// The texts that a schema lists, if it lists texts.
    fn names(&self, schema: &Value) -> Option<Vec<String>> {
        let own = self.resolved(schema);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match (own.get("const"), own.get("enum")) {
            (Some(one), _) => text(one).map(|one| vec![one]),
            (None, Some(Value::Array(all))) => all.iter().map(text).collect(),
            _ => None,
        }
    }

    fn without_null(&self, schema: Value) -> Value {
        let mut own = self.resolved(&schema).clone();
        let is_null = |value: &Value| *value == json!("null") || *value == json!({"type": "null"}) || value.is_null();
        for key in ["type", "anyOf", "enum"] {
            if let Some(Value::Array(list)) = own.get_mut(key) {
                list.retain(|value| !is_null(value));
            }
        }
        own
    }
}
