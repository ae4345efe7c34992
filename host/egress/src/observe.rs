//! What is shown of requests: to who tests a connector, and to traces.

pub(crate) mod exchange;
pub(crate) mod trace;
