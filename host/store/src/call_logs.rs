//! What guests logged in calls that failed. Kept beside the records, which are read in lists.

use lockgate_domain::{CallId, CallRecord, LogLine};
use sqlx::{AnyConnection, Row};

use crate::rows::id;
use crate::{Store, StoreError};

/// Rows that are deleted in one transaction.
const TRIM: i64 = 500;

/// Writes the lines of those records that have some. Gives the bytes that were written.
pub(crate) async fn add(sql: &mut AnyConnection, records: &[CallRecord]) -> Result<u64, StoreError> {
    let mut written = 0;
    for record in records {
        let Some(failure) = record.failure.as_ref().filter(|failure| !failure.logs.is_empty()) else { continue };
        let lines = serde_json::to_string(&failure.logs).map_err(|_| StoreError::Corrupt("lines of a log"))?;
        written += lines.len() as u64;
        sqlx::query("INSERT INTO call_logs (call, lines, bytes) VALUES ($1, $2, $3)")
            .bind(record.id.as_bytes().as_slice())
            .bind(&lines)
            .bind(i64::try_from(lines.len()).unwrap_or(i64::MAX))
            .execute(&mut *sql)
            .await?;
    }
    Ok(written)
}

impl Store {
    /// What a guest logged in a call that failed; nothing for any other call.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn call_logs(&self, call: &CallId) -> Result<Vec<LogLine>, StoreError> {
        let query = sqlx::query("SELECT lines FROM call_logs WHERE call = $1").bind(call.as_bytes().as_slice());
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(Vec::new()) };
        serde_json::from_str(row.try_get("lines")?).map_err(|_| StoreError::Corrupt("lines of a log"))
    }

    /// Deletes lines of calls that began before a call, and all but the latest of so many bytes together.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim_call_logs(&self, before: &CallId, bytes: u64) -> Result<(), StoreError> {
        let query =
            "SELECT call FROM (SELECT call, sum(bytes) OVER (ORDER BY call DESC) AS total FROM call_logs) AS all_logs
            WHERE total > $1 ORDER BY call DESC LIMIT 1";
        let query = sqlx::query(query).bind(i64::try_from(bytes).unwrap_or(i64::MAX));
        let full = query.fetch_optional(&self.pool).await?;
        let full = full.map(|row| id(&row, "call", CallId::from_slice)).transpose()?;
        // The one with which they are too many goes too.
        let trimmed = "DELETE FROM call_logs WHERE call IN
            (SELECT call FROM call_logs WHERE call < $1 OR call <= $2 ORDER BY call LIMIT $3)";
        loop {
            let mut write = self.begin().await?;
            let piece = sqlx::query(trimmed).bind(before.as_bytes().as_slice());
            let piece = piece.bind(full.as_ref().map_or(&[][..], |call| call.as_bytes().as_slice())).bind(TRIM);
            let rows = piece.execute(&mut *write).await?.rows_affected();
            write.commit().await?;
            if rows == 0 {
                return Ok(());
            }
        }
    }
}
