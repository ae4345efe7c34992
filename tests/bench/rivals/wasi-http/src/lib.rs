//! The pricing function behind `wasi:http`: one POST, one answer.

#[path = "../../../../../sample-plugins/pricing/src/order.rs"]
#[allow(dead_code)]
mod order;

use wasip2::{
    exports::http::incoming_handler::Guest,
    http::types::{Fields, IncomingBody, IncomingRequest, OutgoingBody, OutgoingResponse, ResponseOutparam},
    io::streams::{InputStream, OutputStream, StreamError},
};

/// What one `blocking-write-and-flush` takes, by its contract.
const WRITE_MAX: usize = 4096;

struct Pricing;

impl Guest for Pricing {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let (status, answer) = match body(&request).and_then(|body| quote(&body)) {
            Ok(answer) => (200, answer),
            Err(why) => (400, why.into_bytes()),
        };
        let headers = Fields::new();
        headers.set("content-type", &[b"application/json".to_vec()]).unwrap();
        headers.set("content-length", &[answer.len().to_string().into_bytes()]).unwrap();
        let response = OutgoingResponse::new(headers);
        response.set_status_code(status).unwrap();
        let body = response.body().unwrap();
        ResponseOutparam::set(out, Ok(response));
        write(body.write().unwrap(), &answer);
        OutgoingBody::finish(body, None).unwrap();
    }
}

fn quote(body: &[u8]) -> Result<Vec<u8>, String> {
    let order = serde_json::from_slice(body).map_err(|e| e.to_string())?;
    let quote = order::price(order).map_err(|e| e.to_string())?;
    serde_json::to_vec(&quote).map_err(|e| e.to_string())
}

fn body(request: &IncomingRequest) -> Result<Vec<u8>, String> {
    let body: IncomingBody = request.consume().map_err(|()| "the body is gone")?;
    let stream: InputStream = body.stream().map_err(|()| "the body's stream is gone")?;
    let mut bytes = Vec::new();
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(chunk) if bytes.is_empty() => bytes = chunk,
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(e)) => return Err(e.to_debug_string()),
        }
    }
}

fn write(stream: OutputStream, bytes: &[u8]) {
    for chunk in bytes.chunks(WRITE_MAX) {
        stream.blocking_write_and_flush(chunk).unwrap();
    }
}

wasip2::http::proxy::export!(Pricing);
