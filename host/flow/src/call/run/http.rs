//! The way of a call whose connector is an HTTP request and no code: the request is made from the input, goes out as a
//! guest's would, and the output is taken from its answer.

mod answer;
mod pages;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lockgate_domain::connector::{Action, HttpDefinition, Next, Pagination, Unfit};
use lockgate_domain::{ConnectorDefinition, GroupId, Limits, Usage, Violation};
use lockgate_egress::{Options, OutboundClient, Redirects, Request, Retry};
use lockgate_engine::{Ended, Engine, Stop};
use serde_json::Value;

use crate::FlowError;
use answer::Answer;
use pages::{PageStep, Pages};

/// What a request may have beside what the input gives.
const REQUEST_MAX: u64 = 1024 * 1024;
/// Answers up to which are read where the call is; a larger one is read in turns with other groups' guests.
const QUICK_BYTES: usize = 256 * 1024;
/// The longest pause before a request is sent again.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// One call.
pub(crate) struct HttpCall<'c> {
    pub(crate) engine: &'c Engine,
    pub(crate) group: GroupId,
    pub(crate) outlet: &'c OutboundClient,
    pub(crate) limits: &'c Limits,
    pub(crate) deadline: Instant,
}

impl HttpCall<'_> {
    /// Runs a connector. `usage` is right in any case.
    pub(crate) async fn run(
        &self,
        definition: &ConnectorDefinition,
        input: &str,
        usage: &mut Usage,
    ) -> Result<String, FlowError> {
        match tokio::time::timeout_at(self.deadline.into(), self.pages(definition, input, usage)).await {
            Ok(result) => result,
            Err(_) => Err(self.ended(Ended::Stopped(Stop::Deadline))),
        }
    }

    async fn pages(
        &self,
        definition: &ConnectorDefinition,
        input: &str,
        usage: &mut Usage,
    ) -> Result<String, FlowError> {
        let Action::Http(http) = &definition.action;
        let began = Instant::now();
        let input: Value = serde_json::from_str(input)
            .map_err(|error| FlowError::InputInvalid(vec![Violation::new("", "json", error.to_string())]))?;
        let max = self.limits.input_bytes.saturating_add(REQUEST_MAX);
        let filled = http.fill(&input, usize::try_from(max).unwrap_or(usize::MAX));
        let mut filled = filled.map_err(|unfit| unfit_input(unfit, self.limits))?;
        let headers = headers(&filled.headers)?;
        let body = filled.body.take().map(Bytes::from).unwrap_or_default();
        let again = definition.hints.idempotent == Some(true);
        let mut pages = Pages::new(http, filled);
        if matches!(http.pagination, Some(Pagination { next: Next::Link { .. }, .. })) {
            let first = self.outlet.target(&pages.url()).map_err(FlowError::Egress)?;
            pages = pages.at(first);
        }
        usage.cpu_us += micros(began);

        loop {
            usage.host_calls += 1;
            if usage.host_calls > self.limits.host_calls {
                return Err(self.ended(Ended::Stopped(Stop::HostCalls)));
            }
            let request = Request {
                method: Method::from_bytes(http.method.as_bytes()).unwrap_or_default(),
                url: pages.url(),
                headers: headers.clone(),
                body: body.clone().into(),
                options: options(http, again),
            };
            let response = self.outlet.send(request).await?;
            let (status, headers) = (response.status.as_u16(), response.headers);
            let body = response.body.collect().await?;
            let began = Instant::now();
            let answer = Answer { status, headers, body };
            let turn = self.read(pages, answer, http).await?;
            usage.cpu_us += micros(began);
            match turn {
                PageStep::Output(output) => return Ok(output),
                PageStep::TooLarge => return Err(self.ended(Ended::OutputTooLarge)),
                PageStep::Failed(failure) => return Err(self.ended(Ended::Failed(failure))),
                PageStep::More(rest) => pages = rest,
            }
        }
    }

    /// Reads an answer: where the call is, if it is small.
    async fn read(&self, pages: Pages, answer: Answer, http: &HttpDefinition) -> Result<PageStep, FlowError> {
        let max = usize::try_from(self.limits.output_bytes).unwrap_or(usize::MAX);
        if answer.body.len() <= QUICK_BYTES {
            return Ok(pages.turn(http, &answer, max));
        }
        let http = http.clone();
        Ok(self.engine.compute(Some(self.group), move || pages.turn(&http, &answer, max)).await?)
    }

    fn ended(&self, ended: Ended) -> FlowError {
        FlowError::Ended { ended, limits: Box::new(*self.limits) }
    }
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn unfit_input(unfit: Unfit, limits: &Limits) -> FlowError {
    match unfit {
        Unfit::Value(violation) => FlowError::InputInvalid(vec![violation]),
        Unfit::TooLarge(found) => FlowError::input_too_large(found, limits),
    }
}

/// Names and values are checked already, so nothing is refused that a caller could know of.
fn headers(filled: &[(String, String)]) -> Result<HeaderMap, FlowError> {
    let mut headers = HeaderMap::with_capacity(filled.len());
    for (name, value) in filled {
        let pair = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let (name, value) = pair.ok_or_else(|| {
            let detail = format!("the header `{name}` can't have the value that the input gives it");
            FlowError::InputInvalid(vec![Violation::new("", "header", detail)])
        })?;
        headers.append(name, value);
    }
    Ok(headers)
}

fn options(http: &HttpDefinition, again: bool) -> Options {
    let max = u8::try_from(http.redirects).unwrap_or(u8::MAX);
    let redirects = if max == 0 { Redirects::Manual } else { Redirects::Follow { max } };
    let retry = http.retry.as_ref().map(|rule| Retry {
        attempts: rule.attempts,
        statuses: rule.statuses.each().collect(),
        connection_errors: true,
        backoff: Duration::from_millis(rule.wait_ms),
        backoff_max: WAIT_MAX.max(Duration::from_millis(rule.wait_ms)),
        any_method: again,
    });
    Options { redirects, retry, ..Options::default() }
}
