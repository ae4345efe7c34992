//! Servers that keep to no rule are what other tests take them for: Google's client says what it sees of each.

use std::io;

use lockgate_tests::Authority;
use lockgate_tests::grpc_servers::rogue::{Call, answers, http2, messages, reflection};
use lockgate_tests::grpc_servers::{Client, RogueGrpc};
use serde_json::{Value, json};

/// A method whose answer has no field.
const METHOD: &str = "lockgate.test.Probe/Hold";

/// What the client says of some servers: the name of a trick, the code with which a call ends, and a part of its message.
struct Seen {
    authority: Authority,
    client: Client,
}

impl Seen {
    fn new() -> Self {
        let authority = Authority::new();
        let client = Client::start(Some(authority.pem()));
        Self { authority, client }
    }

    #[track_caller]
    fn of(&mut self, server: &RogueGrpc, code: &str, words: &str) -> Value {
        let came = self.client.call(server.address().port(), METHOD, &json!([{}]), &json!({"timeout": 3}));
        assert!(came["code"] == code && came["message"].as_str().unwrap().contains(words), "{came}");
        came
    }

    #[track_caller]
    fn trick(
        &mut self,
        trick: impl Fn(&mut Call<'_, '_>) -> io::Result<()> + Send + Sync + 'static,
        code: &str,
        words: &str,
    ) {
        let server = RogueGrpc::start(&self.authority, trick);
        self.of(&server, code, words);
    }
}

#[test]
fn heads_trailers_and_statuses() {
    let mut seen = Seen::new();
    seen.trick(answers::good, "OK", "");
    seen.trick(answers::trailers_only, "NOT_FOUND", "no such thing");
    seen.trick(answers::trailers_only_of_success, "OK", "");
    seen.trick(answers::without_trailers, "UNKNOWN", "END_STREAM");
    seen.trick(answers::without_status, "UNKNOWN", "No status received");
    seen.trick(answers::with_status("17"), "UNKNOWN", "");
    seen.trick(answers::with_status("-1"), "INTERNAL", "grpc-status");
    seen.trick(answers::with_two_statuses, "INTERNAL", "");
    seen.trick(answers::with_status_in_head, "OK", "");
    seen.trick(answers::with_message("a%20b%zz%"), "FAILED_PRECONDITION", "a b%zz%");
    seen.trick(answers::with_details("!!"), "INTERNAL", "illegal base64");
    seen.trick(answers::html, "UNKNOWN", "END_STREAM");
    for (status, code) in [
        ("400", "INTERNAL"),
        ("401", "UNAUTHENTICATED"),
        ("403", "PERMISSION_DENIED"),
        ("404", "UNIMPLEMENTED"),
        ("429", "UNAVAILABLE"),
        ("500", "UNKNOWN"),
        ("502", "UNAVAILABLE"),
        ("503", "UNAVAILABLE"),
        ("504", "UNAVAILABLE"),
    ] {
        seen.trick(answers::http(status), code, status);
    }
    seen.trick(answers::of_type("application/json"), "OK", "");
    seen.trick(answers::without_type, "OK", "");
    seen.trick(answers::with_fields_in_head(10_000), "RESOURCE_EXHAUSTED", "received metadata size");
    seen.trick(answers::with_fields_in_trailers(10_000), "RESOURCE_EXHAUSTED", "received metadata size");
}

#[test]
fn lengths_and_compression() {
    let mut seen = Seen::new();
    seen.trick(messages::promising(1 << 31), "RESOURCE_EXHAUSTED", "2147483648");
    seen.trick(messages::endless_one, "RESOURCE_EXHAUSTED", "4294967295");
    seen.trick(messages::half_prefix, "OK", "");
    seen.trick(messages::none, "OK", "");
    seen.trick(messages::malformed, "INTERNAL", "deserializing");
    seen.trick(messages::encoded("zstd"), "INTERNAL", "grpc-encoding");
    seen.trick(messages::compressed_without_encoding, "INTERNAL", "no encoding");
    seen.trick(messages::bomb(64), "RESOURCE_EXHAUSTED", "Decompressed message larger");
    seen.trick(messages::half_compressed, "INTERNAL", "data error");
    seen.trick(messages::compressed_with_more, "INTERNAL", "not all input");
    for (trick, count) in [(0, 1), (1, 2)] {
        let server = match trick {
            0 => RogueGrpc::start(&seen.authority, messages::compressed(b"")),
            _ => RogueGrpc::start(&seen.authority, messages::two),
        };
        let came = seen.of(&server, "OK", "");
        assert_eq!(came["answers"].as_array().unwrap().len(), count);
    }
    for step in [2, messages::STEPS - 1] {
        let server = RogueGrpc::start(&seen.authority, messages::stalling_after(step));
        let came = seen.of(&server, "DEADLINE_EXCEEDED", "");
        assert_eq!(came["answers"].as_array().unwrap().len(), usize::from(step + 1 == messages::STEPS), "{step}");
        assert_eq!(server.requests(), 1);
    }
}

