//! A user's home of its own for every test: nothing of the user's is read, and tests never meet.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use tempfile::TempDir;

use crate::{Database, Postgres, Ran, compiled, environment, prepared, program};

/// Removed when dropped.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    /// Made for the first host that needs one.
    database: OnceLock<Option<Database>>,
    /// Of the environment of everything that runs here.
    variables: Vec<(String, String)>,
    /// Whether its host makes the key ring.
    own_keys: bool,
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
        Self { folder, database: OnceLock::new(), variables: Vec::new(), own_keys: false }
    }

    /// A home whose hosts use this database.
    pub fn on(database: &Database) -> Self {
        let home = Self::new();
        home.database.set(Some(database.clone())).expect("a new home");
        home
    }

    /// The same home, whose first host makes its data folder and its key ring as those of users do. Others have a folder with
    /// the ring of all tests, and so the code that guests were compiled to before.
    pub fn with_keys_of_its_own(self) -> Self {
        Self { own_keys: true, ..self }
    }

    /// Makes what its host begins with.
    pub(crate) fn begin(&self) {
        if !self.own_keys {
            compiled::begin(self);
        }
    }

    /// The same home with a variable in the environment of everything that runs there.
    pub fn with_variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.retain(|(own, _)| own != name);
        self.variables.push((name.to_owned(), value.into()));
        self
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

    /// Runs a statement in the store of a host. One that runs has it in memory too, where it has it there.
    pub fn sql(&self, statement: &str) -> String {
        if let Some(database) = self.database() {
            return database.sql(statement);
        }
        let mut command = Command::new("sqlite3");
        let output =
            command.args(["-cmd", ".timeout 10000"]).arg(self.data().join("lockgate.db")).arg(statement).output();
        let output = output.expect("no program `sqlite3`: run `./dev setup`");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Bytes in hex as a value of a statement.
    pub fn blob(&self, hex: &str) -> String {
        if self.database().is_some() { format!("'\\x{hex}'::bytea") } else { format!("x'{hex}'") }
    }

    /// A column of bytes in hex.
    pub fn hex(&self, column: &str) -> String {
        if self.database().is_some() { format!("encode({column}, 'hex')") } else { format!("lower(hex({column}))") }
    }

    /// A shell that has the program in its `PATH`, for a page of the documentation. Dependencies of plugins are compiled
    /// once for all pages; their projects have names of their own.
    pub fn shell(&self) -> Command {
        let programs = self.path().join("bin");
        fs::create_dir(&programs).expect("a folder");
        symlink(program("lockgate"), programs.join("lockgate")).expect("a link");
        let mut shell = self.command("/bin/bash");
        shell.env("PATH", format!("{}:{}", programs.display(), env::var("PATH").expect("a PATH")));
        shell.env("CARGO_BUILD_BUILD_DIR", prepared::folder().join("pages"));
        shell
    }

    /// Gives a project that `new` made here the compiled dependencies, as the compiler of this `PATH` makes them.
    pub fn prepare(&self, project: &str, compiler: &str, path: &str) {
        let command = |program: &Path, folder: &Path| {
            let mut command = self.command(program);
            command.env("PATH", path).current_dir(folder);
            command
        };
        let version = Ran::of(command(Path::new("rustc"), self.path()).arg("-vV")).ok().stdout;
        prepared::target(&self.work().join(project), compiler, &version, |folder| {
            let lockgate = |folder: &Path| command(&program("lockgate"), folder);
            Ran::of(lockgate(folder).args(["new", "prepared"])).ok();
            let project = folder.join("prepared");
            Ran::of(lockgate(&project).arg("build")).ok();
            Ran::of(command(Path::new("cargo"), &project).args(["test", "--no-run"])).ok();
        });
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
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.work());
        if let Some(Some(database)) = self.database.get() {
            command.env("LOCKGATE_DATABASE_URL", database.url());
        }
        command
    }
}
