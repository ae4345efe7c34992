//! Lockgate's words as plain data: names, scopes, groups, manifests, limits, permits and errors. No I/O happens here,
//! and every other host crate may depend on it.

pub mod auth;
mod call;
mod caller;
mod capability;
mod code;
mod connection;
pub mod connector;
mod consent;
pub mod destination;
mod digest;
mod egress_definition;
mod group;
mod id;
mod installation;
mod json_text;
mod limits;
mod manifest;
mod name;
mod permit;
mod problem;
mod reader;
mod reference;
pub mod schema;
mod scope;

pub use call::{CallRecord, LogLevel, LogLine, Outcome, Usage};
pub use caller::{Caller, Reach, Role};
pub use capability::Capability;
pub use code::{Code, Fault};
pub use connection::{ConnectionChoice, ConnectionFacts, ConnectionState, Owner, Unresolved, choose};
pub use connector::ConnectorDefinition;
pub use consent::{Change, Comparison, Consent, Verdict};
pub use digest::{Digest, InvalidDigest};
pub use egress_definition::EgressDefinition;
pub use group::{API_VERSION, GroupDefinition, KIND, ResourceType};
pub use id::{CallId, ConnectionId, GroupId, InstallationId, OrganizationId, TokenId, WorkspaceId};
pub use installation::{Installation, InstallationGiven, OauthClient, OauthClientGiven};
pub use json_text::JsonText;
pub use limits::{Limit, LimitHit, Limits, LimitsPatch};
pub use manifest::{ConnectorManifest, Example, Hints, MANIFEST_SCHEMA, Manifest, Sdk};
pub use name::{ConnectorName, CredentialName, FieldName, InvalidName, MethodName, PluginName, Slug, TenantName};
pub use permit::{Denied, GroupFacts, Permit, Tenants, authorize};
pub use problem::{Failure, Problem, Violation};
pub use reference::{ConnectorReference, ConnectorVersion, GroupReference, InvalidReference, Origin};
pub use scope::{DEFAULT_SCOPE, Scope, ScopeName};
