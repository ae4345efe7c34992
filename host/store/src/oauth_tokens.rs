//! Tokens of OAuth, one row for each credential of a connection, apart from the connection: a renewal changes nothing that
//! hosts keep in memory, and so raises no revision.

use std::collections::HashMap;

use lockgate_domain::auth::RenewalFacts;
use lockgate_domain::{ConnectionId, CredentialName};
use lockgate_vault::Vault;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::oauth_leases::Lease;
use crate::rows::{flag, name, now};
use crate::sealed::{Sealed, hold};
use crate::{Change, Store, StoreError};

/// The tokens of a credential as stored.
#[derive(Debug, Clone)]
pub struct StoredTokens {
    /// The credential.
    pub credential: CredentialName,
    /// What decides whether they are renewed.
    pub facts: RenewalFacts,
    /// Raised by each change of the tokens, also by one that takes them away.
    pub generation: i64,
    /// As the vault made them, if there are any.
    pub sealed: Option<Vec<u8>>,
    /// How many renewals failed in a row.
    pub failures: u32,
    /// The last failure, until a renewal succeeds.
    pub failure: Option<TokenFailure>,
    /// Whether a person must act.
    pub dead: bool,
}

/// A renewal that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFailure {
    /// An error code.
    pub code: String,
    /// What happened, without any secret.
    pub text: String,
    /// When renewals began to fail; milliseconds since 1970.
    pub since: i64,
}

/// Tokens that a provider gave.
#[derive(Debug)]
pub struct NewTokens<'n> {
    /// As the vault made them.
    pub sealed: Sealed,
    /// That vault.
    pub vault: &'n Vault,
    /// When they were issued; milliseconds since 1970.
    pub issued_at: i64,
    /// How long the access token is good, in milliseconds; none if nobody says so.
    pub lifetime_ms: Option<i64>,
    /// The end of the refresh token, if it has one of its own; milliseconds since 1970.
    pub refresh_ends_at: Option<i64>,
}

/// What became of renewed tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewed {
    /// They are kept.
    Kept {
        /// Whether it was marked until then that a person must act.
        revived: bool,
    },
    /// There are others by now, or the lease is somebody else's.
    TooLate,
}

const COLUMNS: &str =
    "SELECT t.connection, t.credential, t.generation, t.issued_at, t.lifetime_ms, t.refresh_ends_at, t.failures,
    t.retry_at, t.failure, t.failure_text, t.failed_at, t.dead, v.sealed FROM oauth_tokens t
    LEFT JOIN oauth_token_values v ON v.connection = t.connection AND v.field = 'tokens/' || t.credential
    WHERE t.connection";
/// Connections of one query.
const MANY: usize = 200;

impl StoredTokens {
    /// The end of the access token, in milliseconds since 1970; none if there is no token, or nobody says so.
    pub fn ends_at(&self) -> Option<i64> {
        let lifetime = self.facts.lifetime_ms.filter(|_| self.sealed.is_some())?;
        Some(self.facts.issued_at.saturating_add(lifetime))
    }

    /// The place of the tokens of a credential among the sealed values of its connection.
    pub fn field(credential: &CredentialName) -> String {
        format!("tokens/{credential}")
    }
}

impl Store {
    /// The tokens of all credentials of a connection that ever had any.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens_of(&self, connection: &ConnectionId) -> Result<Vec<StoredTokens>, StoreError> {
        let mut read = self.pool.acquire().await?;
        let query = format!("{COLUMNS} = $1");
        let rows =
            sqlx::query(AssertSqlSafe(query)).bind(connection.as_bytes().as_slice()).fetch_all(&mut *read).await?;
        rows.iter().map(self::read).collect()
    }

    /// The same of several connections, each with its tokens if it ever had any.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens_of_each(
        &self,
        connections: &[ConnectionId],
    ) -> Result<HashMap<ConnectionId, Vec<StoredTokens>>, StoreError> {
        let mut read = self.pool.acquire().await?;
        let mut found: HashMap<ConnectionId, Vec<StoredTokens>> = HashMap::new();
        for some in connections.chunks(MANY) {
            let places: Vec<String> = (1..=some.len()).map(|number| format!("${number}")).collect();
            let query = format!("{COLUMNS} IN ({})", places.join(", "));
            let query =
                some.iter().fold(sqlx::query(AssertSqlSafe(query)), |query, id| query.bind(id.as_bytes().as_slice()));
            for row in query.fetch_all(&mut *read).await? {
                let id = crate::rows::id(&row, "connection", ConnectionId::from_slice)?;
                found.entry(id).or_default().push(self::read(&row)?);
            }
        }
        Ok(found)
    }

    /// Keeps renewed tokens, if nobody else has changed them since the lease was taken and its number is still in force.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn renew_tokens(
        &self,
        connection: &ConnectionId,
        credential: &CredentialName,
        lease: &Lease,
        new: &NewTokens<'_>,
    ) -> Result<Renewed, StoreError> {
        // With the lock of changes, so that a rotation of keys misses nothing that is sealed meanwhile, and nobody marks
        // them between the two statements.
        let mut change = self.begin_change().await?;
        let marked = "SELECT dead FROM oauth_tokens WHERE connection = $1 AND credential = $2";
        let marked = sqlx::query(marked).bind(connection.as_bytes().as_slice()).bind(credential.as_str());
        let marked = marked.fetch_optional(change.sql()).await?;
        let revived = marked.map(|row| flag(&row, "dead")).transpose()?.unwrap_or_default();
        let text = "UPDATE oauth_tokens SET generation = generation + 1, issued_at = $1, lifetime_ms = $2,
                    refresh_ends_at = $3, holder = NULL, leased_until = 0, sent = 0, failures = 0, retry_at = 0,
                    failure = NULL, failure_text = NULL, failed_at = NULL, dead = 0
                    WHERE connection = $4 AND credential = $5 AND generation = $6 AND fence = $7";
        let update = sqlx::query(text).bind(new.issued_at).bind(new.lifetime_ms).bind(new.refresh_ends_at);
        let update = update.bind(connection.as_bytes().as_slice()).bind(credential.as_str());
        let update = update.bind(lease.generation).bind(lease.fence).execute(change.sql()).await?;
        if update.rows_affected() == 0 {
            change.rollback().await;
            return Ok(Renewed::TooLate);
        }
        put_sealed(change.sql(), connection, new).await?;
        change.commit().await?;
        Ok(Renewed::Kept { revived })
    }
}

