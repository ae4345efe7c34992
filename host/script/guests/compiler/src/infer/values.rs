//! Constants whose values are types: `(typeof List)[number]`, and what stands in place of an enum.

use oxc_ast::ast::*;
use serde_json::Value;

use super::Inference;
use super::declared::name_of;

impl Inference<'_, '_, '_> {
    /// The values of a constant object or list of literals.
    pub(super) fn constant_values(&self, query: &TSTypeQuery<'_>) -> Option<Vec<Value>> {
        match self.constant(query)? {
            Expression::ArrayExpression(list) => {
                list.elements.iter().map(|element| literal(element.as_expression()?)).collect()
            }
            _ => Some(self.constant_members(query)?.into_iter().map(|(_, value)| value).collect()),
        }
    }

    /// The members of a constant object of literals.
    pub(super) fn constant_members(&self, query: &TSTypeQuery<'_>) -> Option<Vec<(String, Value)>> {
        let Expression::ObjectExpression(object) = self.constant(query)? else { return None };
        let members = object.properties.iter().map(|property| match property {
            ObjectPropertyKind::ObjectProperty(it) => Some((it.key.static_name()?.into_owned(), literal(&it.value)?)),
            ObjectPropertyKind::SpreadProperty(_) => None,
        });
        members.collect()
    }

    fn constant(&self, query: &TSTypeQuery<'_>) -> Option<&Expression<'_>> {
        let name = query.expr_name.as_ts_type_name().and_then(name_of)?;
        Some(self.declared.constant(name)?.get_inner_expression())
    }
}

fn literal(expression: &Expression<'_>) -> Option<Value> {
    match expression.get_inner_expression() {
        Expression::StringLiteral(own) => Some(own.value.as_str().into()),
        Expression::NumericLiteral(own) => Some(number(own.value)),
        Expression::BooleanLiteral(own) => Some(own.value.into()),
        Expression::NullLiteral(_) => Some(Value::Null),
        Expression::UnaryExpression(own) if own.operator == UnaryOperator::UnaryNegation => match &own.argument {
            Expression::NumericLiteral(value) => Some(number(-value.value)),
            _ => None,
        },
        _ => None,
    }
}

/// A number of JavaScript in JSON: a whole one has no fraction.
pub(super) fn number(value: f64) -> Value {
    const SAFE: f64 = 9_007_199_254_740_991.0;
    if value.fract() == 0.0 && value.abs() <= SAFE { Value::from(value as i64) } else { Value::from(value) }
}
