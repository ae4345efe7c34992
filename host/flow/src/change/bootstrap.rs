//! The first start: an organization and a workspace named `default`, and a token for whoever started the host. And what
//! is made while no host runs.

use lockgate_domain::{Caller, DEFAULT_SCOPE, OrganizationId, Scope, ScopeName, Slug, TokenId, WorkspaceId};
use lockgate_store::{Store, StoredScope, StoredToken};
use lockgate_vault::AccessToken;

use crate::change::scopes::Scopes;
use crate::{FlowError, NewToken};

/// Fills an empty store. `keep` gets the text of the admin token before the store learns of it, so that no crash leaves a
/// store whose only token nobody has. Nothing happens if there are tokens already.
///
/// # Errors
/// The store can't be read or written, or `keep` failed.
pub async fn bootstrap(store: &Store, keep: impl FnOnce(&AccessToken) -> std::io::Result<()>) -> Result<(), FlowError> {
    // Several hosts may start on a new database at one time.
    let _exclusive = store.exclusive().await?;
    let organization = match store.scopes().await?.into_iter().next() {
        Some(organization) => organization.scope,
        None => {
            let slug: Slug = DEFAULT_SCOPE.parse().map_err(|_| FlowError::NotFound(DEFAULT_SCOPE.to_owned()))?;
            let id = OrganizationId::new();
            let organization = StoredScope::new(Scope::Organization(id), slug.clone());
            let workspace = StoredScope::new(Scope::Workspace(id, WorkspaceId::new()), slug);
            let scope = organization.scope;
            store.create_scopes(&[organization, workspace], None, None).await?;
            scope
        }
    };
    // A start that was cut off between the two steps is completed by the next one.
    if !store.tokens().await?.is_empty() {
        return Ok(());
    }
    let admin = AccessToken::generate()?;
    keep(&admin).map_err(FlowError::Keep)?;
    let first = NewToken::named("first admin".to_owned(), lockgate_domain::Role::Admin);
    keep_token(store, organization, NewToken { local: true, ..first }, &admin).await
}

/// Makes a token without a host, for whoever may write the store itself.
///
/// # Errors
/// [`FlowError::NotFound`]: there is no such scope.
pub async fn offline_token(store: &Store, scope: &ScopeName, new: NewToken) -> Result<AccessToken, FlowError> {
    let _exclusive = store.exclusive().await?;
    let mut scopes = Scopes::default();
    scopes.put(store.scopes().await?);
    let scope = scopes.named(scope).ok_or_else(|| FlowError::NotFound(scope.to_string()))?;
    let text = AccessToken::generate()?;
    keep_token(store, scope, new, &text).await?;
    Ok(text)
}

async fn keep_token(store: &Store, scope: Scope, new: NewToken, text: &AccessToken) -> Result<(), FlowError> {
    let caller = Caller { token: TokenId::new(), scope, role: new.role, restrictions: new.restrictions };
    let token = StoredToken { local: new.local, ..StoredToken::new(caller, new.facts, text.hash()) };
    Ok(store.create_token(&token, None).await?)
}
