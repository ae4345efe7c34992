//! The events of a build.

use crate::{Compiler, Hint};

/// One step of a build, for the person who waits. Cargo's own progress goes to standard error as always.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// rustup downloads the target for the active toolchain.
    AddingTarget,
    /// rustup could not, and the search goes on; the text is its own.
    TargetNotAdded(&'a str),
    /// The compiler is chosen, and cargo starts.
    Compiling(&'a Compiler),
    /// A warning or error of the Rust compiler, rendered with colours.
    Diagnostic(&'a str),
    /// Something in the source or among the dependencies that compiles and can't work.
    Hint(&'a Hint),
    /// The module is there and becomes a component.
    Encoding,
}
