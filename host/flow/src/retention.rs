//! How long records of calls and of changes are kept.

use lockgate_domain::CallId;
use lockgate_store::{Store, StoreError};

use crate::clock::now;

/// What a record takes in the store, with its entries in the indexes.
const RECORD_BYTES: u64 = 200;

/// The part of the bytes of records that log lines of failed calls may take beside them.
const LOGS_SHARE: u64 = 4;

/// How long records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days of records of calls.
    pub calls_days: u32,
    /// Bytes of them, if that is less.
    pub calls_bytes: u64,
    /// Days of the audit log.
    pub audit_days: u32,
}

impl Default for Retention {
    /// A week or a gigabyte of calls: long enough to look into an incident. A year of changes.
    fn default() -> Self {
        Self { calls_days: 7, calls_bytes: 1024 * 1024 * 1024, audit_days: 365 }
    }
}

impl Retention {
    /// Deletes what is older, or more, than is kept.
    pub(crate) async fn apply(self, store: &Store) -> Result<(), StoreError> {
        let days_ago = |days: u32| now() - i64::from(days) * 24 * 3600 * 1000;
        let keep = i64::try_from(self.calls_bytes / RECORD_BYTES).unwrap_or(i64::MAX);
        store.trim_calls(days_ago(self.calls_days), keep).await?;
        store.trim_audit(days_ago(self.audit_days)).await?;
        self.apply_to_logs(store).await
    }

    /// Deletes log lines of failed calls that are older, or more, than is kept.
    pub(crate) async fn apply_to_logs(self, store: &Store) -> Result<(), StoreError> {
        let oldest = CallId::first_at(now() - i64::from(self.calls_days) * 24 * 3600 * 1000);
        store.trim_call_logs(&oldest, self.calls_bytes / LOGS_SHARE).await
    }
}
