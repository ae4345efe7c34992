//! What a host does beside calls and changes.

pub(crate) mod compile;
pub(crate) mod follow;
pub(crate) mod keys;
pub(crate) mod sweep;
