//! The functions of a script around an `http` connector: `request` changes the request before it is sent, `response` makes
//! the output of what the connector would give without it. Each runs in an instance of its own, with what the call has left.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lockgate_domain::connector::Filled;
use lockgate_domain::schema::Document;
use lockgate_domain::{Failure, Limits, ObjectsOnly, Usage};
use lockgate_engine::{Ended, Stop};
use lockgate_script::Entry;
use serde::{Deserialize, Serialize};

use super::{QUICK_BYTES, REQUEST_MAX, RunContext, RunReport, answer};
use crate::FlowError;
use crate::call::cpu_time::{computed, counted};
use crate::call::run::script::ScriptRun;

/// A request that can be sent.
pub(super) struct Made {
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    /// Its address and body, and what pages are put into.
    pub(super) filled: Filled,
}

/// A request as `request` gets it.
#[derive(Serialize)]
struct Declared<'f> {
    method: &'f str,
    url: String,
    headers: &'f [(String, String)],
    body: Option<&'f str>,
}

/// A request as `request` gives it. Each character of a header's value is a byte.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// In base64.
    body: Option<String>,
}

impl ScriptRun {
    /// Runs `request`: with the input and the request that the definition makes of it.
    pub(super) async fn request(
        &self,
        context: &RunContext<'_>,
        input: &str,
        (method, filled): (&str, &Filled),
        report: &mut RunReport,
    ) -> Result<Made, FlowError> {
        let body = filled.body.as_deref().map(String::from_utf8_lossy);
        let declared = Declared { method, url: filled.url(None), headers: &filled.headers, body: body.as_deref() };
        let declared = serde_json::to_string(&declared).unwrap_or_default();
        let limits = &context.limits;
        // Of base64, which is a third longer than the bytes.
        let room = limits.input_bytes.saturating_add(REQUEST_MAX).saturating_mul(4) / 3;
        let asked = format!("{{\"input\":{input},\"request\":{declared}}}");
        let written = self.step(Entry::Request, context, asked, room, report).await;
        let written = written.map_err(|error| match error {
            FlowError::Ended { ended: Ended::OutputTooLarge, .. } => {
                FlowError::input_too_large(usize::try_from(room).unwrap_or(usize::MAX), limits)
            }
            other => other,
        })?;
        let made = counted(&mut report.usage, || changed(&written));
        made.map_err(|message| context.ended(Ended::Failed(invalid(message))))
    }

    /// Runs `response`: with what the connector gives of the answer, and the input.
    pub(super) async fn response(
        &self,
        context: &RunContext<'_>,
        input: &str,
        output: String,
        report: &mut RunReport,
    ) -> Result<String, FlowError> {
        let output = checked(context, output, &mut report.usage).await?;
        let asked = format!("{{\"answer\":{output},\"input\":{input}}}");
        drop(output);
        self.step(Entry::Response, context, asked, context.limits.output_bytes, report).await
    }

    async fn step(
        &self,
        entry: Entry,
        context: &RunContext<'_>,
        asked: String,
        output_bytes: u64,
        report: &mut RunReport,
    ) -> Result<String, FlowError> {
        let limits = left(&context.limits, &report.usage, report.logs.len());
        let limits = limits.map_err(|stop| context.ended(Ended::Stopped(stop)))?;
        let limits = Limits { output_bytes, ..limits };
        let answer = self.function(entry, context, asked, limits).await?;
        let used = &mut report.usage;
        used.cpu_us += answer.usage.cpu_us;
        used.host_calls += answer.usage.host_calls;
        used.peak_memory_bytes = used.peak_memory_bytes.max(answer.usage.peak_memory_bytes);
        report.logs.extend(answer.logs);
        answer.result.map_err(|ended| context.ended(ended))
    }
}

/// What a function may use of what the call may: both are one call.
fn left(limits: &Limits, used: &Usage, lines: usize) -> Result<Limits, Stop> {
    let cpu_ms = limits.cpu_ms.saturating_sub(used.cpu_us / 1000);
    let host_calls = limits.host_calls.saturating_sub(used.host_calls);
    let log_lines = limits.log_lines.saturating_sub(u64::try_from(lines).unwrap_or(u64::MAX));
    if cpu_ms == 0 {
        return Err(Stop::Cpu);
    }
    Ok(Limits { cpu_ms, host_calls, log_lines, ..*limits })
}

