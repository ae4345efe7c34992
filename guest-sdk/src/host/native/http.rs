//! Requests in native tests: answered from what the test has set, and recorded.

use super::STATE;
use crate::{
    Failure,
    http::Outgoing,
    testing::http::{Answer as Set, Request},
};
use std::{cell::RefCell, collections::VecDeque, rc::Rc, time::Duration};

/// What a test has set, and what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) answers: VecDeque<(String, Result<Set, Failure>)>,
    pub(crate) requests: Vec<Request>,
}

/// Headers that only the host sets.
const OWN: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "accept-encoding",
];

impl Fake {
    /// The first answer that is set for a request, and its record.
    fn answer(&mut self, outgoing: Outgoing) -> Result<Set, Failure> {
        let asked = format!("{} {}", outgoing.method, outgoing.url);
        let own = outgoing.headers.iter().find(|(name, _)| OWN.contains(&name.to_ascii_lowercase().as_str()));
        if let Some((name, _)) = own {
            return Err(Failure::new("invalid-request", format!("header `{name}` is the host's to set")));
        }
        let total = outgoing.total;
        self.requests.push(Request::new(outgoing));
        let index = self.answers.iter().position(|(request, _)| *request == asked);
        let Some((_, answer)) = index.and_then(|index| self.answers.remove(index)) else {
            let set: Vec<_> = self.answers.iter().map(|(request, _)| request.as_str()).collect();
            let set =
                if set.is_empty() { "none is".to_owned() } else { format!("there is one for {}", set.join(", ")) };
            return Err(Failure::new("unexpected_request", format!("no answer is set for {asked}: {set}")));
        };
        let answer = answer?;
        match total {
            Some(total) if answer.delay > total => {
                let message = format!("{asked} took too long: no end of the request after {} ms", total.as_millis());
                Err(Failure::new("timeout", message).retryable())
            }
            _ => Ok(answer),
        }
    }
}

pub(crate) fn send(outgoing: Outgoing) -> Result<Answer, Failure> {
    start(outgoing).get()
}

pub(crate) fn start(outgoing: Outgoing) -> Started {
    Started { answer: STATE.with_borrow_mut(|state| state.http.answer(outgoing)), written: None }
}

/// The record of such a request gets its body when its answer is asked for.
pub(crate) fn open(outgoing: Outgoing, length: Option<u64>) -> (Writer, Started) {
    let started = start(outgoing);
    let index = STATE.with_borrow(|state| state.http.requests.len().saturating_sub(1));
    let body = Rc::<RefCell<Vec<u8>>>::default();
    let writer = Writer { body: Rc::clone(&body), length };
    (writer, Started { written: Some((index, body)), ..started })
}

/// The one that answers first; no time passes.
pub(crate) fn first(started: &[&Started], time: Option<Duration>) -> Option<usize> {
    let delay = |started: &Started| started.answer.as_ref().map_or(Duration::ZERO, |answer| answer.delay);
    let first = (0..started.len()).min_by_key(|index| started.get(*index).map(|one| delay(one)));
    first.filter(|index| time.is_none_or(|time| started.get(*index).is_some_and(|one| delay(one) <= time)))
}

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Started {
    answer: Result<Set, Failure>,
    written: Option<(usize, Rc<RefCell<Vec<u8>>>)>,
}

impl Started {
    pub(crate) fn get(self) -> Result<Answer, Failure> {
        if let Some((index, body)) = self.written {
            STATE.with_borrow_mut(|state| {
                if let Some(request) = state.http.requests.get_mut(index) {
                    request.body = body.take();
                }
            });
        }
        self.answer.map(Answer)
    }
}

/// The body of a request on its way.
#[derive(Debug)]
pub(crate) struct Writer {
    body: Rc<RefCell<Vec<u8>>>,
    length: Option<u64>,
}

impl Writer {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<usize, Failure> {
        self.body.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        let written = self.body.borrow().len() as u64;
        match self.length {
            Some(length) if length != written => {
                let message = format!("the body has {written} bytes, and {length} were said when it was opened");
                Err(Failure::new("invalid-request", message))
            }
            _ => Ok(()),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer(Set);

impl Answer {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let found = self.0.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.clone())
    }

    pub(crate) fn headers(&self) -> Vec<(String, Vec<u8>)> {
        let headers = self.0.headers.iter();
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.clone().into_bytes())).collect()
    }

    pub(crate) fn body(self) -> Incoming {
        Incoming { body: self.0.body, read: 0 }
    }
}

/// Its body.
#[derive(Debug)]
pub(crate) struct Incoming {
    body: Vec<u8>,
    read: usize,
}

impl Incoming {
    pub(crate) fn read(&mut self, max: usize) -> Result<Option<Vec<u8>>, Failure> {
        let rest = self.body.get(self.read..).unwrap_or_default();
        let part = rest.get(..max).unwrap_or(rest).to_vec();
        self.read += part.len();
        Ok(Some(part).filter(|part| !part.is_empty()))
    }

    pub(crate) fn read_all(self) -> Result<Vec<u8>, Failure> {
        Ok(self.body.get(self.read..).unwrap_or_default().to_vec())
    }
}
