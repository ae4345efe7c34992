//! The clock of QuickJS (`Date`), which is the host's.

use crate::bindings::wasi::clocks::wall_clock;
use crate::engine;
use crate::seeds::CLOCK_OF_SNAPSHOT;

/// Microseconds since 1970, for the C library of QuickJS.
// SAFETY: nothing else has this name, which the library declares with this signature.
#[unsafe(no_mangle)]
extern "C" fn __rquickjs_host_now_us() -> f64 {
    if engine::is_being_made() {
        return CLOCK_OF_SNAPSHOT as f64;
    }
    let now = wall_clock::now();
    now.seconds as f64 * 1e6 + f64::from(now.nanoseconds / 1000)
}
