//! Guests that take memory.

use lockgate_tests::hostile;

use super::{beside_a_neighbour, call, loaded};

#[test]
fn growth_spread_over_several_memories() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::GROWTH_OF_SEVERAL_MEMORIES);
        call(host).limit(500, "LG3006", "memory_bytes", 64 << 20);
        host.run(["group", "set", "g", "limits.memory_bytes=134217728"]).ok();
        assert_eq!(call(host).output(), 1);
    });
}

#[test]
fn a_gigabyte_filled_in_a_loop() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::FILL_OF_A_GIGABYTE);
        call(host).limit(500, "LG3005", "cpu_ms", 1000);
    });
}

/// What a slot held is not there for its next guest, and not kept by the host.
#[test]
fn memory_of_ended_calls_is_given_back() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::FILL_OF_A_GIGABYTE);
        for _ in 0..3 {
            call(host).limit(500, "LG3005", "cpu_ms", 1000);
        }
        assert!(host.resident_bytes() < 512 << 20, "{}", host.resident_bytes());
    });
}
