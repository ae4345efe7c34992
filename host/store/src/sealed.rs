//! Values that the vault has sealed, and what tells whether a host has the keys for them.

use lockgate_domain::{GroupId, Scope, TenantName};
use lockgate_vault::{Place, Vault};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{id, scope};
use crate::{Reader, Store, StoreError};

/// A sealed value of a record.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// What it is in the record.
    pub field: String,
    /// As the vault made it.
    pub sealed: Vec<u8>,
}

/// Values that one transaction of a rotation wraps anew: few enough that changes wait for some milliseconds only.
const BATCH: i64 = 64;

/// The tables of sealed values, with the record's column and the columns of its place.
const TABLES: [(&str, &str, &str); 4] = [
    ("connection_values", "connection", "connections"),
    ("idempotent_values", "call", "idempotent_calls"),
    ("installation_values", "installation", "installations"),
    ("oauth_token_values", "connection", "connections"),
];

fn record_column(table: &str) -> &'static str {
    TABLES.iter().find(|(own, ..)| *own == table).map_or("record", |(_, column, _)| column)
}

/// The sealed values of a record.
pub(crate) async fn read(
    sql: &mut AnyConnection,
    table: &'static str,
    record: &[u8],
) -> Result<Vec<Sealed>, StoreError> {
    let text = format!("SELECT field, sealed FROM {table} WHERE {} = $1 ORDER BY field", record_column(table));
    let rows = sqlx::query(AssertSqlSafe(text)).bind(record).fetch_all(sql).await?;
    rows.iter().map(|row| Ok(Sealed { field: row.try_get("field")?, sealed: row.try_get("sealed")? })).collect()
}

/// Replaces the sealed values of a record.
pub(crate) async fn replace(
    sql: &mut AnyConnection,
    table: &'static str,
    record: &[u8],
    vault: &Vault,
    values: &[Sealed],
) -> Result<(), StoreError> {
    let column = record_column(table);
    let delete = format!("DELETE FROM {table} WHERE {column} = $1");
    sqlx::query(AssertSqlSafe(delete)).bind(record).execute(&mut *sql).await?;
    if values.is_empty() {
        return Ok(());
    }
    hold(sql, vault).await?;
    let insert = format!("INSERT INTO {table} ({column}, field, sealed) VALUES ($1, $2, $3)");
    for value in values {
        let query = sqlx::query(AssertSqlSafe(insert.clone()));
        query.bind(record).bind(&value.field).bind(value.sealed.as_slice()).execute(&mut *sql).await?;
    }
    Ok(())
}

/// Makes sure that this host has the keys of the store before it seals anything: another host may have others.
pub(crate) async fn hold(sql: &mut AnyConnection, vault: &Vault) -> Result<(), StoreError> {
    match sqlx::query("SELECT check_value FROM vault").fetch_optional(&mut *sql).await? {
        Some(row) => Ok(vault.verify_check(row.try_get("check_value")?)?),
        None => {
            let insert = sqlx::query("INSERT INTO vault (check_value) VALUES ($1)").bind(vault.check_value());
            insert.execute(sql).await?;
            Ok(())
        }
    }
}

impl Reader<'_> {
    /// What tells whether a vault has the keys of the sealed values; none while there are no values.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`]: there are values, and nothing says which keys are theirs.
    pub async fn vault_check(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let mut any = false;
        for (table, ..) in TABLES {
            let text = format!("SELECT 1 FROM {table} LIMIT 1");
            any |= sqlx::query(AssertSqlSafe(text)).fetch_optional(self.sql()).await?.is_some();
        }
        match sqlx::query("SELECT check_value FROM vault").fetch_optional(self.sql()).await? {
            _ if !any => Ok(None),
            Some(row) => Ok(Some(row.try_get("check_value")?)),
            None => Err(StoreError::Corrupt("check value of the vault")),
        }
    }
}

impl Change {
    /// The same as [`Reader::vault_check`]. A check value that no sealed value needs any more is deleted, so that the
    /// store takes other keys.
    ///
    /// # Errors
    /// As for [`Reader::vault_check`].
    pub async fn vault_check(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let check = self.reader().vault_check().await?;
        if check.is_none() {
            sqlx::query("DELETE FROM vault").execute(self.sql()).await?;
        }
        Ok(check)
    }
}

impl Store {
    /// Wraps every value anew that is not wrapped by the vault's active key, and then makes the check value anew. It can
    /// be cut off anywhere and begun again. Gives how many values it wrapped.
    ///
    /// # Errors
    /// A value belongs to another key, or the store does not answer.
    pub async fn rewrap(&self, vault: &Vault, scope: &Scope, by: By) -> Result<u64, StoreError> {
        let mut wrapped = 0;
        loop {
            let before = wrapped;
            for (table, column, records) in TABLES {
                wrapped += self.rewrap_table(vault, table, column, records).await?;
            }
            // Another host may have sealed something under its own active key meanwhile.
            if wrapped == before {
                break;
            }
        }
        let mut change = self.begin_change().await?;
        let there = sqlx::query("UPDATE vault SET check_value = $1").bind(vault.check_value());
        there.execute(change.sql()).await?;
        audit::write(change.sql(), by, Action::RotateKeys, scope, &format!("{wrapped} values")).await?;
        change.touched(Changed::Keys);
        change.commit().await?;
        Ok(wrapped)
    }

    async fn rewrap_table(
        &self,
        vault: &Vault,
        table: &'static str,
        column: &str,
        records: &str,
    ) -> Result<u64, StoreError> {
        let tenant = if matches!(records, "connections" | "idempotent_calls") { "r.tenant" } else { "'' AS tenant" };
        let page = format!(
            "SELECT v.{column} AS record, v.field, v.sealed, r.organization, r.workspace, {tenant}, r.group_id
             FROM {table} v JOIN {records} r ON r.id = v.{column}
             WHERE v.{column} > $1 OR (v.{column} = $1 AND v.field > $2) ORDER BY v.{column}, v.field LIMIT {BATCH}"
        );
        // Whoever gave other values meanwhile has sealed them anew already.
        let update = format!("UPDATE {table} SET sealed = $1 WHERE {column} = $2 AND field = $3 AND sealed = $4");
        let (mut record, mut field, mut wrapped) = (Vec::<u8>::new(), String::new(), 0);
        loop {
            let mut batch = self.begin().await?;
            let query = sqlx::query(AssertSqlSafe(page.clone())).bind(record.as_slice()).bind(field.as_str());
            let rows = query.fetch_all(&mut *batch).await?;
            for row in &rows {
                (record, field) = (row.try_get("record")?, row.try_get("field")?);
                let sealed: Vec<u8> = row.try_get("sealed")?;
                if vault.is_current(&sealed) {
                    continue;
                }
                let anew = rewrapped(vault, row, &record, &field, &sealed)?;
                let query = sqlx::query(AssertSqlSafe(update.clone())).bind(anew).bind(record.as_slice());
                query.bind(field.as_str()).bind(sealed).execute(&mut *batch).await?;
                wrapped += 1;
            }
            batch.commit().await?;
            if rows.is_empty() {
                return Ok(wrapped);
            }
        }
    }
}

fn rewrapped(vault: &Vault, row: &AnyRow, record: &[u8], field: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let tenant: Option<TenantName> = match row.try_get("tenant")? {
        "" => None,
        name => Some(name.parse().map_err(|_| StoreError::Corrupt("tenant"))?),
    };
    let group = id(row, "group_id", GroupId::from_slice)?;
    let place = Place { scope: scope(row)?, tenant: tenant.as_ref(), group, record, field };
    Ok(vault.rewrap(&place, sealed)?)
}
