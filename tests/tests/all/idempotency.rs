//! `Idempotency-Key`: one run, whoever repeats the request, wherever, and whatever happens to the host meanwhile.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use lockgate_tests::marker::Marker;
use lockgate_tests::{Answer, Home, Host, Postgres, Random, Reply, Serve, Upstream, eventually};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const REPLAYED: &str = "idempotent-replayed";

/// A server of payments, which counts them, and answers once its gate is open.
struct Payments {
    upstream: Upstream,
    gate: Gate,
}

#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn set(&self, open: bool) {
        *self.0.0.lock().unwrap() = open;
        self.0.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.0.lock().unwrap();
        drop(self.0.1.wait_timeout_while(open, Duration::from_secs(60), |open| !*open).unwrap());
    }
}

impl Payments {
    fn open() -> Self {
        let payments = Self::closed();
        payments.gate.set(true);
        payments
    }

    fn closed() -> Self {
        let gate = Gate::default();
        let own = gate.clone();
        let number = Mutex::new(0);
        let upstream = Upstream::start(move |seen| {
            own.pass();
            let mut number = number.lock().unwrap();
            *number += 1;
            match seen.path() {
                "/busy" if *number == 1 => Reply::new(503).json(&json!({"error": "busy"})),
                "/gone" => Reply::new(504).json(&json!({"error": "who knows"})),
                "/broke" => Reply::new(402).json(&json!({"error": "no money"})),
                "/large" => Reply::new(200).json(&json!({"text": "x".repeat(300 * 1024)})),
                _ => Reply::new(200).json(&json!({"number": *number, "secret": "marker-of-an-answer-4711"})),
            }
        });
        Self { upstream, gate }
    }

    /// Requests that arrived.
    fn count(&self) -> usize {
        self.upstream.seen().len()
    }

    fn host(&self) -> Host {
        let host = Serve::new().reaching(&[&self.upstream]).start();
        self.group(&host);
        host
    }

    fn group(&self, host: &Host) {
        let connector = |name: &str| {
            json!({
                "name": name, "type": "http", "output_schema": true, "hints": {"idempotent": name == "busy"},
                "input_schema": {"type": "object", "required": ["order"], "properties": {"order": {"type": "integer"}}},
                "http": {"method": "POST", "path": format!("/{name}"), "body": {"json": {"order": "{{order}}"}}},
            })
        };
        let connectors: Vec<_> = ["pay", "busy", "large", "broke", "gone"].map(connector).to_vec();
        host.group(
            "shop",
            json!({
                "resource_type": "INTERNAL", "base_url": self.upstream.url(),
                "activation": {"credentials": {"main": {"methods": {"token": {"type": "bearer"}}}}},
                "destinations": [{"url": self.upstream.url(), "credential": "main", "plaintext": true}],
                "connectors": connectors,
            }),
        );
        for (tenant, name) in
            [(Value::Null, "main"), (Value::Null, "other"), (json!("ada"), "own"), (json!("bo"), "own")]
        {
            let body =
                json!({"name": name, "tenant": tenant, "credentials": {"main": {"values": {"token": "t-0123"}}}});
            host.send(host.request(Method::POST, "/groups/shop/connections").json(&body)).status(201);
        }
    }
}

fn body(order: u64) -> Value {
    json!({"input": {"order": order}, "connection": {"fixed": "main"}})
}

fn with(host: &Host, connector: &str, key: &str, body: &Value) -> RequestBuilder {
    let path = format!("/groups/shop/connectors/{connector}/invoke");
    host.request(Method::POST, &path).header("idempotency-key", key).json(body)
}

fn pay(host: &Host, key: &str, order: u64) -> Answer {
    host.send(with(host, "pay", key, &body(order)))
}

#[test]
fn a_repeat_gets_the_same_answer() {
    let payments = Payments::open();
    let host = payments.host();
    let first = pay(&host, "one", 7).status(200);
    assert_eq!(first.header(REPLAYED), "");
    for _ in 0..3 {
        let again = pay(&host, "one", 7).status(200);
        assert_eq!((&again.body, again.header(REPLAYED)), (&first.body, "true"));
        assert_eq!(again.header("content-type"), "application/json");
    }
    assert_eq!(payments.count(), 1);
    assert_eq!(pay(&host, "two", 7).output()["number"], 2, "another key is another call");
    // What is asked is part of it, and how it is spaced around that is not.
    pay(&host, "one", 8).problem(422, "LG1083");
    let other = json!({"input": {"order": 7}, "connection": {"fixed": "other"}});
    host.send(with(&host, "pay", "one", &other)).problem(422, "LG1083");
    host.send(with(&host, "pay@1", "one", &body(7))).problem(422, "LG1083");
    let spaced = host.request(Method::POST, "/groups/shop/connectors/pay/invoke").header("idempotency-key", "one");
    let spaced = spaced.header("content-type", "application/json");
    let spaced = host.send(spaced.body("{ \"connection\": {\"fixed\":  \"main\"}, \"input\": {\"order\":7} }"));
    assert_eq!(spaced.status(200).body, first.body);
    // The key is the connector's.
    host.send(with(&host, "broke", "one", &body(7))).problem(422, "LG3001");
    assert_eq!(payments.count(), 3);
}

