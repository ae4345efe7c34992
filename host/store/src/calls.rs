//! Records of calls: written in batches, since one transaction for each would cost more than the call.

use std::fmt::Write;

use lockgate_domain::{
    CallId, CallRecord, ConnectionId, Digest, FailureRecord, GroupId, Scope, TenantName, TokenId, Usage,
};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::call_logs;
use crate::rows::{digest, id, name, scope_ids};
use crate::store::Kind;
use crate::{Store, StoreError};

/// The columns of a row, in the order in which they are written.
const INSERTED: &str = "id, scope, group_id, connector, plugin, token, tenant, outcome, duration_us, cpu_us,
    peak_memory_bytes, host_calls, ended_at, connector_version, failure, connection, attempts,
    parent";
/// How many these are.
const COLUMNS: usize = 18;
/// Rows of one statement: the largest that still fits comes first. A statement is prepared once, so there are few of
/// them, and none whose text and values take megabytes.
const ROWS: [usize; 3] = [100, 10, 1];
/// Rows that are deleted in one transaction: some milliseconds, for which no change has to wait long.
const TRIM: i64 = 2_000;

/// The longest deadline of a call, with some room.
const LONGEST_MS: i64 = 20 * 60 * 1000;

const READ: &str = "SELECT id, group_id, connector, plugin, token, tenant, outcome, duration_us, cpu_us,
    peak_memory_bytes, host_calls, ended_at, connector_version, failure, connection, attempts, parent
    FROM calls";

/// Which records are wanted.
#[derive(Debug, Clone)]
pub struct CallFilter {
    /// Only of these groups.
    pub groups: Option<Vec<GroupId>>,
    /// Only of this connector.
    pub connector: Option<String>,
    /// Only with this outcome: `ok`, `gone` or a code.
    pub outcome: Option<String>,
    /// Only those that ended with a problem.
    pub failed: bool,
    /// Only those that the code of this call made.
    pub parent: Option<CallId>,
    /// Only for these tenants.
    pub tenants: Option<Vec<TenantName>>,
    /// Not ended before; milliseconds since 1970.
    pub since: i64,
    /// Only those with a smaller id.
    pub before: CallId,
    /// The most records.
    pub limit: i64,
}

impl Store {
    /// Keeps a batch of records in one transaction. Their ids are random, so no record can meet another. Gives the bytes of
    /// log lines that were written with them.
    ///
    /// # Errors
    /// The store does not answer; no record of the batch is kept then.
    pub async fn add_calls(&self, records: &[CallRecord]) -> Result<u64, StoreError> {
        let mut change = self.begin().await?;
        let mut left = records;
        while let Some((chunk, rest)) = ROWS.iter().find_map(|rows| left.split_at_checked(*rows)) {
            left = rest;
            let mut query = sqlx::query(AssertSqlSafe(insert(chunk.len(), self.kind)));
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
                    .bind(number(record.usage.host_calls))
                    .bind(record.ended_at)
                    .bind(record.version)
                    .bind(record.failure.as_ref().and_then(|failure| failure.code.as_deref()))
                    .bind(record.connection.as_ref().map(|connection| connection.as_bytes().as_slice()))
                    .bind(i64::from(record.attempts))
                    .bind(record.parent.as_ref().map(|parent| parent.as_bytes().as_slice()));
            }
            query.execute(&mut *change).await?;
        }
        let logged = call_logs::add(&mut change, records).await?;
        change.commit().await?;
        Ok(logged)
    }

    /// Records of a scope, the latest first, without log lines.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn calls(&self, scope: &Scope, filter: &CallFilter) -> Result<Vec<CallRecord>, StoreError> {
        let mut text = format!("{READ} WHERE scope = $1 AND id < $2 AND id >= $3 AND ended_at >= $4");
        let mut further: Vec<&str> = Vec::new();
        let texts = [("connector", &filter.connector), ("outcome", &filter.outcome)];
        for (column, value) in texts {
            if let Some(value) = value {
                further.push(value);
                // Writing to a string can't fail.
                let _ = write!(text, " AND {column} = ${}", 5 + further.len());
            }
        }
        if filter.failed {
            text.push_str(" AND outcome NOT IN ('ok', 'gone')");
        }
        if let Some(tenants) = &filter.tenants {
            let names: Vec<_> = tenants.iter().map(TenantName::as_str).collect();
            text.push_str(&any_of("tenant", 5 + further.len(), names.len()));
            further.extend(names);
        }
        let groups = filter.groups.as_deref().unwrap_or_default();
        if filter.groups.is_some() {
            text.push_str(&any_of("group_id", 5 + further.len(), groups.len()));
        }
        if filter.parent.is_some() {
            let _ = write!(text, " AND parent = ${}", 6 + further.len() + groups.len());
        }
        text.push_str(" ORDER BY id DESC LIMIT $5");
        // A call takes at most so long, so a record that ended since then has no older id.
        let oldest = CallId::first_at(filter.since.saturating_sub(LONGEST_MS));
        let mut query = sqlx::query(AssertSqlSafe(text))
            .persistent(false)
            .bind(scope_ids(scope).0)
            .bind(filter.before.as_bytes().as_slice())
            .bind(oldest.as_bytes().as_slice())
            .bind(filter.since)
            .bind(filter.limit);
        for value in further {
            query = query.bind(value);
        }
        for group in groups {
            query = query.bind(group.as_bytes().as_slice());
        }
        if let Some(parent) = &filter.parent {
            query = query.bind(parent.as_bytes().as_slice());
        }
        query.fetch_all(&self.pool).await?.iter().map(|row| read(row, scope)).collect()
    }

    /// One record of a scope, without log lines.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn call(&self, scope: &Scope, call: &CallId) -> Result<CallRecord, StoreError> {
        let query = AssertSqlSafe(format!("{READ} WHERE id = $1 AND scope = $2"));
        let query = sqlx::query(query).bind(call.as_bytes().as_slice()).bind(scope_ids(scope).0);
        read(&query.fetch_optional(&self.pool).await?.ok_or(StoreError::Missing("the call"))?, scope)
    }

    /// How many calls of a group each token has made since a call, the most first.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn callers(&self, group: &GroupId, since: &CallId) -> Result<Vec<(TokenId, i64)>, StoreError> {
        let query = "SELECT token, count(*) AS calls FROM calls WHERE group_id = $1 AND id >= $2
            GROUP BY token ORDER BY calls DESC, token";
        let query = sqlx::query(query).bind(group.as_bytes().as_slice()).bind(since.as_bytes().as_slice());
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((id(row, "token", TokenId::from_slice)?, row.try_get("calls")?))).collect()
    }

    /// Deletes the records of calls that began before a time, and all but the latest `keep`. Ids sort by time.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim_calls(&self, before: i64, keep: i64) -> Result<u64, StoreError> {
        let last = sqlx::query("SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET $1").bind(keep.max(1) - 1);
        let last = last.fetch_optional(&self.pool).await?.map(|row| id(&row, "id", CallId::from_slice)).transpose()?;
        let by_age = CallId::first_at(before);
        let oldest = last.map_or(by_age, |last| last.max(by_age));
        let mut trimmed = 0;
        loop {
            let mut write = self.begin().await?;
            let piece = "DELETE FROM calls WHERE id IN (SELECT id FROM calls WHERE id < $1 ORDER BY id LIMIT $2)";
            let piece = sqlx::query(piece).bind(oldest.as_bytes().as_slice()).bind(TRIM);
            let rows = piece.execute(&mut *write).await?.rows_affected();
            write.commit().await?;
            trimmed += rows;
            if rows == 0 {
                return Ok(trimmed);
            }
        }
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
fn insert(rows: usize, kind: Kind) -> String {
    let mut text = format!("INSERT INTO calls ({INSERTED}) VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=COLUMNS {
            text.push_str(if column == 1 { "" } else { ", " });
            match kind {
                // SQLite takes `$1` for a name, and looks through all names for each.
                Kind::Sqlite => text.push('?'),
                // Writing to a string can't fail.
                Kind::Postgres => drop(write!(text, "${}", row * COLUMNS + column)),
            }
        }
        text.push(')');
    }
    text
}

