//! JSON Schemas of the default export, from its TypeScript types. Plain data has a schema; what has none (a function, a
//! `Map`, a type of another module) is named in a `$comment`, and anything is accepted in its place. A schema says what
//! TypeScript says of the type: it is never a guess.

mod alternatives;
mod comments;
mod declared;
mod definitions;
mod description;
mod intersections;
mod keys;
mod names;
mod objects;
mod shape;
mod standard;
mod types;
mod values;
mod write;

use std::rc::Rc;

use oxc_ast::ast::{Program, TSType};
use oxc_span::{GetSpan, Span};
use serde_json::{Value, json};

use crate::diagnostic::LineIndex;
use comments::Comments;
use declared::{Declared, Signature};
use definitions::Definitions;
pub(crate) use description::description;
use names::Instance;
use shape::{Shape, same};

/// Types within types. The parser's own bound on nesting is much higher.
const DEPTH_MAX: usize = 32;
/// Parts of one side; the host refuses much larger schemas.
const PARTS_MAX: usize = 4_000;

const TOO_LARGE: &str = "the type is too large for a schema";
/// What a comment says is accepted in place of what has no schema.
const ANYTHING: &str = "anything is accepted here";

/// What is known of a script's input and output; none of a side without a type.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) input: Option<Value>,
    pub(crate) output: Option<Value>,
}

/// Reads the types of the default export.
pub(crate) fn schemas(program: &Program<'_>, source: &str, lines: &LineIndex<'_>) -> Schemas {
    let declared = Declared::of(program);
    let signatures = declared.default_export(program);
    let comments = Comments::new(program, source);
    let schema = |side: Side| {
        let types = signatures.iter().map(|signature| Some((*signature, side.r#type(signature)?)));
        let types: Option<Vec<_>> = types.collect();
        types.and_then(|types| Inference::new(&declared, &comments, lines, side).whole(&types))
    };
    Schemas { input: schema(Side::Input), output: schema(Side::Output) }
}

/// Which way the data go: an output is written as JSON, where a `Date` is a text and `undefined` may be `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

impl Side {
    fn r#type<'p, 'a>(self, signature: &Signature<'p, 'a>) -> Option<&'p TSType<'a>> {
        match self {
            Self::Input => signature.input,
            Self::Output => signature.output,
        }
    }
}

/// One schema that is being made.
struct Inference<'i, 'p, 'a> {
    declared: &'i Declared<'p, 'a>,
    comments: &'i Comments<'i>,
    lines: &'i LineIndex<'i>,
    side: Side,
    definitions: Definitions,
    /// Types with arguments that are being made, or that refer to themselves.
    instances: Vec<Instance>,
    /// What type parameters stand for where the walk is.
    parameters: Vec<(String, Rc<Shape>)>,
    depth: usize,
    parts: usize,
}

impl<'i, 'p, 'a> Inference<'i, 'p, 'a> {
    fn new(declared: &'i Declared<'p, 'a>, comments: &'i Comments<'i>, lines: &'i LineIndex<'i>, side: Side) -> Self {
        let (definitions, instances, parameters) = (Definitions::default(), Vec::new(), Vec::new());
        Self { declared, comments, lines, side, definitions, instances, parameters, depth: 0, parts: 0 }
    }

    /// The schema of a side: what one of the function's signatures says, with the definitions that it refers to.
    fn whole(mut self, types: &[(Signature<'_, '_>, &TSType<'_>)]) -> Option<Value> {
        let span = types.first()?.1.span();
        let mut shapes = Vec::new();
        for (signature, r#type) in types {
            self.parameters = self.constraints(signature.parameters);
            let shape = self.shape(r#type);
            shapes.push(match self.side {
                Side::Input => shape,
                Side::Output => self.awaited(&shape, 0),
            });
        }
        let root = self.union(shapes, span);
        let too_large = json!({"$comment": self.told(span, TOO_LARGE, ANYTHING)});
        Some(write::written(&self.definitions, self.side, &root, &too_large))
    }

    /// What a type takes. What is nested too deeply, or too large, is named.
    fn shape(&mut self, r#type: &TSType<'_>) -> Rc<Shape> {
        if self.depth >= DEPTH_MAX || !self.take() {
            return self.unknown(r#type.span(), TOO_LARGE);
        }
        self.depth += 1;
        let shape = self.of_type(r#type);
        self.depth -= 1;
        shape
    }

    /// Takes a part; says whether there was one left. Members of other types would else be copied without end.
    fn take(&mut self) -> bool {
        self.parts += 1;
        !self.is_full()
    }

    /// Whether nothing more has room.
    fn is_full(&self) -> bool {
        self.parts > PARTS_MAX
    }

    /// In place of what has no schema.
    fn unknown(&self, span: Span, what: &str) -> Rc<Shape> {
        Rc::new(Shape::Wider(Rc::new(Shape::Unknown), self.told(span, what, ANYTHING)))
    }

    /// In place of what a schema can't say as closely as the type.
    fn wider(&self, shape: &Rc<Shape>, span: Span, what: &str, accepted: &str) -> Rc<Shape> {
        Rc::new(Shape::Wider(Rc::clone(shape), self.told(span, what, accepted)))
    }

    fn told(&self, span: Span, what: &str, accepted: &str) -> String {
        let place = self.lines.at(span.start, what);
        format!("line {}, column {}: {}; {accepted}", place.line, place.column, place.message)
    }

    /// One of several, each of them once.
    fn union(&mut self, shapes: Vec<Rc<Shape>>, span: Span) -> Rc<Shape> {
        let mut parts: Vec<Rc<Shape>> = Vec::new();
        for shape in shapes {
            for part in shape.parts().unwrap_or(std::slice::from_ref(&shape)) {
                if matches!(**part, Shape::Any) {
                    return Rc::clone(part);
                }
                if matches!(**part, Shape::Never) || parts.iter().any(|own| same(own, part)) {
                    continue;
                }
                if !self.take() {
                    return self.unknown(span, TOO_LARGE);
                }
                parts.push(Rc::clone(part));
            }
        }
        if let Some(all) = parts.iter().find(|part| matches!(***part, Shape::Unknown)) {
            return Rc::clone(all);
        }
        match (parts.pop(), parts.is_empty()) {
            (None, _) => Rc::new(Shape::Never),
            (Some(one), true) => one,
            (Some(last), false) => {
                parts.push(last);
                Rc::new(Shape::Union(parts))
            }
        }
    }

    /// What is there once all promises are kept.
    fn awaited(&mut self, shape: &Rc<Shape>, depth: usize) -> Rc<Shape> {
        if depth >= DEPTH_MAX || !self.take() {
            return Rc::clone(shape);
        }
        let resolved = self.definitions.resolved(shape);
        if let Shape::Promise(inner, _) = &*resolved {
            return self.awaited(inner, depth + 1);
        }
        if let Some(parts) = resolved.parts()
            && parts.iter().any(|part| self.is_promise(part))
        {
            let parts: Vec<Rc<Shape>> = parts.iter().map(|part| self.awaited(part, depth + 1)).collect();
            return self.union(parts, Span::default());
        }
        Rc::clone(shape)
    }

    fn is_promise(&self, shape: &Rc<Shape>) -> bool {
        matches!(*self.definitions.resolved(shape), Shape::Promise(..))
    }
}

#[cfg(test)]
mod tests;
