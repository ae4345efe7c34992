//! What QuickJS keeps to be unpredictable: the state of `Math.random` and the seed of the hashes of `Map` and `Set`. Both
//! are made with a context, so a snapshot would give each call the same. They have no setter; where they are is found when
//! the snapshot is made, by the values that they must have then.

use rquickjs::Context;

/// What the clock says while the snapshot is made: microseconds that no real clock shows.
pub(crate) const CLOCK_OF_SNAPSHOT: u64 = 0x0005_a17e_5eed_c10c;
/// How much of a context is searched: it has some hundred fields.
const CONTEXT_BYTES: usize = 1024;

/// Where both are, behind the beginning of a context.
#[derive(Clone, Copy)]
pub(crate) struct Seeds {
    offset: usize,
}

impl Seeds {
    /// Finds them in a context that was just made at [`CLOCK_OF_SNAPSHOT`]. `None`: this QuickJS keeps them elsewhere.
    pub(crate) fn find(context: &Context) -> Option<Self> {
        let mut state = CLOCK_OF_SNAPSHOT;
        let hash = next(&mut state) as u32;
        let base = context.as_raw().as_ptr().cast::<u8>();
        // SAFETY: a context is larger than what is read, and lives as long as the borrow.
        let bytes = unsafe { std::slice::from_raw_parts(base, CONTEXT_BYTES) };
        let expected = [state.to_le_bytes().as_slice(), hash.to_le_bytes().as_slice()].concat();
        let mut found = (0..CONTEXT_BYTES - expected.len()).step_by(8).filter(|at| bytes[*at..].starts_with(&expected));
        let offset = found.next()?;
        found.next().is_none().then_some(Self { offset })
    }

    /// Sets both. No map or set may have an entry yet.
    pub(crate) fn set(self, context: &Context, random: u64) {
        let mut state = random | 1;
        let hash = next(&mut state) as u32;
        // SAFETY: `find` has seen both fields there, and nothing else reads them meanwhile.
        unsafe {
            let field = context.as_raw().as_ptr().cast::<u8>().add(self.offset);
            field.cast::<u64>().write(state);
            field.add(8).cast::<u32>().write(hash);
        }
    }
}

/// The generator of QuickJS (xorshift64star).
fn next(state: &mut u64) -> u64 {
    let mut x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    x.wrapping_mul(0x2545_F491_4F6C_DD1D)
}
