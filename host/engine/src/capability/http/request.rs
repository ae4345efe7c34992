//! `request`: what the guest puts together before it is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lockgate_egress::{Body, Options};
use wasmtime::component::Resource;

use super::writer::{self, BodyWriter};
use super::{HttpView, invalid, options, retry};
use crate::capability::lockgate::http::client::HostRequest;
use crate::capability::types::Failure;
use crate::limiter::MemoryReservation;

/// Bytes that the host keeps of a request besides its texts.
pub(super) const REQUEST_BYTES: usize = 256;
/// Bytes that it keeps of a header besides its texts.
pub(super) const HEADER_BYTES: usize = 64;

/// A request that is being put together.
#[derive(Debug)]
pub struct Request {
    method: String,
    url: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Body,
    options: Options,
    retry: Option<String>,
    /// What its texts take of the call's memory.
    reserved: MemoryReservation,
    /// The same for its body, which another one can replace.
    body_reserved: Option<MemoryReservation>,
}

/// A request that can be sent, and what it takes of the call's memory until it is.
pub(super) struct Complete {
    pub(super) request: lockgate_egress::Request,
    pub(super) reserved: (MemoryReservation, Option<MemoryReservation>),
}

impl Request {
    /// Whether its body is written while it is on its way.
    pub(super) fn is_streamed(&self) -> bool {
        matches!(self.body, Body::Stream(_))
    }

    /// Checks what was set.
    pub(super) fn complete(self) -> Result<Complete, Failure> {
        let retry = self.retry.map(|text| retry::parse(&text)).transpose().map_err(invalid)?;
        let options = Options { retry, ..self.options };
        let request = outbound_request(&self.method, self.url, self.headers, self.body, options)?;
        Ok(Complete { request, reserved: (self.reserved, self.body_reserved) })
    }
}

/// A request in the words of egress.
pub(super) fn outbound_request(
    method: &str,
    url: String,
    list: Vec<(String, impl AsRef<[u8]>)>,
    body: Body,
    options: Options,
) -> Result<lockgate_egress::Request, Failure> {
    let known = Method::from_bytes(method.as_bytes());
    let method = known.map_err(|_| invalid(format!("`{}` is no HTTP method", method.escape_debug())))?;
    let too_many = |_| invalid("the request has too many headers");
    let mut headers = HeaderMap::try_with_capacity(list.len()).map_err(too_many)?;
    for (name, value) in list {
        let refused = |what: &str| invalid(format!("header `{}`: {what}", name.escape_debug()));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("that is no name of a header"))?;
        let value = HeaderValue::from_bytes(value.as_ref());
        let value = value.map_err(|_| refused("its value has a control character"))?;
        headers.try_append(key, value).map_err(too_many)?;
    }
    Ok(lockgate_egress::Request { method, url, headers, body, options })
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
        let reserved = self.limiter.reserve(REQUEST_BYTES + method.len() + url.len())?;
        let (body, options) = (Body::Empty, Options::default());
        let request =
            Request { method, url, headers: Vec::new(), body, options, retry: None, reserved, body_reserved: None };
        Ok(self.table.push(request)?)
    }

    fn add_header(&mut self, request: Resource<Request>, name: String, value: String) -> wasmtime::Result<()> {
        self.add_header_bytes(request, name, value.into_bytes())
    }

    fn add_header_bytes(&mut self, request: Resource<Request>, name: String, value: Vec<u8>) -> wasmtime::Result<()> {
        let reserved = self.limiter.reserve(HEADER_BYTES + name.len() + value.len())?;
        self.change(&request, |request| {
            request.reserved.join(reserved);
            request.headers.push((name, value));
        })
    }

    fn set_body(&mut self, request: Resource<Request>, bytes: Vec<u8>) -> wasmtime::Result<()> {
        let reserved = self.limiter.reserve(bytes.len())?;
        self.change(&request, |request| {
            (request.body, request.body_reserved) = (Bytes::from(bytes).into(), Some(reserved));
        })
    }

    fn open_body(&mut self, request: Resource<Request>, length: Option<u64>) -> wasmtime::Result<Resource<BodyWriter>> {
        let (writer, body) = writer::pair(length);
        self.change(&request, |request| (request.body, request.body_reserved) = (Body::stream(body), None))?;
        Ok(self.table.push(writer)?)
    }

    fn set_connect_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.timeouts.connect = Some(Duration::from_millis(ms)))
    }

    fn set_first_byte_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.timeouts.first_byte = Some(Duration::from_millis(ms)))
    }

    fn set_idle_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.timeouts.idle = Some(Duration::from_millis(ms)))
    }

    fn set_total_timeout(&mut self, request: Resource<Request>, ms: u64) -> wasmtime::Result<()> {
        self.change(&request, |request| request.options.timeouts.total = Some(Duration::from_millis(ms)))
    }

    fn follow_redirects(&mut self, request: Resource<Request>, max: u32) -> wasmtime::Result<()> {
        self.change(&request, |request| {
            request.options.redirects = options::redirects(u8::try_from(max).unwrap_or(u8::MAX));
        })
    }

    fn set_retry(&mut self, request: Resource<Request>, rules: String) -> wasmtime::Result<()> {
        let reserved = self.limiter.reserve(rules.len())?;
        self.change(&request, |request| {
            request.reserved.join(reserved);
            request.retry = Some(rules);
        })
    }

    fn drop(&mut self, request: Resource<Request>) -> wasmtime::Result<()> {
        self.table.delete(request)?;
        Ok(())
    }
}
