//! The author's side of Lockgate: from an empty folder to one component, or to one script.
//!
//! [`new`](create) writes a project that needs nothing but Rust, [`build`] compiles a project and encodes the module
//! as a component, [`inspect`] lists what a component imports from its host. Nothing here prints: progress is
//! reported as [`Event`]s.

mod build;
mod bundle;
mod cargo;
mod compiler;
mod encode;
mod error;
mod event;
mod foreign;
mod inspect;
mod package;
mod project;
mod source;
mod unfit;

pub use build::{Built, Module, Options, build, chosen_compiler, compile};
pub use bundle::{Bundle, bundle};
pub use compiler::{Compiler, Std};
pub use encode::component as encode;
pub use error::Error;
pub use event::Event;
pub use foreign::Foreign;
pub use inspect::{Component, Interface, inspect};
pub use project::{Project, Template, create};
pub use source::Hint;

/// What connectors are compiled for: no system interface at all, so a component imports what it uses of the contract.
pub const TARGET: &str = "wasm32-unknown-unknown";
