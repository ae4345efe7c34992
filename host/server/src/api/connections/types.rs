//! What is sent and shown of connections. Secrets go in and never come out: every answer shows masks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use lockgate_domain::{
    ConnectionId, ConnectionState, CredentialName, DestinationName, Digest, MethodName, TenantName, Verdict,
};
use lockgate_flow::{
    Connection, CredentialsGiven, MASK, MethodGiven, NewConnection, Reached, StoredTokens, Tried, Verified,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::api::connect_sessions::ConnectPage;
use crate::api::stored::Stored;
use crate::openapi::texts::AnyObject;
use crate::time::Time;

/// The name of a connection whose maker gives none.
const NAME: &str = "main";

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub(super) struct Shown {
    /// Stays the same when its values are replaced.
    id: ConnectionId,
    /// Unique for its owner in the group.
    name: String,
    /// Whose it is, if it is a tenant's.
    tenant: Option<TenantName>,
    /// What it can do now.
    #[schemars(with = "ConnectionState")]
    state: &'static str,
    /// Whether it is taken when a call of its tenant names none.
    default: bool,
    /// The method of each credential.
    methods: BTreeMap<CredentialName, MethodName>,
    /// The end of its credentials.
    expires_at: Option<Time>,
    /// When its values were given.
    credentials_at: Option<Time>,
    /// Values of the activation's fields; secret ones are masked.
    fields: Map<String, Value>,
    /// Values of each credential, masked.
    credentials: Map<String, Value>,
    /// Where a person agrees at the provider, while the connection waits for that and when it was just made or given values.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorize_url: Option<String>,
    /// The tokens of each credential by OAuth, without the tokens themselves.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tokens: BTreeMap<CredentialName, Tokens>,
    /// What an admin is to accept, if there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<Review>,
    /// The group's reference, in lists of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    #[serde(flatten)]
    stored: Stored,
}

/// What is known of the tokens of a credential.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Tokens {
    /// When the provider gave them; null while there are none.
    issued_at: Option<Time>,
    /// The end of the access token; null if nobody says so.
    expires_at: Option<Time>,
    /// The end of the refresh token, if it has one of its own.
    refresh_expires_at: Option<Time>,
    /// Why they were not renewed, until they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Failure {
    /// Its code.
    code: String,
    /// What happened, and whose turn it is.
    detail: String,
    /// When renewals began to fail.
    since: Time,
    /// When a call tries again; null if a person must act.
    retry_at: Option<Time>,
}

impl Tokens {
    fn of(stored: &StoredTokens) -> Self {
        let exists = stored.sealed.is_some();
        let failure = stored.failure.as_ref().map(|failure| Failure {
            code: failure.code.clone(),
            detail: failure.text.clone(),
            since: Time(failure.since),
            retry_at: (!stored.dead).then_some(Time(stored.facts.retry_at)),
        });
        Self {
            issued_at: exists.then_some(Time(stored.facts.issued_at)),
            expires_at: stored.ends_at().map(Time),
            refresh_expires_at: stored.facts.refresh_ends_at.filter(|_| exists).map(Time),
            failure,
        }
    }
}

