//! The audit log, written in the transaction of the change itself.

use lockgate_domain::{Scope, TokenId};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row};

use crate::change::Change;
use crate::rows::{now, scope_ids};
use crate::{Store, StoreError};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A group was made.
    CreateGroup,
    /// A group was changed.
    UpdateGroup,
    /// A group was deleted.
    DeleteGroup,
    /// A group came in a package; its parts have entries of their own.
    ImportPackage,
    /// A scope was made what a folder says; its parts have entries of their own.
    ApplyFolder,
    /// An entry of a group's `uses` was granted.
    GrantUse,
    /// Such a grant was taken back.
    RevokeUse,
    /// A server told a group's descriptors anew.
    RefreshDescriptors,
    /// A plugin was loaded.
    LoadPlugin,
    /// Another version became current.
    SwitchPlugin,
    /// A version was marked as bad, or as good again.
    MarkPlugin,
    /// The versions of a plugin stayed, and none is current.
    RetirePlugin,
    /// A plugin was deleted.
    DeletePlugin,
    /// A version of a declarative connector was saved, and became current.
    SaveConnector,
    /// Another version became current.
    SwitchConnector,
    /// A version was marked as bad, or as good again.
    MarkConnector,
    /// A declarative connector was deleted.
    DeleteConnector,
    /// A token was made.
    CreateToken,
    /// A token was changed.
    UpdateToken,
    /// A token was revoked.
    DeleteToken,
    /// An organization was made.
    CreateOrganization,
    /// An organization was changed.
    UpdateOrganization,
    /// An organization was deleted.
    DeleteOrganization,
    /// A workspace was made.
    CreateWorkspace,
    /// A workspace was changed.
    UpdateWorkspace,
    /// A workspace was deleted.
    DeleteWorkspace,
    /// A tenant was declared.
    CreateTenant,
    /// A tenant was switched on or off.
    UpdateTenant,
    /// A tenant was deleted.
    DeleteTenant,
    /// A connection was made.
    CreateConnection,
    /// A connection was changed.
    UpdateConnection,
    /// The credentials of a connection were replaced.
    SetCredentials,
    /// What became wider or different under a connection was accepted.
    AcceptConnection,
    /// A person agreed at a provider, and the connection has its tokens.
    AuthorizeConnection,
    /// The provider refused to renew the tokens of a connection: a person must act.
    EndGrant,
    /// A connection was deleted.
    DeleteConnection,
    /// An installation was changed.
    UpdateInstallation,
    /// Every sealed value was wrapped by the active key.
    RotateKeys,
    /// A session of the console began.
    SignIn,
    /// Every session of a token was ended.
    SignOutEverywhere,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::CreateGroup => "group.create",
            Self::UpdateGroup => "group.update",
            Self::DeleteGroup => "group.delete",
            Self::ImportPackage => "group.import",
            Self::ApplyFolder => "scope.apply",
            Self::GrantUse => "use.grant",
            Self::RevokeUse => "use.revoke",
            Self::RefreshDescriptors => "group.descriptors",
            Self::LoadPlugin => "plugin.load",
            Self::SwitchPlugin => "plugin.switch",
            Self::MarkPlugin => "plugin.mark",
            Self::RetirePlugin => "plugin.retire",
            Self::DeletePlugin => "plugin.delete",
            Self::SaveConnector => "connector.save",
            Self::SwitchConnector => "connector.switch",
            Self::MarkConnector => "connector.mark",
            Self::DeleteConnector => "connector.delete",
            Self::CreateToken => "token.create",
            Self::UpdateToken => "token.update",
            Self::DeleteToken => "token.delete",
            Self::CreateOrganization => "organization.create",
            Self::UpdateOrganization => "organization.update",
            Self::DeleteOrganization => "organization.delete",
            Self::CreateWorkspace => "workspace.create",
            Self::UpdateWorkspace => "workspace.update",
            Self::DeleteWorkspace => "workspace.delete",
            Self::CreateTenant => "tenant.create",
            Self::UpdateTenant => "tenant.update",
            Self::DeleteTenant => "tenant.delete",
            Self::CreateConnection => "connection.create",
            Self::UpdateConnection => "connection.update",
            Self::SetCredentials => "connection.credentials",
            Self::AcceptConnection => "connection.accept",
            Self::AuthorizeConnection => "connection.authorize",
            Self::EndGrant => "connection.end_grant",
            Self::DeleteConnection => "connection.delete",
            Self::UpdateInstallation => "installation.update",
            Self::RotateKeys => "keys.rotate",
            Self::SignIn => "console.sign_in",
            Self::SignOutEverywhere => "console.sign_out_everywhere",
        }
    }
}

