//! Every environment variable of the tests.

/// Runs the long loops too: `LOCKGATE_TEST_LONG=1`.
pub const LONG: &str = "LOCKGATE_TEST_LONG";

/// The seed of the tests that draw by chance, as they print it: `LOCKGATE_TEST_SEED=12345`.
pub const SEED: &str = "LOCKGATE_TEST_SEED";

/// Whether the long loops are asked for.
pub fn is_long() -> bool {
    std::env::var_os(LONG).is_some_and(|value| value == "1")
}

/// How often a loop repeats: few times in every run, many times when the long loops are asked for.
pub fn rounds(few: usize, many: usize) -> usize {
    if is_long() { many } else { few }
}
