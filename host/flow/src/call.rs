//! The life of one call: resolve, authorize, validate, run, validate, record.

pub(crate) mod concurrency;
pub(crate) mod egress_sessions;
pub(crate) mod pipeline;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod run;
pub(crate) mod test_run;
pub(crate) mod validation;
pub(crate) mod verify;
