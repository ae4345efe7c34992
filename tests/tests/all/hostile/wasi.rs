//! Guests that try everything by which WASI could lead out of the sandbox.

use lockgate_tests::hostile;

use super::{beside_a_neighbour, call, loaded};

/// No variables, no arguments, no working directory, no folders. Sockets refuse (code 1 is `access-denied`), as do
/// look-ups (code 20 is `permanent-resolver-failure`, written as the 20th character after `0`); standard input is
/// closed (case 1 of `stream-error`).
#[test]
fn nothing_is_there_and_everything_refuses() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::REACH);
        assert_eq!(call(host).output(), ["0000", "11", "11", "1D", "11"].concat());
    });
}

#[test]
fn a_file_is_opened_through_a_forged_folder() {
    beside_a_neighbour(|host| {
        loaded(host, &hostile::FORGED_DESCRIPTOR);
        let problem = call(host).problem(500, "LG3011");
        assert!(problem["detail"].as_str().unwrap().contains("unknown handle index"), "{problem:#}");
    });
}