impl Change {
    /// Keeps tokens that a person authorized. Whoever renews the former ones writes nothing any more.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn put_tokens(
        &mut self,
        connection: &ConnectionId,
        credential: &CredentialName,
        new: &NewTokens<'_>,
    ) -> Result<(), StoreError> {
        let text = "INSERT INTO oauth_tokens (connection, credential, generation, issued_at, lifetime_ms,
                    refresh_ends_at, fence, holder, leased_until, sent, failures, retry_at, failure, failure_text,
                    failed_at, dead) VALUES ($1, $2, 1, $3, $4, $5, 1, NULL, 0, 0, 0, 0, NULL, NULL, NULL, 0)
                    ON CONFLICT (connection, credential) DO UPDATE SET generation = oauth_tokens.generation + 1,
                    issued_at = $3, lifetime_ms = $4, refresh_ends_at = $5, fence = oauth_tokens.fence + 1,
                    holder = NULL, leased_until = 0, sent = 0, failures = 0, retry_at = 0, failure = NULL,
                    failure_text = NULL, failed_at = NULL, dead = 0";
        let query = sqlx::query(text).bind(connection.as_bytes().as_slice()).bind(credential.as_str());
        let query = query.bind(new.issued_at).bind(new.lifetime_ms).bind(new.refresh_ends_at);
        query.execute(self.sql()).await?;
        put_sealed(self.sql(), connection, new).await
    }

    /// Takes away the tokens of a connection whose values are replaced, and the authorizations that have begun.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn clear_tokens(&mut self, connection: &ConnectionId) -> Result<(), StoreError> {
        let clear = "UPDATE oauth_tokens SET generation = generation + 1, fence = fence + 1, lifetime_ms = NULL,
                     refresh_ends_at = NULL, holder = NULL, leased_until = 0, sent = 0, failures = 0, retry_at = 0,
                     failure = NULL, failure_text = NULL, failed_at = NULL, dead = 0 WHERE connection = $1";
        let values = "DELETE FROM oauth_token_values WHERE connection = $1";
        let begun = "DELETE FROM oauth_authorizations WHERE connection = $1";
        for statement in [clear, values, begun] {
            sqlx::query(statement).bind(connection.as_bytes().as_slice()).execute(self.sql()).await?;
        }
        Ok(())
    }

    /// Marks that a person must act, if nobody else has changed the tokens since the lease was taken. The lease stays in
    /// force for its holder, whose answer may still come. Says whether it is marked.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn end_tokens(
        &mut self,
        connection: &ConnectionId,
        credential: &CredentialName,
        generation: i64,
        failure: &TokenFailure,
    ) -> Result<bool, StoreError> {
        let text = "UPDATE oauth_tokens SET dead = 1, failure = $1, failure_text = $2, failed_at = $3
                    WHERE connection = $4 AND credential = $5 AND generation = $6";
        let update = sqlx::query(text).bind(&failure.code).bind(&failure.text).bind(failure.since);
        let update = update.bind(connection.as_bytes().as_slice()).bind(credential.as_str()).bind(generation);
        Ok(update.execute(self.sql()).await?.rows_affected() > 0)
    }
}

async fn put_sealed(sql: &mut AnyConnection, connection: &ConnectionId, new: &NewTokens<'_>) -> Result<(), StoreError> {
    hold(sql, new.vault).await?;
    let text = "INSERT INTO oauth_token_values (connection, field, sealed) VALUES ($1, $2, $3)
                ON CONFLICT (connection, field) DO UPDATE SET sealed = $3";
    let query = sqlx::query(text).bind(connection.as_bytes().as_slice());
    query.bind(&new.sealed.field).bind(new.sealed.sealed.as_slice()).execute(sql).await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<StoredTokens, StoreError> {
    let sealed: Option<Vec<u8>> = row.try_get("sealed")?;
    let generation: i64 = row.try_get("generation")?;
    let failure: Option<String> = row.try_get("failure")?;
    let failure = match failure {
        None => None,
        Some(code) => {
            let text: Option<String> = row.try_get("failure_text")?;
            let since: Option<i64> = row.try_get("failed_at")?;
            Some(TokenFailure { code, text: text.unwrap_or_default(), since: since.unwrap_or_else(now) })
        }
    };
    Ok(StoredTokens {
        credential: name(row, "credential")?,
        facts: RenewalFacts {
            generation: if sealed.is_some() { generation } else { 0 },
            issued_at: row.try_get("issued_at")?,
            lifetime_ms: row.try_get("lifetime_ms")?,
            refresh_ends_at: row.try_get("refresh_ends_at")?,
            retry_at: row.try_get("retry_at")?,
        },
        generation,
        sealed,
        failures: u32::try_from(row.try_get::<i64, _>("failures")?).unwrap_or(u32::MAX),
        failure,
        dead: flag(row, "dead")?,
    })
}
