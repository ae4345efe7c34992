//! Every limit of a call: reached, it ends the call with its own code and names itself, its value and its setting; with
//! that setting raised, the same call passes.

use lockgate_tests::{Answer, Home, Host, Serve, guests};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// A limit, set low, and a call that is above it.
struct Case {
    name: &'static str,
    /// The group's limits at first.
    set: Value,
    connector: &'static str,
    input: Value,
    status: u16,
    code: &'static str,
    enough: u64,
}

impl Case {
    #[track_caller]
    fn check(self) {
        let host = Host::start();
        host.with_guest(&guests::LIMITS, json!({"limits": self.set}));
        let connector = format!("g/{}", self.connector);
        let value = self.set[self.name].as_u64().unwrap();
        let ended = host.invoke(&connector, &self.input).limit(self.status, self.code, self.name, value);

        let setting = ended["limit"]["setting"].as_str().unwrap().split(' ').next().unwrap();
        host.run(["group", "set", "g", &format!("{setting}={}", self.enough)]).ok();
        host.invoke(&connector, &self.input).status(200);
    }
}

#[test]
fn deadline() {
    Case {
        name: "deadline_ms",
        set: json!({"deadline_ms": 50, "cpu_ms": 60_000}),
        connector: "spin",
        input: json!(500),
        status: 504,
        code: "LG3004",
        enough: 60_000,
    }
    .check();
}

#[test]
fn cpu_time() {
    Case {
        name: "cpu_ms",
        set: json!({"cpu_ms": 20}),
        connector: "spin",
        input: json!(500),
        status: 500,
        code: "LG3005",
        enough: 60_000,
    }
    .check();
}

#[test]
fn memory() {
    Case {
        name: "memory_bytes",
        set: json!({"memory_bytes": 8 << 20}),
        connector: "allocate",
        input: json!(16 << 20),
        status: 500,
        code: "LG3006",
        enough: 64 << 20,
    }
    .check();
}

#[test]
fn input() {
    Case {
        name: "input_bytes",
        set: json!({"input_bytes": 100}),
        connector: "input",
        input: json!("x".repeat(99)),
        status: 413,
        code: "LG1007",
        enough: 101,
    }
    .check();
}

#[test]
fn output() {
    Case {
        name: "output_bytes",
        set: json!({"output_bytes": 1000}),
        connector: "output",
        input: json!(999),
        status: 500,
        code: "LG3007",
        enough: 1001,
    }
    .check();
}

/// Far above the limit, the text is not even copied out of the guest.
#[test]
fn output_that_is_not_copied() {
    Case {
        name: "output_bytes",
        set: json!({"output_bytes": 1000}),
        connector: "output",
        input: json!(1 << 20),
        status: 500,
        code: "LG3007",
        enough: 2 << 20,
    }
    .check();
}

#[test]
fn host_calls() {
    Case {
        name: "host_calls",
        set: json!({"host_calls": 10}),
        connector: "host_calls",
        input: json!(11),
        status: 500,
        code: "LG3010",
        enough: 11,
    }
    .check();
}

#[test]
fn calls_in_flight() {
    let host = Host::start();
    host.with_guest(
        &guests::LIMITS,
        json!({"limits": {"calls_in_flight": 2, "cpu_ms": 60_000, "deadline_ms": 60_000}}),
    );
    let calls = || six(&host, |call| call);
    let answers = calls();
    assert!(answers.iter().any(|answer| answer.status == 200), "{answers:#?}");
    let refused = answers.into_iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.header("retry-after"), "1");
    refused.limit(429, "LG1008", "calls_in_flight", 2);

    host.run(["group", "set", "g", "limits.calls_in_flight=6"]).ok();
    assert!(calls().iter().all(|answer| answer.status == 200));
}

/// Six calls at the same time, each long enough for a third pair of them to wait in vain for a second. Refused and passed
/// runs are alike, so that it is the limit which makes the difference.
fn six(host: &Host, change: impl Fn(RequestBuilder) -> RequestBuilder) -> Vec<Answer> {
    host.send_all((0..6).map(|_| change(host.call("g/spin", &json!(4000)))).collect::<Vec<_>>())
}

