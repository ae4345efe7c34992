//! Answers that are not read to their end, and what becomes of the session.

use super::scripted::{Heard, Scripted, described, error, executes, message, prepares, ready, row};
use super::{home, query};
use crate::EgressError;
use crate::Timeouts;
use crate::database::{Begin, Query};
use crate::tests::*;

/// Says this to a statement that is run, behind the message that its values were taken.
fn runs(heard: &[Heard], says: &[Vec<u8>]) -> Option<Vec<u8>> {
    executes(heard).then(|| [message(b'2', b""), says.concat()].concat())
}

/// What nobody read of an answer is never taken for the answer to what is asked next.
#[tokio::test]
async fn the_rest_of_an_answer_is_not_the_next_one() {
    let end = || [message(b'C', b"SELECT 3\0"), ready(b'T')].concat();
    let german = message(b'S', b"DateStyle\0German, DMY\0");
    for (says, code) in [
        (vec![row(b"a"), row(b"b"), row(b"c"), end()], "too_large"),
        (vec![row(&[b'a'; 60_000]), row(b"b"), end()], "too_large"),
        // A text that is no UTF-8.
        (vec![row(b"\xFF"), row(b"b"), end()], "protocol"),
        (vec![message(b'G', b"\0\0\0"), end()], "request"),
        (vec![german, row(b"b"), end()], "request"),
    ] {
        let server = Scripted::new(move |heard, _| runs(heard, &says)).await;
        let home = home(&server).limited(|limits| (limits.rows, limits.upstream_body_bytes) = (1, 50_000));
        let transaction = home.client().send(Begin::default()).await.unwrap();
        let error = transaction.run(&query("SELECT 1")).await.unwrap_err();
        let is_as_expected = match code {
            "too_large" => matches!(error, EgressError::TooLarge { .. }),
            "protocol" => matches!(error, EgressError::Protocol { .. }),
            _ => matches!(error, EgressError::Request(_)),
        };
        assert!(is_as_expected, "{code}: {error:?}");
        let next = transaction.run(&query("SELECT 2")).await.unwrap_err();
        assert!(matches!(next, EgressError::Protocol { .. }), "{next:?}");
        assert!(!server.heard_of("SELECT 2"));
        assert!(transaction.commit().await.is_err());
        assert!(!server.heard_of("COMMIT\0"));
    }
}

#[tokio::test]
async fn a_step_that_is_refused_leaves_a_transaction_that_can_be_rolled_back() {
    let says = [row(b"a"), error("22012"), ready(b'E')];
    let server = Scripted::new(move |heard, _| runs(heard, &says)).await;
    for is_read in [false, true] {
        let transaction = home(&server).client().send(Begin::default()).await.unwrap();
        let mut rows = transaction.open(&query("SELECT 1")).await.unwrap();
        if is_read {
            assert_eq!(rows.next(1).await.unwrap().len(), 1);
            for _ in 0..2 {
                rows.next(1).await.unwrap_err();
            }
            transaction.roll_back().await.unwrap();
        } else {
            // What was refused of it is not seen yet.
            let error = transaction.commit().await.unwrap_err();
            assert!(error.refusal().is_some_and(|refusal| refusal.sqlstate == "22012"), "{error:?}");
            assert!(!server.heard_of("COMMIT\0"));
        }
    }
    // What came before it is there, and then the error.
    let transaction = home(&server).client().send(Begin::default()).await.unwrap();
    let mut first = transaction.open(&query("SELECT 1")).await.unwrap();
    let mut second = transaction.open(&query("SELECT 2")).await.unwrap();
    assert_eq!(first.next(10).await.unwrap().len(), 1);
    assert!(first.next(10).await.unwrap_err().refusal().is_some());
    assert_eq!(second.next(1).await.unwrap().len(), 1);
    transaction.roll_back().await.unwrap();
}

