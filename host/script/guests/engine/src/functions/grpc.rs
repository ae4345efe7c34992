//! Calls of `lockgate/grpc`. A message is JSON text where the script gave an object, and bytes where it gave bytes.

use std::cell::RefCell;

use rquickjs::{Array, Ctx, Exception, FromJs, Function, IntoJs, Object, Persistent, Value};

use super::{Bytes, of, throw};
use crate::bindings::lockgate::connector::types::Failure;
use crate::bindings::lockgate::grpc::client::{self, Messages};
use crate::event_loop;

pub(super) fn install<'js>(ctx: &Ctx<'js>, functions: &Object<'js>) -> rquickjs::Result<()> {
    functions.set("grpcCall", Function::new(ctx.clone(), call)?)?;
    functions.set("grpcOpen", Function::new(ctx.clone(), open)?)?;
    functions.set("grpcReady", Function::new(ctx.clone(), ready)?)?;
    functions.set("grpcNext", Function::new(ctx.clone(), next)?)?;
    functions.set("grpcTrailers", Function::new(ctx.clone(), trailers)?)?;
    functions.set("grpcDrop", Function::new(ctx.clone(), drop_messages)?)
}

/// Streams that are open, by the number that the library has of each.
struct Open {
    messages: Messages,
    /// What waits for the next message.
    waiting: Option<u32>,
}

thread_local! {
    static OPEN: RefCell<Vec<Option<Open>>> = const { RefCell::new(Vec::new()) };
}

type Pairs = Vec<(String, Vec<u8>)>;

/// Calls a method with one answer; gives an object with `message`, `metadata` and `trailers`.
fn call<'js>(
    ctx: Ctx<'js>,
    method: String,
    request: Value<'js>,
    metadata: Array<'js>,
    options: Option<String>,
) -> rquickjs::Result<Object<'js>> {
    let (metadata, options) = (sent(&ctx, &metadata)?, options.as_deref());
    let answer = Object::new(ctx.clone())?;
    let (before, behind) = match text(&ctx, &request)? {
        Some(text) => {
            let reply = client::call(&method, &text, &metadata, options).map_err(|error| throw(&ctx, error))?;
            answer.set("message", reply.message)?;
            (reply.metadata, reply.trailers)
        }
        None => {
            let bytes = bytes(&ctx, &request)?;
            let reply = client::call_bytes(&method, &bytes, &metadata, options).map_err(|error| throw(&ctx, error))?;
            answer.set("message", Bytes::new(ctx.clone(), reply.message)?)?;
            (reply.metadata, reply.trailers)
        }
    };
    answer.set("metadata", received(&ctx, before)?)?;
    answer.set("trailers", received(&ctx, behind)?)?;
    Ok(answer)
}

/// Calls a method whose answer is a stream; gives an object with the stream's number as `id`, and `metadata`.
fn open<'js>(
    ctx: Ctx<'js>,
    method: String,
    request: Value<'js>,
    metadata: Array<'js>,
    options: Option<String>,
) -> rquickjs::Result<Object<'js>> {
    let (metadata, options) = (sent(&ctx, &metadata)?, options.as_deref());
    let opened = match text(&ctx, &request)? {
        Some(text) => client::open(&method, &text, &metadata, options),
        None => client::open_bytes(&method, &bytes(&ctx, &request)?, &metadata, options),
    };
    let messages = opened.map_err(|error| throw(&ctx, error))?;
    let opened = Object::new(ctx.clone())?;
    opened.set("metadata", received(&ctx, messages.metadata())?)?;
    opened.set(
        "id",
        OPEN.with_borrow_mut(|open| {
            open.push(Some(Open { messages, waiting: None }));
            open.len() - 1
        }),
    )?;
    Ok(opened)
}

/// Calls back once there is a message, or the end. One at a time waits for a stream.
fn ready<'js>(ctx: Ctx<'js>, id: usize, done: Function<'js>) -> rquickjs::Result<()> {
    let done = Persistent::save(&ctx, done);
    with(&ctx, id, |open| {
        open.waiting = Some(event_loop::when_ready(open.messages.subscribe(), done));
        Ok(())
    })
}

/// The next message; none at the end.
fn next<'js>(ctx: Ctx<'js>, id: usize, is_bytes: bool) -> rquickjs::Result<Option<Value<'js>>> {
    if is_bytes {
        let message = with(&ctx, id, |open| open.messages.next_bytes())?;
        return message.map(|message| Bytes::new(ctx.clone(), message)?.into_js(&ctx)).transpose();
    }
    let message = with(&ctx, id, |open| open.messages.next())?;
    message.map(|message| message.into_js(&ctx)).transpose()
}

/// What came after the last message.
fn trailers<'js>(ctx: Ctx<'js>, id: usize) -> rquickjs::Result<Array<'js>> {
    let pairs = with(&ctx, id, |open| Ok(open.messages.trailers()))?;
    received(&ctx, pairs)
}

/// Ends a stream, at the server too.
fn drop_messages(id: usize) {
    let dropped = OPEN.with_borrow_mut(|open| open.get_mut(id).and_then(Option::take));
    // What waits for a message belongs to the stream, and goes first.
    if let Some(waiting) = dropped.as_ref().and_then(|open| open.waiting) {
        event_loop::cancel(waiting);
    }
    drop(dropped);
}

fn with<T>(ctx: &Ctx<'_>, id: usize, work: impl FnOnce(&mut Open) -> Result<T, Failure>) -> rquickjs::Result<T> {
    OPEN.with_borrow_mut(|open| match open.get_mut(id).and_then(Option::as_mut) {
        Some(open) => work(open).map_err(|error| throw(ctx, error)),
        None => Err(Exception::throw_message(ctx, "the stream is over")),
    })
}

/// JSON text of a message; none if the script gave bytes.
fn text<'js>(ctx: &Ctx<'js>, request: &Value<'js>) -> rquickjs::Result<Option<String>> {
    request.is_string().then(|| super::bytes::text_of(ctx, request)).transpose()
}

fn bytes<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Vec<u8>> {
    Ok(of(ctx, &Bytes::from_js(ctx, value.clone())?)?.to_vec())
}

/// Names and bytes, in turn.
fn sent<'js>(ctx: &Ctx<'js>, metadata: &Array<'js>) -> rquickjs::Result<Pairs> {
    let pair = |index: usize| Ok((metadata.get(index)?, bytes(ctx, &metadata.get(index + 1)?)?));
    (0..metadata.len().saturating_sub(1)).step_by(2).map(pair).collect()
}

fn received<'js>(ctx: &Ctx<'js>, pairs: Pairs) -> rquickjs::Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, (name, value)) in pairs.into_iter().enumerate() {
        list.set(index * 2, name)?;
        list.set(index * 2 + 1, Bytes::new(ctx.clone(), value)?)?;
    }
    Ok(list)
}