/// The output of the declaration is text of the upstream, of which only a part was read. Behind this it is JSON that two
/// readers read alike, so that it can stand beside the input.
async fn checked(context: &RunContext<'_>, output: String, usage: &mut Usage) -> Result<String, FlowError> {
    let check = |output: String| match Document::parse(&output) {
        Ok(_) => Ok(output),
        Err(error) => Err(answer::not_json(&error, None)),
    };
    let checked = if output.len() <= QUICK_BYTES {
        counted(usage, || check(output))
    } else {
        computed(context.engine, context.permit.group(), usage, move || check(output)).await?
    };
    checked.map_err(|failure| context.ended(Ended::Failed(failure)))
}

/// Reads a request that the script gave. What it breaks is told to the script's author.
fn changed(written: &str) -> Result<Made, String> {
    let changed: Changed =
        ObjectsOnly::of_slice(written.as_bytes()).map_err(|error| format!("the request of the script: {error}"))?;
    let Changed { method, url, headers: list, body } = changed;
    let known = Method::from_bytes(method.as_bytes());
    let method = known.map_err(|_| format!("`{}` is no HTTP method", method.escape_debug()))?;
    let mut headers = HeaderMap::try_with_capacity(list.len()).map_err(|_| too_many())?;
    for (name, value) in &list {
        let key = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{}` is no name of a header", name.escape_debug()))?;
        let bytes: Option<Vec<u8>> = value.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect();
        let value = bytes.and_then(|bytes| HeaderValue::from_bytes(&bytes).ok());
        let value = value.ok_or_else(|| format!("the value of the header `{key}` has what no header can have"))?;
        headers.try_append(key, value).map_err(|_| too_many())?;
    }
    let body = body.map(|body| BASE64_STANDARD.decode(body)).transpose();
    let body = body.map_err(|error| format!("the body that the script gave: {error}"))?;
    let (address, query) = url.split_once('?').unwrap_or((&url, ""));
    let filled = Filled { address: address.to_owned(), query: query.to_owned(), headers: list, body };
    Ok(Made { method, headers, filled })
}

fn too_many() -> String {
    "the request has too many headers".to_owned()
}

fn invalid(message: String) -> Failure {
    Failure { code: "invalid-request".to_owned(), message, retryable: false, retry_after_ms: None, details: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_of_a_script_is_read_whole() {
        let made =
            changed(r#"{"method":"PUT","url":"/a?b=1&c","headers":[["x-a","\u00e4"],["x-a","2"]],"body":"AP8="}"#);
        let made = made.unwrap();
        assert_eq!((made.method, made.filled.url(None)), (Method::PUT, "/a?b=1&c".to_owned()));
        let values: Vec<_> = made.headers.get_all("x-a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!((values, made.filled.body), (vec![b"\xe4".as_slice(), b"2"], Some(vec![0, 255])));
    }

    #[test]
    fn what_no_request_can_have_is_refused() {
        for (written, word) in [
            ("null", "the request of the script"),
            (r#"{"method":"A B","url":"/","headers":[],"body":null}"#, "no HTTP method"),
            (r#"{"method":"GET","url":"/","headers":[["a b","1"]],"body":null}"#, "no name of a header"),
            (r#"{"method":"GET","url":"/","headers":[["a","1\n2"]],"body":null}"#, "no header can have"),
            (r#"{"method":"GET","url":"/","headers":[["a","€"]],"body":null}"#, "no header can have"),
            (r#"{"method":"GET","url":"/","headers":[],"body":"="}"#, "the body"),
            (r#"{"method":"GET","url":"/","headers":[],"body":null,"bytecode":1}"#, "unknown field"),
        ] {
            let told = changed(written).map(|_| ()).unwrap_err();
            assert!(told.contains(word), "{written}: {told}");
        }
    }

    #[test]
    fn a_function_has_what_the_call_has_left() {
        let limits = Limits { cpu_ms: 10, host_calls: 5, log_lines: 3, ..Limits::default() };
        let used = Usage { cpu_us: 4_500, host_calls: 6, ..Usage::default() };
        let own = left(&limits, &used, 2).unwrap();
        assert_eq!((own.cpu_ms, own.host_calls, own.log_lines), (6, 0, 1));
        assert_eq!(left(&limits, &Usage { cpu_us: 10_000, ..used }, 0).unwrap_err(), Stop::Cpu);
    }
}