#[test]
fn frames_and_windows() {
    let mut seen = Seen::new();
    seen.trick(http2::reset(2), "INTERNAL", "error code 2");
    seen.trick(http2::reset(8), "CANCELLED", "error code 8");
    seen.trick(http2::reset_after_message, "INTERNAL", "error code 2");
    seen.trick(http2::going_away_first, "OK", "");
    seen.trick(http2::always_going_away, "UNAVAILABLE", "");
    seen.trick(http2::going_away_in_answer, "UNAVAILABLE", "GOAWAY");
    seen.trick(http2::closing, "UNAVAILABLE", "Socket closed");
    seen.trick(http2::closing_hard, "UNAVAILABLE", "reset by peer");
    seen.trick(http2::over_the_window, "INTERNAL", "overflows local window");
    seen.trick(http2::large_frame, "UNKNOWN", "Frame size 16777215");
    seen.trick(http2::invalid_head, "INTERNAL", "Invalid HPACK index");
    seen.trick(http2::endless_head, "RESOURCE_EXHAUSTED", "received metadata size");
    seen.trick(http2::endless_empty_continuation, "INTERNAL", "Too many zero length continuation");
    seen.trick(http2::endless_empty_data, "UNKNOWN", "Too many zero length data");
    let authority = Authority::new();
    seen.client = Client::start(Some(authority.pem()));
    let refusing = http2::refusing_first(&authority);
    seen.of(&refusing, "UNAVAILABLE", "error code 7");
    seen.of(&refusing, "OK", "");
    seen.of(&http2::with_one_stream(&authority), "OK", "");
    seen.of(&http2::http1(&authority), "UNAVAILABLE", "http1.x");
    for server in [http2::without_streams(&authority), http2::silent(&authority)] {
        let came = seen.client.call(server.address().port(), METHOD, &json!([{}]), &json!({"timeout": 2}));
        assert!(came["code"] != "OK" && server.requests() == 0, "{came}");
    }
    // A message without a byte needs no room.
    let large = json!([{"data": "AAAA"}]);
    let server = http2::without_window(&authority);
    let came = seen.client.call(server.address().port(), "lockgate.test.Probe/Measure", &large, &json!({"timeout": 2}));
    assert_eq!((&came["code"], server.requests()), (&json!("DEADLINE_EXCEEDED"), 0));
    assert_eq!(server.visits(), 1);
}

#[test]
fn reflection_lies() {
    let authority = Authority::new();
    let mut client = Client::start(Some(authority.pem()));
    let mut names = |trick: fn(&mut Call<'_, '_>) -> io::Result<()>, request: Value| {
        let server = RogueGrpc::start(&authority, trick);
        client.reflect(server.address().port(), "v1", &json!([request]))
    };
    let list = || json!({"list_services": "*"});
    let symbol = || json!({"file_containing_symbol": "probe.Lies"});
    let file = || json!({"file_by_filename": "7.proto"});
    let answer = |names: Value| json!({"code": "OK", "answers": [{"error": 0, "names": names}]});
    assert_eq!(names(reflection::honest, list()), answer(json!(["probe.Lies"])));
    assert_eq!(names(reflection::honest, symbol()), answer(json!(["lies.proto"])));
    assert_eq!(names(reflection::endless_imports, file()), answer(json!(["7.proto"])));
    assert_eq!(names(reflection::another_file, file()), answer(json!(["not-7.proto"])));
    assert_eq!(names(reflection::another_answer, symbol()), answer(json!(["probe.Lies"])));
    assert_eq!(names(reflection::gigabyte, symbol())["code"], "RESOURCE_EXHAUSTED");
    assert_eq!(names(reflection::many_services, list())["answers"][0]["names"].as_array().unwrap().len(), 100_000);
    let server = RogueGrpc::start(&authority, reflection::refusing("none"));
    let came = client.reflect(server.address().port(), "v1alpha", &json!([symbol()]));
    assert_eq!(came["answers"][0]["error"], 5);
}
