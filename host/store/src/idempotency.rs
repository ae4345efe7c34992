//! Calls that run once: a row before the call runs, and its outcome before it is answered. The row is found by its key, so
//! two hosts can't both begin. A row without an outcome whose process is gone stays: nobody knows what became of the call.

use lockgate_domain::{CallId, ConnectorName, Digest, GroupId, Scope, TenantName};
use lockgate_vault::Vault;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::rows::{digest, flag, id, scope_ids};
use crate::sealed::{Sealed, hold};
use crate::store::Kind;
use crate::{Store, StoreError};

/// How long a key is kept, in milliseconds: a day, as callers of other systems expect.
const KEPT_MS: i64 = 24 * 3600 * 1000;
/// Rows that are deleted in one transaction.
const TRIM: i64 = 1_000;
/// The place of an outcome among the sealed values of its call.
pub const OUTCOME: &str = "answer/outcome";

/// A call with a key, as its caller means it.
#[derive(Debug, Clone)]
pub struct KeyedCall {
    /// Where it runs.
    pub scope: Scope,
    /// The group.
    pub group: GroupId,
    /// The connector.
    pub connector: ConnectorName,
    /// On whose behalf.
    pub tenant: Option<TenantName>,
    /// The digest of the key.
    pub key: Digest,
    /// The digest of what is asked.
    pub fingerprint: Digest,
}

/// What is known of a key.
#[derive(Debug)]
pub enum Claimed {
    /// Nothing: the call runs now, and whoever comes next finds its row.
    Given,
    /// The call runs.
    Running,
    /// The key was used for something else.
    Other,
    /// The call has ended, with this outcome as the vault made it; none if it was too large to keep.
    Ended(CallId, Option<Vec<u8>>),
    /// The process that ran the call is gone, or lost its outcome.
    Unknown(CallId),
}

impl KeyedCall {
    fn tenant(&self) -> &str {
        self.tenant.as_ref().map_or("", TenantName::as_str)
    }
}

