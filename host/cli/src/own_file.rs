//! Files that say where the token of a host is, in a folder that anybody could have made: `/tmp` is everybody's.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, ensure};
use rustix::fs::OFlags;
use rustix::process::getuid;

/// Fails unless a folder is this user's, and nobody else may write into it.
pub(crate) fn check_folder(folder: &Path) -> anyhow::Result<()> {
    let found = std::fs::symlink_metadata(folder)?;
    ensure!(found.is_dir(), "`{}` is no folder", folder.display());
    check(folder, &found, getuid().as_raw())
}

/// The text of a file that this user wrote, in such a folder; none if there is no such file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    match std::fs::symlink_metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Ok(_) | Err(_) => check_folder(folder)?,
    }
    // Not by a symbolic link, and not held up by a pipe.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
    let opened = OpenOptions::new().read(true).custom_flags(flags.cast_signed()).open(path);
    let mut file: File = match opened {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.with_context(|| format!("can't read `{}`", path.display()))?,
    };
    let found = file.metadata()?;
    ensure!(found.is_file(), "`{}` is no file", path.display());
    check(path, &found, getuid().as_raw())?;
    let mut text = String::new();
    file.read_to_string(&mut text).with_context(|| format!("can't read `{}`", path.display()))?;
    Ok(Some(text))
}

fn check(path: &Path, found: &Metadata, user: u32) -> anyhow::Result<()> {
    let instead = "it could name a host of theirs, which would get the token: remove it, or say which host is meant with \
                   --data-dir, or with LOCKGATE_URL and LOCKGATE_TOKEN";
    ensure!(found.uid() == user, "`{}` belongs to another user: {instead}", path.display());
    ensure!(found.mode() & 0o022 == 0, "other users may write `{}`: {instead}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_what_this_user_alone_can_write_is_read() {
        let home = std::env::temp_dir().join(format!("lockgate-own-file-{}", std::process::id()));
        let (folder, file) = (home.join("run"), home.join("run/host"));
        assert!(read(&file).unwrap().is_none());
        fs::create_dir_all(&folder).unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        set(&folder, 0o700);
        assert!(read(&file).unwrap().is_none());
        fs::write(&file, "here").unwrap();
        set(&file, 0o600);
        assert_eq!(read(&file).unwrap().as_deref(), Some("here"));
        for (path, open, closed) in [(&folder, 0o777, 0o700), (&folder, 0o720, 0o755), (&file, 0o602, 0o644)] {
            set(path, open);
            let refused = read(&file).unwrap_err().to_string();
            assert!(refused.contains("other users may write") && refused.contains("--data-dir"), "{refused}");
            set(path, closed);
            assert_eq!(read(&file).unwrap().as_deref(), Some("here"));
        }
        let found = fs::symlink_metadata(&file).unwrap();
        let refused = check(&file, &found, found.uid() + 1).unwrap_err().to_string();
        assert!(refused.contains("another user"), "{refused}");
        // A link leads where somebody else says.
        fs::rename(&file, home.join("elsewhere")).unwrap();
        symlink(home.join("elsewhere"), &file).unwrap();
        assert!(read(&file).is_err());
        symlink(&folder, home.join("link")).unwrap();
        assert!(read(&home.join("link/host")).is_err());
        fs::remove_dir_all(&home).unwrap();
    }
}
