//! MariaDB of a test's own, over TCP with TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use super::process::{Plan, Process};
use super::{DATABASE, Options, PASSWORD, SUPERUSER, SUPERUSER_PASSWORD, USER};
use crate::Authority;
use crate::account::Account;

const SERVER: &str = "/usr/sbin/mariadbd";
/// What a data folder is made with, and its server started.
const SIZES: [&str; 3] = ["--innodb-log-file-size=4M", "--innodb-buffer-pool-size=16M", "--aria-log-file-size=8M"];
/// Nothing survives a test, so nothing waits for a disk; every statement is in the general log. It would give a client the
/// means to send it a file.
const SETTINGS: [&str; 16] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--max-connections=200",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
    "--local-infile=1",
    "--general-log=1",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-use-native-aio=0",
    "--aria-pagecache-buffer-size=1M",
    "--key-buffer-size=1M",
    "--performance-schema=0",
    "--plugin-load-add=auth_ed25519",
    "--plugin-load-add=metadata_lock_info",
    "--lock-wait-timeout=60",
];

/// It demands TLS over TCP. Ended when dropped.
#[derive(Debug)]
pub struct MariaDb {
    process: Process,
    folder: TempDir,
}

impl MariaDb {
    /// Logs in with `ed25519`, and with the password of [`USER`], who logs in with `mysql_native_password`.
    pub const ED25519_USER: &str = "grace";

    /// With a certificate of this authority.
    pub fn start(authority: &Authority) -> Self {
        Self::with(authority, &Options::default())
    }

    pub fn with(authority: &Authority, options: &Options) -> Self {
        let account = Account::of("mysql");
        let folder = account.folder("lockgate-db-");
        let file = |name: &str| folder.path().join(name);
        account.copy(&template(account), &file("data"));
        let identity = options.certificate.of(authority);
        account.write(&file("cert.pem"), &identity.cert_pem());
        account.write(&file("key.pem"), &identity.key_pem());
        account.write(&file("authority.pem"), &authority.pem());

        let log = file("log");
        let plan = Plan { name: "MariaDB", account, log: &log, end: Signal::KILL, port: options.port };
        let command = |port: u16| {
            let mut command = Command::new(SERVER);
            command.args(["--no-defaults", &format!("--port={port}")]).args(SIZES).args(SETTINGS);
            let files = ["data", "socket", "pid", "statements", "cert.pem", "key.pem"].map(file);
            let names = ["datadir", "socket", "pid-file", "general-log-file", "ssl-cert", "ssl-key"];
            // At its start a server removes temporary tables, others' too if it finds them.
            command.arg(format!("--tmpdir={}", folder.path().display()));
            command.args(names.iter().zip(&files).map(|(name, file)| format!("--{name}={}", file.display())));
            command.arg(format!("--require-secure-transport={}", if options.plain { "OFF" } else { "ON" }));
            command.args(&options.arguments);
            command
        };
        let ready = || {
            let answers = || own_client(folder.path(), "mysql", "SELECT 1").output();
            file("socket").exists() && answers().is_ok_and(|output| output.status.success())
        };
        let process = plan.start(command, ready);
        let ed25519 = Self::ED25519_USER;
        let made = format!(
            "CREATE DATABASE {DATABASE};
             CREATE USER {USER} IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}');
             CREATE USER {ed25519} IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}');
             CREATE USER {SUPERUSER} IDENTIFIED VIA mysql_native_password USING PASSWORD('{SUPERUSER_PASSWORD}');
             GRANT ALL ON {DATABASE}.* TO {USER}, {ed25519};
             GRANT ALL ON *.* TO {SUPERUSER} WITH GRANT OPTION;"
        );
        run(&mut own_client(folder.path(), "mysql", &made));
        Self { process, folder }
    }

    pub fn port(&self) -> u16 {
        self.process.port
    }

    /// What clients trust, as a file.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Runs statements as an administrator, and gives exactly what `mariadb` prints for them: columns with a tab between, a
    /// line for each row, `NULL` for NULL, and every other byte as it is.
    #[track_caller]
    pub fn sql(&self, statements: &str) -> String {
        run(&mut own_client(self.folder.path(), DATABASE, statements))
    }

    /// `mariadb` as a client from outside: it verifies certificate and name, and runs the statement as [`USER`].
    pub fn client(&self, statement: &str) -> Command {
        self.client_of(self.port(), USER, statement)
    }

    /// The same for another server of this machine, and another account with the same password.
    pub fn client_of(&self, port: u16, user: &str, statement: &str) -> Command {
        client_of(&self.authority(), port, user, statement)
    }

    /// Sessions of connectors: all but the test's own, which come by the socket.
    pub fn sessions(&self) -> usize {
        self.count("information_schema.processlist AS session")
    }

    /// Transactions of connectors that touched a table.
    pub fn open_transactions(&self) -> usize {
        self.count(
            "information_schema.innodb_trx JOIN information_schema.processlist AS session ON trx_mysql_thread_id = id",
        )
    }

    /// Locks that sessions of connectors hold: on names of tables for a statement or a transaction, those of `GET_LOCK`, and
    /// on rows.
    pub fn locks(&self) -> usize {
        let sessions = "information_schema.processlist AS session";
        let names =
            format!("information_schema.metadata_lock_info AS held JOIN {sessions} ON held.thread_id = session.id");
        let rows = format!("information_schema.innodb_trx JOIN {sessions} ON trx_mysql_thread_id = session.id");
        self.count(&names) + self.number("coalesce(sum(trx_lock_structs), 0)", &rows)
    }

    /// Sessions of connectors as text, for a failure's message: user, command, state and statement of each.
    pub fn activity(&self) -> String {
        self.of_connectors("user, command, state, info", "information_schema.processlist AS session")
    }

    /// Every statement that came, with the values of its parameters.
    pub fn statements(&self) -> String {
        let bytes = fs::read(self.folder.path().join("statements")).expect("a log");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn count(&self, from: &str) -> usize {
        self.number("count(*)", from)
    }

    fn number(&self, column: &str, from: &str) -> usize {
        self.of_connectors(column, from).parse().expect("a number")
    }

    fn of_connectors(&self, columns: &str, from: &str) -> String {
        self.sql(&format!("SELECT {columns} FROM {from} WHERE session.host LIKE '127.0.0.1:%'"))
    }
}

