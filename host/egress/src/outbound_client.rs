//! The way out of one call.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::destination::Target;
use lockgate_domain::{Limits, Permit};
use lockgate_telemetry::Here;

use crate::connect::timeouts::Clock;
use crate::transport::http::send::SendContext;
use crate::{Egress, EgressError, EgressSession, ExchangeRecorder, Options, Request, Response, Verified};

/// One call's way out. It can't be made without a [`Permit`], and does only what that allows.
#[derive(Debug, Clone)]
pub struct OutboundClient(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    egress: Egress,
    permit: Permit,
    reach: Arc<EgressSession>,
    deadline: Instant,
    limits: Limits,
    exchanges: Option<Arc<ExchangeRecorder>>,
    trace: Option<Here>,
}

impl OutboundClient {
    /// The way out of a call that was permitted.
    pub fn new(egress: Egress, permit: Permit, reach: Arc<EgressSession>, deadline: Instant, limits: &Limits) -> Self {
        Self(Arc::new(Inner { egress, permit, reach, deadline, limits: *limits, exchanges: None, trace: None }))
    }

    /// The same, with every exchange kept for who tests a connector.
    pub fn recording(self, exchanges: Arc<ExchangeRecorder>) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { exchanges: Some(exchanges), ..inner }))
    }

    /// The same, with a span for every request, below this place of the call's trace.
    #[must_use]
    pub fn traced(self, trace: Here) -> Self {
        let inner = Arc::unwrap_or_clone(self.0);
        Self(Arc::new(Inner { trace: Some(trace), ..inner }))
    }

    /// The whole address of a request, which may be relative to the group's `base_url`.
    ///
    /// # Errors
    /// It is none.
    pub fn target(&self, url: &str) -> Result<Target, EgressError> {
        self.0.reach.target(url)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// It is not allowed, or there is no answer.
    pub async fn send(&self, request: Request) -> Result<Response, EgressError> {
        self.0.permitted()?;
        self.call(&request.options, "request").run(request).await
    }

    /// Asks whether the connection works.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn verify(&self) -> Result<Verified, EgressError> {
        self.0.permitted()?;
        crate::transport::http::verify::verify(&self.call(&Options::default(), "verify")).await
    }

    fn call(&self, options: &Options, purpose: &'static str) -> SendContext<'_> {
        let Inner { egress, permit: _, reach, deadline, limits, exchanges, trace } = &*self.0;
        let clock = Clock::start(options, *deadline);
        let (exchanges, trace) = (exchanges.as_ref(), trace.as_ref());
        SendContext { shared: &egress.0, reach, limits, clock, exchanges, trace, purpose }
    }

    /// The signature of some bytes by a field with `use: sign`.
    ///
    /// # Errors
    /// There is no such field or algorithm.
    pub fn sign(&self, field: &str, algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, EgressError> {
        self.0.permitted()?;
        crate::auth::signing::sign(&self.0.reach, field, algorithm, bytes)
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
        self.0.permitted()?;
        crate::auth::signing::verify(&self.0.reach, field, algorithm, bytes, signature)
    }
}

impl Inner {
    /// Whether the call was permitted for this group, scope and connection.
    fn permitted(&self) -> Result<(), EgressError> {
        let account = self.reach.account.as_ref().map(|account| account.id);
        let held = self.permit.group() == self.reach.group
            && self.permit.scope() == self.reach.scope
            && self.permit.connection() == account;
        if held { Ok(()) } else { Err(EgressError::Host("the permit is for another group, scope or connection")) }
    }
}
