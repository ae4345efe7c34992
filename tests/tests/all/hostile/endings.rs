//! Guests that end badly, once or very often.

use lockgate_tests::hostile::{self, Hostile};
use serde_json::Value;

use super::{beside_a_neighbour, call, loaded};

/// Ends the call as a trap; gives the problem.
#[track_caller]
fn ends_with(guest: &Hostile, code: &str, found: &str) {
    beside_a_neighbour(|host| {
        loaded(host, guest);
        for _ in 0..3 {
            let problem = call(host).problem(500, code);
            assert!(problem["detail"].as_str().unwrap().contains(found), "{problem:#}");
        }
    });
}

#[test]
fn unreachable() {
    ends_with(&hostile::UNREACHABLE, "LG3002", "`unreachable`");
}

#[test]
fn division_by_zero() {
    ends_with(&hostile::DIVISION_BY_ZERO, "LG3002", "divide by zero");
}

#[test]
fn access_out_of_bounds() {
    ends_with(&hostile::ACCESS_OUT_OF_BOUNDS, "LG3002", "out of bounds memory access");
}

#[test]
fn trap_in_post_return() {
    ends_with(&hostile::TRAP_IN_POST_RETURN, "LG3002", "`unreachable`");
}

#[test]
fn exit_of_the_process() {
    ends_with(&hostile::EXIT, "LG3011", "exit");
}

/// A panic's message is cut, and nothing in it reaches a terminal as it is.
#[test]
fn panic_with_a_message_of_a_megabyte() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::ABORT);
        let answer = call(host);
        assert!(!answer.body.contains('\u{1b}') && !answer.body.contains("\\u001b"), "{answer:#?}");
        let problem = answer.problem(500, "LG3003");
        let message = problem["failure"]["message"].as_str().unwrap();
        assert!(message.starts_with("\\u{1b}") && message.len() < 5000, "{problem:#}");
    });
}

#[test]
fn trap_while_holding_every_kind_of_handle() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::TRAP_WITH_HANDLES);
        let trap: Value = call(host).problem(500, "LG3002");
        assert!(trap["detail"].as_str().unwrap().contains("`unreachable`"), "{trap:#}");
    });
}

/// Nothing that a trapped instance held stays behind: handles, places in the pool, files, memory.
#[test]
fn ten_thousand_traps_in_a_row_leave_nothing_behind() {
    let host = lockgate_tests::Host::start();
    host.lift_rate();
    loaded(&host, &hostile::TRAP_WITH_HANDLES);
    let trap = |times: usize| (0..times).for_each(|_| assert_eq!(call(&host).status, 500));
    trap(1000);
    let (before, memory) = (host.at_rest(), host.resident_bytes());
    trap(9000);
    host.comes_to_rest(before);
    let grown = host.resident_bytes().saturating_sub(memory);
    assert!(grown < 32 << 20, "{grown} bytes for 9,000 traps");
    call(&host).problem(500, "LG3002");
}
