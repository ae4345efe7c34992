//! PostgreSQL of a test's own, over TCP with TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{Plan, Process};
use super::{DATABASE, Options, PASSWORD, SUPERUSER, SUPERUSER_PASSWORD, USER};
use crate::account::Account;
use crate::{Authority, postgres};

/// By it the test's own sessions are told from a connector's.
const OWN: &str = "lockgate-tests";
/// Nothing survives a test, so nothing waits for a disk; every statement is in the log.
const SETTINGS: [&str; 12] = [
    "ssl=on",
    "listen_addresses=127.0.0.1",
    "max_connections=200",
    "shared_buffers=16MB",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_statement=all",
    "log_line_prefix=%u@%d ",
];

/// It demands TLS and SCRAM-SHA-256 over TCP. Ended when dropped.
#[derive(Debug)]
pub struct PostgreSql {
    process: Process,
    programs: PathBuf,
    folder: TempDir,
}

impl PostgreSql {
    /// With a certificate of this authority.
    pub fn start(authority: &Authority) -> Self {
        Self::with(authority, &Options::default())
    }

    pub fn with(authority: &Authority, options: &Options) -> Self {
        let (programs, account) = (postgres::programs(), Account::of("postgres"));
        let folder = account.folder("lockgate-db-");
        let data = folder.path().join("data");
        account.copy(&postgres::template(&programs, account), &data);
        let identity = options.certificate.of(authority);
        account.write(&data.join("server.crt"), &identity.cert_pem());
        account.write(&data.join("server.key"), &identity.key_pem());
        account.write(&folder.path().join("authority.pem"), &authority.pem());
        // The socket lies in a folder that only the test's account can enter. Whoever comes by it has no TLS: as the
        // likeness of Redshift, which has its own.
        let (tls, own) =
            (if options.plain { "host" } else { "hostssl" }, "local all postgres trust\nlocal all all md5\n");
        account.write(&data.join("pg_hba.conf"), &format!("{own}{tls} all all 127.0.0.1/32 scram-sha-256\n"));

        let log = folder.path().join("log");
        let plan = Plan { name: "PostgreSQL", account, log: &log, end: Signal::QUIT, port: options.port };
        let command = |port: u16| {
            let mut command = Command::new(programs.join("postgres"));
            command.arg("-D").arg(&data).args(["-p", &port.to_string()]);
            command.arg("-c").arg(format!("unix_socket_directories={}", folder.path().display()));
            command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).args(&options.arguments);
            command
        };
        let ready = || {
            // A server names its socket by its port, and an attempt that failed left none.
            let Some(port) = socket_port(folder.path()) else { return false };
            let mut psql = own_psql(&programs, folder.path(), port, "postgres");
            psql.args(["-c", "SELECT 1"]).output().is_ok_and(|output| output.status.success())
        };
        let process = plan.start(command, ready);
        let server = Self { process, programs, folder };
        let made = [
            format!("CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'"),
            format!("CREATE ROLE {SUPERUSER} LOGIN SUPERUSER PASSWORD '{SUPERUSER_PASSWORD}'"),
            format!("CREATE DATABASE {DATABASE} OWNER {USER}"),
        ];
        let mut psql = own_psql(&server.programs, server.folder.path(), server.port(), "postgres");
        run(psql.args(made.iter().flat_map(|statement| ["-c", statement])));
        server
    }

    pub fn port(&self) -> u16 {
        self.process.port
    }

    /// Where PostgreSQL's programs are.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// What clients trust, as a file.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Its socket, for a proxy before it.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port()))
    }

    /// Runs statements as an administrator, and gives exactly what `psql` prints for them: columns with `|` between, a line
    /// for each row, nothing for NULL.
    #[track_caller]
    pub fn sql(&self, statements: &str) -> String {
        run(own_psql(&self.programs, self.folder.path(), self.port(), DATABASE).args(["-c", statements]))
    }

    /// `psql` as a client from outside: it verifies certificate and name, and runs the statement as [`USER`]. No variable of
    /// the environment has a say, but the password.
    pub fn client(&self, statement: &str) -> Command {
        self.client_of("localhost", self.port(), USER, statement)
    }

    /// The same for another server, and another account with the same password.
    pub fn client_of(&self, host: &str, port: u16, user: &str, statement: &str) -> Command {
        let mut command = psql(&self.programs);
        let authority = self.authority();
        command.arg("-d").arg(format!(
            "host={host} port={port} user={user} dbname={DATABASE} sslmode=verify-full sslrootcert={} connect_timeout=20",
            authority.display()
        ));
        command.env("PGPASSWORD", PASSWORD).args(["-c", statement]);
        command
    }

    /// Sessions of connectors: all but the test's own.
    pub fn sessions(&self) -> usize {
        self.count("pg_stat_activity AS session")
    }

    /// Sessions of connectors with a transaction, whether a statement runs in it or not.
    pub fn open_transactions(&self) -> usize {
        self.count("(SELECT * FROM pg_stat_activity WHERE xact_start IS NOT NULL) AS session")
    }

    /// Locks that sessions of connectors hold or wait for, advisory ones too.
    pub fn locks(&self) -> usize {
        self.count("pg_locks JOIN pg_stat_activity AS session USING (pid)")
    }

    /// Sessions of connectors as text, for a failure's message: user, state and last statement of each.
    pub fn activity(&self) -> String {
        self.of_connectors("usename, state, query", "pg_stat_activity AS session")
    }

    /// Every statement that came, with the values of its parameters, and every error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }

    fn count(&self, from: &str) -> usize {
        self.of_connectors("count(*)", from).parse().expect("a number")
    }

    fn of_connectors(&self, columns: &str, from: &str) -> String {
        let others = format!("session.backend_type = 'client backend' AND session.application_name <> '{OWN}'");
        self.sql(&format!("SELECT {columns} FROM {from} WHERE {others}"))
    }
}

/// `psql` without settings of the user's.
fn psql(programs: &Path) -> Command {
    let mut command = Command::new(programs.join("psql"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(&name);
        }
    }
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1"]);
    command
}

/// The test's own, by the socket.
fn own_psql(programs: &Path, folder: &Path, port: u16, database: &str) -> Command {
    let mut command = psql(programs);
    command.arg("-h").arg(folder).args(["-p", &port.to_string(), "-U", "postgres", "-d", database]);
    command.env("PGAPPNAME", OWN);
    command
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("psql starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// The port in the name of the socket that is there.
fn socket_port(folder: &Path) -> Option<u16> {
    let names = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.to_str()?.strip_prefix(".s.PGSQL.")?.parse().ok()).next()
}
