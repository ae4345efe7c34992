//! Protobuf messages as JSON. Descriptors are untrusted (an author's files, a server's reflection), and so are the
//! messages: both are bounded before anything is allocated for them. What a call uses are flat tables that are linked
//! once; a message is read from its bytes straight into JSON text, and written from JSON straight into bytes, so that
//! no tree of values stands between the two.

mod compile;
mod decode;
mod descriptors;
mod difference;
mod encode;
mod error;
mod format;
mod link;
mod reflection;
mod schema;
mod source;
mod status;
mod table;
mod wire;

pub use compile::{ProtoError, compile};
pub use descriptors::{Descriptors, Method, Service};
pub use difference::Difference;
pub use error::{DescriptorsRefused, NotDecoded, NotEncoded};
pub use reflection::{Question, REFLECTION, Told};
pub use source::{FILES_MAX, Files, SET_BYTES_MAX};
pub use status::{Detail, RichStatus};
