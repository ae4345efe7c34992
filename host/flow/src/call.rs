//! The life of one call: resolve, authorize, validate, run, validate, record. `pipeline.rs` is the list of its stages;
//! `run/` has a file for each type of connector.

pub(crate) mod account;
pub(crate) mod authorize;
pub(crate) mod callees;
pub(crate) mod calls;
pub(crate) mod concurrency;
pub(crate) mod database;
pub(crate) mod effect;
pub(crate) mod environment;
mod failure_of;
pub(crate) mod grpc;
pub(crate) mod image;
pub(crate) mod kept_logs;
mod kept_outcome;
pub(crate) mod lineage;
pub(crate) mod once;
pub(crate) mod outbound;
pub(crate) mod pipeline;
pub(crate) mod record;
pub(crate) mod request;
pub(crate) mod resolve;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod validation;
pub(crate) mod verify;
mod verify_given;
