//! The author's calls: a component or a group file in a process of their own, without a host. They go through the same
//! pipeline as a host's.

mod environment;
pub(crate) mod group;
pub(crate) mod plugin;
pub(crate) mod run;
mod script;
