//! The account that a database server of a test runs as: none of them runs as root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Account {
    /// The account of this name when the test runs as root, and otherwise the test's own.
    pub(crate) fn of(name: &str) -> Self {
        let own = fs::metadata("/proc/self").expect("a process");
        if own.uid() != 0 {
            return Self { uid: own.uid(), gid: own.gid() };
        }
        let accounts = fs::read_to_string("/etc/passwd").expect("the accounts");
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name));
        let line = line.unwrap_or_else(|| panic!("no account `{name}`: run `./dev setup`"));
        let mut numbers = line.split(':').skip(2);
        let mut number = || numbers.next().and_then(|text| text.parse().ok()).expect("a number");
        Self { uid: number(), gid: number() }
    }

    /// A temporary folder that belongs to it.
    pub(crate) fn folder(self, prefix: &str) -> TempDir {
        let folder = TempDir::with_prefix(prefix).expect("a temporary folder");
        self.give(folder.path());
        folder
    }

    /// A file of its own, which nobody else reads.
    pub(crate) fn write(self, file: &Path, text: &str) {
        fs::write(file, text).expect("a file");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("a file of its own");
        self.give(file);
    }

    fn give(self, path: &Path) {
        chown(path, Some(self.uid), Some(self.gid)).expect("the server's own file");
    }

    /// Runs a program as this account to its end, which must be a success, and gives what it printed.
    pub(crate) fn run(self, command: &mut Command) -> String {
        let output = command.uid(self.uid).gid(self.gid).current_dir("/").output();
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}: run `./dev setup`"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// A folder that is made once, and copied by every server after: quicker than a new one for each. `make` fills the
    /// folder that it is given.
    pub(crate) fn template(self, name: &str, make: impl FnOnce(&Path)) -> std::path::PathBuf {
        let place = std::env::temp_dir().join(format!("lockgate-test-{name}-{}", self.uid));
        if place.exists() {
            return place;
        }
        let fresh = self.folder("lockgate-template-");
        let data = fresh.path().join("data");
        make(&data);
        // Another test may have been quicker.
        if fs::rename(&data, &place).is_err() {
            assert!(place.exists(), "{} can't be made", place.display());
        }
        place
    }

    /// Copies a template.
    pub(crate) fn copy(self, template: &Path, to: &Path) {
        self.run(Command::new("cp").arg("-a").arg(template).arg(to));
    }
}
