//! What calls of a group with one connection share.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::destination::FieldRefused;
use lockgate_domain::{
    Authority, ConnectionId, CredentialName, Digest, EgressDefinition, GroupId, Owner, Permit, Scope,
};

use crate::auth::{Credentials, TokenCache};
use crate::policy::{Grants, Policy};
use crate::transport::State;
use crate::{Account, EgressError};

/// A group's definition with a connection's values: made once per version of either, and shared by calls.
///
/// It is put together from what may be reached (the policy), the values (the credentials, with the tokens that were got
/// for them), and what is open (the state). A session whose values are new takes over the state of the one before it
/// with [`EgressSession::resuming`].
#[derive(Debug)]
pub struct EgressSession {
    group: GroupId,
    scope: Scope,
    definition: Arc<EgressDefinition>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) credentials: Credentials,
    pub(crate) tokens: TokenCache,
    pub(crate) state: Arc<State>,
}

/// What a session can leave to the one that follows it: open connections, the health of upstreams, the retry budget.
/// There is no value of the connection in it but for client certificates, which open connections.
#[derive(Debug, Clone)]
pub struct SessionState {
    bound_to: BoundTo,
    state: Arc<State>,
}

/// What decides which sessions an open connection may serve. Values that go with each request don't, and so are not in it.
#[derive(Debug, Clone, PartialEq)]
struct BoundTo {
    group: GroupId,
    scope: Scope,
    connection: Option<(ConnectionId, Owner)>,
    policy: Arc<Policy>,
    authorities: Vec<Digest>,
    /// The client certificates with their keys.
    identities: BTreeMap<CredentialName, Digest>,
}

impl EgressSession {
    /// Fixes the values of a connection in the destinations. The state is empty.
    ///
    /// # Errors
    /// A value is missing or does not fit.
    pub fn new(
        group: GroupId,
        scope: Scope,
        definition: Arc<EgressDefinition>,
        account: Option<Arc<Account>>,
    ) -> Result<Self, FieldRefused> {
        let credentials = Credentials::new(Arc::clone(&definition), account);
        let of_a_tenant = is_of_a_tenant(&credentials);
        let policy = Policy::new(&definition, |name| credentials.text(name), of_a_tenant)?;
        let state = Arc::new(State::new(Arc::clone(&definition)));
        let (policy, tokens) = (Arc::new(policy), TokenCache::default());
        Ok(Self { group, scope, definition, policy, credentials, tokens, state })
    }

    /// Lets an INTERNAL group reach the private addresses that are granted to its scope.
    #[must_use]
    pub fn granted(self, grants: Grants) -> Self {
        Self { policy: Arc::new(Arc::unwrap_or_clone(self.policy).granted(grants)), ..self }
    }

    /// Takes over the state of a session before this one, if its connections could have been opened for this one: they
    /// are of the same group, scope and connection, the same addresses are allowed, the same authorities are trusted,
    /// and no client certificate is another one. Else the state stays empty. Tokens are never taken over: they belong
    /// to the values that they were got with.
    #[must_use]
    pub fn resuming(self, before: &SessionState) -> Self {
        if self.bound_to() == before.bound_to { Self { state: Arc::clone(&before.state), ..self } } else { self }
    }

    /// What the next session may take over. It does not keep the values of this one.
    pub fn state(&self) -> SessionState {
        SessionState { bound_to: self.bound_to(), state: Arc::clone(&self.state) }
    }

    /// Whether a call was permitted for this group, scope and connection.
    pub(crate) fn check(&self, permit: &Permit) -> Result<(), EgressError> {
        let account = self.credentials.account().map(|account| account.id);
        let permitted = permit.group() == self.group && permit.scope() == self.scope && permit.connection() == account;
        if permitted { Ok(()) } else { Err(EgressError::Host("the permit is for another group, scope or connection")) }
    }

    /// Whether calls of several tenants use it.
    pub(crate) fn is_shared(&self) -> bool {
        !is_of_a_tenant(&self.credentials)
    }

    fn bound_to(&self) -> BoundTo {
        BoundTo {
            group: self.group,
            scope: self.scope,
            connection: self.credentials.account().map(|account| (account.id, account.owner.clone())),
            policy: Arc::clone(&self.policy),
            authorities: self.definition.authorities.iter().map(Authority::fingerprint).collect(),
            identities: self.credentials.identities(),
        }
    }
}

fn is_of_a_tenant(credentials: &Credentials) -> bool {
    credentials.account().is_some_and(|account| match account.owner {
        Owner::Scope(_) => false,
        Owner::Tenant(..) => true,
    })
}
