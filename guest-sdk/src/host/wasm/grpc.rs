//! gRPC calls of a component: the published interface.

use super::lifted;
use crate::{
    Failure,
    bindings::lockgate::grpc::client,
    grpc::{Asked, Pairs, options_text},
};

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer<M> {
    pub(crate) message: M,
    pub(crate) metadata: Pairs,
    pub(crate) trailers: Pairs,
}

pub(crate) fn call(asked: Asked, request: String) -> Result<Answer<String>, Failure> {
    let options = options_text(&asked.options);
    let answer = client::call(&asked.method, &request, &asked.metadata, options.as_deref()).map_err(lifted)?;
    Ok(Answer { message: answer.message, metadata: answer.metadata, trailers: answer.trailers })
}

pub(crate) fn call_bytes(asked: Asked, request: &[u8]) -> Result<Answer<Vec<u8>>, Failure> {
    let options = options_text(&asked.options);
    let answer = client::call_bytes(&asked.method, request, &asked.metadata, options.as_deref()).map_err(lifted)?;
    Ok(Answer { message: answer.message, metadata: answer.metadata, trailers: answer.trailers })
}

pub(crate) fn open(asked: Asked, request: String) -> Result<Messages, Failure> {
    let options = options_text(&asked.options);
    client::open(&asked.method, &request, &asked.metadata, options.as_deref()).map(Messages).map_err(lifted)
}

pub(crate) fn open_bytes(asked: Asked, request: &[u8]) -> Result<Messages, Failure> {
    let options = options_text(&asked.options);
    client::open_bytes(&asked.method, request, &asked.metadata, options.as_deref()).map(Messages).map_err(lifted)
}

/// Messages that are read one by one.
#[derive(Debug)]
pub(crate) struct Messages(client::Messages);

impl Messages {
    pub(crate) fn metadata(&self) -> Pairs {
        self.0.metadata()
    }

    pub(crate) fn next(&mut self) -> Result<Option<String>, Failure> {
        self.0.next().map_err(lifted)
    }

    pub(crate) fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.0.next_bytes().map_err(lifted)
    }

    pub(crate) fn trailers(&self) -> Pairs {
        self.0.trailers()
    }
}
