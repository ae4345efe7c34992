//! Databases: engines, values, statements and how a server is reached, as plain data.

mod engine;
mod json;
mod kind;
mod plain;
pub mod statement;
mod tls;
mod value;

pub use engine::Engine;
pub use kind::{DatabaseFault, leaves_open};
pub use plain::plain;
pub use statement::Statement;
pub use tls::TlsMode;
pub use value::{Array, ArrayRefused, DIMENSIONS_MAX, Dimension, Scalar, Value};
