//! `A & B`: what both take.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::Span;

use super::shape::{Member, Object, Shape, same};
use super::{DEPTH_MAX, Inference, TOO_LARGE};

impl Inference<'_, '_, '_> {
    pub(super) fn intersection(&mut self, it: &TSIntersectionType<'_>) -> Rc<Shape> {
        let shapes: Vec<Rc<Shape>> = it.types.iter().map(|own| self.shape(own)).collect();
        let mut shapes = shapes.into_iter();
        let Some(mut whole) = shapes.next() else { return Rc::new(Shape::Unknown) };
        for shape in shapes {
            // A name stands for what it has, so that the members of all are in one object.
            let (left, right) = (self.definitions.resolved(&whole), self.definitions.resolved(&shape));
            whole = self.both(&left, &right, it.span, 0);
        }
        whole
    }

    /// What both take. Names within are left as they are, since types may refer to themselves.
    fn both(&mut self, left: &Rc<Shape>, right: &Rc<Shape>, span: Span, depth: usize) -> Rc<Shape> {
        if depth >= DEPTH_MAX || !self.take() {
            return self.unknown(span, TOO_LARGE);
        }
        if same(left, right) {
            return Rc::clone(left);
        }
        for own in [left, right] {
            if matches!(**own, Shape::Never) {
                return Rc::clone(own);
            }
        }
        for (own, other) in [(left, right), (right, left)] {
            if matches!(**own, Shape::Any) {
                return Rc::clone(own);
            }
            if matches!(**own, Shape::Unknown) {
                return Rc::clone(other);
            }
        }
        for (own, other) in [(left, right), (right, left)] {
            if let Some(parts) = own.parts() {
                let parts = parts.iter().map(|part| self.both(part, other, span, depth + 1)).collect();
                return self.union(parts, span);
            }
        }
        for (own, other) in [(left, right), (right, left)] {
            match (&**own, other.object()) {
                (Shape::Wider(inner, comment), _) => return self.with_comment(inner, other, comment, span, depth),
                (_, Some(object)) if own.object().is_none() && object.is_empty() => {
                    return self.without_null(own, span, depth);
                }
                _ => {}
            }
        }
        if let (Some(left), Some(right)) = (left.object(), right.object()) {
            return Rc::new(Shape::Object(self.objects(left, right, span, depth)));
        }
        match (is_plain(left), is_plain(right)) {
            (true, true) => narrower(left, right),
            (true, false) => self.branded(left, right, span),
            (false, true) => self.branded(right, left, span),
            (false, false) => match (&**left, &**right) {
                (Shape::NonPrimitive, Shape::Object(_) | Shape::Array(_) | Shape::Tuple(_)) => Rc::clone(right),
                (Shape::Object(_) | Shape::Array(_) | Shape::Tuple(_), Shape::NonPrimitive) => Rc::clone(left),
                (Shape::Array(left), Shape::Array(right)) => {
                    Rc::new(Shape::Array(self.both(left, right, span, depth + 1)))
                }
                (Shape::Array(_) | Shape::Tuple(_), Shape::Object(_)) => self.with_more(left, span),
                (Shape::Object(_), Shape::Array(_) | Shape::Tuple(_)) => self.with_more(right, span),
                _ => Rc::new(Shape::All(vec![Rc::clone(left), Rc::clone(right)])),
            },
        }
    }

    /// What a schema can't say of one side stays a comment on what the other says.
    fn with_comment(
        &mut self,
        inner: &Rc<Shape>,
        other: &Rc<Shape>,
        comment: &str,
        span: Span,
        depth: usize,
    ) -> Rc<Shape> {
        let both = self.both(inner, other, span, depth + 1);
        match both.object() {
            Some(object) => {
                let mut object = object.clone();
                object.comments.push(comment.to_owned());
                Rc::new(Shape::Object(object))
            }
            None => Rc::new(Shape::Wider(both, comment.to_owned())),
        }
    }

    /// A plain value with members. None is one, but a type may say so of a text to tell it from others.
    fn branded(&mut self, plain: &Rc<Shape>, other: &Rc<Shape>, span: Span) -> Rc<Shape> {
        match &**other {
            Shape::Object(_) if !matches!(**plain, Shape::Null | Shape::Undefined) => self.with_more(plain, span),
            Shape::Named(_) | Shape::All(_) | Shape::Promise(..) => {
                Rc::new(Shape::All(vec![Rc::clone(plain), Rc::clone(other)]))
            }
            Shape::Object(_)
            | Shape::Any
            | Shape::Unknown
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
            | Shape::Array(_)
            | Shape::Tuple(_)
            | Shape::Union(_)
            | Shape::Wider(..) => Rc::new(Shape::Never),
        }
    }

    fn with_more(&self, shape: &Rc<Shape>, span: Span) -> Rc<Shape> {
        let what = "what is no object has no members in JSON: write the type alone";
        self.wider(shape, span, what, "a value without them is accepted here")
    }

    /// An object with the members of both. A member that both have, or that the other's index signature is about, is what both
    /// take.
    fn objects(&mut self, left: &Object, right: &Object, span: Span, depth: usize) -> Object {
        let mut whole = Object::default();
        let names = left.in_order().into_iter().chain(right.in_order()).map(|(name, _)| name);
        for name in names {
            if whole.members.contains_key(name) {
                continue;
            }
            let (shape, optional, description) = match (left.members.get(name), right.members.get(name)) {
                (Some(own), Some(other)) => {
                    let optional = own.optional && other.optional;
                    let (left, right) = (self.present(own, !optional, span), self.present(other, !optional, span));
                    let shape = self.both(&left, &right, span, depth + 1);
                    (shape, optional, own.description.clone().or_else(|| other.description.clone()))
                }
                (Some(own), None) => self.with_others(own, right, span, depth),
                (None, Some(own)) => self.with_others(own, left, span, depth),
                (None, None) => continue,
            };
            whole.put(name.clone(), shape, optional, description);
        }
        whole.others = match (&left.others, &right.others) {
            (Some(left), Some(right)) => Some(self.both(left, right, span, depth + 1)),
            (own, other) => own.clone().or_else(|| other.clone()),
        };
        whole.comments = left.comments.iter().chain(&right.comments).cloned().collect();
        whole
    }

    /// What a member takes. One with a `?` takes `undefined` too, where the other one has none.
    fn present(&mut self, member: &Member, with_undefined: bool, span: Span) -> Rc<Shape> {
        let shape = Rc::clone(&member.shape);
        if with_undefined && member.optional {
            return self.union(vec![shape, Rc::new(Shape::Undefined)], span);
        }
        shape
    }

    fn with_others(
        &mut self,
        member: &Member,
        of: &Object,
        span: Span,
        depth: usize,
    ) -> (Rc<Shape>, bool, Option<String>) {
        let shape = match &of.others {
            Some(others) => self.both(&member.shape, others, span, depth + 1),
            None => Rc::clone(&member.shape),
        };
        (shape, member.optional, member.description.clone())
    }
}

/// Whether it is of values without members.
fn is_plain(shape: &Rc<Shape>) -> bool {
    matches!(
        **shape,
        Shape::Undefined
            | Shape::Null
            | Shape::Boolean
            | Shape::Number
            | Shape::BigInt
            | Shape::Text
            | Shape::Date
            | Shape::Constant(_)
    )
}

/// Of a constant and its kind the constant is left; others have nothing in common.
fn narrower(left: &Rc<Shape>, right: &Rc<Shape>) -> Rc<Shape> {
    for (own, other) in [(left, right), (right, left)] {
        if let Shape::Constant(value) = &**own
            && ((value.is_string() && matches!(**other, Shape::Text))
                || (value.is_number() && matches!(**other, Shape::Number | Shape::BigInt))
                || (value.is_boolean() && matches!(**other, Shape::Boolean)))
        {
            return Rc::clone(own);
        }
    }
    Rc::new(Shape::Never)
}
