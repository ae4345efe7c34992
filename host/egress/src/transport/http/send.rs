//! A request from the connector's wish to its answer: policy, credential, attempts, redirects.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use lockgate_domain::Limits;
use lockgate_domain::auth::{Location, Placement};
use lockgate_domain::destination::Target;
use lockgate_telemetry::Here;

use crate::auth::{Authorized, Bound, authorize};
use crate::connect::timeouts::Clock;
use crate::egress::Shared;
use crate::transport::http::outbound_request::OutboundRequest;
use crate::transport::http::request::{Retry, body_again};
use crate::{Body, EgressError, EgressSession, ExchangeRecorder, Phase, Redirects, Request, Response};

use super::hop::Hop;
use super::{headers, redirect};

/// More hops than browsers follow.
const REDIRECTS_MAX: u8 = 20;

/// What the requests of one `send` have in common.
pub(crate) struct SendContext<'r> {
    pub(crate) shared: &'r Arc<Shared>,
    pub(crate) reach: &'r Arc<EgressSession>,
    pub(crate) limits: &'r Limits,
    pub(crate) clock: Clock,
    pub(crate) exchanges: Option<&'r Arc<ExchangeRecorder>>,
    /// Where its requests are in the call's trace.
    pub(crate) trace: Option<&'r Here>,
    /// What it is for, in records of exchanges.
    pub(crate) purpose: &'static str,
}

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
    /// Sends a request and follows where it may.
    pub(crate) async fn run(&self, request: Request) -> Result<Response, EgressError> {
        let Request { method, url, headers, body, options } = request;
        // Methods are case-sensitive (RFC 9110 section 9.1), and some servers don't care.
        if ["CONNECT", "TRACE"].iter().any(|own| own.eq_ignore_ascii_case(method.as_str())) {
            return Err(EgressError::Request(format!("method {method} opens a tunnel or echoes credentials")));
        }
        let target = self.reach.target(&url)?;
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
            left = Some(more.checked_sub(1).ok_or_else(|| self.unfollowed(&step, "there were more than allowed"))?);
            self.follow(&mut step, &response)?;
        }
    }

    /// The next step of a redirect.
    fn follow(&self, step: &mut Step, response: &Response) -> Result<(), EgressError> {
        let bound = self.bound(step)?;
        let placements = bound.map_or(&[][..], |bound| bound.method.placements());
        let placed: Vec<&str> = placements.iter().filter_map(query_name).collect();
        let Response { status, headers, body: _ } = response;
        let next = redirect::next(*status, headers, &step.method, &step.target, &placed);
        let next = next.map_err(|cause| self.unfollowed(step, &cause))?;
        // A group's databases and gRPC servers are destinations too, and no answer may lead HTTP there.
        if !next.target.scheme().is_http() {
            return Err(self.unfollowed(step, &format!("it leads to {}://", next.target.scheme())));
        }
        if next.body && step.streamed {
            return Err(self.unfollowed(step, "the body was a stream, and would have to be sent again"));
        }
        let before = bound.map(|bound| bound.name);
        let same_origin = redirect::same_origin(&step.target, &next.target);
        let destination = self.reach.destination(&next.target, &next.method)?;
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

    fn bound(&self, step: &Step) -> Result<Option<Bound<'r>>, EgressError> {
        let destination = self.reach.destination(&step.target, &step.method)?;
        match step.credential {
            Credential::Any => self.reach.bound(destination, &crate::connect::breaker::origin(&step.target)),
            Credential::None => Ok(None),
        }
    }

    fn unfollowed(&self, step: &Step, cause: &str) -> EgressError {
        EgressError::Redirect { origin: crate::connect::breaker::origin(&step.target), cause: cause.to_owned() }
    }

    /// Sends a request until there is an answer that stays.
    async fn attempts(&self, step: &mut Step, retry: Option<&Retry>) -> Result<Response, EgressError> {
        // Policy first: a name that is denied is never resolved.
        let destination = self.reach.destination(&step.target, &step.method)?;
        let bound = self.bound(step)?;
        headers::check(&step.headers, bound.map_or(&[][..], |bound| bound.method.placements()))?;
        let target = step.target.clone();
        let hop = Hop::of(self, destination, &target, bound.map(|bound| bound.name));
        let whole = !step.streamed;
        let repeats = retry.is_some_and(|retry| retry.repeats(&step.method, &step.body));
        let (mut attempt, mut renewed) = (1, false);
        self.reach.budget.add();
        loop {
            self.reach.breakers.check(&target)?;
            let authorized = match bound {
                Some(bound) => authorize(self, bound, &hop.origin).await?,
                None => Authorized { placed: Vec::new(), token: None },
            };
            let (method, own) = (step.method.clone(), step.headers.clone());
            let draft = OutboundRequest::of(method, &target, own, body_again(&mut step.body));
            let answer = hop.exchange(self, draft, &authorized, attempt).await;
            if let (Ok(answer), Some(bound), Some(token)) = (&answer, bound, &authorized.token)
                && answer.status == StatusCode::UNAUTHORIZED
                && whole
                && !renewed
                && self.reach.logins.refused(bound.name, token)
            {
                renewed = true;
                continue;
            }
            let Some(wait) = again(&answer, retry, attempt + 1, whole, repeats) else { return answer };
            if !self.reach.budget.take() || !self.clock.wait(wait).await {
                return answer;
            }
            attempt += 1;
        }
    }
}

/// How long to wait before a request is sent again; none if it is not.
fn again(
    answer: &Result<Response, EgressError>,
    retry: Option<&Retry>,
    attempt: u32,
    whole: bool,
    repeats: bool,
) -> Option<Duration> {
    let retry = retry?;
    match answer {
        Ok(answer) if repeats && retry.statuses.contains(&answer.status.as_u16()) => {
            retry.wait(attempt, Some(&answer.headers))
        }
        Ok(_) => None,
        Err(error) => {
            let sent_again = (whole && unsent(error)) || (repeats && lost(error));
            (retry.connection_errors && sent_again).then(|| retry.wait(attempt, None)).flatten()
        }
    }
}

/// Whether the request did not leave the host.
fn unsent(error: &EgressError) -> bool {
    matches!(error, EgressError::Dns { .. } | EgressError::Connect { .. })
        || matches!(error, EgressError::Timeout { phase: Phase::Connect, .. })
}

/// Whether it left, and no answer came.
fn lost(error: &EgressError) -> bool {
    matches!(error, EgressError::Protocol { .. } | EgressError::Timeout { phase: Phase::FirstByte, .. })
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
