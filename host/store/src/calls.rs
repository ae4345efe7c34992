//! Records of calls: written in batches, since one transaction for each would cost more than the call.

use lockgate_domain::{CallRecord, Digest};
use std::fmt::Write;

use sqlx::{AssertSqlSafe, Row};

use crate::rows::{digest, scope_ids};
use crate::{Store, StoreError};

/// Values of a row.
const COLUMNS: usize = 12;
/// Rows of one statement: SQLite takes 32,766 values, PostgreSQL twice as many.
const ROWS: usize = 2_000;

impl Store {
    /// Keeps a batch of records in one transaction. Their ids are random, so no record can meet another.
    ///
    /// # Errors
    /// The store does not answer; no record of the batch is kept then.
    pub async fn add_calls(&self, records: &[CallRecord]) -> Result<(), StoreError> {
        let mut change = self.begin().await?;
        for chunk in records.chunks(ROWS) {
            let mut query = sqlx::query(AssertSqlSafe(insert(chunk.len()))).persistent(false);
            for record in chunk {
                query = query
                    .bind(record.id.as_bytes().as_slice())
                    .bind(scope_ids(&record.scope).0)
                    .bind(record.group.as_bytes().as_slice())
                    .bind(record.connector.as_str())
                    .bind(record.plugin.as_ref().map(|plugin| plugin.as_bytes().as_slice()))
                    .bind(record.token.as_bytes().as_slice())
                    .bind(record.tenant.as_ref().map(|tenant| tenant.as_str()))
                    .bind(record.outcome.as_str())
                    .bind(number(record.duration_us))
                    .bind(number(record.usage.cpu_us))
                    .bind(number(record.usage.peak_memory_bytes))
                    .bind(number(record.usage.host_calls));
            }
            query.execute(&mut *change).await?;
        }
        Ok(change.commit().await?)
    }

    /// Deletes all but the latest `keep` records. Ids sort by time.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim_calls(&self, keep: i64) -> Result<u64, StoreError> {
        let query = "DELETE FROM calls WHERE id <= (SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET $1)";
        Ok(sqlx::query(query).bind(keep).execute(&self.pool).await?.rows_affected())
    }

    /// How many records there are of each plugin.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn calls_by_plugin(&self) -> Result<Vec<(Digest, i64)>, StoreError> {
        let query = sqlx::query("SELECT plugin, count(*) AS calls FROM calls WHERE plugin IS NOT NULL GROUP BY plugin");
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((digest(row, "plugin")?, row.try_get("calls")?))).collect()
    }

    /// How many records there are.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn count_calls(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM calls").fetch_one(&self.pool).await?)
    }
}

/// The statement for so many rows, without a value of anybody's in its text.
fn insert(rows: usize) -> String {
    let mut text = String::from("INSERT INTO calls VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            // Writing to a string can't fail.
            let _ = write!(text, "{}${}", if column == 1 { "" } else { ", " }, row * COLUMNS + column);
        }
        text.push(')');
    }
    text
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
