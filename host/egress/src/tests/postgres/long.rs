//! Long answers and long parameters: whoever is served by the same thread does not wait for them.

use std::sync::Arc;

use lockgate_domain::database::{Array, Scalar, Value as Field};
use tokio::sync::{Notify, watch};

use super::scripted::{Scripted, columns, described, executes, message, prepares, ready, row};
use super::{home, query};
use crate::database::{Parameters, Query};
use crate::tests::*;
use crate::{Work, WorkFuture, Workers};

/// Does no work before it is told to.
#[derive(Debug, Default)]
struct Held {
    given: watch::Sender<usize>,
    go: Notify,
}

impl Workers for Held {
    fn work(&self, _group: GroupId, work: Work) -> WorkFuture<'_> {
        Box::pin(async move {
            self.given.send_modify(|given| *given += 1);
            self.go.notified().await;
            work();
        })
    }
}

const ITEMS: usize = 20_000;

/// An array of `int4` as the server writes it.
fn zeros() -> String {
    format!("{{0{}}}", ",0".repeat(ITEMS - 1))
}

#[tokio::test]
async fn a_long_row_is_read_apart_from_who_serves_connections() {
    let long = zeros();
    let large = Scripted::new(move |heard, in_transaction| match (prepares(heard), executes(heard)) {
        (true, _) => Some(described(&[("c", 1007)], in_transaction)),
        (_, true) => {
            let rows = [row(long.as_bytes()), row(b"{1}"), message(b'C', b"SELECT 2\0"), ready(b'I')];
            Some([message(b'2', b""), rows.concat()].concat())
        }
        _ => None,
    });
    let (large, small) = (large.await, Scripted::new(|_, _| None).await);
    let (held, home_of_large) = (Arc::new(Held::default()), home(&large));
    home_of_large.egress.leaves_work_to(held.clone());
    let client = home_of_large.client();
    let asked = tokio::spawn(async move { client.send(query("SELECT 1")).await });
    held.given.subscribe().wait_for(|given| *given == 1).await.unwrap();
    // The thread of this test, which is all that there is, serves somebody else meanwhile.
    home(&small).client().send(query("SELECT 1")).await.unwrap();
    assert!(!asked.is_finished());
    held.go.notify_one();
    let answer = asked.await.unwrap().unwrap();
    let Field::Array(Array { items, .. }) = &answer.rows[0][0] else { panic!("{:?}", answer.columns) };
    assert_eq!(items.len(), ITEMS);
    assert_eq!(answer.rows.len(), 2);
    // The short one took no other thread.
    assert_eq!(*held.given.borrow(), 1);
    assert!(answer.bytes > (ITEMS * size_of::<Scalar>()) as u64);
}

#[tokio::test]
async fn a_row_that_nobody_waits_for_ends_its_session() {
    let long = zeros();
    let server = Scripted::new(move |heard, in_transaction| match (prepares(heard), executes(heard)) {
        (true, _) => Some(described(&[("c", 1007)], in_transaction)),
        (_, true) => {
            let rows = [row(long.as_bytes()), row(b"{1}"), message(b'C', b"SELECT 2\0"), ready(b'T')];
            Some([message(b'2', b""), rows.concat()].concat())
        }
        _ => None,
    });
    let (held, home) = (Arc::new(Held::default()), home(&server.await));
    home.egress.leaves_work_to(held.clone());
    let transaction = home.client().send(crate::database::Begin::default()).await.unwrap();
    let mut rows = transaction.open(&query("SELECT 1")).await.unwrap();
    let given = async { drop(held.given.subscribe().wait_for(|given| *given == 1).await) };
    tokio::select! {
        read = rows.next(1) => panic!("{read:?}"),
        () = given => {}
    }
    // The row that was lost is not left out silently.
    let next = rows.next(1).await.unwrap_err();
    assert!(matches!(next, crate::EgressError::Protocol { .. }), "{next:?}");
}

#[tokio::test]
async fn long_parameters_are_written_apart_too() {
    let server = Scripted::new(|heard, _| {
        let wanted = [&b"\0\x01"[..], &1007_u32.to_be_bytes()].concat();
        let parts = [message(b'1', b""), message(b't', &wanted), columns(&[("c", 25)]), ready(b'I')];
        prepares(heard).then(|| parts.concat())
    });
    let (held, server) = (Arc::new(Held::default()), server.await);
    let home = home(&server);
    home.egress.leaves_work_to(held.clone());
    for (items, given) in [(1, 0), (ITEMS, 1)] {
        held.go.notify_one();
        let array = Array { element: String::new(), dimensions: Vec::new(), items: vec![Scalar::Int64(7); items] };
        let parameters = Parameters::Numbered(vec![Field::Array(array)]);
        let asked = Query { parameters, ..query("SELECT 'a' WHERE 7 = ANY ($1)") };
        assert_eq!(home.client().send(asked).await.unwrap().rows.len(), 1);
        assert_eq!(*held.given.borrow(), given);
    }
    assert!(server.heard_of("\"7\",\"7\""));
}