/// A condition that a column has one of so many values, which are bound after the first `from`.
fn any_of(column: &str, from: usize, values: usize) -> String {
    // No value at all fits nothing, and `IN ()` is no SQL.
    let places: Vec<_> = (1..=values).map(|value| format!("${}", from + value)).collect();
    if places.is_empty() { " AND 1 = 0".to_owned() } else { format!(" AND {column} IN ({})", places.join(", ")) }
}

fn read(row: &AnyRow, scope: &Scope) -> Result<CallRecord, StoreError> {
    let number = |column| Ok::<_, StoreError>(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default());
    let plugin = row.try_get::<Option<&[u8]>, _>("plugin")?;
    let tenant = row.try_get::<Option<&str>, _>("tenant")?;
    let (connection, code) =
        (row.try_get::<Option<&[u8]>, _>("connection")?, row.try_get::<Option<&str>, _>("failure")?);
    let parent = row.try_get::<Option<&[u8]>, _>("parent")?;
    let corrupt = StoreError::Corrupt("connection");
    Ok(CallRecord {
        id: id(row, "id", CallId::from_slice)?,
        scope: *scope,
        group: id(row, "group_id", GroupId::from_slice)?,
        connector: name(row, "connector")?,
        plugin: plugin.map(|bytes| Digest::from_slice(bytes).ok_or(StoreError::Corrupt("plugin"))).transpose()?,
        token: id(row, "token", TokenId::from_slice)?,
        tenant: tenant.map(|text| text.parse().map_err(|_| StoreError::Corrupt("tenant"))).transpose()?,
        outcome: name(row, "outcome")?,
        duration_us: number("duration_us")?,
        usage: Usage {
            cpu_us: number("cpu_us")?,
            peak_memory_bytes: number("peak_memory_bytes")?,
            host_calls: number("host_calls")?,
        },
        ended_at: row.try_get("ended_at")?,
        version: row.try_get("connector_version")?,
        connection: connection.map(|bytes| ConnectionId::from_slice(bytes).ok_or(corrupt)).transpose()?,
        parent: parent.map(|bytes| CallId::from_slice(bytes).ok_or(StoreError::Corrupt("parent"))).transpose()?,
        attempts: u32::try_from(row.try_get::<i64, _>("attempts")?).unwrap_or_default(),
        failure: code.map(|code| Box::new(FailureRecord { code: Some(code.to_owned()), logs: Vec::new() })),
    })
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
