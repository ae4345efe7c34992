//! A schema for each kind of type.

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use serde_json::{Value, json};

use super::values::number;
use super::{Inference, Side};

impl Inference<'_, '_, '_> {
    pub(super) fn of_type(&mut self, r#type: &TSType<'_>) -> Value {
        match r#type {
            TSType::TSAnyKeyword(_) | TSType::TSUnknownKeyword(_) => json!({}),
            TSType::TSBooleanKeyword(_) => json!({"type": "boolean"}),
            TSType::TSNumberKeyword(_) => json!({"type": "number"}),
            TSType::TSStringKeyword(_) => json!({"type": "string"}),
            TSType::TSObjectKeyword(_) => json!({"type": "object"}),
            TSType::TSNullKeyword(_) | TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => {
                json!({"type": "null"})
            }
            TSType::TSNeverKeyword(_) => json!(false),
            TSType::TSParenthesizedType(it) => self.schema(&it.type_annotation),
            TSType::TSLiteralType(it) => self.literal(it),
            TSType::TSArrayType(it) => {
                let items = self.schema(&it.element_type);
                json!({"type": "array", "items": items})
            }
            TSType::TSTupleType(it) => self.tuple(it),
            TSType::TSUnionType(it) => self.union(&it.types),
            TSType::TSIntersectionType(it) => self.intersection(it),
            TSType::TSTypeLiteral(it) => self.object(&it.members),
            TSType::TSTypeReference(it) => self.reference(&it.type_name, it.type_arguments.as_deref(), it.span),
            TSType::TSTypeOperatorType(it) => match it.operator {
                TSTypeOperatorOperator::Readonly => self.schema(&it.type_annotation),
                TSTypeOperatorOperator::Keyof => self.keys(&it.type_annotation, it.span),
                TSTypeOperatorOperator::Unique => self.unknown(it.span, "a symbol is no data"),
            },
            TSType::TSIndexedAccessType(it) => self.indexed(it),
            TSType::TSNamedTupleMember(it) => self.element(&it.element_type),
            TSType::TSTemplateLiteralType(it) => {
                let comment = self.told(it.span, "the form of a template literal can't be expressed");
                json!({"type": "string", "$comment": comment})
            }
            TSType::TSBigIntKeyword(_) => json!({"type": "integer"}),
            TSType::TSSymbolKeyword(it) => self.unknown(it.span, "a symbol is no data"),
            TSType::TSFunctionType(it) => self.unknown(it.span, "a function is no data"),
            TSType::TSConstructorType(it) => self.unknown(it.span, "a class is no data"),
            TSType::TSTypeQuery(it) => self.unknown(it.span, "`typeof` of a value can't be expressed"),
            TSType::TSConditionalType(it) => self.unknown(it.span, "a conditional type can't be expressed"),
            TSType::TSMappedType(it) => self.unknown(it.span, "a mapped type can't be expressed"),
            TSType::TSImportType(it) => self.unknown(it.span, "a type of another module can't be expressed"),
            TSType::TSIntrinsicKeyword(_)
            | TSType::TSInferType(_)
            | TSType::TSThisType(_)
            | TSType::TSTypePredicate(_)
            | TSType::JSDocNullableType(_)
            | TSType::JSDocNonNullableType(_)
            | TSType::JSDocUnknownType(_) => self.unknown(r#type.span(), "this type can't be expressed"),
        }
    }

    fn literal(&mut self, it: &TSLiteralType<'_>) -> Value {
        match &it.literal {
            TSLiteral::BooleanLiteral(own) => json!({"const": own.value}),
            TSLiteral::NumericLiteral(own) => json!({"const": number(own.value)}),
            TSLiteral::StringLiteral(own) => json!({"const": own.value.as_str()}),
            TSLiteral::TemplateLiteral(own) => match own.single_quasi() {
                Some(text) => json!({"const": text.as_str()}),
                None => json!({"type": "string"}),
            },
            TSLiteral::UnaryExpression(own) => match (&own.operator, &own.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(value)) => {
                    json!({"const": number(-value.value)})
                }
                _ => self.unknown(it.span, "this literal can't be expressed"),
            },
            // One that has more digits than a schema compares is any of its kind.
            TSLiteral::BigIntLiteral(own) => match own.value.parse::<u64>() {
                Ok(value) => json!({"const": value}),
                Err(_) => json!({"type": "integer"}),
            },
        }
    }

    fn tuple(&mut self, it: &TSTupleType<'_>) -> Value {
        let (mut items, mut least, mut rest) = (Vec::new(), 0, Value::Bool(false));
        for element in &it.element_types {
            match element {
                TSTupleElement::TSRestType(own) => {
                    let schema = self.schema(&own.type_annotation);
                    rest = self.resolved(&schema).get("items").cloned().unwrap_or(Value::Bool(true));
                }
                other => {
                    let optional = match other {
                        TSTupleElement::TSOptionalType(_) => true,
                        TSTupleElement::TSNamedTupleMember(own) => own.optional,
                        _ => false,
                    };
                    items.push(self.element(other));
                    least = if optional { least } else { items.len() };
                }
            }
        }
        json!({"type": "array", "prefixItems": items, "minItems": least, "items": rest})
    }

    fn element(&mut self, element: &TSTupleElement<'_>) -> Value {
        match element {
            TSTupleElement::TSOptionalType(own) => self.schema(&own.type_annotation),
            TSTupleElement::TSRestType(own) => self.schema(&own.type_annotation),
            other => other.as_ts_type().map_or_else(|| json!({}), |own| self.schema(own)),
        }
    }

    /// One of several. Literals are one list, plain types are one list, and what is left are alternatives.
    pub(super) fn union(&mut self, types: &[TSType<'_>]) -> Value {
        let own = types.iter().filter(|own| self.side == Side::Output || !matches!(own, TSType::TSUndefinedKeyword(_)));
        let own: Vec<&TSType<'_>> = own.collect();
        let schemas: Vec<Value> = own.into_iter().map(|own| self.schema(own)).collect();
        one_of(schemas)
    }

    fn intersection(&mut self, it: &TSIntersectionType<'_>) -> Value {
        let schemas: Vec<Value> = it.types.iter().map(|own| self.schema(own)).collect();
        let plain: Option<Vec<Value>> = schemas.iter().map(|own| self.plain_object(own)).collect();
        match plain {
            Some(objects) => super::objects::merged(objects),
            None => json!({"allOf": schemas}),
        }
    }

    /// `keyof T`.
    fn keys(&mut self, of: &TSType<'_>, span: Span) -> Value {
        let names: Option<Vec<Value>> = match of {
            TSType::TSTypeQuery(query) => {
                self.constant_members(query).map(|all| all.into_iter().map(|(name, _)| name.into()).collect())
            }
            other => {
                let schema = self.schema(other);
                let object = self.plain_object(&schema);
                object.and_then(|own| {
                    Some(own.get("properties")?.as_object()?.keys().map(|key| key.as_str().into()).collect())
                })
            }
        };
        match names {
            Some(names) => json!({"enum": names}),
            None => self.unknown(span, "the keys of this type are not known"),
        }
    }

    /// `T["key"]`, `T[number]`, and what lists of constants are written as in place of an enum.
    fn indexed(&mut self, it: &TSIndexedAccessType<'_>) -> Value {
        if let TSType::TSTypeQuery(query) = without_parentheses(&it.object_type) {
            let values = self.constant_values(query);
            return match values {
                Some(values) => json!({"enum": values}),
                None => self.unknown(it.span, "this is no constant of literals that is declared `as const`"),
            };
        }
        let schema = self.schema(&it.object_type);
        let found = match without_parentheses(&it.index_type) {
            TSType::TSNumberKeyword(_) => self.resolved(&schema).get("items").cloned(),
            TSType::TSLiteralType(literal) => match &literal.literal {
                TSLiteral::StringLiteral(key) => {
                    self.resolved(&schema).get("properties").and_then(|own| own.get(key.value.as_str())).cloned()
                }
                _ => None,
            },
            _ => None,
        };
        let found = found.filter(|own| self.may_copy(own));
        found.unwrap_or_else(|| self.unknown(it.span, "this part of a type can't be expressed"))
    }
}

