//! Access tokens, by their hash.

use lockgate_domain::{Caller, Role, TokenId};
use lockgate_vault::TokenHash;
use sqlx::Row;

use crate::audit::{self, Action, By};
use crate::rows::{id, name, now, scope, scope_ids};
use crate::{Store, StoreError};

/// A token as stored: never its text.
#[derive(Debug, Clone)]
pub struct StoredToken {
    /// Who its holder is.
    pub caller: Caller,
    /// For people.
    pub name: String,
    /// What is compared.
    pub hash: TokenHash,
}

impl Store {
    /// Keeps a new token.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn create_token(&self, token: &StoredToken, by: By) -> Result<(), StoreError> {
        let mut change = self.change().await?;
        let (_, organization, workspace) = scope_ids(&token.caller.scope);
        sqlx::query("INSERT INTO tokens VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(token.caller.token.as_bytes().as_slice())
            .bind(token.hash.as_bytes().as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(&token.name)
            .bind(token.caller.role.as_str())
            .bind(now())
            .execute(&mut *change)
            .await?;
        audit::write(&mut change, by, Action::CreateToken, &token.caller.scope, &token.name).await?;
        Ok(change.commit().await?)
    }

    /// All tokens.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, StoreError> {
        let rows = sqlx::query("SELECT id, hash, organization, workspace, name, role FROM tokens");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter()
            .map(|row| {
                Ok(StoredToken {
                    caller: Caller {
                        token: id(row, "id", TokenId::from_slice)?,
                        scope: scope(row)?,
                        role: name::<Role>(row, "role")?,
                    },
                    name: row.try_get("name")?,
                    hash: id(row, "hash", TokenHash::from_slice)?,
                })
            })
            .collect()
    }
}
