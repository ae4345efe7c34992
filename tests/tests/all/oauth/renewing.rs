//! Tokens are renewed once, however many calls and hosts wait for them.

use std::time::Duration;

use lockgate_tests::{Home, Host, Postgres, Provider, Reply, Serve, Upstream, eventually};
use reqwest::Method;
use serde_json::{Value, json};

use super::{call, host, invoke, prepare, shown, with_refresh_token};

fn refresh_method() -> Value {
    json!({"grant": "refresh_token"})
}

/// The token that is stored is over from now on.
fn expire(host: &Host) {
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 3600000");
}

/// A host that has forgotten the tokens that it had in memory.
fn restarted(mut host: Host) -> Host {
    host.restart();
    host
}

#[test]
fn a_thousand_calls_on_an_expired_token_make_one_request() {
    let provider = Provider::start();
    let host = host(&provider, refresh_method());
    host.lift_rate();
    host.set("g", json!({"limits": {"calls_in_flight": 1000, "tenant_calls_in_flight": 1000}}));
    with_refresh_token(&host, &provider.mint());
    invoke(&host).status(200);
    expire(&host);
    let host = restarted(host);
    let before = provider.count("requests");
    // Nobody has a token before all of them want one.
    provider.hold("answers");
    let release = std::thread::scope(|scope| {
        let answers = scope.spawn(|| host.send_all((0..1000).map(|_| call(&host))));
        eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
        std::thread::sleep(Duration::from_millis(500));
        provider.release();
        answers.join().unwrap()
    });
    let mut good = 0;
    for answer in release {
        match answer.status {
            200 => good += 1,
            // More than run at one time.
            429 => {}
            _ => panic!("{} {}", answer.status, answer.body),
        }
    }
    assert!(good >= 200, "{good} calls had a token");
    assert_eq!(provider.count("requests"), before + 1);
    assert_eq!((provider.count("refused"), provider.count("revoked")), (0, 0));
}

/// Three hosts on one PostgreSQL, whose connection has a token that is over.
fn three(provider: &Provider) -> [Host; 3] {
    let database = Postgres::start().database("lockgate");
    let text = format!("public_url = \"{}\"\nreachable = ['{}']\n", super::public_url(), provider.address());
    let one = Serve::at(Home::on(&database)).configured(&text).start();
    prepare(&one, provider, refresh_method());
    one.lift_rate();
    with_refresh_token(&one, &provider.mint());
    let beside = || Serve::beside(&one).configured(&text).start();
    let (two, three) = (beside(), beside());
    [one, two, three]
}

#[test]
fn three_hosts_make_one_request() {
    let provider = Provider::start();
    let hosts = three(&provider);
    let answers: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> =
            hosts.iter().map(|host| scope.spawn(|| host.send_all((0..100).map(|_| call(host))))).collect();
        all.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let good = answers.iter().filter(|answer| answer.status == 200).count();
    let other: Vec<_> = answers.iter().filter(|answer| ![200, 429].contains(&answer.status)).collect();
    assert!(other.is_empty(), "{other:?}");
    assert!(good >= 3, "{good}");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0));
    // Each has the token of the one that renewed.
    for host in &hosts {
        assert_eq!(invoke(host).output(), "ada");
    }
    assert_eq!(provider.count("requests"), 1);
}

#[test]
fn a_provider_that_is_slower_than_the_lease_is_waited_for() {
    let provider = Provider::start();
    let [one, two, _] = three(&provider);
    provider.hold("answers");
    one.send_and_forget(call(&one));
    eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
    // Longer than a lease lasts: its holder says that it is still there.
    std::thread::sleep(Duration::from_secs(25));
    two.send_and_forget(call(&two));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(provider.count("requests"), 1);
    provider.release();
    assert_eq!(two.until("a token", || call(&two), |answer| answer.status == 200).output(), "ada");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0));
}

#[test]
fn a_host_that_was_stopped_while_it_renewed_ends_no_grant() {
    let provider = Provider::start();
    let [one, two, _] = three(&provider);
    provider.hold("answers");
    one.send_and_forget(call(&one));
    eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
    one.pause();
    provider.release();
    std::thread::sleep(Duration::from_secs(30));
    // The lease is over and what was sent is good for one use: nobody sends it again.
    two.until("a reason", || call(&two), |answer| [409, 502].contains(&answer.status) && answer.body.contains("LG"));
    let noted = two.get("/groups/g/connections/main").json();
    assert_eq!((noted["state"].as_str(), provider.count("requests")), (Some("needs_reauth"), 1), "{noted}");
    assert_eq!(noted["tokens"]["main"]["failure"]["code"], "LG4044");
    // It goes on, and its answer was good after all.
    one.resume();
    two.until("a token", || call(&two), |answer| answer.status == 200);
    assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0));
    let state = || two.get("/groups/g/connections/main").json();
    eventually("no note", || (state()["state"] == "active").then_some(()).ok_or_else(state));
}

