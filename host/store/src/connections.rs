//! Connections, and the sealed values of each.

use std::collections::{BTreeMap, BTreeSet};

use lockgate_domain::{ConnectionId, Consent, CredentialName, GroupId, MethodName, Owner, Scope, TenantName};
use lockgate_vault::Vault;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::audit::{self, Action, By};
use crate::change::{Change, Changed};
use crate::rows::{flag, id, now, scope, scope_ids};
use crate::sealed::{self, Sealed};
use crate::store::unique;
use crate::{Reader, Store, StoreError};

/// A connection as stored, without its secrets.
#[derive(Debug, Clone)]
pub struct StoredConnection {
    /// Its id; the same through every rotation.
    pub id: ConnectionId,
    /// The group that uses it.
    pub group: GroupId,
    /// Whose it is.
    pub owner: Owner,
    /// Unique for its owner in the group.
    pub name: String,
    /// Whether calls may use it.
    pub enabled: bool,
    /// Whether it is taken when a call of its owner names none.
    pub default: bool,
    /// Whether its credentials were refused and a person must act.
    pub needs_reauth: bool,
    /// Whether it has its values and waits for a person to agree at a provider.
    pub awaits_grant: bool,
    /// How it authenticates; empty while it waits for its credentials.
    pub methods: BTreeMap<CredentialName, MethodName>,
    /// Values that are no secret, by their place: `fields/NAME` or `credentials/CREDENTIAL/NAME`.
    pub visible: BTreeMap<String, String>,
    /// The places of what is sealed.
    pub secret: BTreeSet<String>,
    /// What it was made for; none while it waits for its credentials.
    pub consent: Option<Consent>,
    /// Until when its credentials are good; milliseconds since 1970.
    pub ends_at: Option<i64>,
    /// When they were given; milliseconds since 1970.
    pub credentials_at: Option<i64>,
    /// Raised by every change; the ETag.
    pub version: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

/// How a connection is changed.
#[derive(Debug)]
pub struct ConnectionChange<'c> {
    /// What is done to it.
    pub action: Action,
    /// How the audit log names it.
    pub subject: String,
    /// Its values, if they are replaced, and the vault that sealed them.
    pub values: Option<(&'c Vault, Vec<Sealed>)>,
    /// Who does it.
    pub by: By,
}

const COLUMNS: &str = "SELECT id, organization, workspace, tenant, group_id, name, enabled, is_default, needs_reauth,
    awaits_grant, methods, visible, secret, consent, ends_at, credentials_at, version, created_at, updated_at FROM connections";
const VALUES: &str = "connection_values";

impl StoredConnection {
    /// A new connection that waits for its credentials.
    pub fn new(group: GroupId, owner: Owner, name: String) -> Self {
        let at = now();
        Self {
            id: ConnectionId::new(),
            group,
            owner,
            name,
            enabled: true,
            default: false,
            needs_reauth: false,
            awaits_grant: false,
            methods: BTreeMap::new(),
            visible: BTreeMap::new(),
            secret: BTreeSet::new(),
            consent: None,
            ends_at: None,
            credentials_at: None,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}

impl Change {
    /// Keeps a new connection. Its owner's other connections of the group lose the default mark if it has it.
    ///
    /// # Errors
    /// [`StoreError::Exists`]: its owner has one of that name in the group.
    pub async fn create_connection(
        &mut self,
        connection: &StoredConnection,
        made: ConnectionChange<'_>,
    ) -> Result<(), StoreError> {
        let others = other_defaults(self.sql(), connection).await?;
        let scope = connection.owner.scope();
        let (own, organization, workspace) = scope_ids(&scope);
        let text = "INSERT INTO connections (id, organization, workspace, scope, tenant, group_id, name, enabled,
                    is_default, needs_reauth, methods, visible, secret, consent, ends_at, credentials_at, version,
                    created_at, updated_at, awaits_grant)
                    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
        sqlx::query(text)
            .bind(connection.id.as_bytes().as_slice())
            .bind(organization)
            .bind(workspace)
            .bind(own)
            .bind(tenant(connection))
            .bind(connection.group.as_bytes().as_slice())
            .bind(&connection.name)
            .bind(i64::from(connection.enabled))
            .bind(i64::from(connection.default))
            .bind(i64::from(connection.needs_reauth))
            .bind(json(&connection.methods)?)
            .bind(json(&connection.visible)?)
            .bind(json(&connection.secret)?)
            .bind(consent(connection)?)
            .bind(connection.ends_at)
            .bind(connection.credentials_at)
            .bind(connection.version)
            .bind(connection.created_at)
            .bind(connection.updated_at)
            .bind(i64::from(connection.awaits_grant))
            .execute(self.sql())
            .await
            .map_err(unique("a connection with this name"))?;
        self.finish(connection, made, &others).await
    }

    /// Replaces what can be changed of a connection that still has the version it was read with. Its owner's other
    /// connections of the group lose the default mark if it has it.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`], [`StoreError::Exists`] for its name.
    pub async fn update_connection(
        &mut self,
        connection: &StoredConnection,
        made: ConnectionChange<'_>,
    ) -> Result<(), StoreError> {
        expect_version(self.sql(), connection).await?;
        let others = other_defaults(self.sql(), connection).await?;
        let text = "UPDATE connections SET name = $1, enabled = $2, is_default = $3, needs_reauth = $4, methods = $5,
                    visible = $6, secret = $7, consent = $8, ends_at = $9, credentials_at = $10,
                    version = version + 1, updated_at = $11, awaits_grant = $13 WHERE id = $12";
        sqlx::query(text)
            .bind(&connection.name)
            .bind(i64::from(connection.enabled))
            .bind(i64::from(connection.default))
            .bind(i64::from(connection.needs_reauth))
            .bind(json(&connection.methods)?)
            .bind(json(&connection.visible)?)
            .bind(json(&connection.secret)?)
            .bind(consent(connection)?)
            .bind(connection.ends_at)
            .bind(connection.credentials_at)
            .bind(now())
            .bind(connection.id.as_bytes().as_slice())
            .bind(i64::from(connection.awaits_grant))
            .execute(self.sql())
            .await
            .map_err(unique("a connection with this name"))?;
        self.finish(connection, made, &others).await
    }

    /// Deletes a connection with its values.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn delete_connection(
        &mut self,
        connection: &StoredConnection,
        subject: &str,
        by: By,
    ) -> Result<(), StoreError> {
        expect_version(self.sql(), connection).await?;
        let delete = sqlx::query("DELETE FROM connections WHERE id = $1");
        delete.bind(connection.id.as_bytes().as_slice()).execute(self.sql()).await?;
        audit::write(self.sql(), by, Action::DeleteConnection, &connection.owner.scope(), subject).await?;
        self.touched(Changed::Connection(connection.id));
        Ok(())
    }

