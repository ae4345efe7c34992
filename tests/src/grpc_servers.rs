//! gRPC servers as upstreams of connectors: a real one in Python, made of `grpcio` and Google's own protobuf library, with
//! their client and their printer of JSON to compare with; and ones that keep to no rule.

mod client;
mod json_format;
mod python;
pub mod rogue;
mod server;

pub use client::Client;
pub use json_format::{JsonFormat, Printed};
pub use rogue::RogueGrpc;
pub use server::{GrpcServer, Options, Reflection, Transport};
