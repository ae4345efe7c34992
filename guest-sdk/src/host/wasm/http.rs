//! Requests of a component: the published interface. What is sent and read as a whole takes its short form; what is
//! streamed, or runs beside others, its resources.

use super::lifted;
use crate::{
    Failure,
    bindings::{
        lockgate::http::client,
        wasi::{clocks::monotonic_clock, io::poll},
    },
    http::Outgoing,
};
use std::time::Duration;

impl Outgoing {
    fn lowered(self) -> client::Request {
        let request = client::Request::new(&self.method, &self.url);
        for (name, value) in &self.headers {
            request.add_header(name, value);
        }
        if let Some(body) = &self.body {
            request.set_body(body);
        }
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        if let Some(time) = self.connect {
            request.set_connect_timeout(ms(time));
        }
        if let Some(time) = self.first_byte {
            request.set_first_byte_timeout(ms(time));
        }
        if let Some(time) = self.idle {
            request.set_idle_timeout(ms(time));
        }
        if let Some(time) = self.total {
            request.set_total_timeout(ms(time));
        }
        if self.redirects > 0 {
            request.follow_redirects(self.redirects.into());
        }
        if let Some(rules) = &self.retry {
            request.set_retry(&rules.to_json());
        }
        request
    }
}

/// Sends a request and waits for the whole answer: one call of the host.
pub(crate) fn send(outgoing: Outgoing) -> Result<Answer, Failure> {
    let options = outgoing.options();
    let headers: Vec<_> = outgoing.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
    let body = outgoing.body.unwrap_or_default();
    let reply = client::exchange(&outgoing.method, &outgoing.url, &headers, &body, options.as_deref());
    reply.map(Answer::Whole).map_err(lifted)
}

pub(crate) fn start(outgoing: Outgoing) -> Started {
    Started(client::start(outgoing.lowered()))
}

/// Sends a request whose body is written afterwards.
pub(crate) fn open(outgoing: Outgoing, length: Option<u64>) -> (Writer, Started) {
    let request = outgoing.lowered();
    let writer = request.open_body(length);
    (Writer(writer), Started(client::start(request)))
}

/// The index of one that has its answer; none when the time was over before.
pub(crate) fn first(started: &[&Started], time: Option<Duration>) -> Option<usize> {
    let mut pollables: Vec<_> = started.iter().map(|started| started.0.subscribe()).collect();
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    pollables.extend(time.map(|time| monotonic_clock::subscribe_duration(nanoseconds(time))));
    let ready = poll::poll(&pollables.iter().collect::<Vec<_>>());
    ready.into_iter().map(|index| index as usize).find(|index| *index < started.len())
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Started(client::Pending);

impl Started {
    pub(crate) fn get(self) -> Result<Answer, Failure> {
        self.0.get().map(Answer::Streamed).map_err(lifted)
    }
}

/// The body of a request on its way.
#[derive(Debug)]
pub(crate) struct Writer(client::BodyWriter);

impl Writer {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        // At most as much as the host takes at one time.
        let part = bytes.get(..64 * 1024).unwrap_or(bytes);
        self.0.write(part).map(|taken| usize::try_from(taken).unwrap_or_default()).map_err(lifted)
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        client::BodyWriter::finish(self.0).map_err(lifted)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) enum Answer {
    /// All of it is here.
    Whole(client::Reply),
    /// Its body is still to be read.
    Streamed(client::Response),
}

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Whole(reply) => reply.status,
            Self::Streamed(response) => response.status(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        match self {
            Self::Whole(reply) => {
                let found = reply.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
                found.map(|(_, value)| String::from_utf8_lossy(value).into_owned())
            }
            Self::Streamed(response) => response.header(name),
        }
    }

    pub(crate) fn headers(&self) -> Vec<(String, Vec<u8>)> {
        match self {
            Self::Whole(reply) => reply.headers.clone(),
            Self::Streamed(response) => response.headers(),
        }
    }

    pub(crate) fn body(self) -> Incoming {
        match self {
            Self::Whole(reply) => Incoming::Whole { bytes: reply.body, read: 0 },
            Self::Streamed(response) => Incoming::Streamed(response.body()),
        }
    }
}

/// Its body.
#[derive(Debug)]
pub(crate) enum Incoming {
    Whole { bytes: Vec<u8>, read: usize },
    Streamed(client::Body),
}

impl Incoming {
    pub(crate) fn read(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Whole { bytes, read } => {
                let rest = bytes.get(*read..).unwrap_or_default();
                let part = rest.get(..max).unwrap_or(rest).to_vec();
                *read += part.len();
                Ok(Some(part).filter(|part| !part.is_empty()))
            }
            Self::Streamed(body) => body.read(max as u64).map_err(lifted),
        }
    }

    pub(crate) fn read_all(self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Whole { mut bytes, read } => {
                bytes.drain(..read.min(bytes.len()));
                Ok(bytes)
            }
            Self::Streamed(body) => body.read_all().map_err(lifted),
        }
    }
}
