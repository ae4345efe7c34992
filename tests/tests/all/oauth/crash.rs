//! A host that is killed while it renews: before the request, after the answer, and around the commit. What is good for one
//! use is never sent twice.

use lockgate_tests::{Host, Provider, eventually};
use serde_json::{Value, json};

use super::{call, host, invoke, shown, with_refresh_token};

fn ready(provider: &Provider, more: Value) -> Host {
    let mut method = json!({"grant": "refresh_token"});
    method.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let host = host(provider, method);
    with_refresh_token(&host, &provider.mint());
    host
}

fn asked(provider: &Provider) {
    eventually("the provider is asked", || (provider.count("waiting") == 1).then_some(()).ok_or("not yet"));
}

#[test]
fn killed_before_the_request_it_asks_after_it_came_back() {
    let provider = Provider::start();
    let mut host = ready(&provider, json!({}));
    invoke(&host).status(200);
    // As it is after a lease was taken and before anything was sent.
    let holder = host.home.blob("00112233445566778899aabbccddeeff");
    let over = format!("issued_at = 0, holder = {holder}, leased_until = 99999999999999, sent = 0");
    host.home.sql(&format!("UPDATE oauth_tokens SET {over}"));
    host.kill_and_restart();
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (2, 0));
}

#[test]
fn killed_while_the_provider_answers_it_does_not_ask_again() {
    for held in ["requests", "answers"] {
        let provider = Provider::start();
        let mut host = ready(&provider, json!({}));
        provider.hold(held);
        host.send_and_forget(call(&host));
        asked(&provider);
        host.kill_and_restart();
        provider.release();
        let problem = invoke(&host).problem(502, "LG4044");
        assert!(problem["detail"].as_str().unwrap().contains("authorize"), "{held}: {problem}");
        let failure = shown(&host)["tokens"]["main"]["failure"].clone();
        assert_eq!((shown(&host)["state"].as_str(), failure["code"].as_str()), (Some("needs_reauth"), Some("LG4044")));
        invoke(&host).problem(409, "LG1020");
        assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0), "{held}");
    }
}

/// A provider whose refresh tokens stay good when they are used says so in the definition.
#[test]
fn what_may_be_repeated_is_repeated() {
    let provider = Provider::start();
    let mut host = ready(&provider, json!({"refresh_repeatable": true}));
    provider.hold("requests");
    host.send_and_forget(call(&host));
    asked(&provider);
    host.kill_and_restart();
    provider.hold("");
    // The one that was held is never carried out: its caller is gone.
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!(provider.count("requests"), 2);
}

#[test]
fn killed_after_the_commit_it_has_the_token() {
    let provider = Provider::start();
    let mut host = ready(&provider, json!({}));
    invoke(&host).status(200);
    host.kill_and_restart();
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0));
    assert_eq!(shown(&host)["state"], "active");
}

/// The end of a host waits for an answer that is on its way: it would be lost.
#[test]
fn a_host_that_is_ended_keeps_the_answer_that_it_waits_for() {
    let provider = Provider::start();
    let mut host = ready(&provider, json!({}));
    provider.hold("answers");
    host.send_and_forget(call(&host));
    asked(&provider);
    host.signal_end();
    std::thread::sleep(std::time::Duration::from_millis(500));
    provider.release();
    host.wait();
    host.restart();
    assert_eq!(invoke(&host).output(), "ada");
    assert_eq!((provider.count("requests"), provider.count("revoked")), (1, 0));
}