impl Store {
    /// Claims a key for a call of a process, which ends within `runs_ms`.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn claim_call(
        &self,
        keyed: &KeyedCall,
        call: &CallId,
        holder: &[u8; 16],
        runs_ms: i64,
    ) -> Result<Claimed, StoreError> {
        let now = self.clock();
        let (own, organization, workspace) = scope_ids(&keyed.scope);
        let mut write = self.begin().await?;
        let expired = format!(
            "DELETE FROM idempotent_calls WHERE scope = $1 AND group_id = $2 AND connector = $3 AND tenant = $4
             AND key = $5 AND created_at < {now} - {KEPT_MS}"
        );
        let expired = sqlx::query(AssertSqlSafe(expired)).bind(own).bind(keyed.group.as_bytes().as_slice());
        let expired = expired.bind(keyed.connector.as_str()).bind(keyed.tenant()).bind(keyed.key.as_bytes().as_slice());
        expired.execute(&mut *write).await?;
        let insert = format!(
            "INSERT INTO idempotent_calls (id, organization, workspace, scope, group_id, connector, tenant, key,
             fingerprint, holder, runs_until, ended, bytes, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, {now} + $11, 0, 0, {now})
             ON CONFLICT (scope, group_id, connector, tenant, key) DO NOTHING"
        );
        let insert = sqlx::query(AssertSqlSafe(insert))
            .bind(call.as_bytes().as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(own)
            .bind(keyed.group.as_bytes().as_slice())
            .bind(keyed.connector.as_str())
            .bind(keyed.tenant())
            .bind(keyed.key.as_bytes().as_slice())
            .bind(keyed.fingerprint.as_bytes().as_slice())
            .bind(holder.as_slice())
            .bind(runs_ms)
            .execute(&mut *write)
            .await?;
        if insert.rows_affected() > 0 {
            write.commit().await?;
            return Ok(Claimed::Given);
        }
        let found = self.known(&mut write, keyed, holder).await?;
        write.commit().await?;
        // None: it was given back between the two statements.
        Ok(found.unwrap_or(Claimed::Running))
    }

    /// What is known of a key, which is not claimed; none if it is new.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn known_call(&self, keyed: &KeyedCall, holder: &[u8; 16]) -> Result<Option<Claimed>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        self.known(&mut connection, keyed, holder).await
    }

    async fn known(
        &self,
        sql: &mut AnyConnection,
        keyed: &KeyedCall,
        holder: &[u8; 16],
    ) -> Result<Option<Claimed>, StoreError> {
        let now = self.clock();
        // A file has one process, so every other holder is gone.
        let alone = if self.kind == Kind::Sqlite { "holder <> $6 OR" } else { "$6 = $6 AND" };
        let text = format!(
            "SELECT id, fingerprint, ended, CASE WHEN {alone} runs_until < {now} THEN 1 ELSE 0 END AS gone, sealed
             FROM idempotent_calls LEFT JOIN idempotent_values ON call = id
             WHERE scope = $1 AND group_id = $2 AND connector = $3 AND tenant = $4 AND key = $5
             AND created_at >= {now} - {KEPT_MS}"
        );
        let (own, ..) = scope_ids(&keyed.scope);
        let found = sqlx::query(AssertSqlSafe(text)).bind(own).bind(keyed.group.as_bytes().as_slice());
        let found = found.bind(keyed.connector.as_str()).bind(keyed.tenant()).bind(keyed.key.as_bytes().as_slice());
        let found = found.bind(holder.as_slice()).fetch_optional(sql).await?;
        found.map(|row| read(&row, &keyed.fingerprint)).transpose()
    }

    /// Gives a claim back: nothing has happened, and the next call with the key may run.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn release_call(&self, call: &CallId) -> Result<(), StoreError> {
        let mut write = self.begin().await?;
        let delete = sqlx::query("DELETE FROM idempotent_calls WHERE id = $1 AND ended = 0");
        delete.bind(call.as_bytes().as_slice()).execute(&mut *write).await?;
        write.commit().await
    }

    /// Keeps the outcome of a call, as this vault made it; none if it is too large.
    ///
    /// # Errors
    /// The store does not answer, or has sealed values of other keys.
    pub async fn keep_outcome(&self, call: &CallId, vault: &Vault, outcome: Option<Sealed>) -> Result<(), StoreError> {
        let bytes = outcome.as_ref().map_or(0, |outcome| i64::try_from(outcome.sealed.len()).unwrap_or(i64::MAX));
        let mut write = self.begin().await?;
        let text = "UPDATE idempotent_calls SET ended = 1, bytes = $1 WHERE id = $2 AND ended = 0";
        let update = sqlx::query(text).bind(bytes).bind(call.as_bytes().as_slice()).execute(&mut *write).await?;
        // Its group may be gone, or its day over.
        if let (Some(outcome), true) = (outcome, update.rows_affected() > 0) {
            hold(&mut write, vault).await?;
            let insert = "INSERT INTO idempotent_values (call, field, sealed) VALUES ($1, $2, $3)";
            let insert = sqlx::query(insert).bind(call.as_bytes().as_slice()).bind(outcome.field);
            insert.bind(outcome.sealed).execute(&mut *write).await?;
        }
        write.commit().await
    }

    /// Deletes keys that are older than a day. Gives how many.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim_keys(&self) -> Result<u64, StoreError> {
        let text = format!(
            "DELETE FROM idempotent_calls WHERE id IN (SELECT id FROM idempotent_calls
             WHERE created_at < {} - {KEPT_MS} LIMIT {TRIM})",
            self.clock()
        );
        let mut trimmed = 0;
        loop {
            let mut write = self.begin().await?;
            let rows = sqlx::query(AssertSqlSafe(text.clone())).execute(&mut *write).await?.rows_affected();
            write.commit().await?;
            trimmed += rows;
            if rows == 0 {
                return Ok(trimmed);
            }
        }
    }

    /// The ids of scopes that have more keys, or more bytes of outcomes, than these.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn scopes_with_many_keys(&self, keys: i64, bytes: i64) -> Result<Vec<Vec<u8>>, StoreError> {
        let text = "SELECT scope FROM idempotent_calls GROUP BY scope HAVING count(*) > $1 OR sum(bytes) > $2";
        let rows = sqlx::query(text).bind(keys).bind(bytes).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(row.try_get("scope")?)).collect()
    }
}

/// Deletes what is kept of a group that is deleted.
pub(crate) async fn delete_of_group(sql: &mut AnyConnection, group: &GroupId) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM idempotent_calls WHERE group_id = $1").bind(group.as_bytes().as_slice());
    query.execute(sql).await?;
    Ok(())
}

fn read(row: &AnyRow, fingerprint: &Digest) -> Result<Claimed, StoreError> {
    if digest(row, "fingerprint")? != *fingerprint {
        return Ok(Claimed::Other);
    }
    let call = id(row, "id", CallId::from_slice)?;
    Ok(match (flag(row, "ended")?, flag(row, "gone")?) {
        (true, _) => Claimed::Ended(call, row.try_get::<Option<Vec<u8>>, _>("sealed")?),
        (false, true) => Claimed::Unknown(call),
        (false, false) => Claimed::Running,
    })
}

#[cfg(test)]
mod tests {
    use lockgate_vault::KeyRing;

    use super::*;
    use crate::Place;

