//! gRPC calls in native tests: answered from what the test has set, and recorded.

use super::STATE;
use crate::{
    Failure,
    grpc::{Asked, Pairs, options_text},
    testing::grpc::{Answer as Set, Message, Recorded},
};
use std::{collections::VecDeque, vec};

/// What a test has set, and what was called.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) answers: VecDeque<(String, Result<Set, Failure>)>,
    pub(crate) calls: Vec<Recorded>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer<M> {
    pub(crate) message: M,
    pub(crate) metadata: Pairs,
    pub(crate) trailers: Pairs,
}

/// A method without the slash that it may begin with.
pub(crate) fn plain(method: &str) -> String {
    method.trim_start_matches('/').to_owned()
}

impl Fake {
    fn answer(&mut self, asked: Asked, request: Message) -> Result<Set, Failure> {
        let (method, options) = (plain(&asked.method), options_text(&asked.options));
        self.calls.push(Recorded { method: method.clone(), request, metadata: asked.metadata, options });
        match self.answers.iter().position(|(own, _)| *own == method) {
            Some(index) => self.answers.remove(index).map_or_else(|| Ok(Set::default()), |(_, answer)| answer),
            None => {
                let set: Vec<_> = self.answers.iter().map(|(own, _)| format!("`{own}`")).collect();
                let set =
                    if set.is_empty() { "none is".to_owned() } else { format!("there is one for {}", set.join(", ")) };
                Err(Failure::new("unexpected_call", format!("no answer is set for `{method}`: {set}")))
            }
        }
    }
}

fn ask(asked: Asked, request: Message) -> Result<Set, Failure> {
    STATE.with_borrow_mut(|state| state.grpc.answer(asked, request))
}

fn json(request: &str) -> Message {
    Message::Json(serde_json::from_str(request).unwrap_or_default())
}

fn one(set: Set) -> Result<Answer<Message>, Failure> {
    let Set { messages, metadata, trailers, end } = set;
    if let Some(failure) = end {
        return Err(failure);
    }
    let mut messages = messages.into_iter();
    match (messages.next(), messages.next()) {
        (Some(message), None) => Ok(Answer { message, metadata, trailers }),
        _ => Err(Failure::new("body", "the answer that is set does not have one message: it is one of a stream")),
    }
}

pub(crate) fn call(asked: Asked, request: String) -> Result<Answer<String>, Failure> {
    let Answer { message, metadata, trailers } = one(ask(asked, json(&request))?)?;
    Ok(Answer { message: message.json()?, metadata, trailers })
}

pub(crate) fn call_bytes(asked: Asked, request: &[u8]) -> Result<Answer<Vec<u8>>, Failure> {
    let Answer { message, metadata, trailers } = one(ask(asked, Message::Bytes(request.to_vec()))?)?;
    Ok(Answer { message: message.bytes()?, metadata, trailers })
}

pub(crate) fn open(asked: Asked, request: String) -> Result<Messages, Failure> {
    ask(asked, json(&request)).map(Messages::new)
}

pub(crate) fn open_bytes(asked: Asked, request: &[u8]) -> Result<Messages, Failure> {
    ask(asked, Message::Bytes(request.to_vec())).map(Messages::new)
}

impl Message {
    fn json(self) -> Result<String, Failure> {
        match self {
            Self::Json(json) => Ok(json.to_string()),
            Self::Bytes(_) => Err(Failure::new("no-descriptors", "the answer that is set is bytes, and JSON is read")),
        }
    }

    fn bytes(self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Json(_) => Err(Failure::new("unexpected_call", "the answer that is set is JSON, and bytes are read")),
        }
    }
}

/// Messages that are read one by one.
#[derive(Debug)]
pub(crate) struct Messages {
    metadata: Pairs,
    rest: vec::IntoIter<Message>,
    end: Option<Failure>,
    trailers: Pairs,
}

impl Messages {
    fn new(set: Set) -> Self {
        Self { metadata: set.metadata, rest: set.messages.into_iter(), end: set.end, trailers: set.trailers }
    }

    pub(crate) fn metadata(&self) -> Pairs {
        self.metadata.clone()
    }

    pub(crate) fn next(&mut self) -> Result<Option<String>, Failure> {
        self.message()?.map(Message::json).transpose()
    }

    pub(crate) fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.message()?.map(Message::bytes).transpose()
    }

    fn message(&mut self) -> Result<Option<Message>, Failure> {
        match self.rest.next() {
            Some(message) => Ok(Some(message)),
            None => self.end.take().map_or(Ok(None), Err),
        }
    }

    pub(crate) fn trailers(&self) -> Pairs {
        self.trailers.clone()
    }
}
