//! What can go wrong with a script before it runs.

use std::fmt;

use lockgate_domain::{Limits, Violation};
use lockgate_engine::{Ended, EngineError, LoadError};
use serde::Deserialize;

/// Something that is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Diagnostic {
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units, as editors count.
    pub column: u32,
    /// What is wrong, and what to write where that is known.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl Diagnostic {
    /// As a broken rule of the definition whose text is at `pointer`.
    pub fn violation(&self, pointer: &str) -> Violation {
        Violation::new(pointer, "script", self.to_string())
    }
}

/// Why there is no program of a text.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// It is not right.
    #[error("the script has {} error(s)", .0.len())]
    Diagnostics(Vec<Diagnostic>),
    /// A guest of the host's own could not be loaded.
    #[error(transparent)]
    Guest(#[from] LoadError),
    /// Others have all of what reading it needs: a retry helps.
    #[error("{}", .0.problem(&Limits::default()).detail)]
    Busy(Ended),
    /// A guest of the host's own did not do its part.
    #[error("the compiler of scripts: {0}")]
    Broken(String),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}
