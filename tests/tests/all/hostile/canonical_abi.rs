//! Guests that hand over what no compiler of bindings would: the host reads their memory, and believes nothing of it.

use lockgate_tests::hostile::{self, Hostile};

use super::{beside_a_neighbour, call, load, loaded};

/// Breaks the contract in a call.
#[track_caller]
fn breaks(guest: &Hostile, found: &str) {
    beside_a_neighbour(|host| {
        loaded(host, guest);
        for _ in 0..3 {
            let problem = call(host).problem(500, "LG3011");
            assert!(problem["detail"].as_str().unwrap().contains(found), "{problem:#}");
        }
    });
}

/// Holds more handles at one time than it may.
#[track_caller]
fn takes_too_many_handles(guest: &Hostile) {
    beside_a_neighbour(|host| {
        loaded(host, guest);
        call(host).limit(500, "LG3012", "handles", 1000);
        host.run(["group", "set", "g", "limits.handles=2000"]).ok();
        call(host).limit(500, "LG3012", "handles", 2000);
    });
}

#[test]
fn a_result_of_a_gigabyte() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::RESULT_OF_A_GIGABYTE);
        call(host).limit(500, "LG3007", "output_bytes", 4 << 20);
        host.run(["group", "set", "g", "limits.output_bytes=67108864"]).ok();
        call(host).limit(500, "LG3007", "output_bytes", 64 << 20);
    });
}

#[test]
fn a_result_whose_length_points_out_of_bounds() {
    breaks(&hostile::RESULT_OUT_OF_BOUNDS, "out of bounds");
}

#[test]
fn a_result_at_an_address_out_of_bounds() {
    breaks(&hostile::POINTER_OUT_OF_BOUNDS, "out of bounds");
}

#[test]
fn a_list_whose_length_points_out_of_bounds() {
    breaks(&hostile::LIST_OUT_OF_BOUNDS, "out of bounds");
}

/// 4 GB when taken out of the lists, and none of it is the host's.
#[test]
fn nested_lists_that_alias_the_same_bytes() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::ALIASED_LISTS);
        call(host).limit(500, "LG3006", "memory_bytes", 64 << 20);
        assert!(host.resident_bytes() < 512 << 20, "{}", host.resident_bytes());
    });
}

#[test]
fn a_list_that_lends_one_handle_many_times() {
    takes_too_many_handles(&hostile::ALIASED_HANDLES);
}

#[test]
fn invalid_utf8_in_a_result() {
    breaks(&hostile::INVALID_UTF8, "utf-8");
}

#[test]
fn invalid_utf8_in_the_manifest() {
    beside_a_neighbour(|host| {
        let refused = load(host, &hostile::INVALID_UTF8_IN_THE_MANIFEST).problem(422, "LG2007");
        assert!(refused["detail"].as_str().unwrap().contains("utf-8"), "{refused:#}");
    });
}

#[test]
fn invalid_utf8_to_a_host_function() {
    breaks(&hostile::INVALID_UTF8_TO_THE_HOST, "utf-8");
}

#[test]
fn a_result_that_is_neither_ok_nor_error() {
    breaks(&hostile::INVALID_RESULT_CASE, "discriminant");
}

#[test]
fn an_option_that_is_neither_some_nor_none() {
    breaks(&hostile::INVALID_OPTION_CASE, "discriminant");
}

#[test]
fn a_log_level_that_does_not_exist() {
    breaks(&hostile::INVALID_LOG_LEVEL, "discriminant");
}

#[test]
fn a_forged_handle() {
    breaks(&hostile::FORGED_HANDLE, "unknown handle index");
}

#[test]
fn a_dropped_handle() {
    breaks(&hostile::DROPPED_HANDLE, "unknown handle index");
}

#[test]
fn a_handle_that_is_dropped_twice() {
    breaks(&hostile::HANDLE_DROPPED_TWICE, "unknown handle index");
}

#[test]
fn a_handle_of_another_type() {
    breaks(&hostile::FOREIGN_HANDLE, "handle");
}

#[test]
fn a_parent_that_is_dropped_before_its_child() {
    breaks(&hostile::PARENT_DROPPED_BEFORE_ITS_CHILD, "children");
}

#[test]
fn handles_of_the_host_without_end() {
    takes_too_many_handles(&hostile::ENDLESS_HANDLES);
}

#[test]
fn handles_of_its_own_without_end() {
    takes_too_many_handles(&hostile::ENDLESS_HANDLES_OF_ITS_OWN);
}

#[test]
fn more_handles_pass_with_a_higher_limit() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::MANY_HANDLES);
        let ended = call(host).limit(500, "LG3012", "handles", 1000);
        let setting = ended["limit"]["setting"].as_str().unwrap().split(' ').next().unwrap();
        host.run(["group", "set", "g", &format!("{setting}=1600")]).ok();
        call(host).status(200);
    });
}

#[test]
fn host_calls_in_a_tight_loop() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::HOST_CALLS);
        call(host).limit(500, "LG3010", "host_calls", 1000);
        host.run(["group", "set", "g", "limits.host_calls=100000"]).ok();
        assert_eq!(call(host).output(), 1);
    });
}

#[test]
fn calls_of_wasi_in_a_tight_loop() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::WASI_CALLS);
        call(host).limit(500, "LG3010", "host_calls", 1000);
    });
}
