//! What a type takes, before it is written as a schema. `undefined` is a part of its own here, since it depends on the place
//! what becomes of it in JSON.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

/// What a type takes. Parts are shared: what a type parameter stands for takes no room at its uses, until it is written.
#[derive(Debug)]
pub(super) enum Shape {
    /// `any`.
    Any,
    /// `unknown`.
    Unknown,
    /// `never`.
    Never,
    /// `undefined` and `void`.
    Undefined,
    /// `null`.
    Null,
    /// `boolean`.
    Boolean,
    /// `number`.
    Number,
    /// `bigint`.
    BigInt,
    /// `string`.
    Text,
    /// `object`, which arrays are too.
    NonPrimitive,
    /// A `Date` of an output, which is written as a text.
    Date,
    /// A text, a number or a boolean.
    Constant(Value),
    /// `T[]`.
    Array(Rc<Shape>),
    /// A tuple.
    Tuple(Tuple),
    /// A type of members.
    Object(Object),
    /// `A | B`, of at least two, none of which is a union.
    Union(Vec<Rc<Shape>>),
    /// `A & B` of what can't be put together.
    All(Vec<Rc<Shape>>),
    /// A definition.
    Named(String),
    /// A promise, and the comment where one is no data.
    Promise(Rc<Shape>, String),
    /// More than the type takes, and the comment that says why.
    Wider(Rc<Shape>, String),
}

impl Shape {
    /// The parts of a union.
    pub(super) fn parts(&self) -> Option<&[Rc<Self>]> {
        if let Self::Union(parts) = self { Some(parts) } else { None }
    }

    /// The members, if it has such.
    pub(super) fn object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

/// Elements by their place.
#[derive(Debug)]
pub(super) struct Tuple {
    pub(super) items: Vec<Rc<Shape>>,
    /// How many of them are always there.
    pub(super) least: usize,
    /// What follows, in any number.
    pub(super) rest: Option<Rc<Shape>>,
}

/// Members by their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    pub(super) members: BTreeMap<String, Member>,
    /// What an index signature says of all members.
    pub(super) others: Option<Rc<Shape>>,
    /// What is not said of it.
    pub(super) comments: Vec<String>,
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) shape: Rc<Shape>,
    /// Whether it has a `?`.
    pub(super) optional: bool,
    pub(super) description: Option<String>,
    /// Its place among the members.
    place: usize,
}

impl Object {
    /// Sets a member. It keeps the place of the one that it replaces.
    pub(super) fn put(&mut self, name: String, shape: Rc<Shape>, optional: bool, description: Option<String>) {
        let place = self.members.get(&name).map_or(self.members.len(), |own| own.place);
        self.members.insert(name, Member { shape, optional, description, place });
    }

    /// Whether nothing is said of its members: `{}`.
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.others.is_none() && self.comments.is_empty()
    }

    /// The members in the order of the text.
    pub(super) fn in_order(&self) -> Vec<(&String, &Member)> {
        let mut members: Vec<(&String, &Member)> = self.members.iter().collect();
        members.sort_by_key(|(_, member)| member.place);
        members
    }
}

/// Whether two are known to be the same. It says no where to find that out would take long.
pub(super) fn same(left: &Rc<Shape>, right: &Rc<Shape>) -> bool {
    if Rc::ptr_eq(left, right) {
        return true;
    }
    match &**left {
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
        | Shape::Date => std::mem::discriminant(&**left) == std::mem::discriminant(&**right),
        Shape::Constant(own) => matches!(&**right, Shape::Constant(other) if own == other),
        Shape::Named(own) => matches!(&**right, Shape::Named(other) if own == other),
        Shape::Array(own) => matches!(&**right, Shape::Array(other) if same(own, other)),
        Shape::Tuple(_)
        | Shape::Object(_)
        | Shape::Union(_)
        | Shape::All(_)
        | Shape::Promise(..)
        | Shape::Wider(..) => false,
    }
}
