//! Sessions in which an end customer connects itself. They change nothing that hosts keep in memory.

use lockgate_domain::{ConnectionId, GroupId, GroupReference, Scope, TenantName, TokenId};
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::rows::{id, now, scope, scope_ids};
use crate::{Change, Reader, Store, StoreError};

/// A session as stored.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// The workspace.
    pub scope: Scope,
    /// Whose connections it makes; none for those of the scope.
    pub tenant: Option<TenantName>,
    /// What there is to do, in order.
    pub steps: Vec<SessionStep>,
    /// Where the browser goes afterwards.
    pub return_url: Option<String>,
    /// Who made it.
    pub token: TokenId,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// A group that is to be connected.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SessionStep {
    /// The group.
    pub group: GroupId,
    /// How the workspace names it.
    #[serde(with = "text")]
    pub reference: GroupReference,
    /// The name of the connection.
    pub name: String,
    /// The connection, once it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// Whether the customer has given its values.
    pub done: bool,
}

mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Change {
    /// Keeps what a session has done; one that has nothing left to do is over.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn update_session(&mut self, nonce: &[u8; 32], session: &StoredSession) -> Result<(), StoreError> {
        if session.steps.iter().all(|step| step.done) {
            let delete = sqlx::query("DELETE FROM connect_sessions WHERE nonce = $1").bind(nonce.as_slice());
            delete.execute(self.sql()).await?;
        } else {
            let update = sqlx::query("UPDATE connect_sessions SET steps = $1 WHERE nonce = $2");
            update.bind(steps(session)?).bind(nonce.as_slice()).execute(self.sql()).await?;
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// The session of a nonce, if it has not ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn session(&mut self, nonce: &[u8; 32]) -> Result<Option<StoredSession>, StoreError> {
        let text = "SELECT organization, workspace, tenant, steps, return_url, token, expires_at FROM connect_sessions
                    WHERE nonce = $1 AND expires_at > $2";
        let query = sqlx::query(text).bind(nonce.as_slice()).bind(now());
        query.fetch_optional(self.sql()).await?.as_ref().map(read).transpose()
    }
}

impl Store {
    /// Keeps a new session under the SHA-256 of its nonce, and forgets those that have ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn create_session(&self, nonce: &[u8; 32], session: &StoredSession) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        sqlx::query("DELETE FROM connect_sessions WHERE expires_at < $1").bind(now()).execute(&mut *write).await?;
        let (_, organization, workspace) = scope_ids(&session.scope);
        let text = "INSERT INTO connect_sessions (nonce, organization, workspace, tenant, steps, return_url, token,
                    expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(text)
            .bind(nonce.as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(session.tenant.as_ref().map_or("", TenantName::as_str))
            .bind(steps(session)?)
            .bind(&session.return_url)
            .bind(session.token.as_bytes().as_slice())
            .bind(session.expires_at)
            .execute(&mut *write)
            .await?;
        write.commit().await
    }
}

fn steps(session: &StoredSession) -> Result<String, StoreError> {
    serde_json::to_string(&session.steps).map_err(|_| StoreError::Corrupt("session"))
}

fn read(row: &AnyRow) -> Result<StoredSession, StoreError> {
    let tenant = match row.try_get("tenant")? {
        "" => None,
        name => Some(name.parse().map_err(|_| StoreError::Corrupt("tenant"))?),
    };
    Ok(StoredSession {
        scope: scope(row)?,
        tenant,
        steps: serde_json::from_str(row.try_get("steps")?).map_err(|_| StoreError::Corrupt("session"))?,
        return_url: row.try_get("return_url")?,
        token: id(row, "token", TokenId::from_slice)?,
        expires_at: row.try_get("expires_at")?,
    })
}
