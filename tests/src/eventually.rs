//! Waiting for a state, in the one way that every test waits.

use std::fmt::Debug;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a state may take before its test fails: far beyond what it takes on a busy machine, and less than the 30 s
/// after which the host closes idle connections by itself, so that no test passes because of that.
pub const PATIENCE: Duration = Duration::from_secs(25);

/// The first and the longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Looks again and again until there is something to see, and gives it. Fails with `what` was waited for and with what
/// was seen last, after [`PATIENCE`].
#[track_caller]
pub fn eventually<S: Seen>(what: &str, mut look: impl FnMut() -> S) -> S::Value {
    let (began, mut pause) = (Instant::now(), PAUSES.0);
    loop {
        match look().seen() {
            Ok(value) => return value,
            Err(instead) => assert!(began.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}: {instead}"),
        }
        sleep(pause);
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// What a look at a state gives.
pub trait Seen {
    type Value;

    /// # Errors
    /// What is there instead.
    fn seen(self) -> Result<Self::Value, String>;
}

/// Whether it holds.
impl Seen for bool {
    type Value = ();

    fn seen(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("it does not hold".to_owned()) }
    }
}

/// What was found.
impl<T> Seen for Option<T> {
    type Value = T;

    fn seen(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing is there".to_owned())
    }
}

/// What was found, or what is there instead.
impl<T, E: Debug> Seen for Result<T, E> {
    type Value = T;

    fn seen(self) -> Result<T, String> {
        self.map_err(|instead| format!("{instead:#?}"))
    }
}

/// The two values are equal, or the first of them as it is now.
pub fn equal<T: PartialEq<U>, U>(now: T, expected: &U) -> Result<(), T> {
    if now == *expected { Ok(()) } else { Err(now) }
}
