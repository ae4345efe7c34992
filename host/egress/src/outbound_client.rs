//! What one call may send.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::auth::{TokenReply, TokenStep};
use lockgate_domain::destination::{Slashes, Target};
use lockgate_domain::{CredentialName, Limits, Permit};
use lockgate_telemetry::Here;
use lockgate_vault::Secret;

use crate::auth::{AnsweredCode, OauthClient, TokenSource, TokenValues};
use crate::connect::{Clock, Timeouts};
use crate::observe::Purpose;
use crate::transport::{self, SendContext, TransportRequest, http};
use crate::{Attempts, Egress, EgressError, EgressSession, ExchangeRecorder, TokenError, Verified};

/// What one call may send. It can't be made without a [`Permit`], and does only what that allows.
#[derive(Clone)]
pub struct OutboundClient(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    egress: Egress,
    permit: Permit,
    session: Arc<EgressSession>,
    deadline: Instant,
    limits: Limits,
    recorder: Option<Arc<ExchangeRecorder>>,
    trace: Option<Here>,
    issuer: Option<Arc<dyn TokenSource>>,
    attempts: Attempts,
}

impl OutboundClient {
    /// For a call that was permitted. Nothing that it sends goes on after the deadline.
    pub fn new(
        egress: Egress,
        permit: Permit,
        session: Arc<EgressSession>,
        deadline: Instant,
        limits: &Limits,
    ) -> Self {
        let (limits, attempts) = (*limits, Attempts::default());
        let (recorder, trace, issuer) = (None, None, None);
        Self(Arc::new(Inner { egress, permit, session, deadline, limits, recorder, trace, issuer, attempts }))
    }

    /// The same, with every exchange kept for who tests a connector.
    #[must_use]
    pub fn recording(self, recorder: Arc<ExchangeRecorder>) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { recorder: Some(recorder), ..inner }))
    }

    /// The same, with a span for every request, below this place of the call's trace.
    #[must_use]
    pub fn traced(self, trace: Here) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { trace: Some(trace), ..inner }))
    }

    /// The same, with the attempts of its requests counted there.
    #[must_use]
    pub fn counting(self, attempts: Attempts) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { attempts, ..inner }))
    }

    /// The same, with somebody who gives the tokens of methods whose tokens outlive the session, as those of `oauth2`
    /// do. Without one a request that needs such a token is refused.
    #[must_use]
    pub fn issued_by(self, issuer: Arc<dyn TokenSource>) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { issuer: Some(issuer), ..inner }))
    }

    /// The whole address of an HTTP request, which may be relative to the group's `base_url`.
    ///
    /// # Errors
    /// It is none.
    pub fn target(&self, url: &str, slashes: Slashes) -> Result<Target, EgressError> {
        http::target(&self.0.session.policy, url, slashes)
    }

    /// Sends a request of any transport.
    ///
    /// # Errors
    /// It is not allowed, or there is no answer.
    pub async fn send<R: TransportRequest>(&self, request: R) -> Result<R::Answer, EgressError> {
        let context = self.0.context(&request.timeouts(), Purpose::Request)?;
        request.send(context).await
    }

    /// Asks whether the connection works: by the request that the group declares for that, else by a login at each of its
    /// databases and a connection to each of its gRPC servers.
    ///
    /// # Errors
    /// There is no answer to the request. What is wrong with a server that was tried is part of the result.
    pub async fn verify(&self) -> Result<Verified, EgressError> {
        transport::verify(&self.0.context(&Timeouts::default(), Purpose::Verify)?).await
    }

    /// Asks the provider of an `oauth2` credential for tokens, by what a step of its grant gives for them.
    ///
    /// # Errors
    /// There is none, and who can do something about it.
    pub async fn request_token(&self, asked: TokenAsked<'_>) -> Result<TokenReply, TokenError> {
        let TokenAsked { credential, step, client, scopes, code, refresh_token, access_token } = asked;
        // The session's own values, where the grant begins with a refresh token.
        let session = self.0.permitted().map_err(|error| TokenError::of(&error))?;
        let given = session.credentials.given(credential, "refresh_token");
        let refresh_token = refresh_token.or(given);
        let values = TokenValues { step, client, scopes, code, refresh_token, access_token };
        let context = self.0.context(&Timeouts::default(), Purpose::Token);
        http::request_token(&context.map_err(|error| TokenError::of(&error))?, credential, &values).await
    }

    /// The signature of some bytes by a field with `use: sign`.
    ///
    /// # Errors
    /// There is no such field or algorithm.
    pub fn sign(&self, field: &str, algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, EgressError> {
        crate::auth::sign(&self.0.permitted()?.credentials, field, algorithm, bytes)
    }

    /// Whether a signature is the one of some bytes, in a time that says nothing about how close a wrong one is.
    ///
    /// # Errors
    /// There is no such field or algorithm.
    pub fn verify_signature(
        &self,
        field: &str,
        algorithm: &str,
        bytes: &[u8],
        signature: &[u8],
    ) -> Result<bool, EgressError> {
        crate::auth::verify(&self.0.permitted()?.credentials, field, algorithm, bytes, signature)
    }
}

/// A request for tokens.
#[derive(Debug, Clone, Copy)]
pub struct TokenAsked<'a> {
    /// The credential.
    pub credential: &'a CredentialName,
    /// What is given for them.
    pub step: TokenStep<'a>,
    /// The installation's client.
    pub client: &'a OauthClient,
    /// Scopes beyond those of the definition.
    pub scopes: &'a [String],
    /// What a callback brought.
    pub code: Option<AnsweredCode<'a>>,
    /// The refresh token that the provider gave last; the one that the connection was made with without it.
    pub refresh_token: Option<&'a Secret>,
    /// The access token that is followed, if there is one: the reply may show it no more than the others.
    pub access_token: Option<&'a Secret>,
}

impl Inner {
    /// The session, if the call was permitted for it: there is no other way to it.
    fn permitted(&self) -> Result<&EgressSession, EgressError> {
        self.session.check(&self.permit)?;
        Ok(&self.session)
    }

    fn context(&self, timeouts: &Timeouts, purpose: Purpose) -> Result<SendContext<'_>, EgressError> {
        let session = self.permitted()?;
        Ok(SendContext {
            network: &self.egress.0,
            group: self.permit.group(),
            tenant: self.permit.tenant().filter(|_| session.is_shared()),
            policy: &session.policy,
            credentials: &session.credentials,
            tokens: &session.tokens,
            issuer: self.issuer.as_deref(),
            state: &session.state,
            limits: &self.limits,
            clock: Clock::start(timeouts, self.deadline),
            deadline: self.deadline,
            recorder: self.recorder.as_ref(),
            trace: self.trace.as_ref(),
            attempts: &self.attempts,
            purpose,
        })
    }
}

impl std::fmt::Debug for OutboundClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboundClient").field("permit", &self.0.permit).finish_non_exhaustive()
    }
}
