//! `request`: what the guest puts together before it is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lockgate_egress::{Body, Options, Redirects};
use wasmtime::component::Resource;

use super::writer::{self, BodyWriter};
use super::{HttpView, retry};
use crate::capability::lockgate::http::client::HostRequest;
use crate::capability::types::Failure;
use crate::limiter::MemoryReservation;

/// Bytes that the host keeps of a request besides its texts.
const REQUEST_BYTES: usize = 256;
/// Bytes that it keeps of a header besides its texts.
pub(super) const HEADER_BYTES: usize = 64;

/// A request that is being put together.
#[derive(Debug)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Body,
    options: Options,
    retry: Option<String>,
    /// What its texts take of the call's memory.
    held: MemoryReservation,
    /// The same for its body, which another one can replace.
    body_held: Option<MemoryReservation>,
}

/// A request that can be sent, and what it takes of the call's memory until it is.
pub(super) struct Complete {
    pub(super) request: lockgate_egress::Request,
    pub(super) held: (MemoryReservation, Option<MemoryReservation>),
}

impl Request {
    /// Whether its body is written while it is on its way.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// Checks what was set.
    pub(super) fn complete(self) -> Result<Complete, Failure> {
        let invalid = |message: String| Failure {
            code: "invalid-request".to_owned(),
            message,
            retryable: false,
            retry_after_ms: None,
            details: None,
        };
        let method = Method::from_bytes(self.method.as_bytes());
        let method = method.map_err(|_| invalid(format!("`{}` is no HTTP method", self.method.escape_debug())))?;
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in self.headers {
            let refused = |what: &str| invalid(format!("header `{}`: {what}", name.escape_debug()));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("that is no name of a header"))?;
            let value = HeaderValue::from_bytes(value.as_bytes());
            let value = value.map_err(|_| refused("its value has a control character"))?;
            if headers.try_append(key, value).is_err() {
                return Err(invalid("the request has too many headers".to_owned()));
            }
        }
        let retry = self.retry.map(|text| retry::parse(&text)).transpose().map_err(invalid)?;
        let options = Options { retry, ..self.options };
        let request = lockgate_egress::Request { method, url: self.url, headers, body: self.body, options };
        Ok(Complete { request, held: (self.held, self.body_held) })
    }
}

impl HttpView<'_> {
    fn change(&mut self, request: &Resource<Request>, change: impl FnOnce(&mut Request)) -> wasmtime::Result<()> {
        self.calls.count()?;
        change(self.table.get_mut(request)?);
        Ok(())
    }
}

impl HostRequest for HttpView<'_> {
    fn new(&mut self, method: String, url: String) -> wasmtime::Result<Resource<Request>> {
        self.calls.count()?;
        let held = self.limiter.hold(REQUEST_BYTES + method.len() + url.len())?;
        let (body, options) = (Body::Empty, Options::default());
        let request = Request { method, url, headers: Vec::new(), body, options, retry: None, held, body_held: None };
        Ok(self.table.push(request)?)
    }

    fn add_header(&mut self, request: Resource<Request>, name: String, value: String) -> wasmtime::Result<()> {
        let held = self.limiter.hold(HEADER_BYTES + name.len() + value.len())?;
        self.change(&request, |request| {
            request.held.join(held);
            request.headers.push((name, value));
        })
    }

    fn set_body(&mut self, request: Resource<Request>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        let held = self.limiter.hold(bytes.len())?;
        self.change(&request, |request| {
            (request.body, request.body_held) = (Bytes::from(bytes).into(), Some(held));
        })
    }

    fn open_body(&mut self, request: Resource<Request>, length: Option<u64>) -> wasmtime::Result<Resource<BodyWriter>> {
        let (writer, body) = writer::pair(length);
        self.change(&request, |request| (request.body, request.body_held) = (Body::stream(body), None))?;
        Ok(self.table.push(writer)?)
    }

    fn set_connect_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.connect = Some(Duration::from_millis(ms)))
    }

    fn set_first_byte_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.first_byte = Some(Duration::from_millis(ms)))
    }

    fn set_idle_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.idle = Some(Duration::from_millis(ms)))
    }

    fn set_total_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.total = Some(Duration::from_millis(ms)))
    }

    fn follow_redirects(&mut self, request: Resource<Request>, max: u32) -> wasmtime::Result<()> {
        self.change(&request, |request| {
            request.options.redirects = match u8::try_from(max).unwrap_or(u8::MAX) {
                0 => Redirects::Manual,
                max => Redirects::Follow { max },
            };
        })
    }

    fn set_retry(&mut self, request: Resource<Request>, rules: String) -> wasmtime::Result<()> {
        let held = self.limiter.hold(rules.len())?;
        self.change(&request, |request| {
            request.held.join(held);
            request.retry = Some(rules);
        })
    }

    fn drop(&mut self, request: Resource<Request>) -> wasmtime::Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}
