//! JSON Schemas of the default export, from its TypeScript types. Plain data has a schema; what has none (a function, a
//! `Map`, a type of another module) is named in a `$comment`, and anything is accepted in its place.

mod comments;
mod declared;
mod description;
mod names;
mod objects;
mod types;
mod values;

use oxc_ast::ast::{Program, TSType};
use oxc_span::{GetSpan, Span};
use serde_json::{Map, Value, json};

use crate::mistake::Places;
use comments::Comments;
use declared::Declared;
pub(crate) use description::description;

/// Types within types. The parser's own bound on nesting is much higher.
const DEPTH_MAX: usize = 32;
/// Values within values of a schema.
const VALUE_DEPTH_MAX: usize = 128;
/// Parts of one schema; the host refuses much larger ones.
const PARTS_MAX: usize = 4_000;

const TOO_LARGE: &str = "the type is too large for a schema";

/// What is known of a script's input and output; none of a side without a type.
#[derive(Debug, Default)]
pub(crate) struct Schemas {
    pub(crate) input: Option<Value>,
    pub(crate) output: Option<Value>,
}

/// Reads the types of the default export.
pub(crate) fn schemas(program: &Program<'_>, source: &str, places: &Places<'_>) -> Schemas {
    let declared = Declared::of(program);
    let Some(signature) = declared.default_export(program) else { return Schemas::default() };
    let comments = Comments::new(program, source);
    let schema = |side, r#type: Option<&TSType<'_>>| {
        r#type.map(|r#type| Inference::new(&declared, &comments, places, side).whole(r#type))
    };
    Schemas { input: schema(Side::Input, signature.input), output: schema(Side::Output, signature.output) }
}

/// Which way the data go: an output is written as JSON, where a `Date` is a text and `undefined` may be `null`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Output,
}

/// One schema that is being made.
struct Inference<'i, 'p, 'a> {
    declared: &'i Declared<'p, 'a>,
    comments: &'i Comments<'i>,
    places: &'i Places<'i>,
    side: Side,
    /// Types with names of their own; `null` while one is being made.
    definitions: Map<String, Value>,
    /// What type parameters stand for where the walk is.
    parameters: Vec<(String, Value)>,
    depth: usize,
    parts: usize,
}

impl<'i, 'p, 'a> Inference<'i, 'p, 'a> {
    fn new(declared: &'i Declared<'p, 'a>, comments: &'i Comments<'i>, places: &'i Places<'i>, side: Side) -> Self {
        let (definitions, parameters) = (Map::new(), Vec::new());
        Self { declared, comments, places, side, definitions, parameters, depth: 0, parts: 0 }
    }

    /// The schema of a side, with the definitions that it refers to.
    fn whole(mut self, r#type: &TSType<'_>) -> Value {
        let r#type = match self.side {
            Side::Input => r#type,
            Side::Output => awaited(r#type),
        };
        let mut root = self.schema(r#type);
        // The one use of a type needs no name.
        if let Some(name) = referred(&root).map(str::to_owned) {
            let uses = self.definitions.values().filter(|one| one.to_string().contains(&reference(&name).to_string()));
            if uses.count() == 0
                && let Some(own) = self.definitions.remove(&name)
            {
                root = own;
            }
        }
        if let (false, Some(members)) = (self.definitions.is_empty(), root.as_object_mut()) {
            members.insert("$defs".to_owned(), Value::Object(self.definitions));
        }
        root
    }

    /// The schema of a type. What is nested too deeply, or too large, is named.
    fn schema(&mut self, r#type: &TSType<'_>) -> Value {
        self.parts += 1;
        if self.depth >= DEPTH_MAX || self.parts > PARTS_MAX {
            return self.unknown(r#type.span(), TOO_LARGE);
        }
        self.depth += 1;
        let schema = self.of_type(r#type);
        self.depth -= 1;
        schema
    }

    /// Whether nothing more has room.
    fn is_full(&self) -> bool {
        self.parts >= PARTS_MAX
    }

    /// In place of what has no schema.
    fn unknown(&self, span: Span, what: &str) -> Value {
        json!({"$comment": self.told(span, what)})
    }

    fn told(&self, span: Span, what: &str) -> String {
        let place = self.places.at(span.start, what);
        format!("line {}, column {}: {}; anything is accepted here", place.line, place.column, place.message)
    }

    /// Counts a copy of what was made before. Type parameters and members of other types would else grow a schema beyond any
    /// bound, by a few lines.
    fn may_copy(&mut self, value: &Value) -> bool {
        let mut left = PARTS_MAX.saturating_sub(self.parts);
        let fits = takes(value, VALUE_DEPTH_MAX, &mut left);
        self.parts = PARTS_MAX - left;
        fits
    }

    /// What a reference leads to; the schema itself if it is none.
    fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut at = schema;
        for _ in 0..DEPTH_MAX {
            match referred(at).and_then(|name| self.definitions.get(name)) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
}

/// Takes a part for each value; says whether there were enough, within the depth.
fn takes(value: &Value, depth: usize, left: &mut usize) -> bool {
    let (Some(depth), Some(rest)) = (depth.checked_sub(1), left.checked_sub(1)) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| takes(item, depth, left)),
        Value::Object(members) => members.values().all(|member| takes(member, depth, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A reference to a definition.
fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The name that a schema refers to, if it does nothing else.
fn referred(schema: &Value) -> Option<&str> {
    let members = schema.as_object()?;
    let reference = members.get("$ref")?.as_str()?;
    (members.len() == 1).then(|| reference.strip_prefix("#/$defs/")).flatten()
}

/// What a promise gives.
fn awaited<'t, 'a>(r#type: &'t TSType<'a>) -> &'t TSType<'a> {
    let TSType::TSTypeReference(reference) = r#type else { return r#type };
    let first = reference.type_arguments.as_ref().and_then(|arguments| arguments.params.first());
    match (declared::name_of(&reference.type_name), first) {
        (Some("Promise" | "PromiseLike"), Some(inner)) => awaited(inner),
        _ => r#type,
    }
}

#[cfg(test)]
mod tests;
