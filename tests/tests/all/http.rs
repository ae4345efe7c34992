//! Outbound requests of a Rust guest, against a server that answers as each test says.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Barrier;
use std::time::Duration;

use lockgate_tests::{Host, Reply, Serve, Upstream, equal, eventually, guests};
use reqwest::Method;
use serde_json::{Value, json};

/// A group whose plugins may go to these servers.
fn reaching(upstreams: &[&Upstream]) -> Value {
    let destination = |upstream: &&Upstream| json!({"url": upstream.url(), "credential": "none", "plaintext": true});
    let destinations: Vec<_> = upstreams.iter().map(destination).collect();
    json!({"resource_type": "INTERNAL", "capabilities": ["http", "signing"], "destinations": destinations})
}

fn host(upstreams: &[&Upstream], members: Value) -> Host {
    let host = Serve::new().reaching(upstreams).start();
    let mut group = reaching(upstreams);
    group.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    host.with_guest(&guests::HTTP, group);
    host
}

/// Milliseconds that no test waits.
const NEVER: u64 = 300_000;

/// Answers with what it was asked.
fn echo() -> Upstream {
    Upstream::start(|seen| match seen.path() {
        "/echo" => Reply::new(200).header("x-method", seen.method.clone()).body(seen.body.clone()),
        "/count" => Reply::new(200).body(seen.body.len().to_string()),
        path => match path.trim_start_matches('/').parse::<u64>() {
            Ok(ms) => Reply::new(200).after(Duration::from_millis(ms)).body(path),
            Err(_) => Reply::new(404).body("no such page"),
        },
    })
}

#[test]
fn a_request_and_its_answer() {
    let upstream = echo();
    let host = host(&[&upstream], json!({"base_url": upstream.url()}));
    let ask = json!({"method": "PUT", "url": "/echo", "headers": [["x-own", "1"], ["x-own", "2"]], "body": "Grüße"});
    let got = host.invoke("g/send", &ask).output();
    assert_eq!((&got["status"], &got["body"]), (&json!(200), &json!("Grüße")));
    assert_eq!(got["headers"]["x-method"], "PUT");
    let seen = &upstream.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.target.as_str(), seen.header("content-length")),
        ("PUT", "/echo", Some("7"))
    );
    assert_eq!(seen.headers.iter().filter(|(name, _)| name == "x-own").count(), 2);
    let missing = host.invoke("g/send", &json!({"url": format!("{}/none", upstream.url())})).output();
    assert_eq!((&missing["status"], &missing["body"]), (&json!(404), &json!("no such page")));
}

#[test]
fn the_faster_of_two_wins_at_once() {
    let upstream = echo();
    let host = host(&[&upstream], json!({}));
    // The other one does not come before the test is over, so whoever waits for it has no answer.
    let urls = json!([format!("{}/{NEVER}", upstream.url()), format!("{}/50", upstream.url())]);
    for _ in 0..5 {
        assert_eq!(host.invoke("g/race", &urls).output()["body"], "/50");
    }
    // It is cancelled in the middle, or before it was sent.
    let slower = || upstream.seen().iter().filter(|seen| seen.path() != "/50").count();
    eventually("the slower one is cancelled", || equal(upstream.abandoned(), &slower()));
}

#[test]
fn several_wait_side_by_side_and_cost_no_cpu_time() {
    // None is answered before all are there, and then each waits a little.
    let all = Barrier::new(20);
    let upstream = Upstream::start(move |_| {
        all.wait();
        Reply::new(200).after(Duration::from_millis(300))
    });
    let host = host(&[&upstream], json!({}));
    let answer = host.invoke("g/join", &json!(vec![upstream.url(); 20])).status(200).json();
    assert_eq!(answer["output"], json!(vec!["200"; 20]));
    assert!(answer["call"]["usage"]["cpu_us"].as_u64().unwrap() < 100_000, "{answer:#}");
}

#[test]
fn a_wait_that_is_over_cancels_the_request() {
    let upstream = echo();
    let host = host(&[&upstream], json!({}));
    let url = format!("{}/{NEVER}", upstream.url());
    let failure = host.invoke("g/within", &json!({"url": url, "ms": 1000})).problem(422, "LG3001")["failure"].take();
    assert_eq!((&failure["code"], &failure["retryable"]), (&json!("timeout"), &json!(true)));
    eventually("cancelled", || upstream.abandoned() == 1);
    let ask = json!({"url": url, "timeout_ms": 1000});
    let failure = host.invoke("g/send", &ask).problem(422, "LG3001")["failure"].take();
    assert_eq!((&failure["code"], &failure["retryable"]), (&json!("timeout"), &json!(true)));
    eventually("cancelled", || upstream.abandoned() == 2);
}

