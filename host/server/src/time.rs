//! Moments in answers.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::openapi::texts::Moment;

/// Milliseconds since 1970, shown as RFC 3339 writes them, always with three digits of the second: texts of one width
/// sort as the moments do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) i64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => serializer.collect_str(&format_args!("{at:.3}")),
            // Out of the range of years that can be written: no row of the store has one.
            Err(_) => serializer.serialize_none(),
        }
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Moment::json_schema(generator)
    }
}