pub(super) fn without_parentheses<'t, 'a>(mut r#type: &'t TSType<'a>) -> &'t TSType<'a> {
    while let TSType::TSParenthesizedType(inner) = r#type {
        r#type = &inner.type_annotation;
    }
    r#type
}

/// Alternatives, written as shortly as they can be.
pub(super) fn one_of(schemas: Vec<Value>) -> Value {
    if schemas.iter().any(|own| *own == json!({})) {
        return json!({});
    }
    let (mut constants, mut names, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for schema in schemas {
        let members = schema.as_object().filter(|members| members.len() == 1);
        if let Some(value) = members.and_then(|members| members.get("const")) {
            constants.push(value.clone());
        } else if let Some(Value::Array(values)) = members.and_then(|members| members.get("enum")) {
            constants.extend(values.iter().cloned());
        } else if let Some(name) = members.and_then(|members| members.get("type")).filter(|name| name.is_string()) {
            names.push(name.clone());
        } else if schema != Value::Bool(false) {
            others.push(schema);
        }
    }
    names.dedup();
    if names.contains(&json!("number")) {
        names.retain(|name| *name != json!("integer"));
    }
    // A list of constants with `null` is still a list of constants.
    if names == [json!("null")] && !constants.is_empty() {
        constants.push(Value::Null);
        names.clear();
    }
    match constants.len() {
        0 => {}
        1 => others.extend(constants.pop().map(|one| json!({"const": one}))),
        _ => others.push(json!({"enum": constants})),
    }
    match names.len() {
        0 => {}
        1 => others.extend(names.pop().map(|one| json!({"type": one}))),
        _ => others.push(json!({"type": names})),
    }
    match others.len() {
        0 => json!(false),
        1 => others.pop().unwrap_or_default(),
        _ => json!({"anyOf": others}),
    }
}