/// `mariadb` as a client of a server of this machine that it trusts by this authority alone.
pub(super) fn client_of(authority: &Path, port: u16, user: &str, statement: &str) -> Command {
    let mut command = client();
    command.args(["--host=localhost", "--protocol=tcp", &format!("--port={port}"), &format!("--user={user}")]);
    command.arg(format!("--ssl-ca={}", authority.display())).args(["--ssl-verify-server-cert", "--connect-timeout=20"]);
    command.args([&format!("--password={PASSWORD}"), &format!("--database={DATABASE}"), "--execute", statement]);
    command
}

/// `mariadb` without settings of the user's.
fn client() -> Command {
    let mut command = Command::new("mariadb");
    command.env_remove("MYSQL_PWD").env_remove("MYSQL_HOST").env_remove("MYSQL_TCP_PORT").env_remove("MYSQL_UNIX_PORT");
    command.args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"]);
    command
}

/// The test's own, by the socket.
fn own_client(folder: &Path, database: &str, statements: &str) -> Command {
    let mut command = client();
    command.arg(format!("--socket={}", folder.join("socket").display()));
    command.args(["--user=root", &format!("--database={database}"), "--execute", statements]);
    command
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("no program `mariadb`: run `./dev setup`");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// A data folder that is made once for a version of the server.
fn template(account: Account) -> PathBuf {
    let version = account.run(Command::new(SERVER).args(["--no-defaults", "--version"]));
    let version = version.split_whitespace().find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
    account.template(&format!("mariadb-{}", version.expect("a version")), |data| {
        let mut command = Command::new("mariadb-install-db");
        command.args(["--no-defaults", &format!("--datadir={}", data.display())]).args(SIZES);
        command.arg(format!("--tmpdir={}", data.parent().expect("a folder of its own").display()));
        command.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        account.run(&mut command);
    })
}
