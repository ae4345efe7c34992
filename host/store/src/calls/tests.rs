use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use lockgate_domain::{LogLevel, LogLine, OrganizationId, Outcome};

use super::*;
use crate::Place;

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(Place::Folder(folder.path())).await.unwrap().0
}

fn record(scope: Scope) -> CallRecord {
    CallRecord {
        id: CallId::new(),
        scope,
        group: GroupId::new(),
        connector: "price_order".parse().unwrap(),
        plugin: Some(Digest::of(b"plugin")),
        version: None,
        token: TokenId::new(),
        tenant: Some("ada".parse().unwrap()),
        outcome: Outcome::Success,
        duration_us: 1,
        usage: Usage { cpu_us: 2, peak_memory_bytes: 3, host_calls: 4 },
        ended_at: 5,
        connection: None,
        parent: None,
        attempts: 0,
        failure: None,
    }
}

fn records(count: usize) -> Vec<CallRecord> {
    let scope = Scope::Organization(OrganizationId::new());
    (0..count).map(|_| record(scope)).collect()
}

#[tokio::test]
async fn lines_of_failed_calls_are_kept_up_to_a_sum_and_an_age() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let line = || LogLine { level: LogLevel::Info, message: "m".repeat(100), fields: None };
    let failed = |mut record: CallRecord| {
        record.failure = Some(Box::new(FailureRecord { code: Some("no_stock".to_owned()), logs: vec![line()] }));
        record.connection = Some(ConnectionId::new());
        record
    };
    let records: Vec<_> = records(3).into_iter().map(failed).collect();
    let bytes = store.add_calls(&records).await.unwrap();
    let read = store.call(&records[0].scope, &records[0].id).await.unwrap();
    assert_eq!((read.connection, read.failure.unwrap().code.unwrap()), (records[0].connection, "no_stock".to_owned()));
    let kept = async || {
        let mut kept = Vec::new();
        for record in &records {
            kept.push(store.call_logs(&record.id).await.unwrap().len());
        }
        kept
    };
    assert_eq!(kept().await, [1, 1, 1]);
    store.trim_call_logs(&CallId::first_at(0), bytes - 1).await.unwrap();
    assert_eq!(kept().await.iter().sum::<usize>(), 2);
    store.trim_call_logs(&CallId::last(), bytes).await.unwrap();
    assert_eq!(kept().await, [0, 0, 0]);
}

#[tokio::test]
async fn records_of_every_number_come_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for count in [1, 9, 10, 123] {
        let records = records(count);
        store.add_calls(&records).await.unwrap();
        for record in records {
            let back = store.call(&record.scope, &record.id).await.unwrap();
            assert_eq!(format!("{back:?}"), format!("{record:?}"));
        }
    }
    assert_eq!(store.count_calls().await.unwrap(), 143);
}

#[tokio::test]
async fn the_latest_stay_when_old_ones_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut records = records(TRIM as usize * 2 + 50);
    records.sort_unstable_by_key(|record| record.id);
    store.add_calls(&records).await.unwrap();
    assert_eq!(store.trim_calls(0, 1_000_000).await.unwrap(), 0);
    assert_eq!(store.trim_calls(0, 50).await.unwrap(), TRIM as u64 * 2);
    let (gone, kept) = records.split_at(TRIM as usize * 2);
    assert!(store.call(&kept[0].scope, &kept[0].id).await.is_ok());
    assert!(store.call(&gone[0].scope, &gone[gone.len() - 1].id).await.is_err());
    assert_eq!(store.trim_calls(i64::MAX, 50).await.unwrap(), 50);
}

/// With numbered places in the statement a batch took 150 us a record, and SQLite let batch after batch go before a change.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_does_not_wait_for_batch_after_batch() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let written = Arc::new(AtomicUsize::new(0));
    let batches = tokio::spawn({
        let (store, written) = (store.clone(), Arc::clone(&written));
        async move {
            loop {
                store.add_calls(&records(2_000)).await.unwrap();
                written.fetch_add(1, SeqCst);
            }
        }
    });
    let after = async |count| {
        while written.load(SeqCst) < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    after(1).await;
    for _ in 0..20 {
        let before = written.load(SeqCst);
        let mut change = store.begin_change().await.unwrap();
        change.touched(crate::Changed::Scopes);
        change.commit().await.unwrap();
        // The one that was being written, the next one, and what this task lost by being scheduled late.
        let passed = written.load(SeqCst) - before;
        assert!(passed < 10, "{passed} batches went first");
    }
    after(2).await;
    batches.abort();
}