/// Who made a change; none for the host itself.
pub type By = Option<TokenId>;

/// An entry of the audit log.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Its place in the audit log.
    pub sequence: i64,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who did it; none for the host itself.
    pub token: By,
    /// What was done, such as `group.create`.
    pub action: String,
    /// The id of the scope in which; the scope itself may be gone.
    pub scope: Vec<u8>,
    /// To what.
    pub subject: String,
}

/// Which entries are wanted: the latest first.
#[derive(Debug, Clone)]
pub struct AuditFilter {
    /// The scope, and with an organization its workspaces too unless `exact`.
    pub scope: Scope,
    /// Without workspaces.
    pub exact: bool,
    /// Only of this action.
    pub action: Option<String>,
    /// Not older; milliseconds since 1970.
    pub since: i64,
    /// Only those before this place.
    pub before: i64,
    /// The most entries.
    pub limit: i64,
}

impl Change {
    /// Says what a change of several objects is as a whole.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn note(&mut self, action: Action, scope: &Scope, subject: &str, by: By) -> Result<(), StoreError> {
        write(self.sql(), by, action, scope, subject).await
    }
}

impl Store {
    /// A part of the audit log.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEntry>, StoreError> {
        let own = match (&filter.scope, filter.exact) {
            (Scope::Organization(_), false) => "organization",
            (Scope::Organization(_), true) | (Scope::Workspace(..), _) => "scope",
        };
        let action = if filter.action.is_some() { "AND action = $5" } else { "" };
        let text = format!(
            "SELECT sequence, at, token, action, scope, subject FROM audit
             WHERE {own} = $1 AND sequence < $2 AND at >= $3 {action} ORDER BY sequence DESC LIMIT $4"
        );
        let mut query = sqlx::query(AssertSqlSafe(text))
            .bind(scope_ids(&filter.scope).0)
            .bind(filter.before)
            .bind(filter.since)
            .bind(filter.limit);
        if let Some(action) = &filter.action {
            query = query.bind(action);
        }
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Deletes entries that are older.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn trim_audit(&self, before: i64) -> Result<u64, StoreError> {
        let mut write = self.begin().await?;
        let trim = sqlx::query("DELETE FROM audit WHERE at < $1").bind(before);
        let trimmed = trim.execute(&mut *write).await?.rows_affected();
        write.commit().await?;
        Ok(trimmed)
    }
}

fn read(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    let token = row.try_get::<Option<&[u8]>, _>("token")?;
    Ok(AuditEntry {
        sequence: row.try_get("sequence")?,
        at: row.try_get("at")?,
        token: token.map(|bytes| TokenId::from_slice(bytes).ok_or(StoreError::Corrupt("token"))).transpose()?,
        action: row.try_get("action")?,
        scope: row.try_get("scope")?,
        subject: row.try_get("subject")?,
    })
}

pub(crate) async fn write(
    sql: &mut AnyConnection,
    by: By,
    action: Action,
    scope: &Scope,
    subject: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, token, action, scope, organization, subject) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(now())
        .bind(by.as_ref().map(|token| token.as_bytes().as_slice()))
        .bind(action.as_str())
        .bind(scope_ids(scope).0)
        .bind(scope_ids(scope).1)
        .bind(subject)
        .execute(sql)
        .await?;
    Ok(())
}
