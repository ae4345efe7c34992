//! What is durable. A change is acknowledged only after its transaction is on disk (WAL with full synchronisation), and
//! every change raises one revision number in that transaction.

mod audit;
mod backup;
mod calls;
mod change;
mod connect_sessions;
mod connections;
mod connectors;
mod database_url;
mod error;
mod groups;
mod history;
mod inspect;
mod installations;
mod listen;
mod lock;
mod migrations;
mod plugins;
mod reader;
mod rows;
mod scopes;
mod sealed;
mod store;
mod tenants;
mod tokens;
mod write;

pub use audit::{Action, AuditEntry, AuditFilter, By};
pub use backup::{Copied, backup, restore};
pub use calls::CallFilter;
pub use change::{Change, Changed, Since};
pub use connect_sessions::{SessionStep, StoredSession};
pub use connections::{ConnectionChange, StoredConnection};
pub use connectors::{ConnectorEdits, StoredConnector, StoredVersion};
pub use database_url::{DatabaseUrl, InvalidDatabaseUrl};
pub use error::StoreError;
pub use groups::StoredGroup;
pub use history::{HistoryEntry, Lineage, Switch};
pub use inspect::inspect;
pub use installations::StoredInstallation;
pub use plugins::{NewPlugin, StoredPlugin};
pub use reader::Reader;
pub use scopes::StoredScope;
pub use sealed::Sealed;
pub use store::{Place, Store};
pub use tenants::StoredTenant;
pub use tokens::{StoredToken, TokenFacts};
