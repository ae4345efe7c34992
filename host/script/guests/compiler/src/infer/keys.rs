//! `keyof T` and `T[K]`.

use std::rc::Rc;

use oxc_span::Span;
use serde_json::Value;

use super::shape::{Object, Shape, Tuple};
use super::{DEPTH_MAX, Inference, TOO_LARGE};

impl Inference<'_, '_, '_> {
    /// `keyof T`.
    pub(super) fn keys(&mut self, of: &Rc<Shape>, span: Span) -> Rc<Shape> {
        let resolved = self.definitions.resolved(of);
        // Of a union those that all parts have.
        let parts = resolved.parts().unwrap_or(std::slice::from_ref(&resolved));
        let parts: Vec<Rc<Shape>> = parts.iter().map(|part| self.definitions.resolved(part)).collect();
        let objects: Option<Vec<&Object>> = parts.iter().map(|part| part.object()).collect();
        let unknown = "the keys of this type are not known";
        let Some((first, others)) = objects.as_deref().and_then(|all| all.split_first()) else {
            return self.unknown(span, unknown);
        };
        if !(first.comments.is_empty() && others.iter().all(|own| own.comments.is_empty())) {
            return self.unknown(span, unknown);
        }
        if first.others.is_some() && others.is_empty() {
            return self.union(vec![Rc::new(Shape::Text), Rc::new(Shape::Number)], span);
        }
        if first.others.is_some() || others.iter().any(|own| own.others.is_some()) {
            return self.unknown(span, unknown);
        }
        let names = first.in_order().into_iter().map(|(name, _)| name);
        let names: Vec<&String> =
            names.filter(|name| others.iter().all(|own| own.members.contains_key(*name))).collect();
        if let Some(name) = names.iter().find(|name| is_number(name)) {
            return self.unknown(span, &format!("the key `{name}` is a number, which JSON has as a text"));
        }
        let shapes = names.into_iter().map(|name| Rc::new(Shape::Constant(name.as_str().into()))).collect();
        self.union(shapes, span)
    }

    /// The names that a type of keys lists, if it lists names.
    pub(super) fn names(&mut self, keys: &Rc<Shape>) -> Option<Vec<String>> {
        let mut names = Vec::new();
        self.listed(keys, 0, &mut names)?;
        Some(names)
    }

    fn listed(&mut self, keys: &Rc<Shape>, depth: usize, names: &mut Vec<String>) -> Option<()> {
        if depth >= DEPTH_MAX || !self.take() {
            return None;
        }
        let resolved = self.definitions.resolved(keys);
        if let Shape::Constant(value) = &*resolved {
            names.push(name_of(value)?);
            return Some(());
        }
        match resolved.parts() {
            Some(parts) => parts.iter().try_for_each(|part| self.listed(part, depth + 1, names)),
            None => matches!(*resolved, Shape::Never).then_some(()),
        }
    }

    /// Whether all texts are among the keys.
    pub(super) fn has_text(&self, keys: &Rc<Shape>) -> bool {
        let resolved = self.definitions.resolved(keys);
        let parts = resolved.parts().unwrap_or(std::slice::from_ref(&resolved));
        parts.iter().any(|part| matches!(*self.definitions.resolved(part), Shape::Text))
    }

    /// `T[K]`.
    pub(super) fn part(&mut self, of: &Rc<Shape>, key: &Rc<Shape>, span: Span, depth: usize) -> Rc<Shape> {
        if depth >= DEPTH_MAX || !self.take() {
            return self.unknown(span, TOO_LARGE);
        }
        let (of, key) = (self.definitions.resolved(of), self.definitions.resolved(key));
        if let Some(parts) = key.parts() {
            let parts = parts.iter().map(|part| self.part(&of, part, span, depth + 1)).collect();
            return self.union(parts, span);
        }
        if let Some(parts) = of.parts() {
            let parts = parts.iter().map(|part| self.part(part, &key, span, depth + 1)).collect();
            return self.union(parts, span);
        }
        let found = match &*of {
            Shape::Any => Some(Rc::clone(&of)),
            Shape::Array(item) => is_index(&key).then(|| Rc::clone(item)),
            Shape::Tuple(tuple) => self.element(tuple, &key, span),
            Shape::Object(object) => self.member_of(object, &key, span),
            Shape::Unknown
            | Shape::Never
            | Shape::Undefined
            | Shape::Null
            | Shape::Boolean
            | Shape::Number
            | Shape::BigInt
            | Shape::Text
            | Shape::NonPrimitive
            | Shape::Date
            | Shape::Constant(_)
            | Shape::Union(_)
            | Shape::All(_)
            | Shape::Named(_)
            | Shape::Promise(..)
            | Shape::Wider(..) => None,
        };
        found.unwrap_or_else(|| self.unknown(span, "this part of a type can't be expressed"))
    }

    fn member_of(&mut self, object: &Object, key: &Shape, span: Span) -> Option<Rc<Shape>> {
        let Shape::Constant(value) = key else {
            return object.others.clone().filter(|_| matches!(key, Shape::Text | Shape::Number));
        };
        match object.members.get(&name_of(value)?) {
            Some(member) if member.optional => {
                Some(self.union(vec![Rc::clone(&member.shape), Rc::new(Shape::Undefined)], span))
            }
            Some(member) => Some(Rc::clone(&member.shape)),
            None => object.others.clone(),
        }
    }

    fn element(&mut self, tuple: &Tuple, key: &Shape, span: Span) -> Option<Rc<Shape>> {
        if matches!(key, Shape::Number) {
            let all = tuple.items.iter().chain(&tuple.rest).cloned().collect();
            return Some(self.union(all, span));
        }
        let Shape::Constant(value) = key else { return None };
        let index: usize = name_of(value)?.parse().ok()?;
        tuple.items.get(index).or(tuple.rest.as_ref()).cloned()
    }
}

/// The name that a constant is as a key.
fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_index(key: &Shape) -> bool {
    matches!(key, Shape::Number) || matches!(key, Shape::Constant(value) if value.is_u64())
}

/// Whether TypeScript takes a name for a number.
fn is_number(name: &str) -> bool {
    name.trim_start_matches('-').starts_with(|first: char| first.is_ascii_digit())
}