#[test]
fn a_failure_stays_unless_the_call_is_harmless_to_repeat() {
    let payments = Payments::open();
    let host = payments.host();
    // Retryable, and its author says that a repeat has no further effect.
    let busy = host.send(with(&host, "busy", "one", &body(7)));
    assert_eq!(busy.problem(422, "LG3001")["failure"]["retryable"], true);
    host.send(with(&host, "busy", "one", &body(7))).status(200);
    assert_eq!(payments.count(), 2);
    let first = host.send(with(&host, "broke", "one", &body(7)));
    let again = host.send(with(&host, "broke", "one", &body(7)));
    assert_eq!((&first.body, again.header(REPLAYED)), (&again.body, "true"));
    assert_eq!(again.problem(422, "LG3001")["failure"]["code"], "http_402");
    assert_eq!(payments.count(), 3);
    // Retryable, but nobody knows whether it was paid.
    let gone = host.send(with(&host, "gone", "one", &body(7)));
    assert_eq!(gone.problem(422, "LG3001")["failure"]["code"], "http_504");
    assert_eq!(host.send(with(&host, "gone", "one", &body(7))).header(REPLAYED), "true");
    assert_eq!(payments.count(), 4);
    // Nothing ran, so the key is free.
    host.send(with(&host, "pay", "two", &json!({"input": {}, "connection": {"fixed": "main"}}))).problem(422, "LG1009");
    let none = json!({"input": {"order": 7}, "connection": {"fixed": "nobody's"}});
    host.send(with(&host, "pay", "two", &none)).problem(404, "LG1017");
    assert_eq!(pay(&host, "two", 7).status(200).header(REPLAYED), "");
    // A limit that was reached while it ran is an end too: nobody knows what it has done.
    host.set("shop", json!({"limits": {"upstream_body_bytes": 20}}));
    let refused = pay(&host, "three", 7).problem(502, "LG4007");
    host.set("shop", json!({"limits": {}}));
    let again = pay(&host, "three", 7);
    assert_eq!(again.header(REPLAYED), "true");
    let again = again.problem(502, "LG4007");
    assert_eq!((&again["instance"], &again["retryable"]), (&refused["instance"], &json!(false)));
    assert_eq!(payments.count(), 6);
}

#[test]
fn no_tenant_gets_an_answer_of_another() {
    let payments = Payments::open();
    let host = payments.host();
    let of = |tenant: &str| json!({"input": {"order": 7}, "connection": {"dynamic": {"tenant": tenant}}});
    let ada = host.send(with(&host, "pay", "one", &of("ada"))).output();
    let bo = host.send(with(&host, "pay", "one", &of("bo"))).output();
    assert_eq!((&ada["number"], &bo["number"]), (&json!(1), &json!(2)), "each has keys of its own");
    let path = "/v1/workspaces/default/groups/shop/connectors/pay/invoke";
    let token = host.token_with("invoker", json!({"tenants": ["bo"]}));
    let ask = |token: &str, body: &Value| {
        host.send(host.shown(token, Method::POST, path).header("idempotency-key", "one").json(body))
    };
    assert_eq!(ask(&token, &of("bo")).output()["number"], 2);
    ask(&token, &of("ada")).problem(403, "LG1003");
    // Nor does anybody who may not make the call.
    host.group("other", json!({}));
    ask(&host.token_with("viewer", json!({})), &of("ada")).problem(403, "LG1003");
    ask(&host.token_with("invoker", json!({"groups": ["other"]})), &of("ada")).problem(404, "LG1004");
    // With the connection gone the answer is still what it was.
    let list = host.get("/groups/shop/connections?tenant=ada").json();
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    host.send(host.request(Method::DELETE, &format!("/groups/shop/connections/{id}"))).status(204);
    assert_eq!(host.send(with(&host, "pay", "one", &of("ada"))).output()["number"], 1);
    assert_eq!(payments.count(), 2);
}

#[test]
fn a_hundred_repeats_at_one_time_run_once() {
    let payments = Payments::closed();
    let host = payments.host();
    host.lift_rate();
    let gate = payments.gate.clone();
    let opener = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        gate.set(true);
    });
    let answers = host.send_all((0..100).map(|_| with(&host, "pay", "one", &body(7))));
    opener.join().unwrap();
    check(&answers);
    assert_eq!(pay(&host, "one", 7).status(200).header(REPLAYED), "true");
    assert_eq!(payments.count(), 1);
}

