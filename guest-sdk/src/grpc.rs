//! Calls of the gRPC servers among the destinations of the connector's group.
//!
//! ```
//! use lockgate_sdk::prelude::*;
//! # use lockgate_sdk::testing::grpc::on;
//! # on("shop.v1.Stock/Get").reply(json!({ "sku": "desk-oak", "pieces": 3 }));
//!
//! #[derive(Deserialize)]
//! struct Product {
//!     pieces: u32,
//! }
//!
//! fn left(sku: &str) -> Result<u32, Failure> {
//!     let product: Product = grpc::method("shop.v1.Stock/Get").call(json!({ "sku": sku }))?;
//!     Ok(product.pieces)
//! }
//! assert_eq!(left("desk-oak").unwrap(), 3);
//! ```
//!
//! Where the server is, and which credential goes along, says the group. Messages are JSON by the mapping of protobuf: the
//! host turns them into the messages of the service, which it knows by the group's descriptors, so no code here is generated
//! from a `.proto` file. In JSON names are `lowerCamelCase`, 64-bit numbers are texts, bytes are base64, and fields that have
//! their default are left out: `#[serde(rename_all = "camelCase", default)]` reads that. Who has message types of their own,
//! as those of prost, sends [bytes](Call::call_bytes).
//!
//! A status that is not OK is a [`Failure`](crate::Failure) with a code such as `grpc-not-found`; [`Status::of`] gives its
//! parts. A call counts as one of the call's host calls, and so does each message of a stream.

mod call;
mod messages;
mod options;
mod status;

pub use call::{Call, Reply};
pub use messages::{Messages, RawMessages};
pub(crate) use options::{Asked, text as options_text};
pub use status::{Code, Status};

/// A method, `package.Service/Method`, that is called next.
///
/// ```
/// # use lockgate_sdk::{grpc, prelude::{Value, json}, testing::grpc::on};
/// # on("shop.v1.Stock/Get").reply(json!({ "pieces": 3 }));
/// let product: Value = grpc::method("shop.v1.Stock/Get").metadata("x-store", "9").call(json!({ "sku": "desk-oak" })).unwrap();
/// assert_eq!(product["pieces"], 3);
/// ```
pub fn method(method: impl Into<String>) -> Call {
    Call::new(method.into())
}

/// Names with values, as they are sent and received. A value of a name that ends in `-bin` is any bytes, others are text.
pub(crate) type Pairs = Vec<(String, Vec<u8>)>;
