//! Where traces of calls go.

use lockgate_telemetry::{InvalidSettings, TraceSettings};

use super::Overrides;
use super::file::File;
use crate::exit::Usage;

/// None unless a collector is named: then no call is traced.
pub(super) fn of(overrides: &Overrides, file: &File) -> Result<Option<TraceSettings>, Usage> {
    let given = |own: &Option<String>, of_file: &Option<String>| {
        own.clone().or_else(|| of_file.clone()).filter(|text| !text.is_empty())
    };
    let wrong = |key: &str, error: InvalidSettings| Usage(format!("`{key}`: {error}"));
    let Some(endpoint) = given(&overrides.otlp_endpoint, &file.otlp_endpoint) else { return Ok(None) };
    let mut traces = TraceSettings::to(&endpoint).map_err(|error| wrong("otlp_endpoint", error))?;
    if let Some(headers) = given(&overrides.otlp_headers, &file.otlp_headers) {
        traces = traces.with_headers(&headers).map_err(|error| wrong("otlp_headers", error))?;
    }
    if let Some(ratio) = file.trace_ratio {
        traces = traces.with_ratio(ratio).map_err(|error| wrong("trace_ratio", error))?;
    }
    Ok(Some(traces))
}
