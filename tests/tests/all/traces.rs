//! Traces of calls: continued from the caller, with a span for each stage, and nothing of anyone in them.

use lockgate_tests::{Collector, Host, Reply, Serve, Upstream, eventually, guests};
use serde_json::{Value, json};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn host(collector: &Collector, arguments: &[&str]) -> Host {
    let endpoint = collector.endpoint();
    let host = Serve::new().with(["--otlp-endpoint", &endpoint]).with(arguments.iter().copied()).start();
    host.with_guest(&guests::LIMITS, json!({}));
    host
}

fn named<'s>(spans: &'s [Value], name: &str) -> &'s Value {
    spans.iter().find(|span| span["name"] == name).unwrap_or_else(|| panic!("no span `{name}`: {spans:#?}"))
}

#[test]
fn the_callers_trace_goes_on_with_a_span_for_each_stage() {
    let collector = Collector::start();
    let host = host(&collector, &[]);
    let call = host.call("g/input", &json!("abc")).header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    let answer = host.send(call).status(200).json();
    let spans = collector.trace(|root| root["trace"] == TRACE);
    let root = named(&spans, "lockgate.invoke");
    assert_eq!((&root["parent"], &root["kind"]), (&json!(SPAN), &json!("SPAN_KIND_SERVER")));
    assert_eq!(root["attributes"]["lockgate.call.id"], answer["call"]["id"]);
    assert_eq!(root["attributes"]["lockgate.group"], "g");
    assert_eq!(root["attributes"]["lockgate.connector"], "input");
    assert_eq!(root["attributes"]["lockgate.plugin"], answer["call"]["plugin"]);
    assert_eq!(root["attributes"]["lockgate.guest.host_calls"], answer["call"]["usage"]["host_calls"]);
    assert_eq!((&root["resource"]["service.name"], &root["status"]), (&json!("lockgate"), &Value::Null));
    let time = |span: &Value, at: &str| span[at].as_u64().unwrap();
    let mut before = time(root, "start");
    for name in ["resolve", "validate_input", "engine", "validate_output"] {
        let span = named(&spans, name);
        assert_eq!((&span["parent"], &span["kind"]), (&root["span"], &json!("SPAN_KIND_INTERNAL")), "{name}");
        assert!(before <= time(span, "start") && time(span, "start") <= time(span, "end"), "{spans:#?}");
        before = time(span, "end");
    }
    assert!(before <= time(root, "end") && spans.len() == 5, "{spans:#?}");
    let mut ids: Vec<_> = spans.iter().map(|span| span["span"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn without_a_caller_s_trace_one_begins_and_says_what_failed() {
    let collector = Collector::start();
    let host = host(&collector, &[]);
    for (connector, status, code) in [("g/trap", 500, "LG3002"), ("g/missing", 404, "LG1004")] {
        // A malformed header is none.
        let call = host.call(connector, &json!({})).header("traceparent", "00-nothing");
        host.send(call).problem(status, code);
        let spans = collector.trace(|root| root["message"] == code);
        let root = named(&spans, "lockgate.invoke");
        assert_eq!((&root["status"], &root["parent"]), (&json!("STATUS_CODE_ERROR"), &json!("")));
    }
}

/// A host whose plugin sends requests to this upstream.
fn reaching(upstream: &Upstream, arguments: &[&str]) -> Host {
    let host = Serve::new().reaching(&[upstream]).with(arguments.iter().copied()).start();
    let destination = json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    let group =
        json!({"resource_type": "INTERNAL", "capabilities": ["http", "signing"], "destinations": [destination]});
    host.with_guest(&guests::HTTP, group);
    host
}

#[test]
fn each_upstream_request_has_a_span_that_the_upstream_is_told() {
    let (collector, upstream) = (Collector::start(), Upstream::start(|_| Reply::new(418).body("marker-answer")));
    let host = reaching(&upstream, &["--otlp-endpoint", &collector.endpoint()]);
    let headers = json!([["traceparent", "00-marker"], ["tracestate", "marker=1"], ["x-own", "marker-header"]]);
    let ask = json!({"url": format!("{}/marker-path", upstream.url()), "headers": headers, "body": "marker-body"});
    let call = host.call("g/send", &ask).header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    host.send(call.header("lockgate-tenant", "marker-tenant")).status(200);
    let spans = collector.trace(|root| root["trace"] == TRACE);
    let (engine, span) = (named(&spans, "engine"), named(&spans, "upstream"));
    assert_eq!((&span["parent"], &span["kind"]), (&engine["span"], &json!("SPAN_KIND_CLIENT")));
    assert_eq!(span["attributes"]["http.response.status_code"], 418);
    assert_eq!(span["attributes"]["lockgate.purpose"], "request");
    let seen = &upstream.seen()[0];
    let told = format!("00-{TRACE}-{}-01", span["span"].as_str().unwrap());
    assert_eq!((seen.header("traceparent"), seen.header("tracestate")), (Some(&*told), None));
    assert_eq!(seen.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("traceparent")).count(), 1);
    let shown = json!(spans).to_string();
    let port = upstream.url().rsplit(':').next().unwrap().to_owned();
    assert!(!shown.contains("marker") && !shown.contains(&port), "{shown}");
}

#[test]
fn a_request_without_an_answer_says_so_in_its_span() {
    let (collector, upstream) = (Collector::start(), Upstream::start(|_| Reply::new(200)));
    let host = reaching(&upstream, &["--otlp-endpoint", &collector.endpoint()]);
    let ask = json!({"url": upstream.url()});
    drop(upstream);
    let call = host.call("g/send", &ask).header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    host.send(call);
    let spans = collector.trace(|root| root["trace"] == TRACE);
    let span = named(&spans, "upstream");
    assert_eq!((&span["status"], &span["message"]), (&json!("STATUS_CODE_ERROR"), &json!("connect")));
}

#[test]
fn a_host_without_a_collector_passes_the_trace_on() {
    let upstream = Upstream::start(|_| Reply::new(200));
    let host = reaching(&upstream, &[]);
    let caller = format!("00-{TRACE}-{SPAN}-01");
    let call = host.call("g/send", &json!({"url": upstream.url()})).header("traceparent", &caller);
    host.send(call).status(200);
    host.invoke("g/send", &json!({"url": upstream.url()})).status(200);
    let told: Vec<_> = upstream.seen().iter().map(|seen| seen.header("traceparent").map(str::to_owned)).collect();
    assert_eq!(told, [Some(caller), None]);
}

#[test]
fn what_is_not_sampled_is_not_sent() {
    let collector = Collector::start();
    let host = host(&collector, &[]);
    let quiet = host.call("g/input", &json!("a")).header("traceparent", format!("00-{TRACE}-{SPAN}-00"));
    host.send(quiet).status(200);
    host.invoke("g/input", &json!("a")).status(200);
    let spans = collector.trace(|_| true);
    assert!(spans.iter().all(|span| span["trace"] != TRACE), "{spans:#?}");
    // The collector of the tests reads one connection after the other.
    drop(host);

    let home = lockgate_tests::Home::new();
    let file = home.write("lockgate.toml", format!("otlp_endpoint = '{}'\ntrace_ratio = 0.0", collector.endpoint()));
    let host = Serve::at(home).with(["--config", file.to_str().unwrap()]).start();
    host.with_guest(&guests::LIMITS, json!({}));
    let before = collector.spans().len();
    (0..20).for_each(|_| drop(host.invoke("g/input", &json!("a")).status(200)));
    let sampled = host.call("g/input", &json!("a")).header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    host.send(sampled).status(200);
    collector.trace(|root| root["trace"] == TRACE);
    assert_eq!(collector.spans().len(), before + 5, "only what the caller samples");
}

#[test]
fn nothing_of_anyone_is_in_a_span() {
    let collector = Collector::start();
    let host = host(&collector, &["--otlp-headers", "authorization=Bearer marker-collector", "--log", "trace"]);
    let call = host.call("g/input", &json!("marker-input")).header("lockgate-tenant", "marker-tenant");
    let call = call.header("tracestate", "vendor=marker-state").header("x-more", "marker-header");
    host.send(call).status(200);
    let spans = collector.trace(|_| true);
    for span in &spans {
        assert_eq!(span["headers"]["authorization"], "Bearer marker-collector");
        let mut shown = span.clone();
        shown.as_object_mut().unwrap().remove("headers");
        let shown = shown.to_string();
        assert!(!shown.contains("marker-") && !shown.contains(host.token()), "{shown}");
    }
    assert_eq!(spans[0]["request"], "POST /v1/traces HTTP/1.1");
    assert!(!host.log().contains("marker-collector"), "{}", host.log());
}

#[test]
fn a_busy_collector_is_asked_again_and_the_last_spans_come_at_the_end() {
    let collector = Collector::busy(1);
    let host = host(&collector, &[]);
    host.invoke("g/input", &json!("a")).status(200);
    collector.trace(|_| true);
    let last = host.call("g/input", &json!("a")).header("traceparent", format!("00-{TRACE}-{SPAN}-01"));
    host.send(last).status(200);
    host.end();
    collector.trace(|root| root["trace"] == TRACE);
}

#[test]
fn a_dead_collector_costs_spans_and_no_call() {
    let gone = Collector::start().endpoint();
    let host = Serve::new().with(["--otlp-endpoint", &gone]).start();
    host.with_guest(&guests::LIMITS, json!({}));
    for _ in 0..50 {
        host.invoke("g/input", &json!("a")).status(200);
    }
    eventually("they are counted", || host.metric("lockgate_spans_dropped") > 0);
    host.logs("trace collector unavailable");
}
