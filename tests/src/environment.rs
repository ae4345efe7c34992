//! Every environment variable of the tests.

/// Runs the long loops too: `LOCKGATE_TEST_LONG=1`.
pub const LONG: &str = "LOCKGATE_TEST_LONG";

/// How often a loop repeats: few times in every run, many times when the long loops are asked for.
pub fn rounds(few: usize, many: usize) -> usize {
    let long = std::env::var_os(LONG).is_some_and(|value| value == "1");
    if long { many } else { few }
}
