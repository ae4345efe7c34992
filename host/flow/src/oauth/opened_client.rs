//! The client of an installation, opened for one request.

use lockgate_domain::auth::Oauth2;
use lockgate_domain::{CredentialName, GroupId, Scope};
use lockgate_egress::OauthClient;
use lockgate_store::{Sealed, StoredInstallation};
use lockgate_vault::{Place, Secret};

use crate::{FlowError, Host};

/// The client, and the scopes that its installation adds.
pub(super) struct OpenedClient {
    pub(super) client: OauthClient,
    pub(super) scopes: Vec<String>,
}

impl Host {
    /// The client of a scope for a credential by a method.
    ///
    /// # Errors
    /// [`FlowError::OauthClientMissing`]: there is none, or it was given when the group had other token addresses.
    pub(super) async fn oauth_client(
        &self,
        scope: &Scope,
        group: &GroupId,
        credential: &CredentialName,
        method: &Oauth2,
    ) -> Result<OpenedClient, FlowError> {
        let catalog = self.catalog().clone();
        let missing = |why| FlowError::OauthClientMissing { credential: credential.clone(), why };
        let Some((stored, client)) = catalog.oauth_client(scope, group, credential) else {
            return match method.needs_client() {
                true => Err(missing("the installation has no OAuth client")),
                false => Ok(OpenedClient {
                    client: OauthClient { id: Secret::from(Vec::new()), secret: None, key_id: None },
                    scopes: Vec::new(),
                }),
            };
        };
        // Else whoever may edit the group, and may never see the secret, could have it sent to a server of their own.
        let urls = [Some(&method.token_url), method.refresh_url.as_ref()];
        if !urls.into_iter().flatten().all(|url| client.token_urls.contains(&url.to_string())) {
            return Err(missing("the group's token addresses are others than when the OAuth client was given"));
        }
        let sealed = self.0.store.reader().await?.installation_values(stored).await?;
        let open = |member: &str| self.open_member(stored, &sealed, &format!("oauth/{credential}/{member}"));
        let id = open("client_id")?.ok_or_else(|| missing("the installation has no OAuth client"))?;
        let client_secret = open("client_secret")?;
        let key_id = client.key_id.clone();
        let client = OauthClient { id, secret: client_secret, key_id };
        let scopes = catalog.installed(scope, group).oauth.get(credential).map(|own| own.scopes.clone());
        Ok(OpenedClient { client, scopes: scopes.unwrap_or_default() })
    }

    fn open_member(
        &self,
        stored: &StoredInstallation,
        sealed: &[Sealed],
        field: &str,
    ) -> Result<Option<Secret>, FlowError> {
        let Some(one) = sealed.iter().find(|one| one.field == field) else { return Ok(None) };
        let place =
            Place { scope: stored.scope, tenant: None, group: stored.group, record: stored.id.as_bytes(), field };
        Ok(Some(self.0.keys.vault().open(&place, &one.sealed)?))
    }
}
