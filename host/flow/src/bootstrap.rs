//! The first start: an organization and a workspace named `default`, and a token for whoever started the host.

use lockgate_domain::{Caller, OrganizationId, Role, Scope, Slug, TokenId, WorkspaceId};
use lockgate_store::{Store, StoredOrganization, StoredToken, StoredWorkspace};
use lockgate_vault::AccessToken;

use crate::FlowError;

/// The name of both.
const DEFAULT: &str = "default";

/// Fills an empty store. `keep` gets the text of the admin token before the store learns of it, so that no crash leaves a
/// store whose only token nobody has. Nothing happens if there are tokens already.
///
/// # Errors
/// The store can't be read or written, or `keep` failed.
pub async fn bootstrap(store: &Store, keep: impl FnOnce(&AccessToken) -> std::io::Result<()>) -> Result<(), FlowError> {
    let organization = match store.organizations().await?.into_iter().next() {
        Some(organization) => organization,
        None => {
            let slug: Slug = DEFAULT.parse().map_err(|_| FlowError::NotFound(DEFAULT.to_owned()))?;
            let organization = StoredOrganization { id: OrganizationId::new(), slug: slug.clone() };
            let workspace = StoredWorkspace { id: WorkspaceId::new(), organization: organization.id, slug };
            store.create_scopes(&organization, &workspace).await?;
            organization
        }
    };
    // A start that was cut off between the two steps is completed by the next one.
    if !store.tokens().await?.is_empty() {
        return Ok(());
    }
    let admin = AccessToken::generate()?;
    keep(&admin).map_err(FlowError::Keep)?;
    let caller = Caller { token: TokenId::new(), scope: Scope::Organization(organization.id), role: Role::Admin };
    let token = StoredToken { caller, name: "first admin".to_owned(), hash: admin.hash() };
    Ok(store.create_token(&token, None).await?)
}