    async fn finish(
        &mut self,
        connection: &StoredConnection,
        made: ConnectionChange<'_>,
        others: &[ConnectionId],
    ) -> Result<(), StoreError> {
        if let Some((vault, values)) = &made.values {
            sealed::replace(self.sql(), VALUES, connection.id.as_bytes(), vault, values).await?;
        }
        audit::write(self.sql(), made.by, made.action, &connection.owner.scope(), &made.subject).await?;
        for id in others.iter().chain([&connection.id]) {
            self.touched(Changed::Connection(*id));
        }
        Ok(())
    }
}

impl Reader<'_> {
    /// All connections.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connections(&mut self) -> Result<Vec<StoredConnection>, StoreError> {
        sqlx::query(COLUMNS).fetch_all(self.sql()).await?.iter().map(read).collect()
    }

    /// One connection, if it is still there.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn connection(&mut self, connection: &ConnectionId) -> Result<Option<StoredConnection>, StoreError> {
        let query = AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
        let row = sqlx::query(query).bind(connection.as_bytes().as_slice()).fetch_optional(self.sql()).await?;
        row.as_ref().map(read).transpose()
    }
}

impl Store {
    /// The sealed values of a connection that still has this version.
    ///
    /// # Errors
    /// [`StoreError::Changed`], [`StoreError::Missing`].
    pub async fn connection_values(&self, connection: &StoredConnection) -> Result<Vec<Sealed>, StoreError> {
        let mut read = self.pool.acquire().await?;
        let values = sealed::read(&mut read, VALUES, connection.id.as_bytes()).await?;
        // Afterwards: values of a later version never pass for those of this one.
        expect_version(&mut read, connection).await?;
        Ok(values)
    }
}

