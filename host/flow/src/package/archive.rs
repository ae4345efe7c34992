//! Zip archives as packages are: written always in the same bytes, and read strictly. Of the format (APPNOTE 6.3.10) one
//! disk, methods 0 and 8, no encryption and no zip64 are taken; what two readers could read differently is refused: names that
//! come twice, entries that overlap, headers that contradict the directory, bytes before the first entry.

mod bytes;
mod name;
mod read;
mod write;

pub use read::{Archive, Entry};
pub use write::write;

/// Entries of an archive: a workspace of a thousand groups with some files each.
pub(crate) const ENTRIES_MAX: usize = 8192;
/// Bytes of all unpacked entries: some of the largest components with everything else.
const UNPACKED_MAX: u64 = 512 * 1024 * 1024;
/// How much larger than packed an entry may be: text that repeats itself has a hundredth, a bomb a thousandth.
const RATIO_MAX: u64 = 200;
/// Entries below this size may have any ratio, since they cost nothing.
const RATIO_FROM: u64 = 1024 * 1024;

/// Why an archive is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveRefused {
    /// It is no zip archive, or one that is cut or damaged.
    #[error("the archive can't be read: {0}")]
    Damaged(&'static str),
    /// An entry is not as the directory says.
    #[error("the archive's entry `{name}` can't be read: {why}")]
    Entry {
        /// Which.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// It has more entries than are taken.
    #[error("the archive has {0} entries: expected at most {ENTRIES_MAX}")]
    Entries(usize),
    /// It has more in it than is taken.
    #[error("the archive has {0} bytes unpacked: expected at most {UNPACKED_MAX}")]
    Unpacked(u64),
    /// An entry has more in it than is taken.
    #[error("the archive's entry `{name}` has {found} bytes: expected at most {max}")]
    Large {
        /// Which.
        name: String,
        /// Its size.
        found: u64,
        /// The largest.
        max: u64,
    },
    /// An entry unpacks to far more than it is.
    #[error("the archive's entry `{0}` unpacks to more than {RATIO_MAX} times its size")]
    Ratio(String),
}

impl ArchiveRefused {
    /// Whether it is too large, and not wrong.
    pub(crate) fn is_size(&self) -> bool {
        match self {
            Self::Entries(_) | Self::Unpacked(_) | Self::Large { .. } | Self::Ratio(_) => true,
            Self::Damaged(_) | Self::Entry { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
