//! Random values that nobody can predict, from the host. (Native tests get repeatable ones.)
//!
//! Crates that use `getrandom` get theirs from here too: `rand` as it is, `uuid` with `rng-getrandom` beside `v4`.

use crate::host;

/// So many random bytes.
///
/// ```
/// assert_eq!(lockgate_sdk::random::bytes(32).len(), 32);
/// ```
pub fn bytes(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fill(&mut bytes);
    bytes
}

/// Overwrites the buffer with random bytes.
///
/// ```
/// let mut key = [0; 16];
/// lockgate_sdk::random::fill(&mut key);
/// assert_ne!(key, [0; 16]);
/// ```
pub fn fill(buffer: &mut [u8]) {
    host::random_fill(buffer);
}

/// A random number.
///
/// ```
/// assert_ne!(lockgate_sdk::random::u64(), lockgate_sdk::random::u64());
/// ```
pub fn u64() -> u64 {
    host::random_u64()
}

/// The back ends that `getrandom` looks for by name.
///
/// An exported symbol keeps what it calls, so each is behind a feature: a plugin that needs no randomness must not
/// import it.
#[cfg(target_arch = "wasm32")]
mod getrandom {
    /// Versions 0.3 and 0.4, with `--cfg getrandom_backend="custom"`. Their error types differ, and both are non-zero
    /// 32-bit numbers; this never returns one.
    #[cfg(feature = "getrandom")]
    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(target: *mut u8, length: usize) -> Result<(), std::num::NonZeroI32> {
        // SAFETY: the caller owns `length` bytes there. They may be uninitialised, so they are set before a slice exists.
        super::fill(unsafe {
            target.write_bytes(0, length);
            std::slice::from_raw_parts_mut(target, length)
        });
        Ok(())
    }

    #[cfg(feature = "getrandom-02")]
    ::getrandom::register_custom_getrandom!(fill_02);

    #[cfg(feature = "getrandom-02")]
    fn fill_02(target: &mut [u8]) -> Result<(), ::getrandom::Error> {
        super::fill(target);
        Ok(())
    }
}
