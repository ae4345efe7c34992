//! gRPC servers as upstreams of connectors: a real one in Python, made of `grpcio` and Google's own protobuf library, with
//! their client and their printer of JSON to compare with; and ones that keep to no rule.

mod json_format;
mod python;
mod server;

pub use json_format::{JsonFormat, Printed};
pub use server::{GrpcServer, Options, Reflection, Transport};
