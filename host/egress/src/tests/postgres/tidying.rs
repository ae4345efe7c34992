//! What is done behind a statement that only reads, and what becomes of statements whose tables have changed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::scripted::{Heard, Scripted, error, executes, message, prepares, ready, row};
use super::{home, query};
use crate::EgressError;
use crate::database::{Begin, Query};

const TIDIES: &[u8] = b"CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; ";

fn tidies(heard: &Heard) -> bool {
    heard.0 == b'Q' && heard.1.starts_with(TIDIES)
}

/// As many as nobody waits for: what is sent goes in one piece with the statement, and its answer is heard by the next.
#[tokio::test]
async fn a_session_is_tidied_up_behind_what_reads_and_nobody_waits_for_that() {
    // This server does not answer it.
    let server = Scripted::new(|heard, _| heard.last().is_some_and(tidies).then(Vec::new)).await;
    let home = home(&server);
    let client = home.client();
    let answer = client.send(query("SELECT 'a'")).await.unwrap();
    assert_eq!(answer.rows.len(), 1);
    server.hears(tidies).await;
    // A session that was not tidied up has no next user.
    client.send(query("SELECT 'a'")).await.unwrap();
    let logins = server.heard().iter().filter(|heard| heard.0 == super::scripted::STARTUP).count();
    assert_eq!(logins, 2);
}

#[tokio::test]
async fn a_session_that_was_tidied_up_is_used_again_with_its_statements() {
    let server = Scripted::new(|_, _| None).await;
    let home = home(&server);
    let client = home.client();
    for _ in 0..3 {
        client.send(query("SELECT 'a'")).await.unwrap();
    }
    let heard = server.heard();
    let count = |wanted: &dyn Fn(&Heard) -> bool| heard.iter().filter(|heard| wanted(heard)).count();
    assert_eq!(count(&|heard| heard.0 == super::scripted::STARTUP), 1);
    assert_eq!((count(&|heard| heard.0 == b'P'), count(&tidies)), (1, 3));
    // The time that a statement may take is among what is set anew, so that nobody has to say it once more.
    assert_eq!(count(&|heard| heard.1.starts_with(b"SET statement_timeout")), 1);
    // Behind a transaction too, and where it is only read in steps.
    let transaction = client.send(Begin::default()).await.unwrap();
    transaction.run(&query("SELECT 'a'")).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = client.send(Begin::default()).await.unwrap();
    transaction.roll_back().await.unwrap();
    // The next user has heard that it was done.
    client.send(query("SELECT 'a'")).await.unwrap();
    assert!(server.heard().iter().filter(|heard| tidies(heard)).count() >= 5);
}

#[tokio::test]
async fn a_server_that_refuses_to_tidy_up_loses_the_session() {
    let refuses =
        |heard: &[Heard], _: bool| heard.last().is_some_and(tidies).then(|| [error("42501"), ready(b'I')].concat());
    let server = Scripted::new(refuses).await;
    let client = home(&server).client();
    for _ in 0..3 {
        client.send(query("SELECT 'a'")).await.unwrap();
    }
    assert_eq!(server.heard().iter().filter(|heard| heard.0 == super::scripted::STARTUP).count(), 3);
}

/// `cached plan must not change result type`, as PostgreSQL says it: the place in its code is the same in all languages.
fn stale() -> Vec<u8> {
    message(b'E', b"SERROR\0C0A000\0Mcached plan\0RRevalidateCachedQuery\0\0")
}

#[tokio::test]
async fn a_statement_whose_table_has_changed_is_prepared_again_once() {
    for (failures, works) in [(1, true), (2, false)] {
        let left = AtomicUsize::new(failures);
        let server = Scripted::new(move |heard, in_transaction| {
            if !executes(heard) || prepares(heard) {
                return None;
            }
            let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
            let status = if in_transaction { b'E' } else { b'I' };
            fails.then(|| [stale(), ready(status)].concat())
        });
        let server = server.await;
        let asked = home(&server).client().send(query("SELECT a FROM t")).await;
        assert_eq!(asked.is_ok(), works, "{asked:?}");
        assert_eq!(server.heard().iter().filter(|heard| heard.0 == b'P').count(), 2);
    }
    // In a transaction, which has failed then, it is not sent again.
    let server = Scripted::new(|heard, _| executes(heard).then(|| [stale(), ready(b'E')].concat())).await;
    let transaction = home(&server).client().send(Begin::default()).await.unwrap();
    let error = transaction.run(&query("SELECT a FROM t")).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error:?}");
    assert_eq!(server.heard().iter().filter(|heard| heard.0 == b'E').count(), 1);
}

/// Another refusal with the same SQLSTATE can be one of a function that had an effect elsewhere.
#[tokio::test]
async fn what_began_is_not_sent_again() {
    let server = Scripted::new(|heard, _| executes(heard).then(|| [error("0A000"), ready(b'I')].concat())).await;
    home(&server).client().send(query("SELECT a FROM t")).await.unwrap_err();
    assert_eq!(server.heard().iter().filter(|heard| heard.0 == b'E').count(), 1);
}

/// Of what writes and was sent nobody knows what became of it, once the session is lost.
#[tokio::test]
async fn a_lost_session_says_whether_something_may_have_been_written() {
    // A row and then the end of the connection's sense.
    let broken = || [message(b'2', b""), row(b"a"), message(b'!', b"")].concat();
    let server = Scripted::new(move |heard, _| executes(heard).then(broken)).await;
    let home = home(&server);
    let client = home.client();
    for (text, read_only, uncertain) in [
        ("INSERT INTO t VALUES (1) RETURNING a", false, true),
        ("SELECT own_function()", false, true),
        ("SELECT own_function()", true, false),
        ("SELECT a FROM t", false, false),
    ] {
        let error = client.send(Query { read_only, ..query(text) }).await.unwrap_err();
        assert_eq!(matches!(error, EgressError::Uncertain(_)), uncertain, "{text}: {error:?}");
        assert_eq!(error.retryable(), !uncertain, "{text}");
        assert_eq!(error.problem().retryable, !uncertain, "{text}");
        assert_eq!(error.code(), "protocol");
        assert_eq!(error.to_string().contains("may have taken effect"), uncertain, "{error}");
    }
    // In a transaction it is undone with the session.
    let transaction = client.send(Begin::default()).await.unwrap();
    let error = transaction.run(&query("INSERT INTO t VALUES (1) RETURNING a")).await.unwrap_err();
    assert!(error.retryable(), "{error:?}");
}

#[tokio::test]
async fn a_commit_without_an_answer_is_not_done_again() {
    for (read_only, uncertain) in [(false, true), (true, false)] {
        let server = Scripted::new(|heard, _| {
            let commits = heard.last().is_some_and(|(kind, body)| *kind == b'Q' && body.starts_with(b"COMMIT"));
            commits.then(|| message(b'!', b""))
        });
        let server = server.await;
        let transaction = home(&server).client().send(Begin { read_only, ..Begin::default() }).await.unwrap();
        transaction.run(&query("SELECT 'a'")).await.unwrap();
        let error = transaction.commit().await.unwrap_err();
        assert_eq!(error.retryable(), !uncertain, "{error:?}");
    }
}

/// What never left is sent again by whoever likes to.
#[tokio::test]
async fn what_was_not_sent_has_no_effect() {
    let server = Scripted::new(|heard, _| prepares(heard).then(|| message(b'!', b""))).await;
    let error = home(&server).client().send(query("INSERT INTO t VALUES (1)")).await.unwrap_err();
    assert!(error.retryable() && !matches!(error, EgressError::Uncertain(_)), "{error:?}");
}