/// Each got the one answer, or heard that the call runs.
fn check(answers: &[Answer]) {
    let mut bodies = BTreeSet::new();
    for answer in answers {
        if answer.status == 200 {
            bodies.insert(answer.body.clone());
        } else {
            assert_eq!((answer.status, &answer.json()["code"]), (409, &json!("LG1082")), "{answer:?}");
            assert_eq!(answer.header("retry-after"), "1");
        }
    }
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
}

#[test]
fn two_hosts_of_one_store_run_it_once() {
    let payments = Payments::closed();
    let database = Postgres::start().database("lockgate");
    let one = Serve::at(Home::on(&database)).reaching(&[&payments.upstream]).start();
    payments.group(&one);
    let mut other = Serve::beside(&one).reaching(&[&payments.upstream]).start();
    other.until("the group", || other.request(Method::GET, "/groups/shop"), |answer| answer.status == 200);
    let gate = payments.gate.clone();
    std::thread::scope(|scope| {
        let here = scope.spawn(|| one.send_all((0..30).map(|_| with(&one, "pay", "one", &body(7)))));
        let there = scope.spawn(|| other.send_all((0..30).map(|_| with(&other, "pay", "one", &body(7)))));
        eventually("it runs", || payments.count() >= 1);
        gate.set(true);
        let answers: Vec<_> = here.join().unwrap().into_iter().chain(there.join().unwrap()).collect();
        check(&answers);
    });
    let [here, there] = [pay(&one, "one", 7), pay(&other, "one", 7)];
    assert_eq!((&here.body, here.header(REPLAYED), there.header(REPLAYED)), (&there.body, "true", "true"));
    assert_eq!(payments.count(), 1);
    // One host is killed while it runs a call: the other one never runs it, and says so once the deadline has passed.
    payments.gate.set(false);
    other.send_and_forget(with(&other, "pay", "two", &body(7)).header("lockgate-deadline-ms", "500"));
    eventually("it runs there", || payments.count() == 2);
    other.kill_and_restart();
    pay(&one, "two", 7).problem(409, "LG1082");
    let unknown = || with(&one, "pay", "two", &body(7));
    let answer = one.until("nobody knows", unknown, |answer| answer.json()["code"] == "LG1084");
    assert_eq!(answer.header(REPLAYED), "true");
    assert_eq!(payments.count(), 2);
}

#[test]
fn a_call_goes_on_without_its_client() {
    let payments = Payments::closed();
    let host = payments.host();
    let before: u64 = host.metric("lockgate_connections");
    let body_of_it = body(7).to_string();
    let head = host.head("shop/pay", body_of_it.len()).replace("\r\n\r\n", "\r\nidempotency-key: one\r\n\r\n");
    let client = host.connect().send(head).send(body_of_it);
    eventually("it runs", || payments.count() == 1);
    drop(client);
    eventually("its client is gone", || host.metric("lockgate_connections") <= before);
    payments.gate.set(true);
    let ended = || with(&host, "pay", "one", &body(7));
    let answer = host.until("its answer", ended, |answer| answer.status == 200);
    assert_eq!((answer.header(REPLAYED), answer.json()["output"]["number"].clone()), ("true", json!(1)));
    assert_eq!(payments.count(), 1);
}

/// A request whose host may be killed. Where several hosts can share the store, a call that ran on a killed one counts as
/// running until its deadline has passed.
fn short(host: &Host, key: &str, order: u64) -> RequestBuilder {
    with(host, "pay", key, &body(order)).header("lockgate-deadline-ms", "5000")
}

/// The answer once it is known that no host runs the call.
fn settled(host: &Host, key: &str, order: u64) -> Answer {
    let repeat = || with(host, "pay", key, &body(order));
    host.until("nobody runs it", repeat, |answer| answer.status == 200 || answer.json()["code"] != "LG1082")
}

#[test]
fn a_host_that_is_killed_while_it_runs_does_not_run_it_again() {
    let payments = Payments::closed();
    let mut host = payments.host();
    host.send_and_forget(short(&host, "one", 7));
    eventually("it runs", || payments.count() == 1);
    host.kill_and_restart();
    payments.gate.set(true);
    for _ in 0..3 {
        let unknown = settled(&host, "one", 7);
        assert_eq!(unknown.header(REPLAYED), "true");
        let unknown = unknown.problem(409, "LG1084");
        assert_eq!((&unknown["retryable"], &unknown["fault"]), (&json!(false), &json!("host")));
        assert!(unknown["detail"].as_str().unwrap().contains(unknown["instance"].as_str().unwrap()));
    }
    pay(&host, "one", 8).problem(422, "LG1083");
    assert_eq!(payments.count(), 1);
    assert_eq!(pay(&host, "two", 7).output()["number"], 2);
}

