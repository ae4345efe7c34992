//! `pending`, `response` and `body`: what comes back.

use std::sync::Arc;

use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynPollable;

use super::HttpView;
use super::guest_request::{Head, Incoming};
use super::request::HEADER_BYTES;
use crate::capability::lockgate::http::client::{HostBody, HostPending, HostResponse};
use crate::capability::ready::when;
use crate::capability::types::Failure;
use crate::limiter::MemoryReservation;

/// Bytes of one `read`: what a stream's buffer has in most languages.
const READ_MAX: u64 = 64 * 1024;

/// A request that was started, or why it was not.
#[derive(Debug)]
pub struct Pending(pub(super) Result<Arc<Incoming>, Failure>);

/// An answer.
#[derive(Debug)]
pub struct Response {
    head: Head,
    body: Body,
}

/// Its body. All handles of one share it.
#[derive(Debug, Clone)]
pub struct Body {
    incoming: Arc<Incoming>,
    /// What lies in the host of it, as the call's memory.
    _reserved: Arc<MemoryReservation>,
}

impl HttpView<'_> {
    /// Gives the guest an answer, of whose body so many bytes lie here.
    pub(super) fn answer(
        &mut self,
        head: Head,
        incoming: Arc<Incoming>,
        bytes: usize,
    ) -> wasmtime::Result<Resource<Response>> {
        let headers = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + HEADER_BYTES);
        let reserved = Arc::new(self.limiter.reserve(bytes + headers.sum::<usize>())?);
        Ok(self.table.push(Response { head, body: Body { incoming, _reserved: reserved } })?)
    }
}

impl HostPending for HttpView<'_> {
    fn subscribe(&mut self, pending: Resource<Pending>) -> wasmtime::Result<Resource<DynPollable>> {
        self.calls.count()?;
        let incoming = self.table.get(&pending)?.0.as_ref().ok().map(Arc::downgrade);
        when(self.table, move || {
            let incoming = incoming.as_ref().and_then(std::sync::Weak::upgrade);
            async move {
                if let Some(incoming) = incoming {
                    incoming.head_is_ready().await;
                }
            }
        })
    }

    async fn get(&mut self, pending: Resource<Pending>) -> wasmtime::Result<Result<Resource<Response>, Failure>> {
        self.calls.count()?;
        let incoming = match &self.table.get(&pending)?.0 {
            Ok(incoming) => Arc::clone(incoming),
            Err(failure) => return Ok(Err(failure.clone())),
        };
        match incoming.head().await {
            Ok(head) => Ok(Ok(self.answer(head, incoming, 0)?)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    fn drop(&mut self, pending: Resource<Pending>) -> wasmtime::Result<()> {
        self.table.delete(pending)?;
        Ok(())
    }
}

impl HostResponse for HttpView<'_> {
    fn status(&mut self, response: Resource<Response>) -> wasmtime::Result<u16> {
        self.calls.count()?;
        Ok(self.table.get(&response)?.head.status.as_u16())
    }

    fn header(&mut self, response: Resource<Response>, name: String) -> wasmtime::Result<Option<String>> {
        self.calls.count()?;
        let value = self.table.get(&response)?.head.headers.get(&name);
        Ok(value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
    }

    fn headers(&mut self, response: Resource<Response>) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        self.calls.count()?;
        let headers = self.table.get(&response)?.head.headers.iter();
        Ok(headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect())
    }

    fn body(&mut self, response: Resource<Response>) -> wasmtime::Result<Resource<Body>> {
        self.calls.count()?;
        let body = self.table.get(&response)?.body.clone();
        Ok(self.table.push(body)?)
    }

    fn drop(&mut self, response: Resource<Response>) -> wasmtime::Result<()> {
        self.table.delete(response)?;
        Ok(())
    }
}

impl HostBody for HttpView<'_> {
    async fn read(&mut self, body: Resource<Body>, max: u64) -> wasmtime::Result<Result<Option<Vec<u8>>, Failure>> {
        self.calls.count_streaming()?;
        let incoming = Arc::clone(&self.table.get(&body)?.incoming);
        let max = usize::try_from(max.clamp(1, READ_MAX)).unwrap_or(usize::MAX);
        let read = incoming.read(max).await;
        if let Ok(Some(bytes)) = &read {
            self.calls.bytes_moved().add(bytes.len());
        }
        Ok(read.map(|read| read.map(Vec::from)))
    }

    async fn read_all(&mut self, body: Resource<Body>) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        self.calls.count()?;
        let incoming = Arc::clone(&self.table.get(&body)?.incoming);
        Ok(incoming.read_all().await)
    }

    fn subscribe(&mut self, body: Resource<Body>) -> wasmtime::Result<Resource<DynPollable>> {
        self.calls.count_streaming()?;
        let incoming = Arc::downgrade(&self.table.get(&body)?.incoming);
        when(self.table, move || {
            let incoming = incoming.upgrade();
            async move {
                if let Some(incoming) = incoming {
                    incoming.read_is_ready().await;
                }
            }
        })
    }

    fn drop(&mut self, body: Resource<Body>) -> wasmtime::Result<()> {
        self.table.delete(body)?;
        Ok(())
    }
}
