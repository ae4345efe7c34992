//! A component that is being received: it lies on disk, so that many of them take no memory. The file has no name, so nothing
//! of it stays when the host ends.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::EngineError;

/// Bytes on their way to [`crate::Engine::load`].
#[derive(Debug)]
pub struct Upload {
    file: File,
    /// Where it was, for errors.
    path: PathBuf,
    is_empty: bool,
}

impl Upload {
    pub(crate) async fn begin(path: PathBuf) -> Result<Self, EngineError> {
        let own = path.clone();
        let made = tokio::task::spawn_blocking(move || {
            let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&own)?;
            std::fs::remove_file(&own).map(|()| file)
        });
        let made = made.await.map_err(|error| EngineError::Lost(error.to_string()))?;
        let file = File::from_std(made.map_err(|error| failed(&path, error))?);
        Ok(Self { file, path, is_empty: true })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        self.is_empty &= bytes.is_empty();
        self.file.write_all(bytes).await.map_err(|error| failed(&self.path, error))
    }

    /// All of them, as pages of the file: memory that the kernel can have back.
    ///
    /// # Errors
    /// The disk is full, or fails.
    pub async fn finish(mut self) -> Result<Bytes, EngineError> {
        self.file.flush().await.map_err(|error| failed(&self.path, error))?;
        if self.is_empty {
            return Ok(Bytes::new());
        }
        let file = self.file.into_std().await;
        // SAFETY: the file has no name, so no one else can open it, and nothing writes to it from here on.
        let mapped = unsafe { memmap2::Mmap::map(&file) };
        Ok(Bytes::from_owner(mapped.map_err(|error| failed(&self.path, error))?))
    }
}

fn failed(path: &Path, source: std::io::Error) -> EngineError {
    EngineError::Cache { path: path.to_owned(), source }
}
