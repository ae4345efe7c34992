//! Where a key ring comes from: a file, a text such as an environment variable's value, or a command.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::{KeyError, KeyRing, MasterKey};

/// Some 800 keys: a longer text is probably another file.
const TEXT_MAX_BYTES: usize = 64 * 1024;

/// Where to look for the key ring.
#[derive(Clone)]
pub enum KeySource {
    /// A file that its owner alone may read.
    File(PathBuf),
    /// A text that the caller has already.
    Text {
        /// What to call it in errors.
        origin: String,
        /// The text.
        text: Zeroizing<String>,
    },
    /// The standard output of a program, such as the client of a key service. No shell reads the arguments.
    Command {
        /// The program to run.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
    },
}

impl KeySource {
    /// Reads the ring; none if the source is a file that does not exist.
    ///
    /// # Errors
    /// [`KeyError`]: the source has no key ring, or other users can read it.
    pub fn load(&self) -> Result<Option<KeyRing>, KeyError> {
        match self {
            Self::File(path) => from_file(path),
            Self::Text { origin, text } => KeyRing::parse(origin, text).map(Some),
            Self::Command { program, arguments } => from_command(program, arguments).map(Some),
        }
    }
}

fn from_file(path: &Path) -> Result<Option<KeyRing>, KeyError> {
    let failed = |source| KeyError::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::Mode { path: path.to_owned(), mode });
    }
    let origin = format!("key file {}", path.display());
    let text = read(file).map_err(failed)?.ok_or_else(|| KeyError::TooLong(origin.clone()))?;
    KeyRing::parse(&origin, &text).map(Some)
}

fn from_command(program: &str, arguments: &[String]) -> Result<KeyRing, KeyError> {
    let failed = |source| KeyError::Command { program: program.to_owned(), source };
    let origin = format!("output of key command `{program}`");
    let mut child =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    // Reading ends at the bound and drops the pipe, so a child that writes on ends too, and `wait` returns.
    let text = child.stdout.take().map_or_else(|| Ok(None), read);
    let status = child.wait().map_err(failed)?;
    let text = text.map_err(failed)?.ok_or_else(|| KeyError::TooLong(origin.clone()))?;
    if !status.success() {
        return Err(KeyError::CommandFailed { program: program.to_owned(), status });
    }
    KeyRing::parse(&origin, &text)
}

/// The whole text; none if it is too long.
fn read(from: impl Read) -> std::io::Result<Option<Zeroizing<String>>> {
    // Large enough from the start: growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(TEXT_MAX_BYTES + 1));
    from.take(TEXT_MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok((text.len() <= TEXT_MAX_BYTES).then_some(text))
}

impl KeyRing {
    /// Writes the ring to a file (mode 0600). It is written to a temporary file, synced and renamed, so that a crash
    /// leaves the whole new ring or the one before.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save(&self, path: &Path) -> Result<(), KeyError> {
        let text = self.text();
        let fresh = path.with_extension("new");
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, path)?;
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|source| KeyError::File { path: path.to_owned(), source })
    }
}

impl MasterKey {
    /// The active key of the ring in a file, or of a new ring that is made there (mode 0600) if there is no such file.
    /// The flag is true if the key is new.
    ///
    /// # Errors
    /// [`KeyError`]: a file that exists and can't be used is never replaced.
    pub fn load_or_create(path: &Path) -> Result<(Self, bool), KeyError> {
        if let Some(ring) = KeySource::File(path.to_owned()).load()? {
            return Ok((ring.into_active(), false));
        }
        let ring = KeyRing::generate()?;
        ring.save(path)?;
        Ok((ring.into_active(), true))
    }
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text { origin, .. } => f.debug_struct("Text").field("origin", origin).finish_non_exhaustive(),
            // Arguments may hold a password for the key service.
            Self::Command { program, .. } => {
                f.debug_struct("Command").field("program", program).finish_non_exhaustive()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::MasterKey;

    fn shell(script: &str) -> Result<Option<KeyRing>, KeyError> {
        KeySource::Command { program: "sh".into(), arguments: vec!["-c".into(), script.into()] }.load()
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let (made, new) = MasterKey::load_or_create(&path).unwrap();
        let (read, again) = MasterKey::load_or_create(&path).unwrap();
        assert!(new && !again);
        assert_eq!(made.id(), read.id());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(MasterKey::load_or_create(&path), Err(KeyError::Mode { mode: 0o644, .. })));
    }

    #[test]
    fn a_damaged_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for text in ["", "lockgate-key-1:", "lockgate-key-1:zz", &"#".repeat(TEXT_MAX_BYTES + 1)] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert!(MasterKey::load_or_create(&path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn the_same_ring_from_file_text_and_command() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let mut ring = KeyRing::generate().unwrap();
        ring.add().unwrap();
        ring.save(&path).unwrap();
        let text = KeySource::Text { origin: "LOCKGATE_KEY".into(), text: ring.text() };
        assert_eq!(format!("{text:?}"), "Text { origin: \"LOCKGATE_KEY\", .. }");
        for source in [text, KeySource::File(path.clone())] {
            assert_eq!(source.load().unwrap().unwrap().text(), ring.text());
        }
        assert_eq!(shell(&format!("cat '{}'", path.display())).unwrap().unwrap().text(), ring.text());
        assert!(KeySource::File(folder.path().join("none")).load().unwrap().is_none());
    }

    #[test]
    fn a_command_that_fails_says_how() {
        assert!(shell("exit 3").unwrap_err().to_string().ends_with("on its standard output"));
        assert!(matches!(shell("cat /dev/zero"), Err(KeyError::TooLong(_))));
        assert!(matches!(shell("true"), Err(KeyError::Empty(_))));
        let missing = KeySource::Command { program: "/nowhere/keys".into(), arguments: Vec::new() };
        assert!(matches!(missing.load(), Err(KeyError::Command { .. })));
    }
}