/// Whenever the host is killed: what was answered is answered again, and nothing runs twice.
#[test]
fn a_kill_at_any_moment_never_makes_a_second_run() {
    let payments = Payments::open();
    let mut host = payments.host();
    let mut random = Random::new(4711);
    for round in 0..8 {
        let (key, before) = (format!("round-{round}"), payments.count());
        host.send_and_forget(short(&host, &key, round));
        std::thread::sleep(Duration::from_micros(random.below(15_000) as u64));
        host.kill_and_restart();
        // A request that was on its way arrives or it does not: look once the host is gone.
        eventually("its connections end", || payments.upstream.open() == 0);
        let ran = payments.count() - before;
        let answer = settled(&host, &key, round);
        let runs = payments.count() - before;
        match answer.status {
            200 if answer.header(REPLAYED) == "true" => assert_eq!(runs, 1, "{answer:?}"),
            200 => assert_eq!((ran, runs), (0, 1), "it ran anew though it had run: {answer:?}"),
            _ => {
                assert_eq!(answer.json()["code"], "LG1084", "{answer:?}");
                assert!(runs <= 1, "{runs}");
            }
        }
    }
}

#[test]
fn answers_are_kept_sealed_through_restarts_and_rotations() {
    let payments = Payments::open();
    let mut host = payments.host();
    let first = pay(&host, "marker-of-a-key-0815", 7).status(200);
    assert!(first.body.contains("marker-of-an-answer-4711"));
    // Other hosts may use the same database, so a rotation there needs its owner.
    if host.home.database().is_none() {
        host.run(["keys", "rotate"]).ok();
    }
    host.kill_and_restart();
    assert_eq!(pay(&host, "marker-of-a-key-0815", 7).body, first.body);
    let traces = host.traces();
    Marker::new("an answer", b"marker-of-an-answer-4711").is_in_none(&traces, &[]);
    Marker::new("a key", b"marker-of-a-key-0815").is_in_none(&traces, &[]);
    // One that is too large has been given, and can't be given again.
    host.send(with(&host, "large", "one", &body(7))).status(200);
    let large = host.send(with(&host, "large", "one", &body(7)));
    assert_eq!(large.header(REPLAYED), "true");
    large.problem(409, "LG1085");
    assert_eq!(payments.count(), 2);
}

#[test]
fn a_day_later_a_key_is_new() {
    let payments = Payments::open();
    let host = payments.host();
    let first = pay(&host, "one", 7).output();
    let home = host.end();
    home.sql("UPDATE idempotent_calls SET created_at = created_at - 23 * 3600 * 1000");
    let host = Serve::at(home).reaching(&[&payments.upstream]).start();
    assert_eq!(pay(&host, "one", 7).output(), first);
    let home = host.end();
    home.sql("UPDATE idempotent_calls SET created_at = created_at - 2 * 3600 * 1000");
    let host = Serve::at(home).reaching(&[&payments.upstream]).start();
    assert_eq!(pay(&host, "one", 8).output()["number"], 2);
    assert_eq!(payments.count(), 2);
}

#[test]
fn what_is_kept_is_answered_where_no_more_is_kept() {
    let payments = Payments::open();
    let host = payments.host();
    let first = pay(&host, "one", 7).output();
    let home = host.end();
    home.sql("UPDATE idempotent_calls SET bytes = 2000000000");
    let host = Serve::at(home).reaching(&[&payments.upstream]).start();
    // The host looks at what is kept in the background; until then new keys are taken.
    let number = Cell::new(0);
    let another = || {
        number.set(number.get() + 1);
        with(&host, "pay", &format!("another-{}", number.get()), &body(7))
    };
    host.until("the bound", another, |answer| answer.status == 429).problem(429, "LG1086");
    let before = payments.count();
    let repeated = pay(&host, "one", 7);
    assert_eq!(repeated.header(REPLAYED), "true");
    assert_eq!(repeated.output(), first);
    pay(&host, "one", 8).problem(422, "LG1083");
    pay(&host, "two", 7).problem(429, "LG1086");
    assert_eq!(payments.count(), before);
}

#[test]
fn what_is_no_key_is_refused() {
    let payments = Payments::open();
    let host = payments.host();
    for key in ["", &"x".repeat(256), "\t"] {
        host.send(with(&host, "pay", key, &body(7))).problem(400, "LG1001");
    }
    pay(&host, &"x".repeat(255), 7).status(200);
    let two = with(&host, "pay", "a", &body(7)).header("idempotency-key", "b");
    host.send(two).problem(400, "LG1001");
    assert_eq!(payments.count(), 1);
}
