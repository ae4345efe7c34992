//! Lockgate's words as plain data: names, scopes, groups, manifests, limits, permits and errors. No I/O happens here,
//! and every other host crate may depend on it.

pub mod auth;
mod authorities;
mod call;
mod caller;
mod capability;
mod code;
mod connection;
pub mod connector;
mod consent;
pub mod database;
pub mod definition_schema;
pub mod destination;
mod digest;
mod egress_definition;
mod group;
mod http_token;
mod id;
mod installation;
mod json_schema;
mod json_text;
mod limits;
mod manifest;
mod merge_patch;
mod name;
mod package;
mod pem;
mod permit;
mod problem;
mod public_url;
mod reader;
mod reference;
mod resource_type;
pub mod schema;
mod scope;
mod version;
pub mod written;

pub use authorities::Authority;
pub use call::{CallRecord, FailureRecord, LogLevel, LogLine, Outcome, Usage};
pub use caller::{Caller, Role, TokenRestrictions};
pub use capability::Capability;
pub use code::{Code, Fault};
pub use connection::{ConnectionChoice, ConnectionFacts, ConnectionState, Owner, Unresolved, choose};
pub use connector::ConnectorDefinition;
pub use consent::{Change, Comparison, Consent, Verdict};
pub use digest::{Digest, InvalidDigest};
pub use egress_definition::EgressDefinition;
pub use group::{API_VERSION, GroupDefinition, KIND};
pub use id::{CallId, ConnectionId, GroupId, InstallationId, OrganizationId, TokenId, WorkspaceId};
pub use installation::{Installation, InstallationGiven, OauthClient, OauthClientGiven};
pub use json_text::JsonText;
pub use limits::{Limit, LimitHit, Limits, LimitsPatch};
pub use manifest::{ConnectorManifest, Example, Hints, MANIFEST_SCHEMA, Manifest, Sdk};
pub use merge_patch::merge_patch;
pub use name::{
    ConnectorName, CredentialName, DestinationName, FieldName, InvalidName, MethodName, PluginName, Slug, TenantName,
};
pub use package::{PACKAGE_KIND, PackageDefinition};
pub use permit::{Denied, GroupFacts, Permit, Tenants, authorize};
pub use problem::{Failure, Problem, UNEXPECTED_ANSWER, Violation, is_failure_code};
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub use reference::{ConnectorReference, ConnectorVersion, GroupReference, InvalidReference, Origin};
pub use resource_type::ResourceType;
pub use scope::{DEFAULT_SCOPE, Scope, ScopeName};
pub use version::VersionId;
