//! What every object of the store shows beside its own members.

use schemars::JsonSchema;
use serde::Serialize;

use crate::time::Time;

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(crate) struct Stored {
    /// Whether it is in use.
    pub(crate) enabled: bool,
    /// The number in the `ETag`.
    #[schemars(range(min = 0))]
    pub(crate) version: i64,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When it was changed last.
    pub(crate) updated_at: Time,
}