#[test]
fn nothing_goes_on_after_the_answer() {
    let (upstream, other) = (echo(), echo());
    let host = host(&[&upstream, &other], json!({"limits": {"calls_per_instance": 100}}));
    let url = format!("{}/{NEVER}", upstream.url());
    let cancelled = || upstream.open() == 0;
    for _ in 0..3 {
        // With its request on the way, and before or while it connects.
        host.invoke("g/leave", &json!({"url": url, "meanwhile": format!("{}/50", other.url())})).status(200);
        eventually("the instance is used again, and its request is cancelled", cancelled);
        host.invoke("g/leave", &json!({"url": url})).status(200);
        eventually("the instance is used again, and what it began is cancelled", cancelled);
    }
    let left = upstream.abandoned();
    assert!(left > 0, "no request was on its way");
    let late = host.call("g/send", &json!({"url": url}));
    host.send(late.header("lockgate-deadline-ms", 2000)).problem(504, "LG3004");
    eventually("the deadline ends it", || cancelled() && upstream.abandoned() > left);
}

#[test]
fn a_body_is_read_as_it_comes() {
    let upstream = Upstream::start(|_| {
        let piece = |reply: Reply, _| reply.piece(Duration::from_millis(300), vec![b'x'; 100_000]);
        (0..10).fold(Reply::new(200), piece)
    });
    let host = host(&[&upstream], json!({}));
    let got = host.invoke("g/download", &json!(upstream.url())).output();
    assert_eq!(got["bytes"], 1_000_000);
    let (first, last) = (got["first_ms"].as_u64().unwrap(), got["last_ms"].as_u64().unwrap());
    // The last piece comes 2.7 s after the first, which the guest has read long before.
    assert!(last - first > 1000, "{got}");
}

/// Neither the guest's memory nor the host's holds it.
#[test]
fn a_body_larger_than_memory_is_written_as_it_goes() {
    let upstream = echo();
    let host = host(&[&upstream], json!({"limits": {"memory_bytes": 8 << 20, "upstream_body_bytes": 64 << 20}}));
    for sized in [true, false] {
        let ask = json!({"url": format!("{}/count", upstream.url()), "pieces": 400, "sized": sized});
        assert_eq!(host.invoke("g/upload", &ask).output()["body"], (400 * 65536).to_string(), "{sized}");
    }
    let sized = |name: &str| upstream.seen().iter().filter(|seen| seen.header(name).is_some()).count();
    assert_eq!((sized("content-length"), sized("transfer-encoding")), (1, 1));
}

#[test]
fn a_body_that_is_not_finished_breaks_the_request_off() {
    let upstream = echo();
    let host = host(&[&upstream], json!({}));
    let ask = json!({"url": format!("{}/count", upstream.url()), "pieces": 3, "sized": false, "short": true});
    host.invoke("g/upload", &ask).problem(422, "LG3001");
    assert!(upstream.seen().is_empty(), "half a request was taken for a whole one");
}

#[test]
fn what_is_not_granted_is_denied_by_name() {
    let (upstream, other) = (echo(), echo());
    let host = host(&[&upstream], json!({}));
    let failure = |url: String| host.invoke("g/send", &json!({"url": url})).problem(422, "LG3001")["failure"].take();
    for url in [format!("{}/echo", other.url()), "https://elsewhere.example/".to_owned()] {
        let denied = failure(url);
        assert_eq!((&denied["code"], &denied["retryable"]), (&json!("denied"), &json!(false)));
        assert!(denied["message"].as_str().unwrap().contains("destinations"), "{denied}");
    }
    let refused = host.invoke("g/send", &json!({"url": upstream.url(), "headers": [["Authorization", "Basic eA=="]]}));
    assert_eq!(refused.problem(422, "LG3001")["failure"]["code"], "invalid-request");

    host.set("g", json!({"capabilities": []}));
    let denied = failure(format!("{}/echo", upstream.url()));
    assert_eq!(denied["code"], "denied");
    let message = denied["message"].as_str().unwrap();
    assert!(message.contains("`http`") && message.contains("capabilities"), "{message}");
    assert!(other.seen().is_empty() && upstream.seen().is_empty());
}

