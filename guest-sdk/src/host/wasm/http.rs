//! Requests of a component: the published interface, with its resources.

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
            request.set_retry(rules);
        }
        request
    }
}

pub(crate) fn send(outgoing: Outgoing) -> Result<Answer, Failure> {
    client::send(outgoing.lowered()).map(Answer).map_err(lifted)
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
        self.0.get().map(Answer).map_err(lifted)
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
pub(crate) struct Answer(client::Response);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    pub(crate) fn headers(&self) -> Vec<(String, Vec<u8>)> {
        self.0.headers()
    }

    pub(crate) fn body(&self) -> Incoming {
        Incoming(self.0.body())
    }
}

/// Its body.
#[derive(Debug)]
pub(crate) struct Incoming(client::Body);

impl Incoming {
    pub(crate) fn read(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        self.0.read(max as u64).map_err(lifted)
    }

    pub(crate) fn read_all(self) -> Result<Vec<u8>, Failure> {
        self.0.read_all().map_err(lifted)
    }
}
