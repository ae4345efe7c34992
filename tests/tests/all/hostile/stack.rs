//! Guests that use up their stack.

use lockgate_tests::{Host, hostile};
use serde_json::json;

use super::{beside_a_neighbour, call, loaded};

#[test]
fn unbounded_recursion() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::RECURSION);
        let trap = call(host).problem(500, "LG3002");
        assert!(trap["detail"].as_str().unwrap().contains("call stack exhausted"), "{trap:#}");
    });
}

/// The deepest recursion that still returns is found first; then the host is called from each of the last frames around
/// it, and calls back into the guest from there.
#[test]
fn recursion_that_ends_in_a_host_call_on_the_last_bytes() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::RECURSION_TO_A_HOST_CALL);
        let (mut returns, mut traps) = (0, 1 << 19);
        assert!(deep(host, returns) && !deep(host, traps));
        while traps - returns > 1 {
            let middle = (returns + traps) / 2;
            if deep(host, middle) { returns = middle } else { traps = middle }
        }
        assert!(returns > 1000, "{returns}");
        let around: Vec<_> = (returns - 200..returns + 200).map(|depth| deep(host, depth)).collect();
        assert!(around.contains(&true) && around.contains(&false));
    });
}

/// Whether a recursion of this depth returns. If not, it ends as a trap and in no other way.
#[track_caller]
fn deep(host: &Host, depth: usize) -> bool {
    // The input is a text, of which two bytes are its quotes.
    let answer = host.invoke("g/attack", &json!("x".repeat(depth)));
    if answer.status == 200 {
        return true;
    }
    answer.problem(500, "LG3002");
    false
}
