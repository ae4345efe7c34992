//! Types of TypeScript itself.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use super::shape::{Object, Shape};
use super::{ANYTHING, DEPTH_MAX, Inference, Side, TOO_LARGE};

impl Inference<'_, '_, '_> {
    pub(super) fn standard(&mut self, name: &str, arguments: &[TSType<'_>], span: Span) -> Rc<Shape> {
        match (name, arguments) {
            ("Array" | "ReadonlyArray", [item]) => Rc::new(Shape::Array(self.shape(item))),
            ("Record", [key, value]) => self.record(key, value),
            ("Readonly", [inner]) => self.shape(inner),
            ("Promise" | "PromiseLike", [inner]) => {
                let comment =
                    self.told(span, "a promise is no data: write `await`, or the type of its result", ANYTHING);
                Rc::new(Shape::Promise(self.shape(inner), comment))
            }
            ("Awaited", [inner]) => {
                let shape = self.shape(inner);
                self.awaited(&shape, 0)
            }
            ("NonNullable", [inner]) => {
                let shape = self.shape(inner);
                self.without_null(&shape, span, 0)
            }
            ("Partial" | "Required", [inner]) => {
                let shape = self.shape(inner);
                self.with_required(&shape, name, span, 0)
            }
            ("Pick" | "Omit", [inner, keys]) => {
                let (shape, keys) = (self.shape(inner), self.shape(keys));
                self.with_members(&shape, &keys, name, span)
            }
            ("Date", []) => match self.side {
                Side::Output => Rc::new(Shape::Date),
                Side::Input => self.unknown(span, "JSON has no Date: take a `string` and write `new Date(text)`"),
            },
            ("String", []) => Rc::new(Shape::Text),
            ("Number", []) => Rc::new(Shape::Number),
            ("Boolean", []) => Rc::new(Shape::Boolean),
            ("Object", []) => self.unknown(span, "`Object` is nearly everything: write `object`"),
            _ => self.unknown(span, &format!("`{name}` is no plain data that the script declares")),
        }
    }

    fn record(&mut self, key: &TSType<'_>, value: &TSType<'_>) -> Rc<Shape> {
        let (keys, value) = (self.shape(key), self.shape(value));
        let mut object = Object::default();
        match self.names(&keys) {
            Some(names) => {
                for name in names {
                    if !self.take() {
                        return self.unknown(key.span(), TOO_LARGE);
                    }
                    object.put(name, Rc::clone(&value), false, None);
                }
            }
            None if self.has_text(&keys) => object.others = Some(value),
            None => object.comments.push(self.unknown_names(key.span())),
        }
        Rc::new(Shape::Object(object))
    }

    /// The comment on members whose names are no texts that are known.
    pub(super) fn unknown_names(&self, span: Span) -> String {
        self.told(span, "these names can't be expressed: write `string`, or the names", "any member is accepted here")
    }

    /// `NonNullable<T>`, and `T & {}`.
    pub(super) fn without_null(&mut self, shape: &Rc<Shape>, span: Span, depth: usize) -> Rc<Shape> {
        let resolved = self.definitions.resolved(shape);
        match &*resolved {
            _ if depth >= DEPTH_MAX || !self.take() => self.unknown(span, TOO_LARGE),
            Shape::Null | Shape::Undefined => Rc::new(Shape::Never),
            Shape::Unknown => self.unknown(span, "everything but `null` can't be expressed"),
            Shape::Named(name) => {
                self.unknown(span, &format!("`{name}` without `null` can't be expressed within itself"))
            }
            Shape::Union(parts) if parts.iter().any(|part| self.may_be_null(part)) => {
                let parts = parts.iter().map(|part| self.without_null(part, span, depth + 1)).collect();
                self.union(parts, span)
            }
            Shape::Union(_)
            | Shape::Any
            | Shape::Never
            | Shape::Boolean
            | Shape::Number
            | Shape::BigInt
            | Shape::Text
            | Shape::NonPrimitive
            | Shape::Date
            | Shape::Constant(_)
            | Shape::Array(_)
            | Shape::Tuple(_)
            | Shape::Object(_)
            | Shape::All(_)
            | Shape::Promise(..)
            | Shape::Wider(..) => Rc::clone(shape),
        }
    }

    /// Whether a part of a union has to be looked at once more to be without `null`.
    fn may_be_null(&self, shape: &Rc<Shape>) -> bool {
        matches!(
            &*self.definitions.resolved(shape),
            Shape::Null | Shape::Undefined | Shape::Unknown | Shape::Named(_) | Shape::Union(_)
        )
    }

    /// `Partial<T>` and `Required<T>`, of each part of a union.
    fn with_required(&mut self, shape: &Rc<Shape>, name: &str, span: Span, depth: usize) -> Rc<Shape> {
        if depth >= DEPTH_MAX || !self.take() {
            return self.unknown(span, TOO_LARGE);
        }
        let resolved = self.definitions.resolved(shape);
        if let Some(parts) = resolved.parts() {
            let parts = parts.iter().map(|part| self.with_required(part, name, span, depth + 1)).collect();
            return self.union(parts, span);
        }
        let Some(object) = resolved.object() else {
            return self.unknown(span, &format!("`{name}` of what is no plain object can't be expressed"));
        };
        let mut object = object.clone();
        for member in object.members.values_mut() {
            if !self.take() {
                return self.unknown(span, TOO_LARGE);
            }
            if name == "Required" && member.optional {
                member.shape = self.without_undefined(&member.shape, span, 0);
            }
            member.optional = name == "Partial";
        }
        Rc::new(Shape::Object(object))
    }

    /// What is left of a member that is made required.
    fn without_undefined(&mut self, shape: &Rc<Shape>, span: Span, depth: usize) -> Rc<Shape> {
        if depth >= DEPTH_MAX || !self.take() {
            return self.unknown(span, TOO_LARGE);
        }
        let resolved = self.definitions.resolved(shape);
        match resolved.parts() {
            _ if matches!(*resolved, Shape::Undefined) => Rc::new(Shape::Never),
            Some(parts) if self.definitions.may_be_undefined(&resolved, Side::Input) => {
                let parts = parts.iter().map(|part| self.without_undefined(part, span, depth + 1)).collect();
                self.union(parts, span)
            }
            _ => Rc::clone(shape),
        }
    }

    /// `Pick<T, K>` and `Omit<T, K>`.
    fn with_members(&mut self, shape: &Rc<Shape>, keys: &Rc<Shape>, name: &str, span: Span) -> Rc<Shape> {
        let what = format!("`{name}` of what is no plain object can't be expressed");
        let resolved = self.definitions.resolved(shape);
        let (Some(object), Some(names)) = (resolved.object(), self.names(keys)) else {
            return self.unknown(span, &what);
        };
        let keep = name == "Pick";
        let is_known = |name: &String| object.members.contains_key(name);
        // What has an index signature has other names too, of which `Omit` leaves no type.
        if object.others.is_some() && !(keep && names.iter().all(is_known)) {
            return self.unknown(span, &format!("`{name}` of a type with an index signature can't be expressed"));
        }
        if keep && let Some(missing) = names.iter().find(|name| !is_known(name)) {
            return self.unknown(span, &format!("the type has no member `{missing}`"));
        }
        let mut object = object.clone();
        object.members.retain(|name, _| names.contains(name) == keep);
        object.others = None;
        if !(0..object.members.len()).all(|_| self.take()) {
            return self.unknown(span, TOO_LARGE);
        }
        Rc::new(Shape::Object(object))
    }
}
