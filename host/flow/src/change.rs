//! Changes of what can be called: one file for each kind of object.

pub(crate) mod bootstrap;
pub(crate) mod connect_sessions;
pub(crate) mod connections;
pub(crate) mod connectors;
pub(crate) mod diff;
pub(crate) mod groups;
pub(crate) mod installations;
pub(crate) mod keys;
pub(crate) mod plugins;
pub(crate) mod scopes;
pub(crate) mod tenants;
pub(crate) mod tokens;
