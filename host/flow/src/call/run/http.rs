//! A declarative HTTP request: it is made from the input, sent as a guest's would be, and the output is taken from its
//! answer.

mod answer;
mod functions;
mod link;
mod pages;
mod place;
mod text;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lockgate_domain::connector::{Filled, HttpDefinition, Next, Pagination, Unfit};
use lockgate_domain::destination::Slashes;
use lockgate_domain::schema::Document;
use lockgate_domain::{Limits, Usage, Violation};
use lockgate_egress::{Backoff, Options, Redirects, Request, Retry};
use lockgate_engine::{Ended, Stop};
use lockgate_script::Entry;

use self::answer::Answer;
use self::functions::Made;
use self::pages::{PageStep, Pages};
use super::script::ScriptRun;
use super::{RunContext, RunReport};
use crate::FlowError;
use crate::call::cpu_time::{computed, counted};

/// What a request may have beside what the input gives.
const REQUEST_MAX: u64 = 1024 * 1024;
/// Answers up to which are read where the call is; a larger one waits for its time slice beside other groups' guests.
const QUICK_BYTES: usize = 256 * 1024;
/// The longest pause before a request is sent again.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// One call of an `http` connector.
pub(crate) struct HttpRun {
    pub(crate) definition: Arc<HttpDefinition>,
    /// Whether its author says that the same request may be sent twice.
    pub(crate) idempotent: bool,
    /// Whose functions stand around the request, if it has a script.
    pub(crate) script: Option<ScriptRun>,
}

impl HttpRun {
    /// The script, if it has this function.
    fn with(&self, entry: Entry) -> Option<&ScriptRun> {
        self.script.as_ref().filter(|script| script.program.exports(entry))
    }

    /// Whether the output is what the upstream wrote.
    pub(super) fn gives_what_came(&self) -> bool {
        self.with(Entry::Response).is_none()
    }
}

/// Sends the request of an input, or one for each page. The report is right in any case.
pub(super) async fn run(
    own: &HttpRun,
    context: &RunContext<'_>,
    input: &str,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let work = async {
        let output = pages(own, context, input, report).await?;
        match own.with(Entry::Response) {
            Some(script) => script.response(context, input, output, report).await,
            None => Ok(output),
        }
    };
    match tokio::time::timeout_at(context.deadline.into(), work).await {
        Ok(result) => result,
        Err(_) => Err(context.ended(Ended::Stopped(Stop::Deadline))),
    }
}

async fn pages(
    own: &HttpRun,
    context: &RunContext<'_>,
    input: &str,
    report: &mut RunReport,
) -> Result<String, FlowError> {
    let (http, limits) = (&own.definition, &context.limits);
    let (filled, declared) = counted(&mut report.usage, || {
        let filled = fill(http, limits, input)?;
        let declared = headers(&filled.headers)?;
        Ok::<_, FlowError>((filled, declared))
    })?;
    let Made { method, headers, filled } = match own.with(Entry::Request) {
        Some(script) => script.request(context, input, (http.method, &filled), report).await?,
        None => Made { method: known(http.method), headers: declared, filled },
    };
    let usage = &mut report.usage;
    let mut pages = counted(usage, || {
        let pages = Pages::new(http, filled).map_err(|unfit| unfit_input(unfit, limits))?;
        if !matches!(http.pagination, Some(Pagination { next: Next::Link { .. }, .. })) {
            return Ok::<_, FlowError>(pages);
        }
        let first = context.client.target(&pages.url(), slashes(http)).map_err(FlowError::Egress)?;
        Ok(pages.at(first))
    })?;

    loop {
        usage.host_calls += 1;
        if usage.host_calls > limits.host_calls {
            return Err(context.ended(Ended::Stopped(Stop::HostCalls)));
        }
        let request = Request {
            method: method.clone(),
            url: pages.url(),
            headers: headers.clone(),
            body: pages.body().into(),
            options: options(http, own.idempotent),
        };
        let response = context.client.send(request).await?;
        let (status, headers) = (response.status.as_u16(), response.headers);
        let body = response.body.collect().await?;
        let answer = Answer { status, headers, body };
        match read(context, http, pages, answer, usage).await? {
            PageStep::Output(output) => return Ok(output),
            PageStep::TooLarge => return Err(context.ended(Ended::OutputTooLarge)),
            PageStep::Failed(failure) => return Err(context.ended(Ended::Failed(failure))),
            PageStep::More(rest) => pages = *rest,
        }
    }
}

/// The request that the definition makes of an input.
fn fill(http: &HttpDefinition, limits: &Limits, input: &str) -> Result<Filled, FlowError> {
    let input = Document::parse(input)
        .map_err(|error| FlowError::InputInvalid(vec![Violation::new("", "json", error.to_string())]))?;
    let max = limits.input_bytes.saturating_add(REQUEST_MAX);
    let filled = http.fill(input.root(), usize::try_from(max).unwrap_or(usize::MAX));
    filled.map_err(|unfit| unfit_input(unfit, limits))
}

/// A method of a definition.
fn known(method: &'static str) -> Method {
    Method::from_bytes(method.as_bytes()).unwrap_or_default()
}

/// Reads an answer: where the call is, if it is small.
async fn read(
    context: &RunContext<'_>,
    http: &Arc<HttpDefinition>,
    pages: Pages,
    answer: Answer,
    usage: &mut Usage,
) -> Result<PageStep, FlowError> {
    let max = usize::try_from(context.limits.output_bytes).unwrap_or(usize::MAX);
    if answer.body.len() <= QUICK_BYTES {
        return Ok(counted(usage, || pages.read(http, &answer, max)));
    }
    let http = Arc::clone(http);
    computed(context.engine, context.permit.group(), usage, move || pages.read(&http, &answer, max)).await
}

/// The output of a declarative connector is text of the upstream. Where that is no JSON, in a place that nobody read
/// before, it is the upstream's fault.
pub(crate) fn unread(error: FlowError, limits: &Limits) -> FlowError {
    match error {
        FlowError::OutputNotJson(error) => {
            let ended = Ended::Failed(answer::not_json(&error, None));
            FlowError::Ended { ended, limits: Box::new(*limits) }
        }
        error => error,
    }
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

/// What encoded slashes are in the addresses of a connector: a value that is a whole segment may have them, and of links
/// and redirects the destination decides.
fn slashes(http: &HttpDefinition) -> Slashes {
    if http.address.has_segments() { Slashes::InSegments } else { Slashes::AsDestination }
}

fn options(http: &HttpDefinition, idempotent: bool) -> Options {
    let max = u8::try_from(http.redirects).unwrap_or(u8::MAX);
    let redirects = if max == 0 { Redirects::Manual } else { Redirects::Follow { max } };
    let retry = http.retry.as_ref().map(|rule| Retry {
        backoff: Backoff {
            attempts: rule.attempts,
            wait: Duration::from_millis(rule.wait_ms),
            wait_max: WAIT_MAX.max(Duration::from_millis(rule.wait_ms)),
        },
        statuses: rule.statuses.each().collect(),
        connection_errors: true,
        any_method: idempotent,
    });
    Options { redirects, retry, slashes: slashes(http), ..Options::default() }
}
