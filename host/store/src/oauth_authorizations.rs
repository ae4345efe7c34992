//! Authorizations that have begun: a person is on the way to a provider and back. They change nothing that hosts keep in
//! memory.

use lockgate_domain::{ConnectionId, CredentialName, TokenId};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::rows::{id, name, now};
use crate::{Reader, Store, StoreError};

/// An authorization as stored.
#[derive(Debug, Clone)]
pub struct StoredAuthorization {
    /// The SHA-256 of its nonce.
    pub nonce: [u8; 32],
    /// The connection that gets the tokens.
    pub connection: ConnectionId,
    /// Its credential.
    pub credential: CredentialName,
    /// The connect page that it belongs to, by the SHA-256 of its nonce, and the step there.
    pub session: Option<([u8; 32], usize)>,
    /// Who made it.
    pub token: TokenId,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

const COLUMNS: &str = "nonce, connection, credential, session, step, token, expires_at";
/// Authorizations of one connection that have begun and not ended: more tabs than anybody has open.
const BEGUN_MAX: i64 = 16;

impl StoredAuthorization {
    /// The part of the nonce's digest that the state shows.
    pub fn id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.iter_mut().zip(self.nonce).for_each(|(own, byte)| *own = byte);
        id
    }
}

impl Store {
    /// Keeps an authorization that begins, and forgets those that have ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn create_authorization(&self, authorization: &StoredAuthorization) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        let ended = "DELETE FROM oauth_authorizations WHERE expires_at < $1";
        sqlx::query(ended).bind(now()).execute(&mut *write).await?;
        let connection = authorization.connection.as_bytes().as_slice();
        let more = "DELETE FROM oauth_authorizations WHERE connection = $1 AND id NOT IN (SELECT id FROM
                    oauth_authorizations WHERE connection = $1 ORDER BY expires_at DESC LIMIT $2)";
        sqlx::query(more).bind(connection).bind(BEGUN_MAX - 1).execute(&mut *write).await?;
        let (session, step) = match &authorization.session {
            Some((session, step)) => (Some(session.as_slice()), i64::try_from(*step).ok()),
            None => (None, None),
        };
        let text =
            "INSERT INTO oauth_authorizations (id, nonce, connection, credential, session, step, token, expires_at)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        sqlx::query(text)
            .bind(authorization.id().as_slice())
            .bind(authorization.nonce.as_slice())
            .bind(connection)
            .bind(authorization.credential.as_str())
            .bind(session)
            .bind(step)
            .bind(authorization.token.as_bytes().as_slice())
            .bind(authorization.expires_at)
            .execute(&mut *write)
            .await?;
        write.commit().await
    }

    /// Takes an authorization: nobody gets it a second time.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn take_authorization(&self, id: &[u8; 16]) -> Result<Option<StoredAuthorization>, StoreError> {
        let text = "DELETE FROM oauth_authorizations WHERE id = $1 AND expires_at > $2
                    RETURNING nonce, connection, credential, session, step, token, expires_at";
        let mut write = self.begin().await?;
        let row = sqlx::query(text).bind(id.as_slice()).bind(now()).fetch_optional(&mut *write).await?;
        write.commit().await?;
        row.as_ref().map(read).transpose()
    }
}

impl Reader<'_> {
    /// The authorization of this id, if it has not ended.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn authorization(&mut self, id: &[u8; 16]) -> Result<Option<StoredAuthorization>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM oauth_authorizations WHERE id = $1 AND expires_at > $2");
        let query = sqlx::query(sqlx::AssertSqlSafe(text)).bind(id.as_slice()).bind(now());
        query.fetch_optional(self.sql()).await?.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Result<StoredAuthorization, StoreError> {
    let digest = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| StoreError::Corrupt("authorization"));
    let session = match row.try_get::<Option<&[u8]>, _>("session")? {
        None => None,
        Some(bytes) => {
            let step: i64 = row.try_get("step")?;
            Some((digest(bytes)?, usize::try_from(step).map_err(|_| StoreError::Corrupt("authorization"))?))
        }
    };
    Ok(StoredAuthorization {
        nonce: digest(row.try_get("nonce")?)?,
        connection: id(row, "connection", ConnectionId::from_slice)?,
        credential: name(row, "credential")?,
        session,
        token: id(row, "token", TokenId::from_slice)?,
        expires_at: row.try_get("expires_at")?,
    })
}
