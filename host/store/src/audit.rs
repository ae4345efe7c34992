//! The trail of changes, written in the transaction of the change itself.

use lockgate_domain::{Scope, TokenId};
use sqlx::AnyConnection;

use crate::StoreError;
use crate::rows::{now, scope_ids};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A group was made.
    CreateGroup,
    /// A group was changed.
    UpdateGroup,
    /// A group was deleted.
    DeleteGroup,
    /// A plugin was loaded.
    LoadPlugin,
    /// Another version became current.
    SwitchPlugin,
    /// A plugin was deleted.
    DeletePlugin,
    /// A token was made.
    CreateToken,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::CreateGroup => "group.create",
            Self::UpdateGroup => "group.update",
            Self::DeleteGroup => "group.delete",
            Self::LoadPlugin => "plugin.load",
            Self::SwitchPlugin => "plugin.switch",
            Self::DeletePlugin => "plugin.delete",
            Self::CreateToken => "token.create",
        }
    }
}

/// Who made a change; none for the host itself.
pub type By = Option<TokenId>;

pub(crate) async fn write(
    change: &mut AnyConnection,
    by: By,
    action: Action,
    scope: &Scope,
    subject: &str,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (at, token, action, scope, subject) VALUES ($1, $2, $3, $4, $5)")
        .bind(now())
        .bind(by.as_ref().map(|token| token.as_bytes().as_slice()))
        .bind(action.as_str())
        .bind(scope_ids(scope).0)
        .bind(subject)
        .execute(change)
        .await?;
    Ok(())
}