/// Takes the mark away from the owner's other connections of the group.
async fn other_defaults(
    sql: &mut AnyConnection,
    connection: &StoredConnection,
) -> Result<Vec<ConnectionId>, StoreError> {
    if !connection.default {
        return Ok(Vec::new());
    }
    let scope = connection.owner.scope();
    let text = "UPDATE connections SET is_default = 0, version = version + 1, updated_at = $1
                WHERE group_id = $2 AND scope = $3 AND tenant = $4 AND id <> $5 AND is_default = 1 RETURNING id";
    let rows = sqlx::query(text)
        .bind(now())
        .bind(connection.group.as_bytes().as_slice())
        .bind(scope_ids(&scope).0)
        .bind(tenant(connection))
        .bind(connection.id.as_bytes().as_slice())
        .fetch_all(sql)
        .await?;
    rows.iter().map(|row| id(row, "id", ConnectionId::from_slice)).collect()
}

async fn expect_version(sql: &mut AnyConnection, connection: &StoredConnection) -> Result<(), StoreError> {
    let row = sqlx::query("SELECT version FROM connections WHERE id = $1").bind(connection.id.as_bytes().as_slice());
    let row = row.fetch_optional(sql).await?.ok_or(StoreError::Missing("the connection"))?;
    let found = row.try_get("version")?;
    if found == connection.version { Ok(()) } else { Err(StoreError::Changed { expected: connection.version, found }) }
}

/// Deletes the connections of a group, with its installations.
pub(crate) async fn delete_of_group(sql: &mut AnyConnection, group: &GroupId) -> Result<(), StoreError> {
    for delete in ["DELETE FROM connections WHERE group_id = $1", "DELETE FROM installations WHERE group_id = $1"] {
        sqlx::query(delete).bind(group.as_bytes().as_slice()).execute(&mut *sql).await?;
    }
    Ok(())
}

/// Deletes the connections of a tenant.
pub(crate) async fn delete_of_tenant(change: &mut Change, scope: &Scope, name: &TenantName) -> Result<(), StoreError> {
    let delete = sqlx::query("DELETE FROM connections WHERE scope = $1 AND tenant = $2 RETURNING id");
    let rows = delete.bind(scope_ids(scope).0).bind(name.as_str()).fetch_all(change.sql()).await?;
    for row in &rows {
        change.touched(Changed::Connection(id(row, "id", ConnectionId::from_slice)?));
    }
    Ok(())
}

fn tenant(connection: &StoredConnection) -> &str {
    connection.owner.tenant().map_or("", TenantName::as_str)
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("connection"))
}

fn consent(connection: &StoredConnection) -> Result<Option<String>, StoreError> {
    connection.consent.as_ref().map(Consent::to_json).transpose().map_err(|_| StoreError::Corrupt("consent"))
}

fn read(row: &AnyRow) -> Result<StoredConnection, StoreError> {
    fn parsed<T: serde::de::DeserializeOwned>(row: &AnyRow, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(row.try_get(column)?).map_err(|_| StoreError::Corrupt(column))
    }
    let (scope, tenant) = (scope(row)?, row.try_get::<&str, _>("tenant")?);
    let owner = match tenant {
        "" => Owner::Scope(scope),
        name => Owner::Tenant(scope, name.parse().map_err(|_| StoreError::Corrupt("tenant"))?),
    };
    let consent = row.try_get::<Option<&str>, _>("consent")?;
    Ok(StoredConnection {
        id: id(row, "id", ConnectionId::from_slice)?,
        group: id(row, "group_id", GroupId::from_slice)?,
        owner,
        name: row.try_get("name")?,
        enabled: flag(row, "enabled")?,
        default: flag(row, "is_default")?,
        needs_reauth: flag(row, "needs_reauth")?,
        awaits_grant: flag(row, "awaits_grant")?,
        methods: parsed(row, "methods")?,
        visible: parsed(row, "visible")?,
        secret: parsed(row, "secret")?,
        consent: consent.map(Consent::from_json).transpose().map_err(|_| StoreError::Corrupt("consent"))?,
        ends_at: row.try_get("ends_at")?,
        credentials_at: row.try_get("credentials_at")?,
        version: row.try_get("version")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}
