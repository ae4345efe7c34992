//! The likeness of Redshift.

use lockgate_tests::Authority;
use lockgate_tests::database_servers::{PASSWORD, Redshift};

use super::{passes, refused_with};

#[test]
fn what_redshift_has_passes() {
    let redshift = Redshift::start(&Authority::new());
    let run =
        |user, statement: &str| passes(&mut redshift.server().client_of("localhost", redshift.port(), user, statement));
    assert_eq!(run("ada", "SELECT 1 AS one, 'jsonb', $$savepoint$$"), "1|jsonb|savepoint");
    assert_eq!(run(Redshift::MD5_USER, "SELECT current_user"), Redshift::MD5_USER);
    run("ada", "CREATE TABLE t (id bigint, at interval day to second)");
    run("ada", "BEGIN; INSERT INTO t VALUES (9, null); ROLLBACK");
    assert_eq!(run("ada", "SELECT count(*) FROM t"), "0");
    assert_eq!(run("ada", "SET extra_float_digits = 2; SET statement_timeout TO 1000; SELECT 2"), "2");
    assert_eq!(redshift.refused(), 0);
}

#[test]
fn what_redshift_lacks_is_refused() {
    let redshift = Redshift::start(&Authority::new());
    let client = |statement: &str| redshift.server().client_of("localhost", redshift.port(), "ada", statement);
    for (statement, words) in [
        ("SAVEPOINT a", "SQL command \"SAVEPOINT\" not supported"),
        ("LISTEN a", "SQL command \"LISTEN\" not supported"),
        ("NOTIFY a", "SQL command \"NOTIFY\" not supported"),
        ("DISCARD ALL", "SQL command \"DISCARD\" not supported"),
        ("SELECT 1; VALUES (1)", "SQL command \"VALUES\" not supported"),
        ("SELECT '{}'::jsonb", "type \"jsonb\" does not exist"),
        ("SELECT '{1}'::int[]", "arrays are not supported"),
        ("CREATE TABLE t (id uuid)", "unsupported type \"uuid\""),
        ("CREATE TABLE t (id interval)", "unsupported type \"interval\""),
        ("CREATE TYPE mood AS ENUM ('sad')", "syntax error at or near \"enum\""),
        ("SELECT 'a'::bytea", "unsupported type \"bytea\""),
        ("SELECT * FROM pg_catalog.pg_range", "does not exist"),
        ("SET extra_float_digits = 3", "3 is outside the valid range"),
        ("SET lock_timeout = 3", "unrecognized configuration parameter \"lock_timeout\""),
    ] {
        refused_with(&mut client(statement), words);
    }
    assert_eq!(redshift.refused(), 14);
    // In a transaction, the real server takes it for an error.
    refused_with(
        client("SELECT 1").args(["-c", "BEGIN", "-v", "ON_ERROR_STOP=0", "-c", "SAVEPOINT a", "-c", "SELECT 1"]),
        "aborted",
    );
    refused_with(client("SELECT 1").env("PGOPTIONS", "-c extra_float_digits=3"), "3 is outside the valid range");
    refused_with(client("SELECT 1").env("PGOPTIONS", "-c jit=off"), "unrecognized configuration parameter");
    refused_with(
        &mut redshift.server().client_of("localhost", redshift.port(), "postgres", "SELECT 1"),
        "no administrator comes through",
    );
}

/// `pgbench` speaks the extended protocol, with parameters without types.
#[test]
fn a_limit_that_is_a_parameter_needs_a_cast() {
    let redshift = Redshift::start(&Authority::new());
    let run = |script: &str| {
        let file = redshift.server().authority().with_file_name("script.sql");
        std::fs::write(&file, script).unwrap();
        let mut command = std::process::Command::new(redshift.server().programs().join("pgbench"));
        let authority = redshift.server().authority();
        command.arg(format!("host=localhost port={} user=ada dbname=orders", redshift.port()));
        command.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", authority).env("PGPASSWORD", PASSWORD);
        command.args(["--no-vacuum", "--protocol=extended", "--transactions=1", "--file"]).arg(file);
        command
    };
    refused_with(&mut run("\\set count 1\nSELECT 1 LIMIT :count;\n"), "Not implemented");
    passes(&mut run("\\set count 1\nSELECT 1 LIMIT :count::int;\n"));
}
