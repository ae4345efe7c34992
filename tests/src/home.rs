//! A user's home of its own for every test: nothing of the user's is read, and tests never meet.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::{Database, Postgres, environment};

/// Removed when dropped.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// Made for the first host that needs one.
    database: OnceLock<Option<Database>>,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("lockgate-test-").expect("a temporary folder");
        for name in ["run", "cache", "work"] {
            fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        Self { folder, database: OnceLock::new() }
    }

    /// A home whose hosts use this database.
    pub fn on(database: &Database) -> Self {
        let home = Self::new();
        home.database.set(Some(database.clone())).expect("a new home");
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The database of its hosts; none when they use SQLite.
    pub fn database(&self) -> Option<&Database> {
        let make = || environment::on_postgres().then(|| Postgres::start().database("lockgate"));
        self.database.get_or_init(make).as_ref()
    }

    /// The data folder of a host that runs here.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Where commands run.
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// Writes a file into the folder where commands run.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.work().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// A program that sees this home and no setting of the user's, but the toolchains that are installed.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            // Cargo's variables of the test would tell an inner cargo about the outer one.
            if text.starts_with("LOCKGATE_") || text.starts_with("CARGO") || text.starts_with("RUST") {
                command.env_remove(&name);
            }
        }
        let user = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            command.env(name, std::env::var_os(name).unwrap_or_else(|| user.join(folder).into_os_string()));
        }
        command
            .env("HOME", self.path())
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env("XDG_CACHE_HOME", self.path().join("cache"))
            .current_dir(self.work());
        if let Some(Some(database)) = self.database.get() {
            command.env("LOCKGATE_DATABASE_URL", database.url());
        }
        command
    }
}
