//! Scripts: the two guests that they need, and what the host asks of each.
//!
//! The *compiler* reads an author's text: it finds errors, and turns TypeScript into JavaScript. The *engine* (not the crate
//! of that name, which runs both) is QuickJS with the library of scripts: outside of a call it makes bytecode of that
//! JavaScript, in a call it runs the bytecode. Both are built with this crate and are part of the executable; the host never
//! parses a text itself.

mod compile;
mod error;
mod guests;
mod kept;
mod program;
mod run;

pub use error::{Diagnostic, ScriptError};
pub use guests::{Scripts, digests};
pub use kept::key;
pub use program::{Compiled, Described, Program};
pub use run::Entry;
