//! MariaDB.

use std::net::TcpListener;
use std::process::Stdio;

use lockgate_tests::database_servers::{Certificate, MariaDb, Options};
use lockgate_tests::{Authority, equal, eventually};

use super::{passes, refused, refused_with};

#[test]
fn a_client_that_verifies_is_let_in() {
    let server = MariaDb::start(&Authority::new());
    assert_eq!(passes(&mut server.client("SELECT current_user(), database()")), "ada@%\torders");
    assert!(passes(&mut server.client("SHOW STATUS LIKE 'Ssl_version'")).contains("TLSv1."));
    let mut other = server.client_of(server.port(), MariaDb::ED25519_USER, "SELECT current_user()");
    assert_eq!(passes(&mut other), "grace@%");
    let methods = server.sql("SELECT user, plugin FROM mysql.user WHERE user IN ('ada', 'grace') ORDER BY user");
    assert_eq!(methods, "ada\tmysql_native_password\ngrace\ted25519");
    assert_eq!(server.sql("SELECT @@local_infile"), "1");
    assert!(server.statements().contains("SHOW STATUS LIKE 'Ssl_version'"), "{}", server.statements());
}

#[test]
fn nobody_is_let_in_without_tls_or_with_another_password() {
    let authority = Authority::new();
    let server = MariaDb::start(&authority);
    refused_with(server.client("SELECT 1").arg("--password=another"), "Access denied");
    let plain = ["--skip-ssl-verify-server-cert", "--skip-ssl"];
    refused(server.client("SELECT 1").args(plain));
    let server = MariaDb::with(&authority, &Options { plain: true, ..Options::default() });
    assert_eq!(passes(server.client("SELECT 1").args(plain)), "1");
}

#[test]
fn wrong_certificates_are_refused() {
    let authority = Authority::new();
    for certificate in [Certificate::OtherName, Certificate::OtherAuthority, Certificate::Expired] {
        let server = MariaDb::with(&authority, &Options { certificate, ..Options::default() });
        refused_with(&mut server.client("SELECT 1"), "SSL");
    }
}

#[test]
fn another_port_is_taken_when_the_first_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let server = MariaDb::with(&Authority::new(), &Options { port: Some(port), ..Options::default() });
    assert_ne!(server.port(), port);
    assert_eq!(passes(&mut server.client("SELECT 1")), "1");
}

#[test]
fn sessions_transactions_and_locks_are_counted() {
    let server = MariaDb::start(&Authority::new());
    let counts = || [server.sessions(), server.open_transactions(), server.locks()];
    assert_eq!(counts(), [0, 0, 0]);
    server.sql("CREATE TABLE items (id int primary key) ENGINE=InnoDB; INSERT INTO items VALUES (1)");
    // It stays until it is ended.
    let statements = "BEGIN; UPDATE items SET id = 2; SELECT GET_LOCK('own', 1); SELECT SLEEP(600)";
    let mut client = server.client(statements).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the session is seen", || match counts() {
        [1, 1, locks] if locks >= 3 => Ok(()),
        counts => Err(format!("{counts:?} {}", server.activity())),
    });
    client.kill().unwrap();
    client.wait().unwrap();
    let id = server.sql("SELECT id FROM information_schema.processlist WHERE host LIKE '127.0.0.1:%'");
    server.sql(&format!("KILL {id}"));
    eventually("the session is gone", || equal(counts(), &[0, 0, 0]));
}

#[test]
fn values_are_given_as_the_client_prints_them() {
    let server = MariaDb::start(&Authority::new());
    assert_eq!(server.sql("SELECT NULL, 1.10, 'a\\n\\tb', x'00ff' = x'00FF'"), "NULL\t1.10\ta\n\tb\t1");
}
