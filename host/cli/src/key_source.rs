//! Where a host's key ring comes from: the environment, a command, a file that is named, or the one of the data folder.

use std::path::{Path, PathBuf};

use lockgate_vault::KeySource;

use crate::exit::Usage;
use crate::{data_folder, environment};

/// The settings of the key ring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeySettings {
    file: Option<PathBuf>,
    command: Option<Vec<String>>,
}

impl KeySettings {
    pub(crate) fn new(file: Option<PathBuf>, command: Option<Vec<String>>) -> anyhow::Result<Self> {
        if file.is_some() && command.is_some() {
            let text = "expected `master_key_file` or `master_key_command`, not both";
            return Err(Usage(text.to_owned()).into());
        }
        if command.as_ref().is_some_and(Vec::is_empty) {
            let text =
                "`master_key_command`: expected a program and its arguments, such as ['cat', '/run/keys/lockgate']";
            return Err(Usage(text.to_owned()).into());
        }
        Ok(Self { file, command })
    }

    /// The environment comes before the configuration, and that before the data folder.
    pub(crate) fn source(&self, folder: &Path) -> KeySource {
        if let Some(text) = environment::get(environment::MASTER_KEY) {
            return KeySource::Text { origin: environment::MASTER_KEY.to_owned(), text: text.into() };
        }
        match (self.command.as_deref(), &self.file) {
            (Some([program, arguments @ ..]), _) => {
                KeySource::Command { program: program.clone(), arguments: arguments.to_vec() }
            }
            (_, Some(file)) => KeySource::File(file.clone()),
            (_, None) => KeySource::File(folder.join(data_folder::MASTER_KEY)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_comes_before_the_data_folder() {
        let own = KeySettings::default().source(Path::new("/data"));
        assert!(matches!(own, KeySource::File(path) if path == Path::new("/data/master.key")));
        let command = KeySettings::new(None, Some(vec!["cat".into(), "x".into()])).unwrap().source(Path::new("/data"));
        assert!(matches!(command, KeySource::Command { program, .. } if program == "cat"));
        assert!(KeySettings::new(None, Some(Vec::new())).is_err());
        assert!(KeySettings::new(Some("a".into()), Some(vec!["cat".into()])).is_err());
    }
}
