//! Who renews the tokens of a credential. A lease has a number that the next one raises, so that a holder that was away for
//! longer than its lease writes nothing over what came after. Its time is the database's own: the clocks of hosts may
//! differ. No transaction is open while a provider is asked.

use lockgate_domain::{ConnectionId, CredentialName};
use sqlx::{AssertSqlSafe, Row};

use crate::rows::flag;
use crate::store::Kind;
use crate::{Store, StoreError, TokenFailure};

/// How long a lease is left to its holder, which renews it while it waits for the provider: long enough for a pause of a
/// machine, and short enough for who waits after a host has died. In milliseconds.
const LEASE_MS: i64 = 20_000;

/// The right to renew the tokens of one credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// Its number.
    pub fence: i64,
    /// The generation of the tokens that are renewed.
    pub generation: i64,
}

/// What became of the wish for a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leased {
    /// It is given.
    Given(Lease),
    /// Somebody else has it.
    Held,
    /// Its holder went away after it sent what is good for one use, and before it wrote what came of that.
    Interrupted {
        /// The generation of the tokens that were to be renewed.
        generation: i64,
    },
}

impl Store {
    /// Takes the lease of a credential for a process, if it is free or its holder is gone. With `repeatable`, also if the
    /// holder went away while it waited for an answer.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn lease_tokens(
        &self,
        connection: &ConnectionId,
        credential: &CredentialName,
        holder: &[u8; 16],
        repeatable: bool,
    ) -> Result<Leased, StoreError> {
        let now = self.clock();
        let mut write = self.begin().await?;
        let first =
            "INSERT INTO oauth_tokens (connection, credential, generation, issued_at, fence, leased_until, sent,
                     failures, retry_at, dead) VALUES ($1, $2, 0, 0, 0, 0, 0, 0, 0, 0)
                     ON CONFLICT (connection, credential) DO NOTHING";
        let first = sqlx::query(first).bind(connection.as_bytes().as_slice()).bind(credential.as_str());
        first.execute(&mut *write).await?;
        // A file has one process, so every other holder of its leases is gone. A lease that ends later than any can was
        // given by a clock that was ahead.
        let alone = if self.kind == Kind::Sqlite { "holder <> $4 OR" } else { "" };
        let gone = format!("({alone} holder IS NULL OR leased_until < {now} OR leased_until > {now} + 2 * {LEASE_MS})");
        let text = format!(
            "UPDATE oauth_tokens SET fence = fence + 1, holder = $4, leased_until = {now} + {LEASE_MS}, sent = 0
             WHERE connection = $1 AND credential = $2 AND {gone} AND (sent = 0 OR $3 = 1) RETURNING fence, generation"
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(connection.as_bytes().as_slice());
        let query = query.bind(credential.as_str()).bind(i64::from(repeatable)).bind(holder.as_slice());
        if let Some(row) = query.fetch_optional(&mut *write).await? {
            let lease = Lease { fence: row.try_get("fence")?, generation: row.try_get("generation")? };
            write.commit().await?;
            return Ok(Leased::Given(lease));
        }
        let text = format!(
            "SELECT generation, sent, CASE WHEN {gone} THEN 1 ELSE 0 END AS gone FROM oauth_tokens
             WHERE connection = $1 AND credential = $2 AND $3 = $3"
        );
        let query = sqlx::query(AssertSqlSafe(text)).bind(connection.as_bytes().as_slice());
        let query = query.bind(credential.as_str()).bind(i64::from(repeatable)).bind(holder.as_slice());
        let row = query.fetch_optional(&mut *write).await?;
        write.commit().await?;
        let row = row.ok_or(StoreError::Missing("the connection"))?;
        let interrupted = flag(&row, "sent")? && flag(&row, "gone")?;
        let generation = row.try_get("generation")?;
        Ok(if interrupted { Leased::Interrupted { generation } } else { Leased::Held })
    }

    /// Lets a lease last from now on; with `sent`, notes that what is good for one use leaves now. Says whether the lease
    /// is still in force.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn extend_lease(
        &self,
        connection: &ConnectionId,
        credential: &CredentialName,
        lease: &Lease,
        sent: bool,
    ) -> Result<bool, StoreError> {
        let text = format!(
            "UPDATE oauth_tokens SET leased_until = {} + {LEASE_MS}, sent = CASE WHEN $1 = 1 THEN 1 ELSE sent END
             WHERE connection = $2 AND credential = $3 AND fence = $4 AND generation = $5",
            self.clock()
        );
        let mut write = self.begin().await?;
        let update = sqlx::query(AssertSqlSafe(text)).bind(i64::from(sent)).bind(connection.as_bytes().as_slice());
        let update = update.bind(credential.as_str()).bind(lease.fence).bind(lease.generation);
        let affected = update.execute(&mut *write).await?.rows_affected();
        write.commit().await?;
        Ok(affected > 0)
    }

    /// Gives a lease back after a failure, or without one if there was nothing to do. Nobody asks again before `retry_at`
    /// (milliseconds since 1970).
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn release_lease(
        &self,
        connection: &ConnectionId,
        credential: &CredentialName,
        lease: &Lease,
        failed: Option<(&TokenFailure, i64)>,
    ) -> Result<(), StoreError> {
        let free = "holder = NULL, leased_until = 0, sent = 0";
        let (id, credential) = (connection.as_bytes().as_slice(), credential.as_str());
        let text = match failed {
            None => format!("UPDATE oauth_tokens SET {free} WHERE connection = $1 AND credential = $2 AND fence = $3"),
            Some(_) => format!(
                "UPDATE oauth_tokens SET {free}, failures = failures + 1, failure = $4, failure_text = $5,
                 failed_at = COALESCE(failed_at, $6), retry_at = $7
                 WHERE connection = $1 AND credential = $2 AND fence = $3"
            ),
        };
        let mut write = self.begin().await?;
        let query = sqlx::query(AssertSqlSafe(text)).bind(id).bind(credential).bind(lease.fence);
        let query = match failed {
            None => query,
            Some((failure, retry_at)) => {
                query.bind(&failure.code).bind(&failure.text).bind(failure.since).bind(retry_at)
            }
        };
        query.execute(&mut *write).await?;
        write.commit().await
    }

    /// The database's own time in milliseconds since 1970, as an expression.
    pub(crate) fn clock(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "CAST((julianday('now') - 2440587.5) * 86400000.0 AS INTEGER)",
            Kind::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        }
    }
}
