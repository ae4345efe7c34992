//! A request from the connector's wish to its answer: policy, credential, attempts, redirects.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use lockgate_domain::auth::{Location, Method as AuthMethod, Placement};
use lockgate_domain::destination::Target;
use lockgate_domain::schema::Document;

use super::hop::Hop;
use super::login::LoginRequest;
use super::outbound_request::OutboundRequest;
use super::request::{Body, Redirects, Request, Retry, body_again};
use super::response::Response;
use super::{SendContext, headers, redirect, target};
use crate::EgressError;
use crate::auth::{Bound, CachedToken, authorize};
use crate::transport::Transport;

/// More hops than browsers follow.
const REDIRECTS_MAX: u8 = 20;
/// Bytes of a body that are looked at for what refuses a token: an error is short, and is the whole body.
const PEEKED_MAX: usize = 64 * 1024;

/// The request at one address on the way along redirects.
struct Step {
    target: Target,
    method: Method,
    headers: HeaderMap,
    body: Body,
    /// Whether the body was a stream, of which nothing is left once it was sent.
    streamed: bool,
    /// The credential that the first address had; another one goes nowhere. None once the origin was left.
    credential: Credential,
}

/// Which credential may go along.
enum Credential {
    /// That of the destination.
    Any,
    /// None: a redirect led away, or to a place with another credential.
    None,
}

impl<'r> SendContext<'r> {
    /// Sends an HTTP request and follows where it may.
    pub(super) async fn send_http(&self, request: Request) -> Result<Response, EgressError> {
        let Request { method, url, headers, body, options } = request;
        // Methods are case-sensitive (RFC 9110 section 9.1), and some servers don't care.
        if ["CONNECT", "TRACE"].iter().any(|own| own.eq_ignore_ascii_case(method.as_str())) {
            return Err(EgressError::Request(format!("method {method} opens a tunnel or echoes credentials")));
        }
        let target = target(self.policy, &url, options.slashes)?;
        let streamed = matches!(body, Body::Stream(_));
        let mut step = Step { target, method, headers, body, streamed, credential: Credential::Any };
        let mut left = match options.redirects {
            Redirects::Manual => None,
            Redirects::Follow { max } => Some(max.min(REDIRECTS_MAX)),
        };
        loop {
            let response = self.attempts(&mut step, options.retry.as_ref()).await?;
            let Some(more) = left.filter(|_| redirect::is_redirect(response.status, &response.headers)) else {
                return Ok(response);
            };
            left = Some(more.checked_sub(1).ok_or_else(|| unfollowed(&step, "there were more than allowed"))?);
            self.follow(&mut step, &response)?;
        }
    }

    /// The next step of a redirect.
    fn follow(&self, step: &mut Step, response: &Response) -> Result<(), EgressError> {
        let bound = self.bound_at(step)?;
        let placements = bound.map_or(&[][..], |bound| bound.method.placements());
        let placed: Vec<&str> = placements.iter().filter_map(query_name).collect();
        let Response { status, headers, body: _ } = response;
        let next = redirect::next(*status, headers, &step.method, &step.target, &placed);
        let next = next.map_err(|cause| unfollowed(step, &cause))?;
        // A group's databases and gRPC servers are destinations too, and no answer may lead HTTP there.
        match Transport::of(next.target.scheme()) {
            Transport::Http => {}
            Transport::Grpc | Transport::Database => {
                return Err(unfollowed(step, &format!("it leads to {}://", next.target.scheme())));
            }
        }
        if next.body && step.streamed {
            return Err(unfollowed(step, "the body was a stream, and would have to be sent again"));
        }
        let before = bound.map(|bound| bound.name);
        let same_origin = redirect::same_origin(&step.target, &next.target);
        let destination = self.policy.destination(&next.target, next.method.as_str())?;
        if !same_origin || destination.credential.as_ref() != before {
            step.credential = Credential::None;
        }
        redirect::prepare(&mut step.headers, next.body, same_origin);
        if !next.body {
            (step.body, step.streamed) = (Body::Empty, false);
        }
        (step.target, step.method) = (next.target, next.method);
        Ok(())
    }

    fn bound_at(&self, step: &Step) -> Result<Option<Bound<'r>>, EgressError> {
        let destination = self.policy.destination(&step.target, step.method.as_str())?;
        match step.credential {
            Credential::Any => self.credentials.bound(destination, &step.target.origin()),
            Credential::None => Ok(None),
        }
    }

    /// Sends a request until there is an answer that stays.
    async fn attempts(&self, step: &mut Step, retry: Option<&Retry>) -> Result<Response, EgressError> {
        // Policy first: a name that is denied is never resolved.
        let destination = self.policy.destination(&step.target, step.method.as_str())?;
        let bound = self.bound_at(step)?;
        headers::check(&step.headers, bound.map_or(&[][..], |bound| bound.method.placements()))?;
        let target = step.target.clone();
        let hop = Hop::of(self, destination, &target, bound.map(|bound| bound.name));
        let whole = !step.streamed;
        let repeats = retry.is_some_and(|retry| retry.repeats(&step.method, &step.body));
        let (mut attempt, mut renewed) = (1, false);
        self.state.budget.add();
        loop {
            self.state.breakers.check(&hop.origin)?;
            let (placed, token) = match bound {
                Some(bound) => {
                    let token = self.token(bound, &LoginRequest { context: self, bound }).await?;
                    let value = token.as_deref().map(CachedToken::token);
                    (authorize(bound, value, Transport::Http.carries(), &hop.origin)?, token)
                }
                None => (Vec::new(), None),
            };
            let (method, own) = (step.method.clone(), step.headers.clone());
            let request = OutboundRequest::of(method, &target, own, body_again(&mut step.body));
            let scrubber = self.tokens.scrubber(self.credentials);
            self.attempts.made(attempt);
            let mut answer = hop.exchange(self, request, &placed, &scrubber, attempt).await;
            if let (Ok(answer), Some(bound), Some(token)) = (&mut answer, bound, &token)
                && whole
                && !renewed
                && refuses_token(bound.method, answer).await
                && self.tokens.refused(bound.name, token)
            {
                renewed = true;
                continue;
            }
            let wait = retry.and_then(|retry| retry.wait(&answer, attempt + 1, whole, repeats));
            let Some(wait) = wait else { return answer };
            if !self.state.budget.take() || !self.clock.wait(wait).await {
                return answer;
            }
            attempt += 1;
        }
    }
}

/// Whether an answer says that the token of its request is not good any more.
async fn refuses_token(method: &AuthMethod, answer: &mut Response) -> bool {
    let AuthMethod::Oauth2(method) = method else { return answer.status == StatusCode::UNAUTHORIZED };
    if method.rejected.statuses.contains(&answer.status.as_u16()) {
        return true;
    }
    if method.rejected.body.is_none() {
        return false;
    }
    let kind = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().contains("json") {
        return false;
    }
    let Some(body) = answer.body.peek(PEEKED_MAX).await else { return false };
    let read = std::str::from_utf8(&body).ok().and_then(|text| Document::parse(text).ok());
    read.is_some_and(|document| method.rejected.in_body(&document.root().to_value()))
}

fn unfollowed(step: &Step, cause: &str) -> EgressError {
    EgressError::Redirect { origin: step.target.origin(), cause: cause.to_owned() }
}

fn query_name(placement: &Placement) -> Option<&str> {
    match &placement.location {
        Location::Query(name) => Some(name),
        Location::Header(_)
        | Location::Cookie(_)
        | Location::Body(_)
        | Location::User
        | Location::Password
        | Location::Option(_)
        | Location::Certificate => None,
    }
}
