//! A script as it is run.

use std::fmt;
use std::sync::Arc;

use lockgate_engine::Bytecode;
use serde_json::Value;

use crate::Entry;

/// The bytecode of a script. Only this crate makes one, of a source and by the engine that will run it, and takes
/// none from anywhere else (`kept.rs`).
#[derive(Clone)]
pub struct Program {
    pub(crate) bytecode: Bytecode,
    /// The names that it exports.
    pub(crate) exports: Arc<[String]>,
}

impl Program {
    /// How large it is.
    pub fn bytes(&self) -> usize {
        self.bytecode.bytes().len()
    }

    /// Whether it has a function that can be called.
    pub fn exports(&self, entry: Entry) -> bool {
        self.exports.iter().any(|name| name == entry.name())
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("bytes", &self.bytes()).field("exports", &self.exports).finish()
    }
}

/// What a script says of its connector: by its types, nothing of a side without any, and by its comments.
#[derive(Debug, Default)]
pub struct Described {
    /// The JSDoc of the default export.
    pub description: Option<String>,
    /// JSON Schema of the default export's input.
    pub input: Option<Value>,
    /// JSON Schema of its output.
    pub output: Option<Value>,
}

impl Described {
    /// What it takes of memory, in about.
    fn bytes(&self) -> usize {
        let sides = [&self.input, &self.output].into_iter().flatten();
        self.description.as_ref().map_or(0, String::len) + sides.map(bytes).sum::<usize>()
    }
}

/// What a value takes of memory, in about: itself, and what of it lies elsewhere. It is no deeper than the JSON that it was.
fn bytes(value: &Value) -> usize {
    let own = size_of::<Value>();
    own + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| size_of::<String>() + key.len() + bytes(value)).sum()
        }
    }
}

/// What a text became.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What runs.
    pub program: Program,
    /// What it says of its connector.
    pub described: Arc<Described>,
}

impl Compiled {
    /// What it takes of memory.
    pub(crate) fn bytes(&self) -> usize {
        self.program.bytes() + self.described.bytes()
    }
}
