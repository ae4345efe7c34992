//! `typeof` of a variable: of its type where one is written, else of the value of a constant, as TypeScript reads it with and
//! without `as const`.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};
use serde_json::Value;

use super::Inference;
use super::declared::{Variable, name_of};
use super::shape::{Object, Shape, Tuple};

const NOT_KNOWN: &str = "`typeof` of a value can't be expressed: write its type, or a literal with `as const`";

/// How closely TypeScript takes a literal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Literals {
    /// In `as const`: every value is itself, lists have a length.
    Exact,
    /// The value of a `const`: itself, if it is plain.
    Own,
    /// Within one: any of its kind, since it may be changed.
    Any,
}

impl Inference<'_, '_, '_> {
    pub(super) fn type_of(&mut self, query: &TSTypeQuery<'_>) -> Rc<Shape> {
        let name = query.expr_name.as_ts_type_name().and_then(name_of);
        let Some(variable) = name.and_then(|name| self.declared.variable(name)) else {
            return self.unknown(query.span, NOT_KNOWN);
        };
        // Type parameters are not known where the variable is.
        let outer = std::mem::take(&mut self.parameters);
        let shape = match variable {
            Variable::Typed(r#type) => self.shape(r#type),
            Variable::Constant(value) => self.value(value, Literals::Own, query.span),
        };
        self.parameters = outer;
        shape
    }

    fn value(&mut self, expression: &Expression<'_>, literals: Literals, at: Span) -> Rc<Shape> {
        if self.depth >= super::DEPTH_MAX || !self.take() {
            return self.unknown(at, super::TOO_LARGE);
        }
        self.depth += 1;
        let shape = self.of_value(expression, literals, at);
        self.depth -= 1;
        shape
    }

    fn of_value(&mut self, expression: &Expression<'_>, literals: Literals, at: Span) -> Rc<Shape> {
        let own = |value: Value, kind: Shape| match literals {
            Literals::Exact | Literals::Own => Rc::new(Shape::Constant(value)),
            Literals::Any => Rc::new(kind),
        };
        match expression {
            Expression::ParenthesizedExpression(it) => self.value(&it.expression, literals, at),
            Expression::TSAsExpression(it) if is_const(&it.type_annotation) => {
                self.value(&it.expression, Literals::Exact, at)
            }
            Expression::TSAsExpression(it) => self.shape(&it.type_annotation),
            // What stands in `satisfies` may keep literals that would be any of their kind.
            Expression::TSSatisfiesExpression(it) if is_exact(&it.expression) => {
                self.value(&it.expression, literals, at)
            }
            Expression::StringLiteral(it) => own(it.value.as_str().into(), Shape::Text),
            Expression::TemplateLiteral(it) => match it.single_quasi() {
                Some(text) => own(text.as_str().into(), Shape::Text),
                None => self.unknown(at, NOT_KNOWN),
            },
            Expression::BooleanLiteral(it) => own(it.value.into(), Shape::Boolean),
            Expression::NullLiteral(_) => Rc::new(Shape::Null),
            Expression::NumericLiteral(it) => self.numeric(it.value, literals, at),
            Expression::BigIntLiteral(it) if literals != Literals::Any => self.bigint(it, false),
            Expression::BigIntLiteral(_) => Rc::new(Shape::BigInt),
            Expression::UnaryExpression(it) if it.operator == UnaryOperator::UnaryNegation => match &it.argument {
                Expression::NumericLiteral(value) => self.numeric(-value.value, literals, at),
                Expression::BigIntLiteral(value) if literals != Literals::Any => self.bigint(value, true),
                Expression::BigIntLiteral(_) => Rc::new(Shape::BigInt),
                _ => self.unknown(at, NOT_KNOWN),
            },
            Expression::ArrayExpression(it) => self.list(it, literals, at),
            Expression::ObjectExpression(it) => self.record_of(it, literals, at),
            _ => self.unknown(at, NOT_KNOWN),
        }
    }

    fn numeric(&self, value: f64, literals: Literals, at: Span) -> Rc<Shape> {
        match literals {
            Literals::Any => Rc::new(Shape::Number),
            Literals::Exact | Literals::Own => {
                number(value).map_or_else(|| self.unknown(at, "this literal can't be expressed"), Rc::new)
            }
        }
    }

    fn list(&mut self, it: &ArrayExpression<'_>, literals: Literals, at: Span) -> Rc<Shape> {
        let within = if literals == Literals::Exact { Literals::Exact } else { Literals::Any };
        let mut items = Vec::new();
        for element in &it.elements {
            let Some(element) = element.as_expression() else { return self.unknown(at, NOT_KNOWN) };
            items.push(self.value(element, within, at));
        }
        if within == Literals::Exact {
            let least = items.len();
            return Rc::new(Shape::Tuple(Tuple { items, least, rest: None }));
        }
        // Objects in a list get the members of each other, and of an empty list nothing is known.
        if items.is_empty() || items.iter().any(|item| item.object().is_some()) {
            return self.unknown(at, NOT_KNOWN);
        }
        Rc::new(Shape::Array(self.union(items, at)))
    }

    fn record_of(&mut self, it: &ObjectExpression<'_>, literals: Literals, at: Span) -> Rc<Shape> {
        let within = if literals == Literals::Exact { Literals::Exact } else { Literals::Any };
        let mut object = Object::default();
        for property in &it.properties {
            let ObjectPropertyKind::ObjectProperty(own) = property else { return self.unknown(at, NOT_KNOWN) };
            let name = own.key.static_name().filter(|name| *name != "__proto__" && own.kind == PropertyKind::Init);
            let Some(name) = name else { return self.unknown(at, NOT_KNOWN) };
            let shape = self.value(&own.value, within, own.value.span());
            object.put(name.into_owned(), shape, false, None);
        }
        Rc::new(Shape::Object(object))
    }
}

/// Whether `as` is followed by `const`.
fn is_const(r#type: &TSType<'_>) -> bool {
    matches!(r#type, TSType::TSTypeReference(it) if it.type_arguments.is_none() && name_of(&it.type_name) == Some("const"))
}

/// Whether a value says all of its type itself.
fn is_exact(expression: &Expression<'_>) -> bool {
    match expression {
        Expression::ParenthesizedExpression(it) => is_exact(&it.expression),
        Expression::TSAsExpression(_) => true,
        _ => false,
    }
}

/// A number of JavaScript in JSON: a whole one has no fraction. None of one that JSON has not.
pub(super) fn number(value: f64) -> Option<Shape> {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    let is_whole = value.fract() == 0.0 && value.abs() <= SAFE;
    value.is_finite().then(|| Shape::Constant(if is_whole { Value::from(value as i64) } else { Value::from(value) }))
}
