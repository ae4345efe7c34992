//! What is done behind a statement that only reads, and what becomes of statements whose tables have changed.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::scripted::{Heard, STARTUP, Scripted, error, executes, message, prepares, ready, row};
use super::{home, query};
use crate::EgressError;
use crate::database::{Begin, Query};

/// Apart from a statement.
const RESET: &[u8] = b"CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; RESET ALL; ";

fn resets(heard: &Heard) -> bool {
    heard.0 == b'Q' && heard.1.starts_with(RESET)
}

/// In the batch of a statement.
fn resets_in_batch(heard: &Heard) -> bool {
    heard.0 == b'B' && heard.1.starts_with(b"\0lockgate_settings\0")
}

/// Whether a statement of the caller is run.
fn runs(heard: &Heard) -> bool {
    let name = heard.1.strip_prefix(b"\0lockgate_").filter(|_| heard.0 == b'B');
    name.is_some_and(|name| name.first().is_some_and(u8::is_ascii_digit))
}

fn count(server: &Scripted, wanted: impl Fn(&Heard) -> bool) -> usize {
    server.heard().iter().filter(|heard| wanted(heard)).count()
}

fn logins(server: &Scripted) -> usize {
    count(server, |heard| heard.0 == STARTUP)
}

/// The statement is heard together with what resets the session behind it, in a transaction of its own.
#[tokio::test]
async fn a_session_is_reset_in_the_batch_of_what_reads() {
    let server = Scripted::new(|_, _| None).await;
    let home = home(&server);
    let client = home.client();
    for _ in 0..3 {
        let answer = client.send(query("SELECT 'a'")).await.unwrap();
        assert_eq!(answer.rows.len(), 1);
    }
    assert_eq!((logins(&server), count(&server, runs)), (1, 3));
    assert_eq!((count(&server, resets_in_batch), count(&server, resets)), (3, 0));
    // What it is told once: its own statement, and those that reset it.
    assert_eq!(count(&server, |heard| heard.0 == b'P' && heard.1.starts_with(b"lockgate_1\0")), 1);
    assert_eq!(count(&server, |heard| heard.0 == b'P' && heard.1.starts_with(b"lockgate_settings\0")), 1);
    // The time that a statement may take is among what is set anew, so that nobody has to say it once more.
    assert_eq!(count(&server, |heard| heard.0 == b'Q' && heard.1.starts_with(b"SET statement_timeout")), 1);
    let heard = server.heard();
    let batch = heard.iter().rev().skip_while(|heard| !runs(heard)).take_while(|heard| heard.0 != b'S');
    assert!(batch.into_iter().any(|heard| heard.0 == b'B' && heard.1.starts_with(b"\0lockgate_begin\0")));
    let behind: Vec<_> = heard.iter().rev().take_while(|heard| !runs(heard)).filter(|heard| heard.0 == b'B').collect();
    let named = |heard: &&Heard| heard.1.starts_with(b"\0lockgate_commit\0");
    assert!(behind.iter().any(named), "{behind:?}");
    // Behind a transaction it is done apart, and nobody waits for it but the next user.
    let transaction = client.send(Begin::default()).await.unwrap();
    transaction.run(&query("SELECT 'a'")).await.unwrap();
    transaction.commit().await.unwrap();
    let transaction = client.send(Begin::default()).await.unwrap();
    transaction.roll_back().await.unwrap();
    client.send(query("SELECT 'a'")).await.unwrap();
    assert!(count(&server, resets) >= 2);
}

/// Nobody waits for what is done apart, and a session that was not reset has no next user.
#[tokio::test]
async fn a_session_that_was_not_reset_has_no_next_user() {
    // One of these servers does not answer it, and the other refuses.
    for says in [Vec::new(), [error("42501"), ready(b'I')].concat(), ready(b'T')] {
        let server = Scripted::new(move |heard, _| heard.last().is_some_and(resets).then(|| says.clone())).await;
        let home = home(&server);
        let client = home.client();
        for _ in 0..2 {
            let transaction = client.send(Begin::default()).await.unwrap();
            transaction.run(&query("SELECT 'a'")).await.unwrap();
            transaction.commit().await.unwrap();
        }
        server.hears(resets).await;
        client.send(query("SELECT 'a'")).await.unwrap();
        assert!(logins(&server) >= 2, "{}", logins(&server));
    }
}