#[test]
fn a_token_that_the_api_refuses_is_renewed_once() {
    let provider = Provider::start();
    let host = host(&provider, refresh_method());
    with_refresh_token(&host, &provider.mint());
    invoke(&host).status(200);
    // The provider said an hour, and the API takes it no more after two minutes.
    provider.forget();
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 120000");
    let host = restarted(host);
    let before = provider.count("requests");
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!(provider.count("requests"), before + 1);
}

#[test]
fn a_clock_that_jumps_costs_a_request_at_most() {
    let provider = Provider::start();
    let host = host(&provider, refresh_method());
    with_refresh_token(&host, &provider.mint());
    invoke(&host).status(200);
    // Issued by a clock that was a year ahead, and one that was a year behind.
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at + 31536000000");
    let host = restarted(host);
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!(provider.count("requests"), 1);
    host.home.sql("UPDATE oauth_tokens SET issued_at = issued_at - 2 * 31536000000");
    let host = restarted(host);
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (2, 0));
}

#[test]
fn a_grant_that_is_over_is_said_with_its_reason() {
    let provider = Provider::start();
    let host = host(&provider, refresh_method());
    let refresh_token = provider.mint();
    with_refresh_token(&host, &refresh_token);
    invoke(&host).status(200);
    // Somebody else uses the token that was used: the provider ends the grant.
    let other = super::host(&provider, refresh_method());
    with_refresh_token(&other, &refresh_token);
    invoke(&other).problem(502, "LG4040");
    assert_eq!(provider.count("revoked"), 1);
    assert_eq!(shown(&other)["state"], "needs_reauth");
    invoke(&other).problem(409, "LG1020");
    let failure = shown(&other)["tokens"]["main"]["failure"].clone();
    assert_eq!((failure["code"].as_str(), &failure["retry_at"]), (Some("LG4040"), &Value::Null));
    assert!(failure["since"].is_string() && failure["detail"].as_str().unwrap().contains("invalid_grant"), "{failure}");
    let audit = other.send(other.admin(Method::GET, "/v1/audit?limit=10")).body;
    assert!(audit.contains("connection.end_grant"), "{audit}");
    // New values make it good again.
    let values = json!({"credentials": {"main": {"values": {"refresh_token": provider.mint()}}}});
    other.send(other.request(Method::PUT, "/groups/g/connections/main/credentials").json(&values)).status(200);
    assert_eq!(invoke(&other).output(), "ada");
}

#[test]
fn a_renewal_closes_no_connection_and_changes_no_version() {
    let provider = Provider::start();
    let api = Upstream::start(|_| Reply::new(200).json(&json!({"account": "ada"})));
    let text = format!(
        "public_url = \"{}\"\nreachable = ['{}', '{}']\n",
        super::public_url(),
        provider.address(),
        api.address()
    );
    let host = Serve::new().configured(&text).start();
    let mut group = super::group(&provider, refresh_method());
    group["base_url"] = json!(api.url());
    group["destinations"] = json!([
        {"url": provider.url(), "credential": "main", "plaintext": true},
        {"url": api.url(), "credential": "main", "plaintext": true},
    ]);
    host.group("g", group);
    super::client(&host, "app");
    provider.lifetime(2);
    with_refresh_token(&host, &provider.mint());
    invoke(&host).status(200);
    let version = shown(&host)["version"].clone();
    let revision = host.home.sql("SELECT number FROM revision");
    eventually("three renewals", || {
        invoke(&host).status(200);
        std::thread::sleep(Duration::from_millis(300));
        let count = provider.count("answered");
        (count >= 4).then_some(()).ok_or(count)
    });
    assert_eq!(api.connections(), 1, "all calls went over one connection");
    assert_eq!(shown(&host)["version"], version);
    assert_eq!(host.home.sql("SELECT number FROM revision"), revision);
    let tokens: std::collections::BTreeSet<_> =
        api.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert!(tokens.len() >= 3, "{} tokens", tokens.len());
}