/// Where somebody renews a connection.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reconnection {
    /// A page on which somebody gives new values, or chooses another method.
    #[serde(flatten)]
    pub(super) page: ConnectPage,
    /// Where a person agrees at the provider once more; null for a connection without OAuth.
    pub(super) authorize_url: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Review {
    /// What an admin accepts.
    digest: Digest,
    /// What became different since its values were given.
    changes: Vec<Change>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Change {
    /// What is different.
    text: String,
    /// Whether a value may go where it could not go before.
    wider: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct AcceptedConnection {
    #[serde(flatten)]
    pub(super) connection: Shown,
    /// The differences that were accepted.
    pub(super) accepted: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Verification {
    /// `verified`: the upstream accepts the credentials. `refused`: it answered the group's request in another way.
    /// `connected`: the gRPC servers can be reached, and whether they accept the credentials, only a call tells. `failed`: a
    /// destination that was tried can't be used.
    #[schemars(extend("enum" = ["verified", "refused", "connected", "failed", "not verifiable"]))]
    result: &'static str,
    /// What the upstream answered, if it refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The destinations that were tried, where the group declares no request: databases by a login, gRPC servers by a
    /// connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    destinations: Option<Vec<TriedDestination>>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct TriedDestination {
    /// The name that connectors have for it, if it has one.
    name: Option<DestinationName>,
    /// Where it leads.
    place: String,
    #[schemars(extend("enum" = ["logged in", "connected", "failed"]))]
    result: &'static str,
    /// The code that a call gets, if it can't be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Shown {
    pub(super) fn of(connection: &Connection) -> Self {
        let stored = &connection.stored;
        let (fields, credentials) = values(connection);
        Self {
            id: stored.id,
            name: stored.name.clone(),
            tenant: stored.owner.tenant().cloned(),
            state: connection.state().as_str(),
            default: stored.default,
            methods: stored.methods.clone(),
            expires_at: stored.ends_at.map(Time),
            credentials_at: stored.credentials_at.map(Time),
            fields,
            credentials,
            authorize_url: None,
            tokens: BTreeMap::new(),
            review: Review::of(connection),
            group: None,
            stored: Stored {
                enabled: stored.enabled,
                version: stored.version,
                created_at: Time(stored.created_at),
                updated_at: Time(stored.updated_at),
            },
        }
    }
}

impl Shown {
    /// The same with where a person agrees.
    pub(super) fn authorized_at(self, authorize_url: Option<String>) -> Self {
        Self { authorize_url, ..self }
    }

    /// The same with what is known of its tokens.
    pub(super) fn with_tokens(self, stored: &[StoredTokens]) -> Self {
        let tokens: BTreeMap<_, _> = stored.iter().map(|one| (one.credential.clone(), Tokens::of(one))).collect();
        Self { tokens, state: with_tokens(self.state, stored), ..self }
    }

    /// The same, in a list of several groups.
    pub(super) fn in_group(self, group: Option<String>) -> Self {
        Self { group, ..self }
    }
}

/// What a connection with these tokens can do now.
pub(crate) fn state_now(connection: &Connection, stored: &[StoredTokens]) -> &'static str {
    with_tokens(connection.state().as_str(), stored)
}

fn with_tokens(state: &'static str, stored: &[StoredTokens]) -> &'static str {
    let now = Timestamp::now().as_millisecond();
    let over = |one: &StoredTokens| one.ends_at().is_some_and(|end| end <= now);
    // The next call renews them.
    let is_over = state == ConnectionState::Active.as_str() && stored.iter().any(over);
    if is_over { ConnectionState::Expired.as_str() } else { state }
}

/// The values: visible ones as they are, a mask for every other.
fn values(connection: &Connection) -> (Map<String, Value>, Map<String, Value>) {
    let stored = &connection.stored;
    let masked = stored.secret.iter().chain(stored.visible.keys()).map(|at| (at.clone(), MASK.to_owned()));
    let (mut fields, mut credentials) = (Map::new(), Map::new());
    for (at, value) in masked.chain(connection.shown()) {
        let mut parts = at.split('/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("fields"), Some(name), None) => drop(fields.insert(name.to_owned(), value.into())),
            (Some("credentials"), Some(credential), Some(name)) => {
                let own = credentials.entry(credential).or_insert_with(|| Value::Object(Map::new()));
                if let Some(own) = own.as_object_mut() {
                    own.insert(name.to_owned(), value.into());
                }
            }
            _ => {}
        }
    }
    (fields, credentials)
}

impl Review {
    fn of(connection: &Connection) -> Option<Self> {
        let review = connection.difference_now()?;
        if review.comparison.verdict() != Verdict::Different {
            return None;
        }
        let changes = review.comparison.changes.into_iter();
        let changes = changes.map(|change| Change { text: change.text, wider: change.wider }).collect();
        Some(Self { digest: review.digest, changes })
    }
}

impl Verification {
    pub(super) fn of(verified: Verified) -> Self {
        match verified {
            Verified::Yes => Self { result: "verified", status: None, destinations: None },
            Verified::No { status } => Self { result: "refused", status: Some(status), destinations: None },
            Verified::Tried(tried) => {
                let (mut failed, mut logged_in) = (false, false);
                for one in &tried {
                    failed |= one.outcome.is_err();
                    logged_in |= one.outcome == Ok(Reached::LoggedIn);
                }
                let result = match (failed, logged_in) {
                    (true, _) => "failed",
                    (false, true) => "verified",
                    (false, false) => "connected",
                };
                let destinations = tried.into_iter().map(TriedDestination::of).collect();
                Self { result, status: None, destinations: Some(destinations) }
            }
            Verified::NotDeclared => Self { result: "not verifiable", status: None, destinations: None },
        }
    }
}

impl TriedDestination {
    fn of(tried: Tried) -> Self {
        let Tried { name, place, outcome, scheme: _ } = tried;
        match outcome {
            Ok(Reached::LoggedIn) => Self { name, place, result: "logged in", code: None, detail: None },
            Ok(Reached::Connected) => Self { name, place, result: "connected", code: None, detail: None },
            Err(error) => {
                let problem = error.problem();
                let (code, detail) = (Some(problem.code.as_str()), Some(problem.detail));
                Self { name, place, result: "failed", code, detail }
            }
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewConnection")]
pub(super) struct New {
    /// Unique for its owner in the group; `main` without it.
    name: Option<String>,
    /// Whose it is; the scope's own without it.
    tenant: Option<TenantName>,
    /// Whether it is taken when a call of its tenant names none.
    #[serde(default)]
    default: bool,
    /// Whether it is in use.
    #[serde(default = "yes")]
    enabled: bool,
    /// Values of the activation's fields.
    #[schemars(with = "Option<AnyObject>")]
    fields: Option<Map<String, Value>>,
    /// Values of each credential, by its name.
    credentials: Option<BTreeMap<CredentialName, MethodGiven>>,
}

fn yes() -> bool {
    true
}

impl New {
    pub(super) fn read(self) -> NewConnection {
        let given = (self.fields.is_some() || self.credentials.is_some()).then(|| CredentialsGiven {
            fields: self.fields.unwrap_or_default(),
            credentials: self.credentials.unwrap_or_default(),
        });
        let (name, tenant) = (self.name.unwrap_or_else(|| NAME.to_owned()), self.tenant);
        NewConnection { name, tenant, default: self.default, enabled: self.enabled, given }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ConnectionPatch")]
pub(super) struct Patch {
    /// Unique for its owner in the group.
    pub(super) name: Option<String>,
    /// Whether it is in use.
    pub(super) enabled: Option<bool>,
    /// Whether it is taken when a call of its tenant names none.
    pub(super) default: Option<bool>,
}

/// What an admin has read of the differences.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Accepted {
    /// `review.digest` of the answer that was read.
    pub(super) digest: String,
}
