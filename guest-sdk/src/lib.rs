//! Write Lockgate connectors as plain Rust functions.
//!
//! A connector is a function with one input and one output. Its name, title, description and both JSON Schemas come
//! from the function, its doc comment and its types:
//!
//! ```
//! use lockgate_sdk::prelude::*;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Rectangle {
//!     /// Metres.
//!     width: f64,
//!     /// Metres.
//!     height: f64,
//! }
//!
//! #[derive(Serialize, JsonSchema)]
//! struct Area {
//!     square_metres: f64,
//! }
//!
//! /// Compute the area of a rectangle.
//! #[connector]
//! fn area(input: Rectangle) -> Result<Area, Failure> {
//!     if input.width < 0.0 || input.height < 0.0 {
//!         return Err(Failure::new("negative_length", "width and height must not be negative"));
//!     }
//!     Ok(Area { square_metres: input.width * input.height })
//! }
//!
//! lockgate_sdk::plugin!(area);
//!
//! // Connectors stay plain functions, and tests also call them as a host does: by name, with JSON.
//! let answer = PLUGIN.call("area", json!({ "width": 2.0, "height": 3.5 })).unwrap();
//! assert_eq!(answer, json!({ "square_metres": 7.0 }));
//! ```
//!
//! `lockgate build` compiles the crate to one component. The derives need `serde` and `schemars` in the crate's own
//! `Cargo.toml`.
//!
//! What the guest can't do by itself is asked of the host: [`http`], [`grpc`], [`database`], [`connectors`], [`signing`], [`log`], [`settings`], [`context`],
//! [`clock`] and [`random`]. In native tests the same functions are served by this crate, and [`testing`] sets what they answer.
//! `std::time` panics in a connector: use [`clock`].

#[cfg(all(target_arch = "wasm32", feature = "allocator"))]
mod allocator;
#[cfg(target_arch = "wasm32")]
mod bindings;
pub mod clock;
#[allow(missing_docs, reason = "public only for what the macros write")]
mod connector;
pub mod connectors;
pub mod context;
pub mod database;
#[cfg(target_arch = "wasm32")]
mod export;
mod failure;
pub mod grpc;
mod host;
pub mod http;
pub mod log;
mod plugin;
mod pointer;
pub mod random;
pub mod settings;
pub mod signing;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;

pub use failure::Failure;
/// Makes a connector of a function.
///
/// The function takes no input or one, and returns a value or a `Result` whose error is a [`Failure`] or turns into
/// one. The input implements [`serde::Deserialize`] and [`schemars::JsonSchema`], the output [`serde::Serialize`] and
/// `JsonSchema`. A return type counts as fallible when it is written with the name `Result`.
///
/// Options, all of them for people and agents that choose a connector:
///
/// | option | meaning |
/// | --- | --- |
/// | `title = "…"` | a title other than the function's name |
/// | `tags("…", "…")` | words to find it by |
/// | `read_only` | changes nothing outside |
/// | `idempotent` | the same call twice has the effect of one |
/// | `destructive` | removes or overwrites something |
/// | `example(input)`, `example(input => output)` | an example in the notation of `json!`, as often as needed; [`testing::assert_examples`] checks them |
///
/// ```
/// use lockgate_sdk::prelude::*;
///
/// /// Split a text into words.
/// #[connector(title = "Split into words", tags("text"), read_only, example("to be" => ["to", "be"]))]
/// fn words(text: String) -> Vec<String> {
///     text.split_whitespace().map(str::to_owned).collect()
/// }
///
/// lockgate_sdk::plugin!(words);
/// lockgate_sdk::testing::assert_examples(&PLUGIN);
/// ```
///
/// These do not compile, and the message says why: a second input, a type parameter, `async`, a name that no connector
/// can have.
///
/// ```compile_fail
/// #[lockgate_sdk::connector]
/// fn add(a: u32, b: u32) -> u32 { a + b }
/// ```
/// ```compile_fail
/// #[lockgate_sdk::connector]
/// fn echo<T>(input: T) -> T { input }
/// ```
/// ```compile_fail
/// #[lockgate_sdk::connector]
/// async fn wait() {}
/// ```
/// ```compile_fail
/// #[lockgate_sdk::connector]
/// #[allow(non_snake_case)]
/// fn createIssue() {}
/// ```
#[doc(inline)]
pub use lockgate_sdk_macros::connector;
pub use plugin::Plugin;

/// What a connector's file usually needs: `use lockgate_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Failure, clock, connector, connectors, context, database, grpc, http, log, random, settings, signing,
    };
    pub use schemars::{self, JsonSchema};
    pub use serde::{Deserialize, Serialize};
    pub use serde_json::{Value, json};
}

/// What the macros' output names. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::Failure;
    pub use crate::connector::{Connector, Definition, Empty, Outcome, answer, input, input_schema, output_schema};
    pub use serde_json::{Map, Value, json, to_value};
}
