//! PostgreSQL.

use std::net::TcpListener;
use std::process::Stdio;

use lockgate_tests::database_servers::{Certificate, Options, PostgreSql, SUPERUSER};
use lockgate_tests::{Authority, equal, eventually};

use super::{passes, refused_with};

#[test]
fn a_client_that_verifies_is_let_in() {
    let server = PostgreSql::start(&Authority::new());
    let facts = "SELECT ssl, current_user, current_database() FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(passes(&mut server.client(facts)), "t|ada|orders");
    assert_eq!(passes(&mut server.client_of("127.0.0.1", server.port(), "ada", "SELECT 1")), "1");
    assert!(server.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'ada'").starts_with("SCRAM-SHA-256$"));
    assert!(server.log().contains("ada@orders LOG:  statement: SELECT ssl"), "{}", server.log());
}

#[test]
fn nobody_is_let_in_without_tls_or_with_another_password() {
    let authority = Authority::new();
    let server = PostgreSql::start(&authority);
    refused_with(server.client("SELECT 1").env("PGPASSWORD", "another"), "password authentication failed");
    let mut plain = server.client("SELECT 1");
    let name = format!("host=127.0.0.1 port={} user=ada dbname=orders sslmode=disable", server.port());
    refused_with(plain.args(["-d", &name]), "no encryption");
    let server = PostgreSql::with(&authority, &Options { plain: true, ..Options::default() });
    let mut plain = server.client("SELECT 1");
    let name = format!("host=127.0.0.1 port={} user=ada dbname=orders sslmode=disable", server.port());
    assert_eq!(passes(plain.args(["-d", &name])), "1");
}

#[test]
fn wrong_certificates_are_refused() {
    let authority = Authority::new();
    for (certificate, words) in [
        (Certificate::OtherName, "does not match host name"),
        (Certificate::OtherAuthority, "certificate verify failed"),
        (Certificate::Expired, "certificate verify failed"),
    ] {
        let server = PostgreSql::with(&authority, &Options { certificate, ..Options::default() });
        refused_with(&mut server.client("SELECT 1"), words);
    }
}

#[test]
fn another_port_is_taken_when_the_first_is_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let server = PostgreSql::with(&Authority::new(), &Options { port: Some(port), ..Options::default() });
    assert_ne!(server.port(), port);
    assert_eq!(passes(&mut server.client("SELECT 1")), "1");
}

#[test]
fn sessions_transactions_and_locks_are_counted() {
    let server = PostgreSql::start(&Authority::new());
    let counts = || [server.sessions(), server.open_transactions(), server.locks()];
    assert_eq!(counts(), [0, 0, 0]);
    server.sql("CREATE TABLE public.items (id int); GRANT ALL ON public.items TO ada");
    // It stays as long as the test does not write to it.
    let mut client = server.client("SELECT 1");
    client.args(["-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut client = client.spawn().unwrap();
    let mut input = client.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, b"BEGIN; LOCK TABLE items; SELECT pg_advisory_lock(7);\n").unwrap();
    eventually("the session is seen", || match counts() {
        [1, 1, locks] if locks >= 2 => Ok(()),
        _ => Err(server.activity()),
    });
    drop(input);
    assert!(client.wait().unwrap().success());
    eventually("the session is gone", || equal(counts(), &[0, 0, 0]));
}

#[test]
fn values_are_given_as_psql_prints_them() {
    let server = PostgreSql::start(&Authority::new());
    assert_eq!(server.sql("SELECT NULL, 1.10::numeric, '{1,2}'::int[], 'a\n\nb'\u{20}, true"), "|1.10|{1,2}|a\n\nb|t");
    let superuser = server.sql(&format!("SELECT rolsuper FROM pg_roles WHERE rolname = '{SUPERUSER}'"));
    assert_eq!(superuser, "t");
}
