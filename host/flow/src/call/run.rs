//! What runs a connector, by its type.

pub(crate) mod http;
