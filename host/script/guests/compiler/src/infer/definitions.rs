//! Types with names of their own, and what is asked of a type through them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::shape::Shape;
use super::{DEPTH_MAX, Side};

/// A type with a name.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) shape: Rc<Shape>,
    pub(super) description: Option<String>,
}

/// By name; none while it is being made.
#[derive(Debug, Default)]
pub(super) struct Definitions(BTreeMap<String, Option<Definition>>);

impl Definitions {
    /// Whether the name is taken.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes a name, for what is made next.
    pub(super) fn begin(&mut self, name: &str) {
        self.0.insert(name.to_owned(), None);
    }

    /// Gives a name back.
    pub(super) fn forget(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Says what a name stands for.
    pub(super) fn set(&mut self, name: &str, shape: Rc<Shape>, description: Option<String>) {
        self.0.insert(name.to_owned(), Some(Definition { shape, description }));
    }

    /// What a name stands for, if that is known yet.
    pub(super) fn get(&self, name: &str) -> Option<&Definition> {
        self.0.get(name)?.as_ref()
    }

    /// What names lead to. It is a name where that one is still being made.
    pub(super) fn resolved(&self, shape: &Rc<Shape>) -> Rc<Shape> {
        let mut at = shape;
        for _ in 0..DEPTH_MAX {
            let Shape::Named(name) = &**at else { break };
            let Some(definition) = self.get(name) else { break };
            at = &definition.shape;
        }
        Rc::clone(at)
    }

    /// Whether a value may be `undefined`. `any` and `unknown` are, in what a script gives: of an input it is not known what a
    /// caller leaves out, and that would not be what TypeScript asks for.
    pub(super) fn may_be_undefined(&self, shape: &Shape, side: Side) -> bool {
        self.is_undefined(shape, side, &mut BTreeSet::new())
    }

    fn is_undefined<'s>(&'s self, shape: &'s Shape, side: Side, seen: &mut BTreeSet<&'s str>) -> bool {
        match shape {
            Shape::Undefined => true,
            Shape::Any | Shape::Unknown | Shape::Promise(..) => side == Side::Output,
            Shape::Union(parts) => parts.iter().any(|part| self.is_undefined(part, side, seen)),
            Shape::All(parts) => parts.iter().all(|part| self.is_undefined(part, side, seen)),
            Shape::Wider(inner, _) => self.is_undefined(inner, side, seen),
            Shape::Named(name) => {
                let definition = self.get(name).filter(|_| seen.insert(name));
                definition.is_some_and(|own| self.is_undefined(&own.shape, side, seen))
            }
            Shape::Never
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
            | Shape::Object(_) => false,
        }
    }

    /// Whether a shape is a name, or a choice of it, without a value between them: a type that is made of nothing but itself.
    pub(super) fn is_made_of(&self, shape: &Shape, name: &str) -> bool {
        self.leads_to(shape, name, &mut BTreeSet::new())
    }

    fn leads_to<'s>(&'s self, shape: &'s Shape, name: &str, seen: &mut BTreeSet<&'s str>) -> bool {
        match shape {
            Shape::Named(own) => {
                let definition = self.get(own).filter(|_| seen.insert(own));
                own == name || definition.is_some_and(|own| self.leads_to(&own.shape, name, seen))
            }
            Shape::Union(parts) | Shape::All(parts) => parts.iter().any(|part| self.leads_to(part, name, seen)),
            Shape::Promise(inner, _) | Shape::Wider(inner, _) => self.leads_to(inner, name, seen),
            Shape::Any
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
            | Shape::Object(_) => false,
        }
    }
}
