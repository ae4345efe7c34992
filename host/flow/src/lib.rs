//! What happens to a call, as one sentence: resolve, authorize, validate, invoke, validate, record. And the changes of
//! what is resolved: groups, and the plugins that are loaded, switched and deleted while calls run.

mod bootstrap;
mod catalog;
mod checking;
mod clock;
mod diff;
mod error;
mod follow;
mod groups;
mod host;
mod invoke;
mod local;
mod manifest;
mod places;
mod plugins;
mod record;
mod records;
mod resident;
mod scopes;
mod tenants;
mod tokens;
mod warm;

pub use bootstrap::{bootstrap, offline_token};
pub use catalog::{Catalog, Connector, Group, PluginEntry};
pub use diff::{ConnectorChanges, SchemaBreak};
pub use error::FlowError;
pub use host::{Held, Host, HostSettings};
pub use invoke::{Answered, Call, Refused};
pub use local::{LocalPlugin, LocalRun};
pub use lockgate_store::{AuditEntry, AuditFilter, StoredScope, StoredTenant, TokenFacts};
pub use manifest::CheckedManifest;
pub use plugins::{Capabilities, LoadOptions, LoadReport};
pub use record::Retention;
pub use records::CallsWanted;
pub use scopes::ScopePatch;
pub use tokens::{NewToken, Token};
