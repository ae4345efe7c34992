//! Calls out by `wasi:http`, in pieces as small as its caller asks for, with as many functions of the host for each piece
//! as clients in other languages have.

use lockgate_sdk::prelude::*;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

#[derive(Deserialize, JsonSchema)]
struct Ask {
    /// Host and port.
    authority: String,
    path: String,
    /// Bytes of one piece.
    piece: usize,
    /// Bytes to write.
    #[serde(default)]
    bytes: usize,
}

fn failed(what: &str, error: impl std::fmt::Debug) -> Failure {
    Failure::new("failed", format!("{what}: {error:?}"))
}

fn request(ask: &Ask, method: &Method) -> Result<OutgoingRequest, Failure> {
    let request = OutgoingRequest::new(Fields::new());
    request.set_method(method).map_err(|error| failed("method", error))?;
    request.set_scheme(Some(&Scheme::Http)).map_err(|error| failed("scheme", error))?;
    request.set_authority(Some(&ask.authority)).map_err(|error| failed("authority", error))?;
    request.set_path_with_query(Some(&ask.path)).map_err(|error| failed("path", error))?;
    Ok(request)
}

/// Sends a request; `write` writes its body while it is on its way.
fn answer(request: OutgoingRequest, write: impl FnOnce() -> Result<(), Failure>) -> Result<IncomingResponse, Failure> {
    let pending = outgoing_handler::handle(request, None).map_err(|error| failed("sending", error))?;
    write()?;
    pending.subscribe().block();
    let answer = pending.get().ok_or_else(|| failed("waiting", "no answer"))?;
    answer.map_err(|error| failed("taking", error))?.map_err(|error| failed("answer", error))
}

/// A body that is read, and what it belongs to: each is dropped before the one that it is a child of.
struct Reading {
    stream: InputStream,
    _body: IncomingBody,
    _answer: IncomingResponse,
}

fn reading(ask: &Ask) -> Result<Reading, Failure> {
    let answer = answer(request(ask, &Method::Get)?, || Ok(()))?;
    let body = answer.consume().map_err(|error| failed("body", error))?;
    let stream = body.stream().map_err(|error| failed("stream", error))?;
    Ok(Reading { stream, _body: body, _answer: answer })
}

/// The next piece: subscribe, wait, drop the pollable, read.
fn piece(stream: &InputStream, bytes: usize) -> Result<Option<usize>, Failure> {
    stream.subscribe().block();
    match stream.read(bytes as u64) {
        Ok(read) => Ok(Some(read.len())),
        Err(StreamError::Closed) => Ok(None),
        Err(error) => Err(failed("reading", error)),
    }
}

/// Read a body in pieces, and count its bytes.
#[connector]
fn read(ask: Ask) -> Result<usize, Failure> {
    let reading = reading(&ask)?;
    let mut bytes = 0;
    while let Some(read) = piece(&reading.stream, ask.piece)? {
        bytes += read;
    }
    Ok(bytes)
}

/// Write a body in pieces: ask for room, subscribe, wait, drop the pollable, write. Gives the status.
#[connector]
fn write(ask: Ask) -> Result<u16, Failure> {
    let request = request(&ask, &Method::Post)?;
    let body = request.body().map_err(|error| failed("body", error))?;
    let answer = answer(request, || {
        let stream: OutputStream = body.write().map_err(|error| failed("stream", error))?;
        for _ in 0..ask.bytes / ask.piece {
            stream.subscribe().block();
            stream.check_write().map_err(|error| failed("asking for room", error))?;
            stream.write(&vec![b'x'; ask.piece]).map_err(|error| failed("writing", error))?;
        }
        drop(stream);
        OutgoingBody::finish(body, None).map_err(|error| failed("finishing", error))
    })?;
    Ok(answer.status())
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Idling {
    /// Reads of no byte.
    EmptyReads,
    /// Reads of one byte.
    SingleBytes,
    /// Pollables that nobody waits for.
    Pollables,
    /// Waits for what is ready.
    Waits,
    /// Looks at the clock.
    Clock,
}

#[derive(Deserialize, JsonSchema)]
struct Idle {
    ask: Ask,
    how: Idling,
    times: u64,
}

/// Call functions of a body again and again without moving much of it.
#[connector]
fn idle(input: Idle) -> Result<u64, Failure> {
    let reading = reading(&input.ask)?;
    let stream = &reading.stream;
    stream.subscribe().block();
    for _ in 0..input.times {
        match input.how {
            Idling::EmptyReads => drop(stream.read(0).map_err(|error| failed("reading", error))?),
            Idling::SingleBytes => drop(stream.read(1).map_err(|error| failed("reading", error))?),
            Idling::Pollables => drop(stream.subscribe()),
            Idling::Waits => stream.subscribe().block(),
            Idling::Clock => drop(clock::monotonic()),
        }
    }
    Ok(input.times)
}

lockgate_sdk::plugin!(read, write, idle);
