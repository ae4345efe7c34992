//! What each kind of type takes.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::GetSpan;

use super::Inference;
use super::shape::{Shape, Tuple};
use super::values::number;

impl Inference<'_, '_, '_> {
    pub(super) fn of_type(&mut self, r#type: &TSType<'_>) -> Rc<Shape> {
        let shape = match r#type {
            TSType::TSAnyKeyword(_) => Shape::Any,
            TSType::TSUnknownKeyword(_) => Shape::Unknown,
            TSType::TSBooleanKeyword(_) => Shape::Boolean,
            TSType::TSNumberKeyword(_) => Shape::Number,
            TSType::TSStringKeyword(_) => Shape::Text,
            TSType::TSBigIntKeyword(_) => Shape::BigInt,
            TSType::TSObjectKeyword(_) => Shape::NonPrimitive,
            TSType::TSNullKeyword(_) => Shape::Null,
            TSType::TSUndefinedKeyword(_) | TSType::TSVoidKeyword(_) => Shape::Undefined,
            TSType::TSNeverKeyword(_) => Shape::Never,
            TSType::TSArrayType(it) => Shape::Array(self.shape(&it.element_type)),
            TSType::TSTypeLiteral(it) => Shape::Object(self.object(&it.members)),
            TSType::TSParenthesizedType(it) => return self.shape(&it.type_annotation),
            TSType::TSLiteralType(it) => return self.literal(it),
            TSType::TSTupleType(it) => return self.tuple(it),
            TSType::TSUnionType(it) => {
                let shapes = it.types.iter().map(|own| self.shape(own)).collect();
                return self.union(shapes, it.span);
            }
            TSType::TSIntersectionType(it) => return self.intersection(it),
            TSType::TSTypeReference(it) => {
                return self.reference(&it.type_name, it.type_arguments.as_deref(), it.span);
            }
            TSType::TSTypeOperatorType(it) => {
                return match it.operator {
                    TSTypeOperatorOperator::Readonly => self.shape(&it.type_annotation),
                    TSTypeOperatorOperator::Keyof => {
                        let of = self.shape(&it.type_annotation);
                        self.keys(&of, it.span)
                    }
                    TSTypeOperatorOperator::Unique => self.unknown(it.span, "a symbol is no data"),
                };
            }
            TSType::TSIndexedAccessType(it) => {
                let (of, key) = (self.shape(&it.object_type), self.shape(&it.index_type));
                return self.part(&of, &key, it.span, 0);
            }
            TSType::TSNamedTupleMember(it) => return self.element_of(&it.element_type),
            TSType::TSTemplateLiteralType(it) => {
                let what = "the form of a template literal can't be expressed";
                return self.wider(&Rc::new(Shape::Text), it.span, what, "any text is accepted here");
            }
            TSType::TSTypeQuery(it) => return self.type_of(it),
            TSType::TSSymbolKeyword(it) => return self.unknown(it.span, "a symbol is no data"),
            TSType::TSFunctionType(it) => return self.unknown(it.span, "a function is no data"),
            TSType::TSConstructorType(it) => return self.unknown(it.span, "a class is no data"),
            TSType::TSConditionalType(it) => return self.unknown(it.span, "a conditional type can't be expressed"),
            TSType::TSMappedType(it) => return self.unknown(it.span, "a mapped type can't be expressed"),
            TSType::TSImportType(it) => return self.unknown(it.span, "a type of another module can't be expressed"),
            TSType::TSIntrinsicKeyword(_)
            | TSType::TSInferType(_)
            | TSType::TSThisType(_)
            | TSType::TSTypePredicate(_)
            | TSType::JSDocNullableType(_)
            | TSType::JSDocNonNullableType(_)
            | TSType::JSDocUnknownType(_) => return self.unknown(r#type.span(), "this type can't be expressed"),
        };
        Rc::new(shape)
    }

    fn literal(&mut self, it: &TSLiteralType<'_>) -> Rc<Shape> {
        let shape = match &it.literal {
            TSLiteral::BooleanLiteral(own) => Some(Shape::Constant(own.value.into())),
            TSLiteral::NumericLiteral(own) => number(own.value),
            TSLiteral::StringLiteral(own) => Some(Shape::Constant(own.value.as_str().into())),
            TSLiteral::TemplateLiteral(own) => own.single_quasi().map(|text| Shape::Constant(text.as_str().into())),
            TSLiteral::BigIntLiteral(own) => return self.bigint(own, false),
            TSLiteral::UnaryExpression(own) => match (&own.operator, &own.argument) {
                (UnaryOperator::UnaryNegation, Expression::NumericLiteral(value)) => number(-value.value),
                (UnaryOperator::UnaryNegation, Expression::BigIntLiteral(value)) => return self.bigint(value, true),
                _ => None,
            },
        };
        shape.map_or_else(|| self.unknown(it.span, "this literal can't be expressed"), Rc::new)
    }

    /// A literal of more digits than a schema compares is any whole number.
    pub(super) fn bigint(&self, it: &BigIntLiteral<'_>, is_negative: bool) -> Rc<Shape> {
        let sign = if is_negative { "-" } else { "" };
        let text = format!("{sign}{}", it.value);
        let value = text.parse::<i64>().map(Into::into).or_else(|_| text.parse::<u64>().map(Into::into));
        match value {
            Ok(value) => Rc::new(Shape::Constant(value)),
            Err(_) => {
                let what = "a schema compares no whole number of so many digits";
                self.wider(&Rc::new(Shape::BigInt), it.span, what, "any whole number is accepted here")
            }
        }
    }

    fn tuple(&mut self, it: &TSTupleType<'_>) -> Rc<Shape> {
        let mut tuple = Tuple { items: Vec::new(), least: 0, rest: None };
        let mut is_regular = true;
        for element in &it.element_types {
            is_regular &= tuple.rest.is_none();
            let shape = self.element_of(element);
            match element {
                TSTupleElement::TSRestType(_) => match &*self.definitions.resolved(&shape) {
                    Shape::Array(item) => tuple.rest = Some(Rc::clone(item)),
                    Shape::Tuple(inner) => {
                        is_regular &= tuple.least == tuple.items.len() || inner.least == 0;
                        if !(0..inner.items.len()).all(|_| self.take()) {
                            return self.unknown(it.span, super::TOO_LARGE);
                        }
                        tuple.least += if tuple.least == tuple.items.len() { inner.least } else { 0 };
                        tuple.items.extend(inner.items.iter().cloned());
                        tuple.rest.clone_from(&inner.rest);
                    }
                    _ => return self.unknown(it.span, "the rest of this tuple can't be expressed"),
                },
                other => {
                    let is_optional = match other {
                        TSTupleElement::TSOptionalType(_) => true,
                        TSTupleElement::TSNamedTupleMember(own) => own.optional,
                        _ => false,
                    };
                    if is_optional {
                        tuple.items.push(self.union(vec![shape, Rc::new(Shape::Undefined)], it.span));
                    } else {
                        tuple.items.push(shape);
                        tuple.least = tuple.items.len();
                    }
                }
            }
        }
        if is_regular {
            return Rc::new(Shape::Tuple(tuple));
        }
        let all = tuple.items.into_iter().chain(tuple.rest).collect();
        let items = Rc::new(Shape::Array(self.union(all, it.span)));
        let what = "elements after those of any number can't be expressed";
        self.wider(&items, it.span, what, "they are accepted in any order")
    }

    fn element_of(&mut self, element: &TSTupleElement<'_>) -> Rc<Shape> {
        match element {
            TSTupleElement::TSOptionalType(own) => self.shape(&own.type_annotation),
            TSTupleElement::TSRestType(own) => self.shape(&own.type_annotation),
            other => match other.as_ts_type() {
                Some(own) => self.shape(own),
                None => Rc::new(Shape::Unknown),
            },
        }
    }
}
