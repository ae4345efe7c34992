//! Every environment variable of the tests.

/// Runs the long loops too: `LOCKGATE_TEST_LONG=1`.
pub const LONG: &str = "LOCKGATE_TEST_LONG";

/// Which store hosts have: `LOCKGATE_TEST_STORE=postgres`, or SQLite without it.
pub const STORE: &str = "LOCKGATE_TEST_STORE";

/// Whether hosts keep everything in PostgreSQL.
pub fn on_postgres() -> bool {
    match std::env::var_os(STORE) {
        None => false,
        Some(value) if value == "sqlite" => false,
        Some(value) if value == "postgres" => true,
        Some(value) => panic!("{STORE}={}: expected `sqlite` or `postgres`", value.display()),
    }
}

/// How often a loop repeats: few times in every run, many times when the long loops are asked for.
pub fn rounds(few: usize, many: usize) -> usize {
    let long = std::env::var_os(LONG).is_some_and(|value| value == "1");
    if long { many } else { few }
}
