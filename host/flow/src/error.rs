//! What can go wrong on the way of a call or a change.

use lockgate_domain::destination::FieldRefused;
use lockgate_domain::schema::{JsonError, SchemaRefused};
use lockgate_domain::{
    CallId, Code, ConnectorName, CredentialName, Denied, GroupReference, Limit, LimitHit, Limits, Origin, PluginName,
    Problem, Role, Violation,
};
use lockgate_egress::EgressError;
use lockgate_engine::{Ended, EngineError, LoadError};
use lockgate_store::StoreError;

use crate::catalog::diff::SchemaBreak;
use crate::package_error::{ArchiveRefused, PackageError};

/// Why a call or a change did not happen.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// There is no such object, or none that the caller may know of.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The decision about a call was no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// A group is to be changed from a scope that only uses it.
    #[error("group `{reference}` is read-only here: {}", home(*.origin))]
    ReadOnly {
        /// As it was named.
        reference: GroupReference,
        /// Where it lives.
        origin: Origin,
    },
    /// A definition breaks rules.
    #[error("the definition breaks {} rule(s)", .0.len())]
    Definition(Vec<Violation>),
    /// A slug can't be changed.
    #[error("the slug of a group never changes: expected `{expected}`, found `{found}`")]
    SlugChanged {
        /// What it is.
        expected: String,
        /// What was asked for.
        found: String,
    },
    /// An object changed since the caller read it.
    #[error("the object changed since it was read: read it again and repeat the change")]
    Changed,
    /// The input is larger than the limit.
    #[error("the input has {found} bytes: {limit}")]
    InputTooLarge {
        /// Its size.
        found: usize,
        /// The limit.
        limit: LimitHit,
    },
    /// The input breaks the connector's schema.
    #[error("the input does not match the connector's schema in {} place(s)", .0.len())]
    InputInvalid(Vec<Violation>),
    /// The guest did not return an output.
    #[error("{}", .ended.problem(.limits).detail)]
    Ended {
        /// How it ended.
        ended: Ended,
        /// The limits that it had.
        limits: Box<Limits>,
    },
    /// The caller did not want to wait any longer.
    #[error("the call did not end within the time that its caller waits: {0}")]
    WaitEnded(LimitHit),
    /// The output is no JSON text.
    #[error("the plugin's output is not JSON: {0}")]
    OutputNotJson(JsonError),
    /// The output breaks the connector's schema.
    #[error("the plugin's output does not match the connector's schema in {} place(s)", .0.len())]
    OutputInvalid(Vec<Violation>),
    /// A component can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// `describe` returned no valid manifest.
    #[error("the manifest is not valid: {detail}")]
    Manifest {
        /// In a sentence.
        detail: String,
        /// Where.
        violations: Vec<Violation>,
    },
    /// A schema of the manifest is refused.
    #[error("the {side} schema of connector `{connector}` is refused: {refused}")]
    Schema {
        /// Whose schema.
        connector: ConnectorName,
        /// `input` or `output`.
        side: &'static str,
        /// Why.
        refused: SchemaRefused,
    },
    /// The group has a connector of that name already.
    #[error("connector `{connector}` {owner}")]
    ConnectorTaken {
        /// Which.
        connector: ConnectorName,
        /// Whose it is, and what to do.
        owner: String,
    },
    /// The connector is switched off.
    #[error("connector `{0}` is disabled: save it with `enabled: true` to allow calls")]
    ConnectorDisabled(ConnectorName),
    /// The connector changes with its plugin.
    #[error("connector `{connector}` belongs to plugin `{plugin}`: load another version of it")]
    OfPlugin {
        /// Which.
        connector: ConnectorName,
        /// Whose.
        plugin: PluginName,
    },
    /// Callers would lose something.
    #[error(
        "connectors would be removed or narrowed: repeat with `allow_removal` (`--allow-removal`) if that is meant"
    )]
    Removal {
        /// Connectors that the new version does not have.
        removed: Vec<ConnectorName>,
        /// What it takes or gives less.
        breaks: Vec<SchemaBreak>,
    },
    /// A plugin wants more than its group grants.
    #[error("the plugin wants {}, which the group does not grant: repeat with `grant` (`--grant`) as an operator", .0.join(", "))]
    NotGranted(Vec<String>),
    /// A connector could come to call itself.
    #[error("`{name}` would close a cycle: it calls {}, which may call this group again", .path.join(", which calls "))]
    UseCycle {
        /// The entry.
        name: ConnectorName,
        /// The connectors on the way.
        path: Vec<String>,
    },
    /// The current version can't be deleted while it serves.
    #[error(
        "this version is current: make another one current first, or delete it with `allow_removal` (`--allow-removal`)"
    )]
    IsCurrent,
    /// Nothing was current before that a rollback may go to.
    #[error("{0} has no earlier version to roll back to")]
    NoEarlier(String),
    /// A call with the same key runs.
    #[error("a call with this idempotency key runs: repeat the request when it has ended")]
    KeyInUse,
    /// The key was used for another request.
    #[error("this idempotency key was used for another request: expected a key of its own for each")]
    KeyOfOther,
    /// The process that ran a call ended before it had written what came of it.
    #[error(
        "nobody knows what became of call `{0}`: the host ended while it ran. It is not run again with this key: look \
         whether it had its effect, and use another key if it had not"
    )]
    OutcomeUnknown(CallId),
    /// A call ended, and its answer was too large to keep.
    #[error("call `{0}` has ended, and its answer was too large to be kept: it is not run again with this key")]
    OutcomeNotKept(CallId),
    /// A scope has as many keys as are kept.
    #[error("the scope has used as many idempotency keys within a day as are kept: use fewer, or wait")]
    TooManyKeys,
    /// The host is shutting down.
    #[error("the host is shutting down and takes no new calls")]
    Draining,
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// The first admin token could not be kept.
    #[error("the admin token could not be written: {0}")]
    Keep(std::io::Error),
    /// A role is too low for what a change widens.
    #[error("{what} needs role `{needs}`, and the token has `{has}`")]
    Role {
        /// Which part of the change.
        what: &'static str,
        /// The least role.
        needs: Role,
        /// What the token has.
        has: Role,
    },
    /// The token that was shown is not taken.
    #[error("{0}")]
    Token(&'static str),
    /// A session of the console has ended.
    #[error("the session has ended: sign in again")]
    SessionEnded,
    /// A link to sign in was used, is too old, or never was one.
    #[error(
        "this link to sign in was used or has ended: print a new one with `lockgate console`, or sign in with a token"
    )]
    SignInEnded,
    /// A token of the data folder was shown from elsewhere.
    #[error(
        "this token is for use on the host's own machine: make one for other machines (`lockgate token create`), or set \
         `allow_remote_admin = true`"
    )]
    LocalToken,
    /// A token sends more requests than its rate.
    #[error("the token sends more requests than it may: {limit}")]
    TooManyRequests {
        /// Its rate.
        limit: LimitHit,
        /// Seconds until the next one is taken.
        wait_s: u64,
    },
    /// A token would have more than the one by which it is made or changed.
    #[error("nobody gives away more than they have: {0}")]
    Beyond(String),
    /// What was asked for lies beyond the limits of the token.
    #[error("the token is limited to some groups or tenants, and this goes beyond them")]
    Limited,
    /// A scope is switched and deleted from above.
    #[error("only {0} may do this")]
    NotYours(&'static str),
    /// Without it, nobody could make or switch organizations.
    #[error("the organization `default` owns the host: it can't be disabled or deleted")]
    Owner,
    /// As many calls of the group as allowed are running.
    #[error("as many calls of the group are running as it may have: {0}")]
    TooManyCalls(LimitHit),
    /// The group has no descriptors, or not those of a method that is called.
    #[error("the descriptors of the group's gRPC messages: {0}")]
    NoDescriptors(String),
    /// A gRPC server answered what can't be used: a message that is not as its descriptors say, or no descriptors.
    #[error("the gRPC server's answer can't be used: {0}")]
    GrpcAnswer(String),
    /// The image of a group is none that the console shows.
    #[error("the image of the group: {0}")]
    Image(String),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The values for a connection break rules.
    #[error("the values for the connection break {} rule(s)", .0.len())]
    Values(Vec<Violation>),
    /// The scope has no OAuth client for a credential, or one that is not for the group's addresses.
    #[error("{why}: give `oauth.{credential}` of the installation its `client_id` and `client_secret`")]
    OauthClientMissing {
        /// Whose client.
        credential: CredentialName,
        /// What is wrong.
        why: &'static str,
    },
    /// A provider could send nobody back.
    #[error("the host has no address to which a provider sends people back: set `public_url`")]
    PublicUrlMissing,
    /// An authorization's address was used, is too old, or never was one.
    #[error("this authorization has ended: begin again")]
    AuthorizationEnded,
    /// The answer of a provider came to another browser.
    #[error("this authorization began in another browser: begin again, with cookies allowed")]
    AuthorizationForeign,
    /// The person did not agree.
    #[error("the provider says that access was denied: begin again to agree")]
    AuthorizationDenied,
    /// The provider answered with an error.
    #[error("the provider answered with an error ({0}): whoever keeps the group or its installation has to look")]
    AuthorizationFailed(String),
    /// The answer names another provider.
    #[error(transparent)]
    Issuer(#[from] lockgate_domain::auth::IssuerMismatch),
    /// The connection has no tokens.
    #[error("connection `{0}` has no tokens that could be renewed: none of its methods is `oauth2`")]
    NothingToRefresh(String),
    /// Several owners have a connection of that name.
    #[error("several connections are named `{0}`: expected the id of one")]
    SeveralConnections(String),
    /// Another rotation is under way.
    #[error("the keys are being rotated already")]
    Rotating,
    /// There is no key to rotate to.
    #[error(
        "the key ring holds one key: add a line with a new one to the ring of every host (`lockgate keys generate`)"
    )]
    OneKey,
    /// There is no key ring for a store that needs one.
    #[error(
        "the store holds sealed values, and there is no key ring ({0}): put back the one that they were sealed with"
    )]
    NoKeys(String),
    /// A package is refused.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// What is wrong is written in this file.
    #[error("`{file}`: {error}")]
    InFile {
        /// Which.
        file: String,
        /// What is wrong.
        #[source]
        error: Box<FlowError>,
    },
    /// Values of a connection don't fit the group any more.
    #[error(transparent)]
    Misfit(#[from] FieldRefused),
    /// A sealed value can't be opened.
    #[error("a sealed value: {0}")]
    Vault(#[from] lockgate_vault::VaultError),
    /// What leaves the host failed.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// No client can be made for the collector of traces.
    #[error(transparent)]
    Traces(#[from] lockgate_telemetry::NoClient),
    /// Random bytes or keys failed.
    #[error(transparent)]
    Key(#[from] lockgate_vault::KeyError),
}

/// Where a group is changed.
fn home(origin: Origin) -> &'static str {
    match origin {
        Origin::Own => "it is changed in the scope that holds it",
        Origin::Organization => "it is changed in its organization's own scope",
        Origin::Community => "it comes with the host, and another version of its package changes it",
    }
}

impl From<ArchiveRefused> for FlowError {
    fn from(refused: ArchiveRefused) -> Self {
        Self::Package(refused.into())
    }
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Changed { .. } => Self::Changed,
            StoreError::Missing(what) => Self::NotFound(what.to_owned()),
            other => Self::Store(other),
        }
    }
}

