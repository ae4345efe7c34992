//! One request, from the script's wish to its answer.

use rquickjs::{Ctx, Exception, Function, Null, TypedArray};

use super::Callback;
use crate::bindings::lockgate::connector::types::Failure;
use crate::bindings::lockgate::http::client;
use crate::bindings::wasi::io::poll::Pollable;

/// What a body is read in.
const READ_BYTES: u64 = 64 * 1024;

/// A request as the library hands it over.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    pub(crate) options: Options,
    pub(crate) done: Callback,
}

/// How it is sent.
pub(crate) struct Options {
    pub(crate) total_timeout_ms: Option<u64>,
    pub(crate) redirects: u8,
    /// JSON text that matches `retry.schema.json`.
    pub(crate) retry: Option<String>,
}

/// A whole answer, or why there is none.
pub(super) struct Arrived(Result<(u16, Headers, Vec<u8>), Failure>);

type Headers = Vec<(String, Vec<u8>)>;

/// A request that is on its way.
pub(super) struct Flight {
    state: State,
    done: Callback,
}

enum State {
    /// Without a head. The pollable is a child of the request, and goes first.
    Head(Pollable, client::Pending),
    Body {
        pollable: Pollable,
        body: client::Body,
        _response: client::Response,
        head: (u16, Headers),
        bytes: Vec<u8>,
    },
}

impl Options {
    /// As JSON text for `exchange`; none if all are the host's defaults.
    fn json(&self) -> Option<String> {
        let total = self.total_timeout_ms.map(|ms| format!("\"total_timeout_ms\":{ms}"));
        let redirects = (self.redirects > 0).then(|| format!("\"follow_redirects\":{}", self.redirects));
        let retry = self.retry.as_ref().map(|retry| format!("\"retry\":{retry}"));
        let members: Vec<String> = [total, redirects, retry].into_iter().flatten().collect();
        (!members.is_empty()).then(|| format!("{{{}}}", members.join(",")))
    }
}

impl Request {
    /// Sends it, and waits for the whole answer.
    pub(super) fn exchange(self) -> (Arrived, Callback) {
        let options = self.options.json();
        let reply = client::exchange(&self.method, &self.url, &self.headers, &self.body, options.as_deref());
        (Arrived(reply.map(|reply| (reply.status, reply.headers, reply.body))), self.done)
    }

    /// Sends it, and does not wait.
    pub(super) fn start(self) -> Flight {
        let request = client::Request::new(&self.method, &self.url);
        for (name, value) in &self.headers {
            request.add_header_bytes(name, value);
        }
        if !self.body.is_empty() {
            request.set_body(&self.body);
        }
        if let Some(ms) = self.options.total_timeout_ms {
            request.set_total_timeout(ms);
        }
        if self.options.redirects > 0 {
            request.follow_redirects(u32::from(self.options.redirects));
        }
        if let Some(retry) = &self.options.retry {
            request.set_retry(retry);
        }
        let pending = client::start(request);
        Flight { state: State::Head(pending.subscribe(), pending), done: self.done }
    }
}

impl Flight {
    pub(super) fn pollable(&self) -> &Pollable {
        match &self.state {
            State::Head(pollable, _) | State::Body { pollable, .. } => pollable,
        }
    }

    pub(super) fn into_done(self) -> Callback {
        self.done
    }

    /// Takes what is there; the answer, once it is whole.
    pub(super) fn go_on(&mut self) -> Option<Arrived> {
        match &mut self.state {
            State::Head(_, pending) => match pending.get() {
                Ok(response) => {
                    let body = response.body();
                    let head = (response.status(), response.headers());
                    let pollable = body.subscribe();
                    self.state = State::Body { pollable, body, _response: response, head, bytes: Vec::new() };
                    None
                }
                Err(failure) => Some(Arrived(Err(failure))),
            },
            State::Body { body, head, bytes, .. } => match body.read(READ_BYTES) {
                Ok(Some(more)) => {
                    bytes.extend_from_slice(&more);
                    None
                }
                Ok(None) => {
                    let (status, headers) = std::mem::take(head);
                    Some(Arrived(Ok((status, headers, std::mem::take(bytes)))))
                }
                Err(failure) => Some(Arrived(Err(failure))),
            },
        }
    }
}

impl Arrived {
    pub(super) fn call<'js>(self, ctx: &Ctx<'js>, done: &Function<'js>) -> rquickjs::Result<()> {
        match self.0 {
            Ok((status, headers, body)) => {
                let text =
                    |(name, value): (String, Vec<u8>)| [name, value.iter().map(|byte| char::from(*byte)).collect()];
                let headers: Vec<String> = headers.into_iter().flat_map(text).collect();
                done.call((Null, status, headers, TypedArray::<u8>::new(ctx.clone(), body)?))
            }
            Err(failure) => done.call((crate::functions::failure(ctx, failure)?,)),
        }
        .map_err(|error| match error {
            rquickjs::Error::Exception => error,
            other => Exception::throw_internal(ctx, &other.to_string()),
        })
    }
}
