//! The author's calls: a component or a group file in a sandbox of their own, without a host.

pub(crate) mod group;
pub(crate) mod plugin;
