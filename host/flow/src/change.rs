//! Changes of what can be called: a unit of work, and one file of steps for each kind of object.

pub(crate) mod bootstrap;
pub(crate) mod catch_up;
pub(crate) mod connect_sessions;
pub(crate) mod connections;
pub(crate) mod connectors;
pub(crate) mod console;
pub(crate) mod credentials;
pub(crate) mod descriptors;
pub(crate) mod grants;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod installations;
pub(crate) mod keys;
pub(crate) mod methods;
pub(crate) mod plugins;
pub(crate) mod scopes;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod unit_of_work;
pub(crate) mod uses;
