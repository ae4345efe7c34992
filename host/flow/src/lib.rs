//! The host's logic: the pipeline of a call (resolve, authorize, count, load, validate, open the connection's values, run,
//! validate, record), the catalog that calls use, changes as units of work, queries, packages, OAuth and background tasks;
//! and the same pipeline for an author's local runs.

mod author;
mod background;
mod call;
mod catalog;
mod change;
mod clock;
mod console;
mod error;
mod given_values;
mod host;
mod keys;
mod oauth;
mod package;
mod package_error;
mod query;
mod retention;
mod start;

pub use author::group::LocalGroup;
pub use author::plugin::LocalPlugin;
pub use author::run::LocalRun;
pub use call::ancestors::Ancestors;
pub use call::calls::Calls;
pub use call::check::DefinitionCheck;
pub use call::database::{DescribedStatement, Table, TableColumn, TableFilter, TableKey, Tables};
pub use call::grpc::{GrpcServer, Refreshed};
pub use call::image::Image;
pub use call::once::{IdempotencyKey, OnceAnswer};
pub use call::request::{Call, CompletedCall, FailedCall};
pub use call::resolve::ResolvedCall;
pub use call::resolve::unsaved::TestSubject;
pub use call::test::{InnerCall, InnerCalls, TestResult};
pub use catalog::connections::{Connection, Review};
pub use catalog::diff::{ConnectorChanges, SchemaBreak};
pub use catalog::manifest::CheckedManifest;
pub use catalog::tokens::Token;
pub use catalog::uses::{FoundUse, UseState};
pub use catalog::{Catalog, Connector, DefinitionEntry, Group, PluginEntry, Source};
pub use change::bootstrap::{bootstrap, offline_token};
pub use change::connect_sessions::{CALLBACK, NewSession};
pub use change::connections::{ConnectionPatch, NewConnection};
pub use change::connectors::CheckedConnector;
pub use change::console::SignIn;
pub use change::credentials::{CredentialsGiven, MASK, MethodGiven};
pub use change::groups::CheckedGroup;
pub use change::keys::Rotated;
pub use change::plugins::{Capabilities, CheckedPlugin, LoadOptions, LoadReport};
pub use change::scopes::ScopePatch;
pub use change::tokens::NewToken;
pub use change::unit_of_work::{Changes, UnitOfWork};
pub use console::{ConsoleSettings, SignedIn};
pub use error::FlowError;
pub use given_values::LocalValues;
pub use host::renewals::TokenCounts;
pub use host::{Host, HostParts, HostSettings, HostUsage};
pub use keys::{Keys, OpenedKeys};
pub(crate) use lockgate_domain::Denied;
pub use lockgate_egress::{ExchangeRecorder, Reached, RecordedExchange, Tried, Verified};
pub use lockgate_engine::{EngineError, Upload};
pub use lockgate_protobuf::{Descriptors, Difference, Method as GrpcMethod};
pub use lockgate_store::{
    AuditEntry, AuditFilter, HistoryEntry, SessionStep, StoredConnection, StoredInstallation, StoredScope,
    StoredSession, StoredTenant, StoredTokens, StoredVersion, TokenFacts,
};
pub use oauth::authorize::{Authorization, StartPage, authorization_cookie};
pub use oauth::callback::{Callback, CallbackDone};
pub use package::archive;
pub use package::community::{BrokenPackage, Package, PackageRefused, Packages};
pub use package::import::{OnConflict, PackageBytes, PackageOptions};
pub use package::needs::Needs;
pub use package::plan::{
    GroupPlan, InstallationPlan, Losses, Plan, PlannedAction, PlannedPlugin, PluginChanges, SetChange,
};
pub use package_error::{NameConflict, PackageError};
pub use query::Queries;
pub use query::connectors::{ValueChange, VersionDiff};
pub use query::dependents::Dependents;
pub use query::group_diff::{GroupDiff, ReviewNeeded};
pub use query::records::CallsWanted;
pub use retention::Retention;
