//! Statements and transactions that end otherwise than they were begun, and what is left of them.

use super::scripted::{COLUMN, END, EXECUTE, OK, PING, PREPARE, QUERY, Scripted, error, one};
use super::{home, query};
use crate::database::{Begin, Query};

/// The end of rows in a transaction.
const END_IN_TRANSACTION: &[u8] = b"\xFE\0\0\x03\0";

/// A row of a long text.
fn long_row() -> Vec<u8> {
    [&b"\0\0\xFD\xA0\x86\x01"[..], &[b'a'; 100_000]].concat()
}

/// An answer of rows, and what stands behind them.
fn rows(end: &[u8], rows: &[Vec<u8>], last: Vec<u8>) -> Vec<Vec<u8>> {
    [vec![vec![1], COLUMN.to_vec(), end.to_vec()], rows.to_vec(), vec![last]].concat()
}

/// Whether a command with this text was heard.
fn heard(server: &Scripted, command: u8, text: &str) -> bool {
    let is_it = |message: &Vec<u8>| message.first() == Some(&command) && message.ends_with(text.as_bytes());
    server.heard().iter().any(is_it)
}

#[tokio::test]
async fn what_was_not_read_can_say_that_there_is_nothing_to_commit() {
    let deadlock = || error(1213, "40001", "Deadlock found");
    let says = rows(END_IN_TRANSACTION, &vec![long_row(); 5], deadlock());
    let server = Scripted::new(move |kind, message| match kind {
        EXECUTE => Some(says.clone()),
        // It rolled back, as it says when it is asked.
        PING => one(OK.to_vec()),
        _ if message.ends_with(b"COMMIT") => one(OK.to_vec()),
        _ => None,
    });
    let server = server.await;
    let client = home(&server, "disable").client();
    let some = Query { max_rows: Some(1), ..query("SELECT a FROM t") };
    let transaction = client.send(Begin::default()).await.unwrap();
    assert!(transaction.run(&some).await.unwrap().more);
    transaction.commit().await.unwrap_err();
    assert!(!heard(&server, QUERY, "COMMIT"));
    // Nor does a further statement run outside of it.
    let transaction = client.send(Begin::default()).await.unwrap();
    transaction.run(&some).await.unwrap();
    let executed = || server.heard().iter().filter(|message| message.first() == Some(&EXECUTE)).count();
    let before = executed();
    transaction.run(&query("INSERT INTO t VALUES (1)")).await.unwrap_err();
    assert_eq!(executed(), before);
}

#[tokio::test]
async fn what_changes_rows_is_never_left_in_the_middle() {
    let says = rows(END, &vec![long_row(); 5], END.to_vec());
    let server = Scripted::new(move |kind, _| (kind == EXECUTE).then(|| says.clone())).await;
    let client = home(&server, "disable").client();
    for (max_rows, rows) in [(0, 0), (1, 1)] {
        let query = Query { max_rows: Some(max_rows), ..query("INSERT INTO t VALUES (1) RETURNING a") };
        let answer = client.send(query).await.unwrap();
        assert_eq!((answer.rows.len(), answer.more, answer.changed), (rows, true, Some(5)));
    }
    let called = Query { max_rows: Some(1), ..query("SELECT own_function() FROM t") };
    let answer = client.send(called).await.unwrap();
    assert_eq!((answer.more, answer.changed), (true, None));
    // All of it went on in sessions that were given back, so nothing was cancelled.
    client.send(Query { max_rows: Some(0), ..query("SELECT a FROM t") }).await.unwrap();
    assert!(!server.heard().iter().any(|message| message.windows(4).any(|part| part == b"KILL")));
}

