//! A PostgreSQL server of a test's own: Debian's, on a Unix socket in a temporary folder, with a database for each host or
//! for several. One can listen on loopback too, as a server that people install does.

use std::ffi::OsStr;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;

use rustix::process::{Signal, set_parent_process_death_signal};
use tempfile::TempDir;

use crate::account::Account;
use crate::eventually;

const USUAL_PORT: u16 = 5432;
/// The password that is in the URL of every database: where it appears beside the URL, it leaked.
pub const PASSWORD: &str = "pg-password-7c1e9b";

/// Ended when dropped.
#[derive(Debug)]
pub struct Postgres {
    child: Child,
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

/// A database of a server.
#[derive(Debug, Clone)]
pub struct Database {
    server: Arc<Postgres>,
    name: String,
}

impl Postgres {
    pub fn start() -> Arc<Self> {
        let server = Self::listening("", USUAL_PORT);
        server.sql("postgres", &format!("CREATE ROLE lockgate LOGIN PASSWORD '{PASSWORD}'"));
        Arc::new(server)
    }

    /// As a package installs it: it listens on a port of this machine, and has no role and no database of ours.
    pub fn installed() -> Self {
        Self::listening("127.0.0.1", free_port())
    }

    fn listening(on: &str, port: u16) -> Self {
        let (programs, account) = (programs(), Account::of("postgres"));
        let folder = account.folder("lockgate-pg-");
        let data = folder.path().join("data");
        account.copy(&template(&programs, account), &data);
        let mut command = Command::new(programs.join("postgres"));
        command.arg("-D").arg(&data).args(["-c", "max_connections=200", "-p", &port.to_string()]);
        command.arg("-c").arg(format!("listen_addresses={on}"));
        command.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
        let log = fs::File::create(folder.path().join("log")).expect("a log file");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).uid(account.uid).gid(account.gid);
        // SAFETY: between fork and exec one async-signal-safe system call is made: a test that is killed takes its server
        // along.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::QUIT))?)) };
        let child = command.spawn().expect("PostgreSQL starts");
        let server = Self { child, programs, folder, port };
        eventually("PostgreSQL answers", || match server.psql("postgres", "SELECT 1").status() {
            Ok(status) if status.success() => Ok(()),
            _ => Err(fs::read_to_string(server.folder.path().join("log")).unwrap_or_default()),
        });
        server
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where its socket is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where its programs are.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// A new database.
    pub fn database(self: &Arc<Self>, name: &str) -> Database {
        self.sql("postgres", &format!("CREATE DATABASE {name} OWNER lockgate"));
        Database { server: Arc::clone(self), name: name.to_owned() }
    }

    fn psql(&self, database: &str, statement: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.arg("-h").arg(self.folder.path()).args(["-p", &self.port.to_string()]);
        command.args(["-U", "postgres", "-d", database, "-XAtq", "-c", statement]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn sql(&self, database: &str, statement: &str) -> String {
        let mut command = self.psql(database, statement);
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().expect("psql starts");
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            // Ends at once, and gives its shared memory back.
            let _ = rustix::process::kill_process(pid, Signal::QUIT);
        }
        let _ = self.child.wait();
    }
}

impl Database {
    /// Its address, with the password.
    pub fn url(&self) -> String {
        let folder = self.server.folder.path().to_str().expect("text").replace('/', "%2F");
        format!("postgres://lockgate:{PASSWORD}@localhost/{}?host={folder}", self.name)
    }

    /// Runs a statement as the server's administrator.
    pub fn sql(&self, statement: &str) -> String {
        self.server.sql(&self.name, statement)
    }

    /// A shell of the server's administrator, which runs what it reads.
    pub(crate) fn shell(&self) -> Command {
        let mut command = Command::new(self.server.programs.join("psql"));
        command.arg("-h").arg(self.server.folder.path()).args(["-p", &self.server.port.to_string()]);
        command.args(["-U", "postgres", "-d", &self.name, "-XAtq", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    /// A program of PostgreSQL with these arguments, as the server's administrator.
    fn tool(&self, name: &str, arguments: &[&OsStr]) -> Output {
        let mut command = Command::new(self.server.programs.join(name));
        command.arg("-h").arg(self.server.folder.path()).args(["-U", "postgres"]).args(arguments);
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        output
    }

    /// Copies it into a file as `docs/operators.md` says.
    pub fn dump_to(&self, file: &Path) {
        let to = format!("--file={}", file.display());
        self.tool("pg_dump", &["--format=custom".as_ref(), to.as_ref(), self.name.as_ref()]);
    }

    /// A new database of the same server, from such a file.
    pub fn restored(&self, name: &str, file: &Path) -> Self {
        let fresh = self.server.database(name);
        let (role, into) = ("--role=lockgate", format!("--dbname={name}"));
        self.tool("pg_restore", &["--no-owner".as_ref(), role.as_ref(), into.as_ref(), file.as_ref()]);
        fresh
    }

    /// Everything in it as text.
    pub fn dump(&self) -> String {
        String::from_utf8_lossy(&self.tool("pg_dump", &[self.name.as_ref()]).stdout).into_owned()
    }
}

/// Free a moment ago, which is what can be had for a server that is told its port.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Where Debian has the programs of the newest version.
pub(crate) fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = versions.map(|entry| entry.path().join("bin")).filter(|path| path.join("postgres").exists()).max();
    newest.expect("no PostgreSQL: run `./dev setup`")
}

/// A cluster that is made once.
pub(crate) fn template(programs: &Path, account: Account) -> PathBuf {
    let version = programs.parent().and_then(Path::file_name).expect("a version").to_string_lossy();
    account.template(&format!("postgres-{version}"), |cluster| {
        let options =
            ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync"];
        account.run(Command::new(programs.join("initdb")).arg("-D").arg(cluster).args(options));
    })
}
