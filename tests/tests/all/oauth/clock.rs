//! Hosts whose clock jumps both ways, or is another than that of the host beside them: each jump costs a request at most,
//! and no grant.

use lockgate_tests::{Clock, Home, Host, Postgres, Provider, Random, Serve, environment, eventually};
use reqwest::Method;
use serde_json::json;

use super::{SECRET, invoke, prepare, serve, shown, with_refresh_token};

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;
const YEAR: i64 = 365 * DAY;
/// Less and more than what is compared with a clock: how young a token is, its margin, its lifetime, pauses, leases.
const JUMPS: [i64; 7] = [20, 5 * MINUTE, 50 * MINUTE, 70 * MINUTE, DAY, YEAR, 9 * YEAR];

/// A host with a clock of its own, whose connection has a token that is good for an hour.
fn host(provider: &Provider) -> (Clock, Host) {
    let (clock, serve) = Clock::of(serve(Home::new(), provider));
    let host = serve.start();
    prepare(&host, provider, json!({"grant": "refresh_token"}));
    with_refresh_token(&host, &provider.mint());
    assert_eq!(invoke(&host).output(), "ada");
    (clock, host)
}

fn renewal(host: &Host) -> reqwest::RequestBuilder {
    host.request(Method::POST, "/groups/g/connections/main/refresh")
}

fn waits(provider: &Provider) {
    eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
}

#[test]
fn each_jump_costs_a_request_at_most() {
    let mut random = Random::new(environment::seed());
    let provider = Provider::start();
    let (clock, mut host) = host(&provider);
    let rounds = environment::rounds(14, 400);
    for round in 0..rounds {
        let (seconds, back) = (JUMPS[random.below(JUMPS.len())], random.below(2) == 0);
        let seconds = if back { -seconds } else { seconds };
        let then = random.below(3);
        clock.set(seconds);
        match then {
            // It goes on with what it has in memory.
            0 => {}
            // It reads what is stored. Its end waits for a renewal that is under way.
            1 => {
                host.signal_end();
                host.wait();
                host.restart();
            }
            _ => drop(host.send(renewal(&host)).status(200)),
        }
        assert_eq!(invoke(&host).output(), "ada", "round {round}: {seconds} s from the right time, then {then}");
    }
    let asked = provider.count("requests");
    assert!(asked <= 1 + rounds as u64, "{asked} requests in {rounds} rounds");
    assert_eq!((provider.count("refused"), provider.count("revoked")), (0, 0));
    eprintln!("{asked} requests in {rounds} rounds");
    clock.set(0);
    host.send(renewal(&host)).status(200);
    assert_eq!((shown(&host)["state"].as_str(), invoke(&host).output()), (Some("active"), json!("ada")));
}

/// Longer than the holder of a lease waits before it says that it is still there, which it then does by the other clock.
#[test]
fn a_jump_while_a_token_is_on_its_way_changes_nothing() {
    let provider = Provider::start();
    let (clock, host) = host(&provider);
    for (number, (before, after)) in [(YEAR, -YEAR), (DAY, 2 * YEAR), (-9 * YEAR, 0)].into_iter().enumerate() {
        clock.set(before);
        provider.hold("answers");
        std::thread::scope(|scope| {
            let renewed = scope.spawn(|| host.send(renewal(&host)));
            waits(&provider);
            clock.set(after);
            std::thread::sleep(std::time::Duration::from_secs(6));
            provider.release();
            renewed.join().unwrap().status(200);
        });
        assert_eq!((shown(&host)["state"].as_str(), invoke(&host).output()), (Some("active"), json!("ada")));
        assert_eq!((provider.count("requests"), provider.count("revoked")), (2 + number as u64, 0));
    }
}

/// After a failure nobody asks for seconds. A clock that was a year ahead makes no year of them.
#[test]
fn a_pause_is_no_longer_than_it_was_made() {
    let provider = Provider::start();
    let (clock, host) = host(&provider);
    let with_secret = |secret: &str| {
        let set = json!({"oauth": {"main": {"client_id": "app", "client_secret": secret}}});
        host.send(host.request(Method::PUT, "/groups/g/installation").json(&set)).status(200);
    };
    clock.set(YEAR);
    with_secret("wrong");
    host.send(renewal(&host)).problem(502, "LG4041");
    let until = shown(&host)["tokens"]["main"]["failure"]["retry_at"].clone();
    assert!(until.is_string(), "{until}");
    with_secret(SECRET);
    clock.set(-YEAR);
    host.send(renewal(&host)).status(200);
    assert_eq!(invoke(&host).output(), "ada");
    assert!(shown(&host)["tokens"]["main"].get("failure").is_none());
    assert_eq!((provider.count("answered"), provider.count("revoked")), (2, 0));
}

/// Each renews what is over by its own clock, once; what one has renewed is good for the others.
#[test]
fn hosts_with_other_clocks_do_not_renew_in_turns() {
    let provider = Provider::start();
    let database = Postgres::start().database("lockgate");
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", super::public_url(), provider.address());
    let (clock, serve) = Clock::of(Serve::at(Home::on(&database)).configured(&text));
    clock.set(-120 * MINUTE);
    let first = serve.start();
    prepare(&first, &provider, json!({"grant": "refresh_token"}));
    with_refresh_token(&first, &provider.mint());
    let beside = [0, 120 * MINUTE].map(|seconds| {
        let (clock, serve) = Clock::of(Serve::beside(&first).configured(&text));
        clock.set(seconds);
        serve.start()
    });
    let mut hosts: Vec<Host> = [first].into_iter().chain(beside).collect();
    for round in 0..environment::rounds(3, 20) {
        for host in &mut hosts {
            assert_eq!(invoke(host).output(), "ada", "round {round}");
            // It reads what is stored again.
            host.signal_end();
            host.wait();
            host.restart();
        }
        assert_eq!((provider.count("requests"), provider.count("revoked")), (3, 0), "round {round}");
    }
}