#[test]
fn signatures_are_made_with_the_fields_that_are_for_it() {
    let host = Host::start();
    let fields = json!({"webhook": {"type": "password", "use": "sign"}, "other": {"type": "password"}});
    let credentials = json!({"main": {"methods": {"it": {"type": "bearer"}}}});
    host.group(
        "g",
        json!({"capabilities": ["http", "signing"], "activation": {"credentials": credentials, "fields": fields}}),
    );
    host.load("g", guests::HTTP.bytes()).status(201);
    let values = json!({
        "name": "main", "fields": {"webhook": "Jefe", "other": "x"},
        "credentials": {"main": {"values": {"token": "a-token"}}},
    });
    host.send(host.request(Method::POST, "/groups/g/connections").json(&values)).status(201);
    let sign = |field: &str, algorithm: &str| {
        let message = json!({"field": field, "algorithm": algorithm, "text": "what do ya want for nothing?"});
        let body = json!({"input": message, "connection": {"fixed": "main"}});
        host.send(host.request(Method::POST, "/groups/g/connectors/sign/invoke").json(&body))
    };
    // RFC 4231 test case 2.
    let signature = sign("webhook", "hmac-sha256").output();
    assert_eq!(signature, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    for (field, algorithm) in [("other", "hmac-sha256"), ("none", "hmac-sha256"), ("webhook", "hmac-sha1")] {
        let failure = sign(field, algorithm).problem(422, "LG3001")["failure"].take();
        assert_eq!((&failure["code"], &failure["details"]["code"]), (&json!("sign"), &json!("LG4015")), "{failure}");
    }
    host.set("g", json!({"capabilities": ["http"]}));
    let failure = sign("webhook", "hmac-sha256").problem(422, "LG3001")["failure"].take();
    assert_eq!(failure["code"], "denied", "{failure}");
    assert!(failure["message"].as_str().unwrap().contains("`signing`"), "{failure}");
}

#[test]
fn a_plugin_that_calls_out_wants_http_and_is_current_when_it_is_granted() {
    let host = Host::start();
    host.group("g", json!({}));
    let report = host.load("g", guests::HTTP.bytes()).status(201).json();
    let capabilities = &report["plugin"]["capabilities"];
    assert_eq!(capabilities["missing"], json!(["http", "signing"]), "{report:#}");
    assert_eq!(report["plugin"]["current"], false);
}

#[test]
fn handles_and_requests_at_one_time_are_bounded() {
    let upstream = echo();
    let host = host(&[&upstream], json!({"limits": {"handles": 50}}));
    host.invoke("g/hold", &json!(60)).limit(500, "LG3012", "handles", 50);
    host.set("g", json!({"limits": {"handles": 1000}}));
    assert_eq!(host.invoke("g/hold", &json!(60)).output(), 60);
    let codes = host.invoke("g/crowd", &json!({"url": format!("{}/5000", upstream.url()), "times": 70})).output();
    assert_eq!(codes, json!({"200": 64, "too-many": 6}));
}

#[test]
fn bodies_that_lie_in_the_host_count_as_memory() {
    let upstream = Upstream::start(|_| Reply::new(200).body(vec![b'x'; 6 << 20]));
    let host = host(&[&upstream], json!({"limits": {"memory_bytes": 16 << 20, "output_bytes": 16 << 20}}));
    host.invoke("g/send", &json!({"url": upstream.url()})).limit(500, "LG3006", "memory_bytes", 16 << 20);
    host.set("g", json!({"limits": {"memory_bytes": 128 << 20, "output_bytes": 16 << 20}}));
    assert_eq!(
        host.invoke("g/send", &json!({"url": upstream.url()})).output()["body"].as_str().unwrap().len(),
        6 << 20
    );
}

#[test]
fn bodies_that_wait_for_the_guest_count_as_memory() {
    let upstream = Upstream::start(|_| Reply::new(200).body(vec![b'x'; 500_000]));
    let host = host(&[&upstream], json!({"limits": {"memory_bytes": 8 << 20}}));
    let hoard = || host.invoke("g/hoard", &json!({"url": upstream.url(), "times": 60})).output();
    let codes = hoard();
    assert!(codes["too-large"].as_u64().is_some_and(|some| some > 0), "{codes}");
    host.set("g", json!({"limits": {"memory_bytes": 64 << 20}}));
    assert_eq!(hoard(), json!({"read": 60}));
}

/// Also while it comes: the host never takes more of an answer than the call's memory, whatever the group allows.
#[test]
fn an_answer_larger_than_memory_is_not_taken() {
    let upstream = Upstream::start(|_| {
        let piece = |reply: Reply, _| reply.piece(Duration::ZERO, vec![b'x'; 1 << 20]);
        (0..200).fold(Reply::new(200), piece)
    });
    let limits = json!({"memory_bytes": 16 << 20, "upstream_body_bytes": 1 << 30, "output_bytes": 16 << 20});
    let host = host(&[&upstream], json!({"limits": limits}));
    host.forget_peak();
    let before = host.peak_kib();
    host.invoke("g/send", &json!({"url": upstream.url()})).limit(500, "LG3006", "memory_bytes", 16 << 20);
    let failure = host.invoke("g/race", &json!([upstream.url()])).problem(422, "LG3001")["failure"].take();
    assert_eq!(failure["code"], "too-large", "{failure}");
    assert!(failure["message"].as_str().unwrap().contains("limits.memory_bytes"), "{failure}");
    let grown = host.peak_kib() - before;
    assert!(grown < 64 << 10, "{grown} KiB for answers of 200 MiB");
}

#[test]
fn an_answer_is_as_long_as_the_group_allows() {
    let upstream = Upstream::start(|seen| match seen.path() {
        "/said" => Reply::new(200).body(vec![b'x'; 5000]),
        // Chunked, so that its length shows only as it comes.
        _ => (0..5).fold(Reply::new(200), |reply, _| reply.piece(Duration::ZERO, vec![b'x'; 1000])),
    });
    let host = host(&[&upstream], json!({"limits": {"upstream_body_bytes": 4999}}));
    for path in ["/said", "/chunked"] {
        let url = format!("{}{path}", upstream.url());
        let failure = host.invoke("g/send", &json!({"url": url})).problem(422, "LG3001")["failure"].take();
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!("too-large"), &json!(false)));
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("limits.upstream_body_bytes") && message.contains("4999"), "{message}");
        host.set("g", json!({"limits": {"upstream_body_bytes": 5000}}));
        assert_eq!(host.invoke("g/send", &json!({"url": url})).output()["body"].as_str().unwrap().len(), 5000);
        host.set("g", json!({"limits": {"upstream_body_bytes": 4999}}));
    }
}

