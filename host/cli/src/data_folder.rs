//! Files of the data folder.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The store, when it is SQLite.
pub(crate) const DATABASE: &str = "lockgate.db";
/// The address at which commands on this machine reach the host.
pub(crate) const ADDRESS: &str = "address";
/// The first admin token, for local use.
pub(crate) const ADMIN_TOKEN: &str = "admin-token";
/// The master key.
pub(crate) const MASTER_KEY: &str = "master.key";
/// Compiled code; safe to delete.
pub(crate) const CACHE: &str = "cache";
/// The default data folder, in the working directory.
pub(crate) const DEFAULT: &str = "lockgate-data";

/// Writes a small file of mode 0600, whole or not at all.
pub(crate) fn write(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let (path, fresh) = (folder.join(name), folder.join(format!("{name}.new")));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)
}
