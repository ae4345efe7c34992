//! Takes OTLP over HTTP as protobuf, and prints a line of JSON for each span. The first line is its address.
//! `collector BUSY` answers its first BUSY requests with 503.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value as Any};
use prost::Message;
use serde_json::{Map, Value, json};

fn main() {
    let mut busy: u32 = std::env::args().nth(1).map_or(0, |text| text.parse().expect("a number"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    say(&json!({"listening": listener.local_addr().expect("an address").to_string()}));
    for stream in listener.incoming().flatten() {
        while let Some(request) = Request::read(&stream) {
            let status = if busy > 0 { "503 Service Unavailable" } else { "200 OK" };
            if busy > 0 {
                busy -= 1;
            } else {
                request.print();
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            if (&stream).write_all(answer.as_bytes()).is_err() {
                break;
            }
        }
    }
}

fn say(value: &Value) {
    println!("{value}");
    std::io::stdout().flush().expect("a reader");
}

struct Request {
    line: String,
    headers: Map<String, Value>,
    body: Vec<u8>,
}

impl Request {
    /// None when the client has closed.
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut headers = Map::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), json!(value));
        }
        let length = headers.get("content-length").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        Some(Self { line: line.trim_end().to_owned(), headers, body })
    }

    fn print(&self) {
        let decoded = ExportTraceServiceRequest::decode(self.body.as_slice()).expect("a request of OTLP");
        for of_resource in &decoded.resource_spans {
            let resource = of_resource.resource.as_ref().map(|resource| attributes(&resource.attributes));
            for span in of_resource.scope_spans.iter().flat_map(|scope| &scope.spans) {
                let status = span.status.as_ref();
                say(&json!({
                    "request": self.line, "headers": self.headers, "resource": resource,
                    "trace": hex(&span.trace_id), "span": hex(&span.span_id), "parent": hex(&span.parent_span_id),
                    "name": span.name, "kind": span.kind().as_str_name(),
                    "start": span.start_time_unix_nano, "end": span.end_time_unix_nano,
                    "attributes": attributes(&span.attributes),
                    "status": status.map(|status| status.code().as_str_name()),
                    "message": status.map(|status| &status.message),
                }));
            }
        }
    }
}

fn attributes(all: &[KeyValue]) -> Map<String, Value> {
    let value = |any: &Any| match any {
        Any::StringValue(text) => json!(text),
        Any::IntValue(number) => json!(number),
        other => json!(format!("{other:?}")),
    };
    let value = |one: &KeyValue| one.value.as_ref().and_then(|any| any.value.as_ref()).map(value);
    all.iter().map(|one| (one.key.clone(), value(one).unwrap_or(Value::Null))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