#[tokio::test]
async fn rows_that_are_kept_have_one_room() {
    let large = [row(&[b'a'; 6_000]), message(b's', b""), ready(b'T')];
    let server = Scripted::new(move |heard, _| runs(heard, &large)).await;
    let home = home(&server).limited(|limits| limits.upstream_body_bytes = 10_000);
    let transaction = home.client().send(Begin::default()).await.unwrap();
    // Of one that nobody reads any more nothing is kept, and the server is told.
    for _ in 0..10 {
        drop(transaction.open(&query("SELECT 1")).await.unwrap());
    }
    assert!(server.heard().iter().filter(|(kind, body)| *kind == b'C' && body.starts_with(b"Plockgate_")).count() >= 8);
    let mut first = transaction.open(&query("SELECT 1")).await.unwrap();
    let mut second = transaction.open(&query("SELECT 2")).await.unwrap();
    // Of the first 6,000 bytes are kept, and there is no room for those of the second.
    assert!(matches!(transaction.run(&query("SELECT 3")).await, Err(EgressError::TooLarge { .. })));
    // Nothing goes on as if none were missing.
    assert_eq!(first.next(1).await.unwrap().len(), 1);
    first.next(1).await.unwrap_err();
    second.next(1).await.unwrap_err();
    assert!(transaction.commit().await.is_err());
}

#[tokio::test]
async fn a_transaction_has_a_number_of_open_answers() {
    let one = [row(b"a"), message(b's', b""), ready(b'T')];
    let server = Scripted::new(move |heard, _| runs(heard, &one)).await;
    let transaction = home(&server).client().send(Begin::default()).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(transaction.open(&query("SELECT 1")).await.unwrap());
    }
    let error = transaction.open(&query("SELECT 1")).await.unwrap_err();
    assert!(error.to_string().contains("64 answers"), "{error}");
    open.pop();
    open.push(transaction.open(&query("SELECT 1")).await.unwrap());
    transaction.commit().await.unwrap();
}

#[tokio::test]
async fn what_changes_rows_is_run_to_its_end() {
    let says = [row(b"a"), row(b"b"), row(b"c"), message(b'C', b"INSERT 0 3\0"), ready(b'I')];
    let server = Scripted::new(move |heard, _| runs(heard, &says)).await;
    let query = Query { max_rows: Some(1), ..query("INSERT INTO t VALUES (1), (2), (3) RETURNING a") };
    let answer = home(&server).client().send(query).await.unwrap();
    assert_eq!((answer.rows.len(), answer.more, answer.changed), (1, true, Some(3)));
    // All of its rows are asked for, without which the server says nothing of how many there were.
    let executed = server.heard().into_iter().find(|(kind, _)| *kind == b'E').unwrap();
    assert_eq!(executed.1, [0; 5]);
}

#[tokio::test]
async fn the_first_byte_of_an_answer_has_its_time() {
    // Nor to what resets the session behind it, which no server answers before.
    let is_silent = |heard: &[Heard]| executes(heard) || heard.iter().any(|(_, body)| body.starts_with(b"CLOSE ALL"));
    let server = Scripted::new(move |heard, _| is_silent(heard).then(Vec::new)).await;
    let timeouts = Timeouts { first_byte: Some(Duration::from_millis(50)), ..Timeouts::default() };
    let query = Query { timeouts, ..query("SELECT 1") };
    let error = home(&server).client().send(query.clone()).await.unwrap_err();
    assert!(matches!(error, EgressError::Timeout { phase: crate::Phase::FirstByte, .. }), "{error:?}");
    let transaction = home(&server).client().send(Begin::default()).await.unwrap();
    // On a busy machine the time can be over before the statement is prepared.
    let error = match transaction.open(&query).await {
        Ok(mut rows) => rows.next(1).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, EgressError::Timeout { phase: crate::Phase::FirstByte, .. }), "{error:?}");
}

#[tokio::test]
async fn items_of_arrays_take_what_they_take_here() {
    // 4 KB on the way.
    let text = format!("{{0{}}}", ",0".repeat(1_999));
    let server = Scripted::new(move |heard, in_transaction| match prepares(heard) {
        true => Some(described(&[("c", 1007)], in_transaction)),
        false => runs(heard, &[row(text.as_bytes()), message(b'C', b"SELECT 1\0"), ready(b'I')]),
    });
    let server = server.await;
    let limited = |bytes| home(&server).limited(|limits| limits.upstream_body_bytes = bytes).client();
    let error = limited(50_000).send(query("SELECT 1")).await.unwrap_err();
    assert!(matches!(error, EgressError::TooLarge { .. }), "{error:?}");
    limited(200_000).send(query("SELECT 1")).await.unwrap();
}
