//! Access tokens, by their hash.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use lockgate_domain::{Caller, Role, TokenId, TokenRestrictions};
use lockgate_vault::TokenHash;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{flag, id, name, now, scope, scope_ids};
use crate::{Reader, Store, StoreError};

/// A token as stored: never its text.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// Who its holder is.
    pub caller: Caller,
    /// What can be changed of it.
    pub facts: TokenFacts,
    /// What is compared.
    pub hash: TokenHash,
    /// Whether it is for whoever sits at the host's own machine: a first admin's, kept in its data folder.
    pub local: bool,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
    /// When it was shown last, to the minute; milliseconds since 1970.
    pub used_at: Option<i64>,
}

/// What can be changed of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// For people.
    pub name: String,
    /// Whether it is taken.
    pub enabled: bool,
    /// Until when; milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// Its rate.
    pub requests_per_second: u32,
    /// Requests that may come at once after a pause.
    pub burst: u32,
}

impl StoredToken {
    /// A new token.
    pub fn new(caller: Caller, facts: TokenFacts, hash: TokenHash) -> Self {
        let at = now();
        Self { caller, facts, hash, local: false, version: 1, created_at: at, updated_at: at, used_at: None }
    }
}

const COLUMNS: &str = "SELECT id, hash, organization, workspace, name, role, created_at, enabled, expires_at, groups,
    tenants, requests_per_second, burst, version, updated_at, used_at, local FROM tokens";

impl Change {
    /// Keeps a new token.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn create_token(&mut self, token: &StoredToken, by: By) -> Result<(), StoreError> {
        let (_, organization, workspace) = scope_ids(&token.caller.scope);
        let TokenRestrictions { groups, tenants } = &token.caller.restrictions;
        let text = "INSERT INTO tokens (id, hash, organization, workspace, name, role, created_at, enabled, expires_at,
                    groups, tenants, requests_per_second, burst, version, updated_at, local)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
        sqlx::query(text)
            .bind(token.caller.token.as_bytes().as_slice())
            .bind(token.hash.as_bytes().as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(&token.facts.name)
            .bind(token.caller.role.as_str())
            .bind(token.created_at)
            .bind(i64::from(token.facts.enabled))
            .bind(token.facts.expires_at)
            .bind(list(groups.as_deref())?)
            .bind(list(tenants.as_deref())?)
            .bind(i64::from(token.facts.requests_per_second))
            .bind(i64::from(token.facts.burst))
            .bind(token.version)
            .bind(token.updated_at)
            .bind(i64::from(token.local))
            .execute(self.sql())
            .await?;
        audit::write(self.sql(), by, Action::CreateToken, &token.caller.scope, &subject(token)).await?;
        self.touched(Changed::Token(token.caller.token));
        Ok(())
    }

    /// Replaces what can be changed of a token that still has the version it was read with.
    ///
    /// # Errors
    /// [`StoreError::Changed`].
    pub async fn update_token(&mut self, token: &StoredToken, by: By) -> Result<StoredToken, StoreError> {
        let at = now();
        let text = "UPDATE tokens SET name = $1, enabled = $2, expires_at = $3, requests_per_second = $4, burst = $5,
                    version = version + 1, updated_at = $6 WHERE id = $7 AND version = $8";
        let updated = sqlx::query(text)
            .bind(&token.facts.name)
            .bind(i64::from(token.facts.enabled))
            .bind(token.facts.expires_at)
            .bind(i64::from(token.facts.requests_per_second))
            .bind(i64::from(token.facts.burst))
            .bind(at)
            .bind(token.caller.token.as_bytes().as_slice())
            .bind(token.version)
            .execute(self.sql())
            .await?;
        if updated.rows_affected() == 0 {
            return Err(StoreError::Changed { expected: token.version, found: 0 });
        }
        audit::write(self.sql(), by, Action::UpdateToken, &token.caller.scope, &subject(token)).await?;
        self.touched(Changed::Token(token.caller.token));
        Ok(StoredToken { version: token.version + 1, updated_at: at, ..token.clone() })
    }

    /// Deletes a token.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn delete_token(&mut self, token: &StoredToken, by: By) -> Result<(), StoreError> {
        let delete = sqlx::query("DELETE FROM tokens WHERE id = $1").bind(token.caller.token.as_bytes().as_slice());
        if delete.execute(self.sql()).await?.rows_affected() == 0 {
            return Err(StoreError::Missing("the token"));
        }
        audit::write(self.sql(), by, Action::DeleteToken, &token.caller.scope, &subject(token)).await?;
        self.touched(Changed::Token(token.caller.token));
        Ok(())
    }
}

impl Reader<'_> {
    /// All tokens.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens(&mut self) -> Result<Vec<StoredToken>, StoreError> {
        sqlx::query(COLUMNS).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// One token, if it is still there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn token(&mut self, token: &TokenId) -> Result<Option<StoredToken>, StoreError> {
        let query = AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row = sqlx::query(query).bind(token.as_bytes().as_slice()).fetch_optional(self.sql()).await?;
        row.as_ref().map(read).transpose()
    }
}

impl Store {
    /// Notes when tokens were shown last. No change: hosts keep the time in memory.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn note_used(&self, times: &[(TokenId, i64)]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (token, at) in times {
            sqlx::query("UPDATE tokens SET used_at = $1 WHERE id = $2 AND COALESCE(used_at, 0) < $3")
                .bind(at)
                .bind(token.as_bytes().as_slice())
                .bind(at)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await
    }
}

/// Names can be used twice, so the audit log has the id too.
fn subject(token: &StoredToken) -> String {
    format!("{} ({})", token.facts.name, token.caller.token)
}

fn read(row: &AnyRow) -> Result<StoredToken, StoreError> {
    let number = |column| Ok::<_, StoreError>(u32::try_from(row.try_get::<i64, _>(column)?).unwrap_or(u32::MAX));
    Ok(StoredToken {
        caller: Caller {
            token: id(row, "id", TokenId::from_slice)?,
            scope: scope(row)?,
            role: name::<Role>(row, "role")?,
            restrictions: TokenRestrictions { groups: parsed(row, "groups")?, tenants: parsed(row, "tenants")? },
        },
        facts: TokenFacts {
            name: row.try_get("name")?,
            enabled: flag(row, "enabled")?,
            expires_at: row.try_get("expires_at")?,
            requests_per_second: number("requests_per_second")?,
            burst: number("burst")?,
        },
        hash: id(row, "hash", TokenHash::from_slice)?,
        local: flag(row, "local")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        used_at: row.try_get("used_at")?,
    })
}

/// A limit as a JSON array of texts.
fn list<T: Display>(limit: Option<&[T]>) -> Result<Option<String>, StoreError> {
    let texts = limit.map(|items| items.iter().map(ToString::to_string).collect::<Vec<_>>());
    texts.map(|texts| serde_json::to_string(&texts).map_err(|_| StoreError::Corrupt("limit"))).transpose()
}

fn parsed<T: FromStr>(row: &AnyRow, column: &'static str) -> Result<Option<Arc<[T]>>, StoreError> {
    let Some(text) = row.try_get::<Option<&str>, _>(column)? else { return Ok(None) };
    // A limit that can't be read must not become none.
    let texts: Vec<String> = serde_json::from_str(text).map_err(|_| StoreError::Corrupt(column))?;
    let parsed = texts.iter().map(|text| text.parse().map_err(|_| StoreError::Corrupt(column)));
    Ok(Some(parsed.collect::<Result<Vec<_>, _>>()?.into()))
}
