//! Zip archives as packages are: written always in the same bytes, and read strictly. Of the format (APPNOTE 6.3.10) one
//! disk, methods 0 and 8, no encryption and no zip64 are taken; what two readers could read differently is refused: names that
//! come twice, entries that overlap, headers that contradict the directory, bytes before the first entry.

mod header;
mod name;
mod read;
mod write;

pub use read::{Archive, Entry};
pub use write::{Writer, Written, write};

pub use crate::package_error::ArchiveRefused;
#[cfg(test)]
use crate::package_error::ENTRIES_MAX;

#[cfg(test)]
mod tests;
