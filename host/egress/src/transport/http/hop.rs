//! One request to one address, and the head of its answer: seen by the breaker, the recorder and the trace.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::CredentialName;
use lockgate_domain::auth::Login;
use lockgate_domain::destination::{Destination, Scheme, Target, UrlTemplate};

use super::SendContext;
use super::body_cap::BodyCap;
use super::outbound_request::OutboundRequest;
use super::recorded::{HttpExchange, HttpRecording};
use super::response::{Reading, Response};
use crate::EgressError;
use crate::auth::{Guarded, Placed};
use crate::connect::Key;
use crate::observe::{Purpose, Traced};
use crate::scrub::Scrubber;

/// Where one request goes.
pub(super) struct Hop<'t> {
    pub(super) target: &'t Target,
    /// For errors.
    pub(super) origin: String,
    pub(super) key: Arc<Key>,
    /// What the answer may have.
    cap: BodyCap,
    purpose: Purpose,
}

impl<'t> Hop<'t> {
    /// To a destination of the group.
    pub(super) fn of(
        context: &SendContext<'_>,
        destination: &Destination,
        target: &'t Target,
        credential: Option<&CredentialName>,
    ) -> Self {
        let private = context.policy.is_private_allowed(destination);
        let cap = BodyCap::Limit(context.limits.upstream_body_bytes);
        Self::new(target, credential, private, cap, context.purpose)
    }

    /// To the login of a credential.
    pub(super) fn login(
        context: &SendContext<'_>,
        login: &Login,
        target: &'t Target,
        credential: &CredentialName,
    ) -> Self {
        let private = context.policy.is_private_url_allowed(&login.url, target);
        Self::new(target, Some(credential), private, BodyCap::LoginReply, Purpose::Login)
    }

    /// To the token endpoint of a credential.
    pub(super) fn token_endpoint(
        context: &SendContext<'_>,
        url: &UrlTemplate,
        target: &'t Target,
        credential: &CredentialName,
    ) -> Self {
        let private = context.policy.is_private_url_allowed(url, target);
        Self::new(target, Some(credential), private, BodyCap::LoginReply, Purpose::Token)
    }

    fn new(
        target: &'t Target,
        credential: Option<&CredentialName>,
        private: bool,
        cap: BodyCap,
        purpose: Purpose,
    ) -> Self {
        let key = Key {
            tls: target.scheme() == Scheme::Https,
            host: target.host().clone(),
            port: target.port(),
            credential: credential.cloned(),
            private,
        };
        Self { target, origin: target.origin(), key: Arc::new(key), cap, purpose }
    }

    /// Sends a request with what a credential places in it.
    pub(super) async fn exchange(
        &self,
        context: &SendContext<'_>,
        mut request: OutboundRequest<'_>,
        placed: &[Placed<'_>],
        scrubber: &Arc<Scrubber>,
        attempt: u32,
    ) -> Result<Response, EgressError> {
        let shown = context.recorder.map(|_| HttpExchange::of(self.purpose, attempt, &request, scrubber));
        let traced = Traced::begin(context.trace, self.purpose, attempt);
        // Before the credential, which is placed whatever its header is called.
        request.trace(&traced);
        request.place(placed, None, &self.origin)?;
        let recording = context.recorder.zip(shown).and_then(|(recorder, mut shown)| {
            shown.sent(&request.headers, scrubber);
            HttpRecording::begin(recorder, shown)
        });
        self.answer(context, request, scrubber, (recording, traced), None).await
    }

    /// Sends a login. Its reply is never shown, so it is not masked. Error text is shown, and is masked: the secrets of the
    /// connection, and those that the provider knows beside (`guarded`).
    pub(super) async fn log_in(
        &self,
        context: &SendContext<'_>,
        request: OutboundRequest<'_>,
        guarded: Option<&Guarded>,
    ) -> Result<Response, EgressError> {
        let scrubber = Arc::new(Scrubber::new(&[]));
        context.state.breakers.check(&self.origin)?;
        let recording = context.recorder.and_then(|recorder| {
            HttpRecording::begin(recorder, HttpExchange::hidden(self.purpose, &request.method, self.target))
        });
        let traced = Traced::begin(context.trace, self.purpose, 1);
        self.answer(context, request, &scrubber, (recording, traced), guarded).await
    }

    async fn answer(
        &self,
        context: &SendContext<'_>,
        request: OutboundRequest<'_>,
        scrubber: &Arc<Scrubber>,
        (recording, traced): (Option<HttpRecording>, Traced),
        guarded: Option<&Guarded>,
    ) -> Result<Response, EgressError> {
        let began = Instant::now();
        let method = request.method.clone();
        // The names in a certificate are the peer's own words too.
        let known = context.tokens.scrubber(context.credentials);
        let clean = |text: &str| {
            let text = known.clean_text(text);
            guarded.map(|guarded| guarded.clean(&text)).unwrap_or(text)
        };
        let answer = self.head(context, request).await.map_err(|error| error.cleaned(clean));
        match &answer {
            Ok(_) => context.state.breakers.succeeded(&self.origin),
            Err(error) if error.is_of_the_way() => context.state.breakers.failed(&self.origin),
            Err(_) => {}
        }
        let reading = Reading { origin: &self.origin, clock: context.clock, cap: self.cap, scrubber, method: &method };
        match answer.and_then(|(answer, lease)| reading.response(answer, lease)) {
            Ok(mut response) => {
                traced.answered(response.status.as_u16());
                if let Some(recording) = recording {
                    let shown = Some(&response.headers).filter(|_| self.purpose.is_shown());
                    recording.head(response.status, shown, began.elapsed());
                    if self.purpose.is_shown() {
                        response.body.record(recording);
                    }
                }
                Ok(response)
            }
            Err(error) => {
                traced.failed(&error);
                if let Some(recording) = recording {
                    recording.ended(&error, began.elapsed());
                }
                Err(error)
            }
        }
    }
}
