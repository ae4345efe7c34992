//! What happens to a call, as one sentence: resolve, authorize, validate, invoke, validate, record. And the changes of
//! what is resolved: groups, and the plugins that are loaded, switched and deleted while calls run.

mod bootstrap;
mod catalog;
mod checking;
mod clock;
mod community;
mod connections;
mod connectors;
mod definition;
mod diff;
mod error;
mod follow;
mod groups;
mod host;
mod http;
mod installations;
mod installed;
mod invoke;
mod keys;
mod local;
mod local_group;
mod manifest;
mod places;
mod plugins;
mod reaches;
mod record;
mod records;
mod resident;
mod scopes;
mod sessions;
mod tenants;
mod tokens;
mod trial;
mod verify;
mod warm;

pub use bootstrap::{bootstrap, offline_token};
pub use catalog::{Catalog, Connector, Group, PluginEntry, Source};
pub use community::{BrokenPackage, Package, PackageRefused, Packages};
pub use connections::{Connection, ConnectionPatch, CredentialsGiven, MASK, MethodGiven, NewConnection, Review};
pub use connectors::{ValueChange, VersionDiff};
pub use definition::DefinitionEntry;
pub use diff::{ConnectorChanges, SchemaBreak};
pub use error::FlowError;
pub use host::{Held, Host, HostParts, HostSettings};
pub use invoke::{Answered, Call, Refused};
pub use keys::{Keys, OpenedKeys, Rotated};
pub use local::{LocalPlugin, LocalRun};
pub use local_group::{LocalGroup, LocalValues};
pub(crate) use lockgate_domain::Denied;
pub use lockgate_egress::{Exchange, Exchanges, Verified};
pub use lockgate_store::{
    AuditEntry, AuditFilter, SessionStep, StoredConnection, StoredInstallation, StoredScope, StoredSession,
    StoredTenant, StoredVersion, TokenFacts,
};
pub use manifest::CheckedManifest;
pub use plugins::{Capabilities, LoadOptions, LoadReport};
pub use record::Retention;
pub use records::CallsWanted;
pub use scopes::ScopePatch;
pub use sessions::{CALLBACK, NewSession};
pub use tokens::{NewToken, Token};
pub use trial::{Trial, Tried};
