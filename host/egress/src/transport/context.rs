//! What a transport sends with.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::{GroupId, Limits, TenantName};
use lockgate_telemetry::Here;

use super::{ExchangeRecorder, State};
use crate::EgressError;
use crate::auth::{Bound, CachedToken, Credentials, TokenCache, TokenNeed, TokenSource};
use crate::connect::{Clock, Network};
use crate::observe::{Attempts, Purpose};
use crate::policy::Policy;

/// What the requests of one `send` have in common: the call's session, limits and times, and where it is observed.
pub struct SendContext<'r> {
    pub(crate) network: &'r Arc<Network>,
    /// Whose call it is.
    pub(crate) group: GroupId,
    /// The tenant among those who share the session's connections; none where they are one tenant's own, or where the call
    /// names none.
    pub(crate) tenant: Option<&'r TenantName>,
    pub(crate) policy: &'r Arc<Policy>,
    pub(crate) credentials: &'r Credentials,
    pub(crate) tokens: &'r TokenCache,
    /// Who keeps the tokens of the connection, if anybody does.
    pub(crate) issuer: Option<&'r dyn TokenSource>,
    pub(crate) state: &'r State,
    pub(crate) limits: &'r Limits,
    pub(crate) clock: Clock,
    /// When the call ends.
    pub(crate) deadline: Instant,
    pub(crate) recorder: Option<&'r Arc<ExchangeRecorder>>,
    /// Where its requests are in the call's trace.
    pub(crate) trace: Option<&'r Here>,
    /// Counts the attempts of its requests.
    pub(crate) attempts: &'r Attempts,
    pub(crate) purpose: Purpose,
}

impl<'r> SendContext<'r> {
    /// The token that a credential needs, if it needs one. `log_in` is who sends the group's own login request.
    pub(crate) async fn token(
        &self,
        bound: Bound<'r>,
        log_in: &dyn TokenSource,
    ) -> Result<Option<Arc<CachedToken>>, EgressError> {
        let source = match TokenNeed::of(bound.method) {
            TokenNeed::None => return Ok(None),
            TokenNeed::Login(_) => log_in,
            TokenNeed::Issuer => self.issuer.ok_or(EgressError::Unsupported(bound.method.type_name()))?,
        };
        self.tokens.token(self.credentials, bound, source).await.map(Some)
    }
}

impl std::fmt::Debug for SendContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SendContext({:?})", self.purpose)
    }
}
