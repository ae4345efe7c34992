//! The rogues, as PostgreSQL's and MariaDB's own clients see them.

use std::process::{Child, Command, Stdio};

use lockgate_tests::database_servers::rogue::{RogueDatabase, mysql, postgresql};
use lockgate_tests::database_servers::{MariaDb, PASSWORD, PostgreSql};
use lockgate_tests::{Authority, eventually};

use super::{passes, refused, refused_with, run};

/// A client that is still at it. Ended when dropped.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `psql` with a statement that tricks are played for. The real server has it, and the file with the authority.
fn psql(real: &PostgreSql, rogue: &RogueDatabase) -> Command {
    let mut client = real.client_of("localhost", rogue.port(), "ada", "SELECT id, note FROM orders");
    client.env("PGGSSENCMODE", "disable");
    client
}

/// The same of `mariadb`.
fn mariadb(real: &MariaDb, rogue: &RogueDatabase) -> Command {
    real.client_of(rogue.port(), "ada", "SELECT id, note FROM orders")
}

/// The client is at it and the rogue does not end, until the client is ended.
fn holds(mut client: Command, rogue: &RogueDatabase) {
    let mut running = Running::start(&mut client);
    eventually("the client comes", || rogue.visits() == 1);
    assert!(running.0.try_wait().unwrap().is_none(), "{rogue:?}");
    drop(running);
    eventually("the rogue is done", || rogue.open() == 0);
}

#[test]
fn psql_refuses_rogues_of_postgresql() {
    let authority = Authority::new();
    let real = PostgreSql::start(&authority);
    let client = |rogue: &RogueDatabase| psql(&real, rogue);
    let refused_by = |rogue: &RogueDatabase, words: &str| refused_with(&mut client(rogue), words);

    let rogue = postgresql::without_tls(&authority);
    refused_by(&rogue, "server does not support SSL");
    assert!(!rogue.heard_of("ada"), "nothing was said in plain text");
    refused_by(&postgresql::answering_tls_with(&authority, b"HTTP/1.1 400 Bad Request\r\n\r\n"), "invalid response");
    refused_by(&postgresql::injecting_before_tls(&authority, [0; 8]), "unencrypted data after SSL response");
    let asking = postgresql::asking_for_cleartext(&authority);
    let running = Running::start(&mut client(&asking));
    eventually("the password comes", || asking.heard_of(PASSWORD));
    drop(running);
    refused_by(&postgresql::scram_with_iterations(&authority, 0), "malformed SCRAM message");
    refused_by(&postgresql::short_row(&authority), "unexpected field count");
    refused_by(&postgresql::long_row(&authority), "unexpected field count");
    refused_by(&postgresql::value_of_length(&authority, 1000), "insufficient data");
    refused_by(&postgresql::message_of_length(&authority, 3), "");
    refused_by(&postgresql::closing_in_a_row(&authority), "connection to server was lost");
    refused_by(&postgresql::error_with(&authority, "secret-e1"), "secret-e1");
    // `psql` leaves out what is no text.
    assert_eq!(passes(&mut client(&postgresql::invalid_utf8(&authority))), "1|");
    assert_eq!(passes(&mut client(&postgresql::stalling_after(&authority, usize::MAX))), "1|one");

    for rogue in [postgresql::many_columns(&authority), postgresql::invalid_column_name(&authority)] {
        // How it ends is the client's affair.
        let _ = run(&mut client(&rogue));
        assert!(rogue.heard_of("FROM orders"), "{rogue:?}");
    }
}

#[test]
fn rogues_of_postgresql_hold_psql() {
    let authority = Authority::new();
    let real = PostgreSql::start(&authority);
    for rogue in [
        postgresql::scram_with_iterations(&authority, (1 << 31) - 1),
        postgresql::asking_for_md5(&authority),
        postgresql::asking_for_copy(&authority),
        postgresql::endless_parameters(&authority),
        postgresql::endless_notices(&authority),
        postgresql::endless_rows(&authority),
        postgresql::message_of_length(&authority, i32::MAX),
        postgresql::never_ready(&authority),
        postgresql::stalling_after(&authority, 0),
        postgresql::stalling_after(&authority, 1),
        postgresql::stalling_after(&authority, 3),
        postgresql::stalling_after(&authority, 14),
    ] {
        holds(psql(&real, &rogue), &rogue);
    }
}

#[test]
fn mariadb_refuses_rogues_of_mysql() {
    let authority = Authority::new();
    let real = MariaDb::start(&authority);
    let client = |rogue: &RogueDatabase| mariadb(&real, rogue);

    let rogue = mysql::without_tls(&authority);
    refused_with(&mut client(&rogue), "SSL");
    assert!(!rogue.heard_of("ada") && !rogue.heard_of(PASSWORD), "nothing was said in plain text");
    refused(&mut client(&mysql::answering_tls_with(&authority, b"\x01\0\0\x02\xff")));
    refused_with(&mut client(&mysql::refusing_with(&authority, "secret-e1")), "secret-e1");
    refused_with(&mut client(&mysql::error_with(&authority, "secret-e1")), "secret-e1");
    // What is missing is NULL to this client.
    assert_eq!(passes(&mut client(&mysql::short_row(&authority))), "1\tNULL");
    refused(&mut client(&mysql::value_of_length(&authority, 1 << 40)));
    refused(&mut client(&mysql::closing_in_a_row(&authority)));
    assert_eq!(client(&mysql::invalid_utf8(&authority)).output().unwrap().stdout, b"1\t\xff\xfe\x80\n");
    assert_eq!(passes(&mut client(&mysql::stalling_after(&authority, usize::MAX))), "1\tone");
    assert_eq!(passes(&mut client(&mysql::many_columns(&authority))), "");

    let asking = mysql::asking_for_cleartext(&authority);
    let running = Running::start(&mut client(&asking));
    eventually("the password comes", || asking.heard_of(PASSWORD));
    drop(running);

    let file = real.authority();
    let wish = file.to_str().unwrap();
    for asking in [mysql::asking_for_file(&authority, wish), mysql::asking_for_file_at_once(&authority, wish)] {
        refused(client(&asking).arg("--local-infile=0"));
        assert!(!asking.heard_of("BEGIN CERTIFICATE"), "{asking:?}");
        refused(client(&asking).arg("--local-infile=1"));
        assert!(asking.heard_of("BEGIN CERTIFICATE"), "{asking:?}");
    }
    // A client that takes no value of 2 GB.
    refused(client(&mysql::huge_value(&authority)).arg("--max-allowed-packet=1M"));
}

#[test]
fn rogues_of_mysql_hold_mariadb() {
    let authority = Authority::new();
    let real = MariaDb::start(&authority);
    for rogue in [
        mysql::asking_for(&authority, "none_such"),
        mysql::endless_logins(&authority),
        mysql::endless_rows(&authority),
        mysql::never_ready(&authority),
        mysql::column_count(&authority, 5),
        mysql::stalling_after(&authority, 0),
        mysql::stalling_after(&authority, 1),
        mysql::stalling_after(&authority, 2),
        mysql::stalling_after(&authority, 4),
    ] {
        holds(mariadb(&real, &rogue), &rogue);
    }
}
