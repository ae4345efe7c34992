//! What a refusal says about what was done.

use super::scripted::{Heard, Scripted, error, executes, ready};
use super::{home, query};
use crate::EgressError;
use crate::database::{Begin, Open, Query};

fn commits(heard: &[Heard]) -> bool {
    heard.last().is_some_and(|(kind, body)| *kind == b'Q' && body.starts_with(b"COMMIT"))
}

#[tokio::test]
async fn a_refusal_says_whether_something_may_have_been_done() {
    for (text, sqlstate, code, uncertain, retryable) in [
        ("INSERT INTO t VALUES (1)", "40P01", "deadlock", false, true),
        ("INSERT INTO t VALUES (1)", "40003", "refused", true, false),
        // Each may have committed before.
        ("CALL p()", "40P01", "deadlock", true, false),
        ("DO $$ BEGIN COMMIT; END $$", "40001", "serialization-failure", true, false),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "40P01", "deadlock", true, false),
        ("SELECT own_function()", "40001", "serialization-failure", false, true),
    ] {
        let server = Scripted::new(move |heard, _| executes(heard).then(|| [error(sqlstate), ready(b'I')].concat()));
        let server = server.await;
        let refused = home(&server).client().send(query(text)).await.unwrap_err();
        assert_eq!(matches!(refused, EgressError::Uncertain(_)), uncertain, "{text}: {refused:?}");
        assert_eq!((refused.code(), refused.retryable()), (code, retryable), "{text}");
        assert_eq!(refused.refusal().map(|refusal| refusal.sqlstate.as_str()), Some(sqlstate));
        assert_eq!(refused.to_string().contains("may have taken effect"), uncertain, "{refused}");
    }
}

#[tokio::test]
async fn in_a_transaction_nothing_was_done_until_its_end() {
    let server = Scripted::new(|heard, _| match heard {
        heard if executes(heard) => Some([error("40P01"), ready(b'E')].concat()),
        heard if commits(heard) => Some([error("40003"), ready(b'I')].concat()),
        _ => None,
    });
    let server = server.await;
    let client = home(&server).client();
    let transaction = client.send(Begin::default()).await.unwrap();
    let refused = transaction.run(&query("CALL p()")).await.unwrap_err();
    assert!(refused.retryable() && matches!(refused, EgressError::Refused { .. }), "{refused:?}");
    // The server does not know what became of the commit.
    let transaction = client.send(Begin::default()).await.unwrap();
    let refused = transaction.commit().await.unwrap_err();
    assert!(!refused.retryable() && matches!(refused, EgressError::Uncertain(_)), "{refused:?}");
}

#[tokio::test]
async fn what_only_reads_is_refused_in_the_words_of_the_definition() {
    let server = Scripted::new(|_, _| None).await;
    let client = home(&server).client();
    let read = |text: &str| Query { read_only: true, ..query(text) };
    let refused = client.send(read("SELECT pg_notify('a', 'b')")).await.unwrap_err();
    assert!(refused.to_string().contains("in spite of a transaction that only reads"), "{refused}");
    client.send(read("SELECT lo_price FROM dblink_log")).await.unwrap();
}

/// Rows that are read in steps may have left something, as any other statement that reads: a view runs functions.
#[tokio::test]
async fn a_session_whose_rows_were_read_in_steps_is_reset_before_it_writes() {
    let server = Scripted::new(|_, _| None).await;
    let client = home(&server).client();
    let mut rows = client.send(Open(query("SELECT a FROM v"))).await.unwrap();
    while !rows.next(10).await.unwrap().is_empty() {}
    drop(rows);
    client.send(query("INSERT INTO t VALUES (1)")).await.unwrap();
    let heard = server.heard();
    let first =
        |wanted: &[u8]| heard.iter().position(|(_, body)| body.windows(wanted.len()).any(|part| part == wanted));
    assert_eq!(heard.iter().filter(|(kind, _)| *kind == super::scripted::STARTUP).count(), 1);
    assert!(first(b"DISCARD ALL").unwrap() < first(b"INSERT INTO t").unwrap());
}
