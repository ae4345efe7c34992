//! Texts that values have in JSON: <https://protobuf.dev/programming-guides/json/>.

mod bytes;
mod field_mask;
mod number;
mod time;

pub(crate) use bytes::{from_base64, to_base64};
pub(crate) use field_mask::{from_camel, to_camel};
pub(crate) use number::{double, float, integer};
pub(crate) use time::{Moment, parse_duration, parse_timestamp, write_duration, write_timestamp};