/// With everything that a request and an answer can have.
#[test]
fn an_exchange_is_one_call_of_the_host() {
    let upstream = echo();
    let host = host(&[&upstream], json!({"limits": {"host_calls": 1}}));
    let ask = json!({
        "method": "POST", "url": format!("{}/echo", upstream.url()), "headers": [["x-own", "1"], ["accept", "*/*"]],
        "body": "Hello", "timeout_ms": 20_000, "first_byte_ms": 20_000, "redirects": 2, "attempts": 2,
    });
    let answer = host.invoke("g/send", &ask).status(200).json();
    assert_eq!((&answer["output"]["body"], &answer["call"]["usage"]["host_calls"]), (&json!("Hello"), &json!(1)));
    host.set("g", json!({"limits": {"host_calls": 0}}));
    host.invoke("g/send", &ask).limit(500, "LG3010", "host_calls", 0);
}

#[test]
fn requests_are_calls_of_the_host_and_counted() {
    let upstream = echo();
    let host = host(&[&upstream], json!({"limits": {"host_calls": 10}}));
    let urls: Vec<_> = (0..20).map(|_| format!("{}/1", upstream.url())).collect();
    host.invoke("g/join", &json!(urls)).limit(500, "LG3010", "host_calls", 10);
    host.set("g", json!({"limits": {"host_calls": 1000}}));
    assert_eq!(host.invoke("g/join", &json!(urls)).output(), json!(vec!["200"; 20]));
}

#[test]
fn what_goes_wrong_on_the_way_has_a_code_and_says_whether_a_repetition_helps() {
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let talking = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        }
    });
    let addresses = [refusing, talking].map(|address| format!("'{address}'")).join(", ");
    let serve = Serve::new();
    let file = serve.home().write("lockgate.toml", format!("reachable = [{addresses}]\n"));
    let host = serve.with(["--config".into(), file.into_os_string()]).start();
    let urls = [format!("http://{refusing}"), format!("http://{talking}"), format!("https://{talking}")];
    let destination = |url: &String| json!({"url": url, "credential": "none"});
    let destinations: Vec<_> = urls.iter().map(destination).collect();
    let members =
        json!({"resource_type": "INTERNAL", "capabilities": ["http", "signing"], "destinations": destinations});
    host.with_guest(&guests::HTTP, members);
    for (url, code, retryable) in [(&urls[0], "connect", true), (&urls[1], "protocol", true), (&urls[2], "tls", false)]
    {
        let failure = host.invoke("g/send", &json!({"url": url})).problem(422, "LG3001")["failure"].take();
        assert_eq!((&failure["code"], &failure["retryable"]), (&json!(code), &json!(retryable)), "{failure:#}");
    }
}