#[test]
fn calls_in_flight_of_a_tenant() {
    let host = Host::start();
    let limits = json!({"tenant_calls_in_flight": 2, "cpu_ms": 60_000, "deadline_ms": 60_000});
    host.with_guest(&guests::LIMITS, json!({"limits": limits}));
    let for_ada = |call: RequestBuilder| call.header("lockgate-tenant", "ada");
    let refused = six(&host, for_ada).into_iter().find(|answer| answer.status == 429).unwrap();
    refused.limit(429, "LG1008", "tenant_calls_in_flight", 2);
    assert!(six(&host, |call| call).iter().all(|answer| answer.status == 200), "calls without a tenant");

    host.run(["group", "set", "g", "limits.tenant_calls_in_flight=6"]).ok();
    assert!(six(&host, for_ada).iter().all(|answer| answer.status == 200));
}

#[test]
fn calls_in_flight_of_a_token() {
    let home = Home::new();
    let start = |home: Home, calls: u32| {
        let file = home.write("lockgate.toml", format!("calls_per_token = {calls}\n"));
        Serve::at(home).with(["--config".into(), file.into_os_string()]).start()
    };
    let host = start(home, 2);
    host.with_guest(&guests::LIMITS, json!({"limits": {"cpu_ms": 60_000, "deadline_ms": 60_000}}));
    let refused = six(&host, |call| call).into_iter().find(|answer| answer.status == 429).unwrap();
    let document = refused.problem(429, "LG1008");
    let limit =
        json!({"name": "calls_per_token", "value": 2, "setting": "calls_per_token of the host's configuration"});
    assert_eq!(document["limit"], limit, "{document:#}");

    let host = start(host.end(), 6);
    assert!(six(&host, |call| call).iter().all(|answer| answer.status == 200));
}

#[test]
fn the_defaults_are_limits_too() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({}));
    host.invoke("g/allocate", &json!(100 << 20)).limit(500, "LG3006", "memory_bytes", 64 << 20);
    host.invoke("g/input", &json!("x".repeat(1 << 20))).limit(413, "LG1007", "input_bytes", 1 << 20);
    host.invoke("g/output", &json!(5 << 20)).limit(500, "LG3007", "output_bytes", 4 << 20);
    host.invoke("g/host_calls", &json!(1001)).limit(500, "LG3010", "host_calls", 1000);
    host.invoke("g/spin", &json!(100_000)).limit(500, "LG3005", "cpu_ms", 1000);
}

#[test]
fn a_connector_has_limits_of_its_own() {
    let host = Host::start();
    host.with_guest(
        &guests::LIMITS,
        json!({"limits": {"host_calls": 5, "connectors": {"host_calls": {"host_calls": 50}}}}),
    );
    host.invoke("g/host_calls", &json!(50)).status(200);
    host.set("g", json!({"limits": {"connectors": {"host_calls": null}}}));
    host.invoke("g/host_calls", &json!(50)).limit(500, "LG3010", "host_calls", 5);
}

#[test]
fn a_caller_can_wait_less_and_never_longer() {
    let host = Host::start();
    host.with_guest(&guests::LIMITS, json!({"limits": {"cpu_ms": 60_000}}));
    let waits = |ms: u64| host.call("g/spin", &json!(500)).header("lockgate-deadline-ms", ms);
    let ended = host.send(waits(50)).problem(504, "LG3004");
    assert_eq!(ended["limit"]["value"], 50, "{ended:#}");
    assert_eq!(ended["limit"]["setting"], "header lockgate-deadline-ms", "{ended:#}");
    host.send(waits(60_000)).status(200);

    host.set("g", json!({"limits": {"deadline_ms": 50}}));
    host.send(waits(60_000)).limit(504, "LG3004", "deadline_ms", 50);
}

#[test]
fn a_value_out_of_range_is_refused_where_it_is_set() {
    let host = Host::start();
    host.group("g", json!({}));
    let refused = host.run(["group", "set", "g", "limits.cpu_ms=0", "limits.memory_bytes=9999999999999"]);
    refused.exits(1).says("at /limits/cpu_ms: 0 is out of range").says("at /limits/memory_bytes: ");
    host.run(["group", "set", "g", "limits.speed=1"]).exits(1).says("LG1010").says("speed");
}