    const HOLDER: [u8; 16] = [7; 16];

    async fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(Place::Folder(folder.path())).await.unwrap().0
    }

    async fn keyed(store: &Store, key: &str) -> KeyedCall {
        let scopes = store.reader().await.unwrap().scopes().await.unwrap();
        let scope = match scopes.first() {
            Some(stored) => stored.scope,
            None => {
                let organization = lockgate_domain::OrganizationId::new();
                let insert = "INSERT INTO organizations (id, slug, name, enabled, version, created_at, updated_at)
                              VALUES ($1, 'a', 'a', 1, 1, 0, 0)";
                let mut write = store.begin().await.unwrap();
                let insert = sqlx::query(insert).bind(organization.as_bytes().as_slice());
                insert.execute(&mut *write).await.unwrap();
                write.commit().await.unwrap();
                Scope::Organization(organization)
            }
        };
        KeyedCall {
            scope,
            group: GroupId::new(),
            connector: "pay".parse().unwrap(),
            tenant: None,
            key: Digest::of(key.as_bytes()),
            fingerprint: Digest::of(b"asked"),
        }
    }

    async fn claim(store: &Store, keyed: &KeyedCall, holder: &[u8; 16], runs_ms: i64) -> (CallId, Claimed) {
        let call = CallId::new();
        (call, store.claim_call(keyed, &call, holder, runs_ms).await.unwrap())
    }

    #[tokio::test]
    async fn a_key_is_claimed_once_and_known_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let one = keyed(&store, "1").await;
        let (call, given) = claim(&store, &one, &HOLDER, 60_000).await;
        assert!(matches!(given, Claimed::Given));
        assert!(matches!(claim(&store, &one, &HOLDER, 60_000).await.1, Claimed::Running));
        assert!(matches!(store.known_call(&one, &HOLDER).await.unwrap(), Some(Claimed::Running)));
        assert!(store.known_call(&keyed(&store, "2").await, &HOLDER).await.unwrap().is_none());
        let other = KeyedCall { fingerprint: Digest::of(b"other"), ..one.clone() };
        assert!(matches!(claim(&store, &other, &HOLDER, 60_000).await.1, Claimed::Other));
        let tenants = KeyedCall { tenant: Some("ada".parse().unwrap()), ..one.clone() };
        assert!(matches!(claim(&store, &tenants, &HOLDER, 60_000).await.1, Claimed::Given));
        // Another process on this file is one that came after.
        assert!(matches!(claim(&store, &one, &[8; 16], 60_000).await.1, Claimed::Unknown(id) if id == call));
        store.release_call(&call).await.unwrap();
        let (call, given) = claim(&store, &one, &HOLDER, 60_000).await;
        assert!(matches!(given, Claimed::Given));
        let vault = Vault::new(&KeyRing::generate().unwrap());
        let sealed = Sealed { field: OUTCOME.to_owned(), sealed: vec![1, 2, 3] };
        store.keep_outcome(&call, &vault, Some(sealed)).await.unwrap();
        let found = claim(&store, &one, &[8; 16], 60_000).await.1;
        assert!(matches!(found, Claimed::Ended(id, Some(sealed)) if id == call && sealed == [1, 2, 3]));
        // An outcome stays, whoever releases or keeps it again.
        store.release_call(&call).await.unwrap();
        store.keep_outcome(&call, &vault, None).await.unwrap();
        assert!(matches!(claim(&store, &one, &HOLDER, 0).await.1, Claimed::Ended(_, Some(_))));
        assert_eq!(store.scopes_with_many_keys(1, 1000).await.unwrap().len(), 1);
        assert_eq!(store.scopes_with_many_keys(2, 2).await.unwrap().len(), 1);
        assert!(store.scopes_with_many_keys(2, 3).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_day_later_nothing_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let (one, two) = (keyed(&store, "1").await, keyed(&store, "2").await);
        for keyed in [&one, &two] {
            claim(&store, keyed, &HOLDER, 60_000).await;
        }
        assert_eq!(store.trim_keys().await.unwrap(), 0);
        let mut write = store.begin().await.unwrap();
        let text = format!("UPDATE idempotent_calls SET created_at = created_at - {KEPT_MS} - 1000");
        sqlx::query(AssertSqlSafe(text)).execute(&mut *write).await.unwrap();
        write.commit().await.unwrap();
        // Whoever comes with the key of yesterday begins anew.
        assert!(store.known_call(&one, &HOLDER).await.unwrap().is_none());
        assert!(matches!(claim(&store, &one, &HOLDER, 60_000).await.1, Claimed::Given));
        assert_eq!(store.trim_keys().await.unwrap(), 1);
    }
}