/// A server that is no whole PostgreSQL.
#[tokio::test]
async fn a_server_that_keeps_no_such_statements_is_asked_apart() {
    let keeps = |heard: &[Heard]| heard.iter().any(|heard| heard.0 == b'P' && heard.1.starts_with(b"lockgate_begin"));
    let server = Scripted::new(move |heard, _| keeps(heard).then(|| [error("42601"), ready(b'I')].concat())).await;
    let home = home(&server);
    let client = home.client();
    for _ in 0..3 {
        client.send(query("SELECT 'a'")).await.unwrap();
    }
    client.send(query("SELECT 'a'")).await.unwrap();
    assert_eq!((logins(&server), count(&server, resets_in_batch)), (1, 0));
    assert!(count(&server, resets) >= 3);
}

/// What a refused statement left is taken back all the same, and its transaction is ended.
#[tokio::test]
async fn a_statement_that_is_refused_is_followed_by_a_reset() {
    let refuses = |heard: &[Heard], _: bool| heard.iter().any(runs).then(|| [error("22012"), ready(b'E')].concat());
    let server = Scripted::new(refuses).await;
    let home = home(&server);
    let client = home.client();
    for _ in 0..2 {
        client.send(query("SELECT 1 / 0")).await.unwrap_err();
    }
    let ends = |heard: &Heard| heard.0 == b'Q' && heard.1.starts_with(&[&b"ROLLBACK; "[..], RESET].concat());
    server.hears(ends).await;
    assert_eq!((logins(&server), count(&server, runs)), (1, 2));
}

/// The server says what is another only at the end of the batch, and that is too late.
#[tokio::test]
async fn settings_by_which_values_are_read_are_looked_at_in_the_batch() {
    let answer = |style: &'static [u8], digits: &'static [u8]| {
        let value = |value: &[u8]| [&u32::try_from(value.len()).unwrap().to_be_bytes(), value].concat();
        let looked = [&b"1"[..], b"UTF8", style, b"iso_8601", b"on", digits, b"hex"].map(value);
        let bound = || message(b'2', b"");
        let parts = [bound(), message(b'C', b"BEGIN\0"), bound(), row(b"29.11.2026"), message(b'C', b"SELECT 1\0")];
        let ended = [
            bound(),
            message(b'D', &[&b"\0\x07"[..], &looked.concat()].concat()),
            message(b'C', b"SELECT 1\0"),
            bound(),
        ];
        [parts.concat(), ended.concat(), message(b'C', b"COMMIT\0"), ready(b'I')].concat()
    };
    for (style, digits, wrong) in [
        (&b"ISO, MDY"[..], &b"3"[..], None),
        (b"German, DMY", b"3", Some("DateStyle")),
        (b"ISO, MDY", b"0", Some("extra_float_digits")),
    ] {
        let says = move |heard: &[Heard], _: bool| match heard {
            [(STARTUP, _)] => {
                let told =
                    ["DateStyle\0ISO, MDY\0", "client_encoding\0UTF8\0"].map(|told| message(b'S', told.as_bytes()));
                Some([message(b'R', &[0; 4]), told.concat(), ready(b'I')].concat())
            }
            _ if executes(heard) && heard.iter().any(runs) => Some(answer(style, digits)),
            _ => None,
        };
        let server = Scripted::new(says).await;
        let asked = home(&server).client().send(query("SELECT a FROM a_view")).await;
        match (asked, wrong) {
            (Ok(_), None) => {}
            (Err(error), Some(wrong)) => assert!(error.to_string().contains(wrong), "{error}"),
            (asked, wrong) => panic!("{wrong:?}: {asked:?}"),
        }
    }
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
        assert_eq!(count(&server, |heard| heard.0 == b'D'), 2);
    }
    // In a transaction, which has failed then, it is not sent again.
    let server = Scripted::new(|heard, _| executes(heard).then(|| [stale(), ready(b'E')].concat())).await;
    let transaction = home(&server).client().send(Begin::default()).await.unwrap();
    let error = transaction.run(&query("SELECT a FROM t")).await.unwrap_err();
    assert!(error.refusal().is_some(), "{error:?}");
    assert_eq!(count(&server, runs), 1);
}

/// Another refusal with the same SQLSTATE can be one of a function that had an effect elsewhere.
#[tokio::test]
async fn what_began_is_not_sent_again() {
    let server = Scripted::new(|heard, _| executes(heard).then(|| [error("0A000"), ready(b'I')].concat())).await;
    home(&server).client().send(query("SELECT a FROM t")).await.unwrap_err();
    assert_eq!(count(&server, runs), 1);
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
