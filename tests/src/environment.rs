//! Every environment variable of the tests.

use std::time::{SystemTime, UNIX_EPOCH};

/// Runs the long loops too: `LOCKGATE_TEST_LONG=1`.
pub const LONG: &str = "LOCKGATE_TEST_LONG";

/// Which store hosts have: `LOCKGATE_TEST_STORE=postgres`, or SQLite without it.
pub const STORE: &str = "LOCKGATE_TEST_STORE";

/// Set by a test for its own second run, in namespaces of its own: see `namespace.rs`.
pub const NAMESPACE: &str = "LOCKGATE_TEST_NAMESPACE";

/// Whether hosts keep everything in PostgreSQL.
pub fn on_postgres() -> bool {
    match std::env::var_os(STORE) {
        None => false,
        Some(value) if value == "sqlite" => false,
        Some(value) if value == "postgres" => true,
        Some(value) => panic!("{STORE}={}: expected `sqlite` or `postgres`", value.display()),
    }
}

/// Whether the long loops are asked for.
pub fn is_long() -> bool {
    std::env::var_os(LONG).is_some_and(|value| value == "1")
}

/// How often a loop repeats: few times in every run, many times when the long loops are asked for.
pub fn rounds(few: usize, many: usize) -> usize {
    if is_long() { many } else { few }
}

/// What the random choices of a test begin with: `LOCKGATE_TEST_SEED=NUMBER`, to repeat a run that failed.
pub const SEED: &str = "LOCKGATE_TEST_SEED";

/// The seed: the one that is given, or a fixed one in the short run and a new one in the long run. It is printed, so that a
/// failure can be repeated.
#[allow(clippy::print_stderr, reason = "a test's output is shown when it fails")]
pub fn seed() -> u64 {
    let given = std::env::var(SEED).ok();
    let given = given.map(|text| text.parse().unwrap_or_else(|_| panic!("{SEED}={text}: expected a number")));
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos().into());
    let seed = given.unwrap_or_else(|| if is_long() { now() } else { 48 });
    eprintln!("{SEED}={seed}");
    seed
}
