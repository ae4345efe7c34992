//! The first start: an organization and a workspace named `default`, and a token for whoever started the host. And what
//! is made while no host runs.

use lockgate_domain::{Caller, DEFAULT_SCOPE, OrganizationId, Scope, ScopeName, Slug, TokenId, WorkspaceId};
use lockgate_store::{Change, Store, StoredScope, StoredToken};
use lockgate_vault::AccessToken;

use crate::catalog::scopes::Scopes;
use crate::{FlowError, NewToken};

/// Fills an empty store. `keep` gets the text of the admin token before the store learns of it, so that no crash leaves a
/// store whose only token nobody has. Nothing happens if there are tokens already.
///
/// # Errors
/// The store can't be read or written, or `keep` failed.
pub async fn bootstrap(store: &Store, keep: impl FnOnce(&AccessToken) -> std::io::Result<()>) -> Result<(), FlowError> {
    // Several hosts may start on a new database at one time.
    let mut change = store.begin_change().await?;
    let first = change.reader().scopes().await?.into_iter().next();
    let organization = match first {
        Some(organization) => organization.scope,
        None => {
            let slug: Slug = DEFAULT_SCOPE.parse().map_err(|_| FlowError::NotFound(DEFAULT_SCOPE.to_owned()))?;
            let id = OrganizationId::new();
            let organization = StoredScope::new(Scope::Organization(id), slug.clone());
            let workspace = StoredScope::new(Scope::Workspace(id, WorkspaceId::new()), slug);
            let scope = organization.scope;
            change.create_scopes(&[organization, workspace], None, None).await?;
            scope
        }
    };
    // Earlier hosts made scopes and token one after the other, so there may be scopes alone.
    if !change.reader().tokens().await?.is_empty() {
        change.rollback().await;
        return Ok(());
    }
    let admin = AccessToken::generate()?;
    keep(&admin).map_err(FlowError::Keep)?;
    let first = NewToken::named("first admin".to_owned(), lockgate_domain::Role::Admin);
    keep_token(&mut change, organization, NewToken { local: true, ..first }, &admin).await?;
    change.commit().await?;
    Ok(())
}

/// Makes a token without a host, for whoever may write the store itself.
///
/// # Errors
/// [`FlowError::NotFound`]: there is no such scope.
pub async fn offline_token(store: &Store, scope: &ScopeName, new: NewToken) -> Result<AccessToken, FlowError> {
    let mut change = store.begin_change().await?;
    let mut scopes = Scopes::default();
    scopes.put(change.reader().scopes().await?);
    let scope = scopes.named(scope).ok_or_else(|| FlowError::NotFound(scope.to_string()))?;
    let text = AccessToken::generate()?;
    keep_token(&mut change, scope, new, &text).await?;
    change.commit().await?;
    Ok(text)
}

async fn keep_token(change: &mut Change, scope: Scope, new: NewToken, text: &AccessToken) -> Result<(), FlowError> {
    let caller = Caller { token: TokenId::new(), scope, role: new.role, restrictions: new.restrictions };
    let token = StoredToken { local: new.local, ..StoredToken::new(caller, new.facts, text.hash()) };
    Ok(change.create_token(&token, None).await?)
}
