//! Sessions of the console, and the links by which they begin. Hosts keep none of them in memory, so what one host ends is
//! over on all hosts of the store.

use lockgate_domain::{Caller, TokenId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action};
use crate::rows::{id, now};
use crate::{Reader, Store, StoreError};

/// Sessions of one token at one time: a person has some browsers, and whoever signs in without end ends their oldest.
const SESSIONS: i64 = 64;
/// Links of one token that wait to be opened.
const LINKS: i64 = 16;

/// A session as stored. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The token that signed in.
    pub token: TokenId,
    /// When it began.
    pub created_at: i64,
    /// When it was used last, to the minute.
    pub used_at: i64,
    /// Its end, however much it is used.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a new session under the SHA-256 of its cookie, in place of the one that the browser had. The oldest sessions
    /// of the token make room.
    ///
    /// # Errors
    /// The store does not answer, or the token is gone.
    pub async fn begin_console_session(
        &self,
        key: &[u8; 32],
        session: &ConsoleSession,
        replaced: Option<&[u8; 32]>,
        by: &Caller,
    ) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        sqlx::query("DELETE FROM console_sessions WHERE expires_at <= $1").bind(now()).execute(&mut *write).await?;
        if let Some(replaced) = replaced {
            delete(&mut write, replaced).await?;
        }
        make_room(&mut write, "console_sessions", "id", &session.token, SESSIONS).await?;
        let text =
            "INSERT INTO console_sessions (id, token, created_at, used_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
        sqlx::query(text)
            .bind(key.as_slice())
            .bind(session.token.as_bytes().as_slice())
            .bind(session.created_at)
            .bind(session.used_at)
            .bind(session.expires_at)
            .execute(&mut *write)
            .await
            .map_err(revoked)?;
        audit::write(&mut write, Some(by.token), Action::SignIn, &by.scope, &by.token.to_string()).await?;
        write.commit().await
    }

    /// Notes that a session was used. No change: nobody keeps it in memory.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn note_console_use(&self, key: &[u8; 32], at: i64) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        sqlx::query("UPDATE console_sessions SET used_at = $1 WHERE id = $2 AND used_at < $3")
            .bind(at)
            .bind(key.as_slice())
            .bind(at)
            .execute(&mut *write)
            .await?;
        write.commit().await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn end_console_session(&self, key: &[u8; 32]) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        delete(&mut write, key).await?;
        write.commit().await
    }

    /// Ends all sessions of a token, and its links that nobody has opened.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn end_console_sessions(&self, by: &Caller) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        for text in ["DELETE FROM console_sessions WHERE token = $1", "DELETE FROM console_links WHERE token = $1"] {
            sqlx::query(text).bind(by.token.as_bytes().as_slice()).execute(&mut *write).await?;
        }
        audit::write(&mut write, Some(by.token), Action::SignOutEverywhere, &by.scope, &by.token.to_string()).await?;
        write.commit().await
    }

    /// Keeps a link under the SHA-256 of its code. The oldest links of the token make room.
    ///
    /// # Errors
    /// The store does not answer, or the token is gone.
    pub async fn create_console_link(
        &self,
        code: &[u8; 32],
        token: &TokenId,
        expires_at: i64,
    ) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        sqlx::query("DELETE FROM console_links WHERE expires_at <= $1").bind(now()).execute(&mut *write).await?;
        make_room(&mut write, "console_links", "code", token, LINKS).await?;
        sqlx::query("INSERT INTO console_links (code, token, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(code.as_slice())
            .bind(token.as_bytes().as_slice())
            .bind(now())
            .bind(expires_at)
            .execute(&mut *write)
            .await
            .map_err(revoked)?;
        write.commit().await
    }

    /// Takes a link, which is gone then: whose token signs in by it, if it is there and has not ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn take_console_link(&self, code: &[u8; 32]) -> Result<Option<TokenId>, StoreError> {
        // Callers without a valid code must not take the writer's time.
        let there = sqlx::query("SELECT 1 FROM console_links WHERE code = $1").bind(code.as_slice());
        if there.fetch_optional(&self.pool).await?.is_none() {
            return Ok(None);
        }
        let mut write = self.begin().await?;
        let take = sqlx::query("DELETE FROM console_links WHERE code = $1 RETURNING token, expires_at");
        let row = take.bind(code.as_slice()).fetch_optional(&mut *write).await?;
        let read =
            |row: &AnyRow| Ok::<_, StoreError>((id(row, "token", TokenId::from_slice)?, row.try_get("expires_at")?));
        let taken: Option<(TokenId, i64)> = row.as_ref().map(read).transpose()?;
        write.commit().await?;
        Ok(taken.filter(|(_, end)| *end > now()).map(|(token, _)| token))
    }
}

impl Reader<'_> {
    /// The session of a cookie, if it is there and has not ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn console_session(&mut self, key: &[u8; 32]) -> Result<Option<ConsoleSession>, StoreError> {
        let text =
            "SELECT token, created_at, used_at, expires_at FROM console_sessions WHERE id = $1 AND expires_at > $2";
        let row = sqlx::query(text).bind(key.as_slice()).bind(now()).fetch_optional(self.sql()).await?;
        let read = row.map(|row| {
            Ok(ConsoleSession {
                token: id(&row, "token", TokenId::from_slice)?,
                created_at: row.try_get("created_at")?,
                used_at: row.try_get("used_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        });
        read.transpose()
    }
}

/// The token was deleted in this moment, perhaps by another host.
fn revoked(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => StoreError::Missing("the token"),
        _ => error.into(),
    }
}

async fn delete(sql: &mut AnyConnection, key: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM console_sessions WHERE id = $1").bind(key.as_slice()).execute(sql).await?;
    Ok(())
}

/// Deletes the oldest rows of a token, so that with a new one there are at most so many. Table and column are our own words.
async fn make_room(
    sql: &mut AnyConnection,
    table: &'static str,
    key: &'static str,
    token: &TokenId,
    most: i64,
) -> Result<(), StoreError> {
    let text = format!(
        "DELETE FROM {table} WHERE token = $1 AND {key} NOT IN
         (SELECT {key} FROM {table} WHERE token = $2 ORDER BY created_at DESC, {key} LIMIT $3)"
    );
    sqlx::query(AssertSqlSafe(text))
        .bind(token.as_bytes().as_slice())
        .bind(token.as_bytes().as_slice())
        .bind(most - 1)
        .execute(sql)
        .await?;
    Ok(())
}
