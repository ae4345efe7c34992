//! Numbers of an archive's headers, which are little-endian.

use crate::package_error::ArchiveRefused;

/// A header that is read from its beginning.
pub(super) struct Header<'b>(&'b [u8]);

const CUT: ArchiveRefused = ArchiveRefused::Damaged("it ends within a header");

impl<'b> Header<'b> {
    /// The bytes from a place on.
    pub(super) fn at(bytes: &'b [u8], place: usize) -> Result<Self, ArchiveRefused> {
        bytes.get(place..).map(Self).ok_or(CUT)
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'b [u8], ArchiveRefused> {
        let (own, rest) = self.0.split_at_checked(count).ok_or(CUT)?;
        self.0 = rest;
        Ok(own)
    }

    pub(super) fn two(&mut self) -> Result<u16, ArchiveRefused> {
        Ok(self.take(2)?.try_into().map_or(0, u16::from_le_bytes))
    }

    pub(super) fn four(&mut self) -> Result<u32, ArchiveRefused> {
        Ok(self.take(4)?.try_into().map_or(0, u32::from_le_bytes))
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.0.len()
    }
}
