//! The objects of the API, one file each: its handlers, the types that they read and answer with, and the rows of its
//! routes. `routes.rs` lists them.

pub(crate) mod audit;
pub(crate) mod calls;
pub(crate) mod connect_page;
pub(crate) mod connect_sessions;
pub(crate) mod connections;
pub(crate) mod connectors;
pub(crate) mod console;
pub(crate) mod databases;
pub(crate) mod groups;
pub(crate) mod grpc;
pub(crate) mod history;
pub(crate) mod installations;
pub(crate) mod invoke;
pub(crate) mod keys;
pub(crate) mod oauth;
pub(crate) mod operation;
pub(crate) mod organizations;
pub(crate) mod packages;
pub(crate) mod plugins;
pub(crate) mod scopes;
pub(crate) mod stored;
pub(crate) mod tenants;
pub(crate) mod test_runs;
pub(crate) mod tokens;
pub(crate) mod uses;
pub(crate) mod workspaces;