#[tokio::test]
async fn roles_are_those_of_the_login_again() {
    let roles = b"\x08`r1`@`%`".to_vec();
    let server = Scripted::new(move |_, message| {
        message.ends_with(b"SELECT CURRENT_ROLE()").then(|| rows(END, std::slice::from_ref(&roles), END.to_vec()))
    });
    let server = server.await;
    home(&server, "disable").client().send(query("SET @own = 1")).await.unwrap();
    server.hears(|message| message == b"\x03SET ROLE `r1`@`%`").await;
    let server = Scripted::new(|_, _| None).await;
    home(&server, "disable").client().send(query("SET @own = 1")).await.unwrap();
    server.hears(|message| message == b"\x03SET ROLE NONE").await;
    // A server that knows no roles.
    let server = Scripted::new(|_, message| {
        message.ends_with(b"SELECT CURRENT_ROLE()").then(|| vec![error(1305, "42000", "no such function")])
    });
    home(&server.await, "disable").client().send(query("SET @own = 1")).await.unwrap();
}

#[tokio::test]
async fn a_transaction_that_only_reads_is_left_for_no_other() {
    let server = Scripted::new(|_, _| None).await;
    let client = home(&server, "disable").client();
    let reads = client.send(Begin { read_only: true, ..Begin::default() }).await.unwrap();
    let writes = client.send(Begin::default()).await.unwrap();
    for text in ["CALL p()", "INSERT INTO t VALUES (1)", "DO f()", "SET autocommit = 1"] {
        let error = reads.run(&query(text)).await.unwrap_err();
        assert!(error.to_string().contains("only reads"), "{text}: {error}");
        assert!(reads.open(&query(text)).await.is_err());
        writes.run(&query(text)).await.unwrap();
    }
    for text in [
        "SET STATEMENT max_statement_time = 10 FOR START TRANSACTION READ WRITE",
        "set /* */ statement max_statement_time = 10 for commit",
        "EXECUTE IMMEDIATE 'COMMIT'",
        "XA START 'a'",
    ] {
        for transaction in [&reads, &writes] {
            transaction.run(&query(text)).await.unwrap_err();
            assert!(transaction.open(&query(text)).await.is_err());
        }
        assert!(!heard(&server, PREPARE, text));
    }
    for text in ["SAVEPOINT a", "ROLLBACK TO a", "RELEASE SAVEPOINT a", "SELECT 1"] {
        reads.run(&query(text)).await.unwrap();
    }
}

#[tokio::test]
async fn a_statement_that_ends_the_transaction_is_the_last_of_it() {
    let server = Scripted::new(|kind, _| (kind == EXECUTE).then(|| vec![OK.to_vec()])).await;
    let transaction = home(&server, "disable").client().send(Begin::default()).await.unwrap();
    let error = transaction.open(&query("TRUNCATE t")).await.unwrap_err();
    assert!(error.to_string().contains("ended the transaction"), "{error}");
    let error = transaction.run(&query("INSERT INTO t VALUES (1)")).await.unwrap_err();
    assert!(error.to_string().contains("the transaction is over"), "{error}");
    assert!(!heard(&server, PREPARE, "INSERT INTO t VALUES (1)"));
}

/// A cursor that nobody reads any more is closed on the server.
#[tokio::test]
async fn a_cursor_that_is_left_is_closed() {
    // The rows wait in a cursor, and each step of it says that there are more.
    let with_cursor = b"\xFE\0\0\x43\0".to_vec();
    let server = Scripted::new(move |kind, _| match kind {
        EXECUTE => Some(vec![vec![1], COLUMN.to_vec(), with_cursor.clone()]),
        0x1C => Some(vec![b"\0\0\x01a".to_vec(), with_cursor.clone()]),
        0x19 => Some(Vec::new()),
        _ => None,
    });
    let server = server.await;
    let transaction = home(&server, "disable").client().send(Begin::default()).await.unwrap();
    for _ in 0..3 {
        drop(transaction.open(&query("SELECT a FROM t")).await.unwrap());
    }
    assert!(heard(&server, 0x19, "\x01\0\0\0"));
}
