//! One host for each data folder: an advisory lock that ends with the process, however it ends. It is one of the process
//! (`fcntl`) and not of the open file (`flock`): a child that is just being started has the files of a host that was
//! killed, and would hold the next one up.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, fcntl_lock};

use crate::StoreError;

/// Held for as long as the store is open.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    pub(crate) fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join("lock");
        let failed = |source| StoreError::File { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(failed)?;
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _file: file }),
            // POSIX lets a system say either.
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Err(StoreError::InUse(folder.to_owned())),
            Err(error) => Err(failed(error.into())),
        }
    }
}
