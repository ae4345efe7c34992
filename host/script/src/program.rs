//! A script as it is run.

use std::fmt;
use std::sync::Arc;

/// The bytecode of a script. Only this crate makes one, of a source and by the engine that will run it: none is taken from
/// anywhere else, and none is stored.
#[derive(Clone)]
pub struct Program(pub(crate) Arc<[u8]>);

impl Program {
    /// How large it is.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("bytes", &self.0.len()).finish()
    }
}

/// What a text became.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What runs.
    pub program: Program,
    /// The names that it exports.
    pub exports: Vec<String>,
}
