//! How connections are opened and kept.

pub(crate) mod breaker;
pub(crate) mod dial;
pub(crate) mod pool;
pub(crate) mod timeouts;
pub(crate) mod tls;
pub(crate) mod trust;
