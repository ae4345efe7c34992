//! The transports.

pub(crate) mod http;
