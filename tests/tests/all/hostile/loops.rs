//! Guests that do not come back, wherever the host waits for them.

use lockgate_tests::hostile::{self, Hostile};
use serde_json::json;

use super::{beside_a_neighbour, call, load, loaded};

/// Computes without end in a call: ended at its limit of CPU time, and so is the next call.
#[track_caller]
fn computes_in_a_call(guest: &Hostile) {
    beside_a_neighbour(|host| {
        loaded(host, guest);
        call(host).limit(500, "LG3005", "cpu_ms", 1000);
        host.set("g", json!({"limits": {"cpu_ms": 100}}));
        call(host).limit(500, "LG3005", "cpu_ms", 100);
    });
}

/// Computes without end while it is loaded.
#[track_caller]
fn computes_in_a_load(guest: &Hostile) {
    beside_a_neighbour(|host| {
        let refused = load(host, guest).limit(422, "LG2007", "cpu_ms", 1000);
        assert!(refused["detail"].as_str().unwrap().contains("limits.cpu_ms"), "{refused:#}");
    });
}

#[test]
fn endless_loop_in_invoke() {
    computes_in_a_call(&hostile::LOOP_IN_INVOKE);
}

#[test]
fn endless_loop_in_describe() {
    computes_in_a_load(&hostile::LOOP_IN_DESCRIBE);
}

#[test]
fn endless_loop_in_a_start_function() {
    computes_in_a_load(&hostile::LOOP_IN_START);
}

#[test]
fn endless_loop_in_realloc() {
    computes_in_a_call(&hostile::LOOP_IN_REALLOC);
}

#[test]
fn endless_loop_in_realloc_of_a_host_calls_result() {
    computes_in_a_call(&hostile::LOOP_IN_REALLOC_OF_A_RESULT);
}

#[test]
fn endless_loop_in_post_return() {
    computes_in_a_call(&hostile::LOOP_IN_POST_RETURN);
}

/// A call's instance is made within the call, so its start function has the call's limits.
#[test]
fn a_start_function_that_computes_for_too_long_in_a_call() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::LONG_START);
        host.set("g", json!({"limits": {"cpu_ms": 20}}));
        call(host).limit(500, "LG3005", "cpu_ms", 20);
        host.run(["group", "set", "g", "limits.cpu_ms=60000"]).ok();
        assert_eq!(call(host).output(), 1);
    });
}

#[test]
fn a_start_function_that_sleeps_beyond_the_deadline() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::SLEEP_IN_START);
        host.set("g", json!({"limits": {"deadline_ms": 100}}));
        call(host).limit(504, "LG3004", "deadline_ms", 100);
        host.run(["group", "set", "g", "limits.deadline_ms=30000"]).ok();
        assert_eq!(call(host).output(), 1);
    });
}

#[test]
fn a_sleep_beyond_the_deadline() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::SLEEP_IN_INVOKE);
        call(host).limit(504, "LG3004", "deadline_ms", 500);
    });
}

/// As many as the machine has processors several times over, so that all threads of guests are taken.
#[test]
fn many_endless_loops_at_once() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::LOOP_IN_INVOKE);
        host.set("g", json!({"limits": {"cpu_ms": 50, "deadline_ms": 300_000}}));
        let calls: Vec<_> = (0..32).map(|_| host.call("g/attack", &json!(null))).collect();
        for answer in host.send_all(calls) {
            answer.limit(500, "LG3005", "cpu_ms", 50);
        }
    });
}
