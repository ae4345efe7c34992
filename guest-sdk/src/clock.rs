//! The time. `std::time` has no clock in a connector, and neither have crates that ask it, such as chrono's
//! `Utc::now()`: build their values from [`now`].
//!
//! ```
//! use lockgate_sdk::clock;
//!
//! let started = clock::monotonic();
//! let seconds = clock::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
//! assert!(seconds > 1_700_000_000);
//! assert!(clock::monotonic() >= started);
//! ```
//!
//! With chrono (features `std` and `alloc`, not `wasmbind`): `DateTime::<Utc>::from(clock::now())`.

use crate::host;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The time of day, in steps of a millisecond.
///
/// ```
/// assert!(lockgate_sdk::clock::now() > std::time::UNIX_EPOCH);
/// ```
pub fn now() -> SystemTime {
    UNIX_EPOCH + unix_time()
}

/// The same as the time since 1970-01-01T00:00:00Z.
///
/// ```
/// assert!(lockgate_sdk::clock::unix_time().as_millis() > 0);
/// ```
pub fn unix_time() -> Duration {
    host::unix_time()
}

/// Time since an arbitrary start; it never goes back. The difference of two readings is how long something took.
///
/// ```
/// let started = lockgate_sdk::clock::monotonic();
/// let took = lockgate_sdk::clock::monotonic() - started;
/// assert!(took.as_secs() < 60);
/// ```
pub fn monotonic() -> Duration {
    host::monotonic()
}