impl FlowError {
    /// The input of a connector with these limits is too large.
    pub fn input_too_large(found: usize, limits: &Limits) -> Self {
        Self::InputTooLarge { found, limit: LimitHit::new(Limit::Input, limits.input_bytes) }
    }

    /// The same with the file in which it is written. What is not written anywhere stays as it is.
    pub(crate) fn in_file(self, file: &str) -> Self {
        match self {
            Self::Changed
            | Self::Store(_)
            | Self::Engine(_)
            | Self::Draining
            | Self::Limited
            | Self::Package(PackageError::File { .. })
            | Self::InFile { .. } => self,
            error => Self::InFile { file: file.to_owned(), error: Box::new(error) },
        }
    }

    /// The public side.
    pub fn problem(&self) -> Problem {
        let plain = |code| Problem::new(code, self.to_string());
        match self {
            Self::NotFound(_) | Self::Denied(Denied::OtherScope) => plain(Code::NotFound),
            Self::Denied(Denied::Role { .. } | Denied::TenantNotReached(_)) => plain(Code::Forbidden),
            Self::Denied(Denied::TenantMissing) => plain(Code::MalformedRequest),
            Self::Denied(Denied::ScopeDisabled) => plain(Code::ScopeDisabled),
            Self::Denied(Denied::TenantDisabled(_)) => plain(Code::TenantDisabled),
            Self::Denied(Denied::TenantUnknown(_)) => plain(Code::TenantUnknown),
            Self::Denied(Denied::Disabled | Denied::InstallationDisabled) => plain(Code::Disabled),
            Self::ReadOnly { .. } => plain(Code::ReadOnly),
            Self::Denied(Denied::Connection(unresolved)) => plain(unresolved.code()),
            Self::Definition(violations) => plain(Code::DefinitionInvalid).errors(violations.clone()),
            Self::Egress(error) => error.problem(),
            Self::Misfit(_) => plain(Code::ValuesInvalid),
            Self::Values(violations) => plain(Code::ValuesInvalid).errors(violations.clone()),
            Self::OauthClientMissing { .. } => plain(Code::OauthClientMissing),
            Self::PublicUrlMissing => plain(Code::PublicUrlMissing),
            Self::AuthorizationEnded => plain(Code::AuthorizationEnded),
            Self::AuthorizationForeign => plain(Code::AuthorizationForeign),
            Self::AuthorizationDenied => plain(Code::AuthorizationDenied),
            Self::AuthorizationFailed(_) => plain(Code::AuthorizationFailed),
            Self::Issuer(_) => plain(Code::IssuerMismatch),
            Self::NothingToRefresh(_) => plain(Code::NothingToRefresh),
            Self::SeveralConnections(_) => plain(Code::SeveralConnections),
            Self::SlugChanged { .. } => {
                plain(Code::DefinitionInvalid).errors(vec![Violation::new("/slug", "const", self.to_string())])
            }
            Self::Changed => plain(Code::PreconditionFailed),
            Self::InputTooLarge { limit, .. } => plain(Code::InputTooLarge).limit(limit.clone()),
            Self::InputInvalid(violations) => plain(Code::InputInvalid).errors(violations.clone()),
            Self::Ended { ended, limits } => ended.problem(limits),
            Self::WaitEnded(wait) => plain(Code::DeadlineExceeded).limit(wait.clone()).retryable(None),
            Self::OutputNotJson(_) => plain(Code::OutputNotJson),
            Self::OutputInvalid(violations) => plain(Code::OutputInvalid).errors(violations.clone()),
            Self::Load(error) => error.problem(),
            Self::Manifest { violations, .. } => plain(Code::ManifestInvalid).errors(violations.clone()),
            Self::Schema { .. } => plain(Code::SchemaRefused),
            Self::ConnectorTaken { .. } => plain(Code::ConnectorTaken),
            Self::Removal { removed, breaks } => {
                let removed = removed.iter().map(|connector| {
                    Violation::new(format!("/connectors/{connector}"), "removed", "the new version does not have it")
                });
                let narrowed = breaks.iter().map(|one| {
                    let pointer = format!("/connectors/{}{}", one.connector, one.pointer);
                    Violation::new(pointer, "narrowed", one.detail.clone())
                });
                plain(Code::RemovalNotAllowed).errors(removed.chain(narrowed).collect())
            }
            Self::Package(error) => error.problem(),
            Self::InFile { file, error } => {
                let mut problem = error.problem();
                problem.detail = format!("`{file}`: {}", problem.detail);
                problem
            }
            Self::ConnectorDisabled(_) => plain(Code::Disabled),
            Self::UseCycle { .. } => plain(Code::UseCycle),
            Self::KeyInUse => plain(Code::KeyInUse).retryable(Some(1)),
            Self::KeyOfOther => plain(Code::KeyOfOther),
            Self::OutcomeUnknown(_) => plain(Code::OutcomeUnknown),
            Self::OutcomeNotKept(_) => plain(Code::OutcomeNotKept),
            Self::TooManyKeys => plain(Code::TooManyKeys).retryable(Some(60)),
            Self::NotGranted(_)
            | Self::Rotating
            | Self::OneKey
            | Self::IsCurrent
            | Self::NoEarlier(_)
            | Self::OfPlugin { .. }
            | Self::Owner
            | Self::Store(StoreError::Exists(_) | StoreError::NotEmpty { .. }) => plain(Code::Conflict),
            Self::Token(_) | Self::SessionEnded => plain(Code::Unauthenticated),
            Self::SignInEnded => plain(Code::SignInEnded),
            Self::LocalToken => plain(Code::LocalTokenOnly),
            Self::TooManyRequests { limit, wait_s } => {
                plain(Code::TooManyRequests).limit(limit.clone()).retryable(Some(*wait_s))
            }
            Self::NoDescriptors(_) => plain(Code::NoDescriptors),
            Self::Image(_) => plain(Code::ImageUnusable),
            Self::GrpcAnswer(_) => plain(Code::GrpcAnswerUnusable),
            Self::Draining => plain(Code::Draining).retryable(Some(1)),
            Self::Store(StoreError::Database(_) | StoreError::Silent) => {
                Problem::new(Code::StoreUnavailable, "the store does not answer: retry later").retryable(Some(1))
            }
            Self::Role { .. } | Self::Beyond(_) | Self::Limited | Self::NotYours(_) => plain(Code::Forbidden),
            Self::TooManyCalls(limit) => plain(Code::TooManyCalls).limit(limit.clone()).retryable(Some(1)),
            Self::Store(_)
            | Self::Engine(_)
            | Self::Key(_)
            | Self::Keep(_)
            | Self::NoKeys(_)
            | Self::Vault(_)
            | Self::Traces(_) => Problem::new(Code::Internal, "the host failed: its log has the cause"),
        }
    }
}
