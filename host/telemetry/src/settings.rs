//! Where traces go.

use std::str::FromStr;

use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

pub(crate) const MILLION: u64 = 1_000_000;

/// A collector, and how much it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSettings {
    pub(crate) endpoint: Url,
    /// Marked as sensitive, so that they are not printed.
    pub(crate) headers: HeaderMap,
    /// Of a million traces that begin here, so many are recorded.
    pub(crate) per_million: u64,
}

/// Why settings are refused. No text repeats a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSettings {
    /// The endpoint is no URL.
    #[error("expected the base URL of an OTLP/HTTP collector, such as `http://127.0.0.1:4318`, without user or query")]
    Endpoint,
    /// A header is none.
    #[error("expected names and values of HTTP headers, such as `authorization=Bearer …`, with a comma between them")]
    Headers,
    /// The ratio is none.
    #[error("expected a number from 0 to 1")]
    Ratio,
}

impl TraceSettings {
    /// Traces go to `endpoint` + `/v1/traces`, as protobuf over HTTP.
    ///
    /// # Errors
    /// [`InvalidSettings::Endpoint`].
    pub fn to(endpoint: &str) -> Result<Self, InvalidSettings> {
        let mut endpoint = Url::from_str(endpoint).map_err(|_| InvalidSettings::Endpoint)?;
        let plain = endpoint.username().is_empty() && endpoint.password().is_none() && endpoint.query().is_none();
        if !plain || !matches!(endpoint.scheme(), "http" | "https") || endpoint.host_str().is_none() {
            return Err(InvalidSettings::Endpoint);
        }
        let path = format!("{}/v1/traces", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Ok(Self { endpoint, headers: HeaderMap::new(), per_million: MILLION })
    }

    /// Further headers of each request to the collector, as `name=value,name=value`.
    ///
    /// # Errors
    /// [`InvalidSettings::Headers`].
    pub fn with_headers(mut self, text: &str) -> Result<Self, InvalidSettings> {
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(InvalidSettings::Headers)?;
            let name = HeaderName::from_str(name.trim()).map_err(|_| InvalidSettings::Headers)?;
            let mut value = HeaderValue::from_str(value.trim()).map_err(|_| InvalidSettings::Headers)?;
            if value.is_empty() {
                return Err(InvalidSettings::Headers);
            }
            value.set_sensitive(true);
            self.headers.append(name, value);
        }
        Ok(self)
    }

    /// The part of the traces that begin here which is recorded. One that a caller began is recorded if the caller says
    /// so.
    ///
    /// # Errors
    /// [`InvalidSettings::Ratio`].
    pub fn with_ratio(self, ratio: f64) -> Result<Self, InvalidSettings> {
        let per_million = (ratio * MILLION as f64).round() as u64;
        if (0.0..=1.0).contains(&ratio) { Ok(Self { per_million, ..self }) } else { Err(InvalidSettings::Ratio) }
    }

    /// Host and port of the collector, which no guest may reach.
    pub fn sink(&self) -> (String, u16) {
        let host = self.endpoint.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        (host, self.endpoint.port_or_known_default().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_traces_is_added() {
        for (given, full) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("https://otlp.example/base/", "https://otlp.example/base/v1/traces"),
        ] {
            assert_eq!(TraceSettings::to(given).unwrap().endpoint.as_str(), full);
        }
        assert_eq!(TraceSettings::to("http://[::1]:4318").unwrap().sink(), ("::1".to_owned(), 4318));
        assert_eq!(TraceSettings::to("https://otlp.example").unwrap().sink(), ("otlp.example".to_owned(), 443));
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for wrong in ["", "127.0.0.1:4318", "ftp://x", "http://ada:hunter2@x", "http://x?key=hunter2"] {
            assert_eq!(TraceSettings::to(wrong), Err(InvalidSettings::Endpoint), "{wrong}");
        }
        let to = || TraceSettings::to("http://x").unwrap();
        for wrong in ["authorization", "a b=c", "a=\n"] {
            assert_eq!(to().with_headers(wrong), Err(InvalidSettings::Headers), "{wrong}");
        }
        for wrong in [-0.1, 1.1, f64::NAN] {
            assert_eq!(to().with_ratio(wrong), Err(InvalidSettings::Ratio), "{wrong}");
        }
    }

    #[test]
    fn headers_are_not_printed() {
        let settings =
            TraceSettings::to("http://x").unwrap().with_headers("authorization=Bearer hunter2, x-a=b").unwrap();
        assert_eq!(settings.headers.len(), 2);
        assert!(!format!("{settings:?}").contains("hunter2"), "{settings:?}");
    }
}
