//! Writing the body of a request that is on its way.

use crate::{Failure, host::http::Writer};
use std::io;

/// The body of a request that is on its way; see
/// [`start_with_body`](super::RequestBuilder::start_with_body). Dropped without [`finish`](Self::finish) it breaks the
/// request off.
#[derive(Debug)]
pub struct BodyWriter(Writer);

impl BodyWriter {
    pub(super) fn new(writer: Writer) -> Self {
        Self(writer)
    }

    /// Ends the body.
    ///
    /// # Errors
    /// Another length was said.
    pub fn finish(self) -> Result<(), Failure> {
        self.0.finish()
    }
}

impl io::Write for BodyWriter {
    /// Waits while the upstream takes nothing.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(|failure| io::Error::other(failure.to_string()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
