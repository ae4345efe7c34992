//! Every environment variable of the tests.

/// Runs the long loops too: `LOCKGATE_TEST_LONG=1`.
pub const LONG: &str = "LOCKGATE_TEST_LONG";

/// How often a loop repeats: few times in every run, many times when the long loops are asked for.
pub fn rounds(few: usize, many: usize) -> usize {
    let long = std::env::var_os(LONG).is_some_and(|value| value == "1");
    if long { many } else { few }
}

/// What the random choices of a test begin with: `LOCKGATE_TEST_SEED=NUMBER`, to repeat a run that failed.
pub const SEED: &str = "LOCKGATE_TEST_SEED";

/// The seed, the same in every run without the variable. Tests print it.
pub fn seed() -> u64 {
    let given = std::env::var(SEED).ok();
    given.map_or(48, |text| text.parse().unwrap_or_else(|_| panic!("{SEED}={text}: expected a number")))
}
