//! The beginning of an authorization: an address of the host's own, which says what is asked for, and leads on to the
//! provider.

use lockgate_domain::auth::AuthorizeQuery;
use lockgate_domain::{Caller, CredentialName, GroupReference, Scope, TenantName, TokenId};
use lockgate_egress::authorize_address;
use lockgate_store::StoredAuthorization;
use lockgate_vault::TokenHash;

use super::proof;
use crate::change::connect_sessions::CALLBACK;
use crate::change::unit_of_work::Changes;
use crate::clock::now;
use crate::query::Queries;
use crate::{Connection, FlowError, Host};

/// How long an authorization can be completed: time to log in at a provider and to read what it asks.
const LIFETIME_MS: i64 = 10 * 60 * 1000;

/// An authorization that has begun.
#[derive(Debug)]
pub struct Authorization {
    /// What its address ends with. Its hash alone is kept.
    pub nonce: String,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// What a person sees before they go to the provider.
#[derive(Debug)]
pub struct StartPage {
    /// The name of the group.
    pub group: String,
    /// The name of the workspace or organization.
    pub scope: String,
    /// The end customer whose connection it is, if it is one's.
    pub tenant: Option<TenantName>,
    /// Who asks: the name of the token.
    pub requester: String,
    /// The provider's host.
    pub provider: String,
    /// Where the person goes on to.
    pub address: String,
    /// The end of the name of the cookie that the answer must come with, and its value.
    pub cookie: (String, String),
}

impl Changes<'_> {
    /// Begins an authorization of a connection's next credential that needs one.
    ///
    /// # Errors
    /// [`FlowError::PublicUrlMissing`], [`FlowError::OauthClientMissing`], [`FlowError::NothingToRefresh`]: no method of
    /// the connection needs a person.
    pub async fn authorize(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        by: &Caller,
    ) -> Result<Authorization, FlowError> {
        let (_, connection) = self.0.catalog().find_connection(scope, named, None, by)?;
        self.0.begin_authorization(&connection, None, by.token).await
    }

    /// Begins the authorization that a step of a connect page needs.
    ///
    /// # Errors
    /// As for [`Changes::authorize`].
    pub async fn authorize_step(self, nonce: &str, index: usize) -> Result<Authorization, FlowError> {
        let session = self.0.queries().session(nonce).await?;
        let ended = || FlowError::NotFound("the step".to_owned());
        let step = session.steps.get(index).filter(|step| !step.done).ok_or_else(ended)?;
        let catalog = self.0.catalog().clone();
        let found = step.connection.and_then(|id| catalog.connections(&step.group)?.get(&id).cloned());
        let hash = *TokenHash::of(nonce).as_bytes();
        let connection = found.ok_or_else(ended)?;
        self.0.begin_authorization(&connection, Some((hash, index)), session.token).await
    }
}

impl Host {
    pub(super) async fn begin_authorization(
        &self,
        connection: &Connection,
        session: Option<([u8; 32], usize)>,
        token: TokenId,
    ) -> Result<Authorization, FlowError> {
        self.public_url().ok_or(FlowError::PublicUrlMissing)?;
        let credential = self.next_credential(connection).await?;
        let method = connection.oauth().find(|(name, _)| **name == credential).map(|(_, method)| method);
        let nothing = || FlowError::NothingToRefresh(connection.stored.name.clone());
        let stored = &connection.stored;
        // So that nobody is sent to a page that can only say what is missing.
        self.oauth_client(&stored.owner.scope(), &stored.group, &credential, method.ok_or_else(nothing)?).await?;
        let nonce = proof::random()?;
        let authorization = StoredAuthorization {
            nonce: *TokenHash::of(&nonce).as_bytes(),
            connection: stored.id,
            credential,
            session,
            token,
            expires_at: now() + LIFETIME_MS,
        };
        self.0.store.create_authorization(&authorization).await?;
        Ok(Authorization { nonce, expires_at: authorization.expires_at })
    }

    /// The credential that waits for a person: one without tokens, else one whose tokens are over, else the first.
    async fn next_credential(&self, connection: &Connection) -> Result<CredentialName, FlowError> {
        let tokens = self.0.store.tokens_of(&connection.stored.id).await?;
        let mut all: Vec<_> = connection.oauth().filter(|(_, method)| method.needs_person()).collect();
        all.sort_by_key(|(name, _)| {
            let own = tokens.iter().find(|own| own.credential == **name);
            match own {
                None => 0,
                Some(own) if own.sealed.is_none() => 0,
                Some(own) if own.dead => 1,
                Some(_) => 2,
            }
        });
        let first = all.first().map(|(name, _)| (*name).clone());
        first.ok_or_else(|| FlowError::NothingToRefresh(connection.stored.name.clone()))
    }

    /// The connection of an authorization, as it is now.
    pub(super) fn authorized(
        &self,
        authorization: &StoredAuthorization,
    ) -> Result<std::sync::Arc<Connection>, FlowError> {
        let catalog = self.catalog();
        let mut groups = catalog.all_groups();
        let found = groups.find_map(|group| catalog.connections(&group.stored.id)?.get(&authorization.connection));
        let found = found.cloned().ok_or(FlowError::AuthorizationEnded)?;
        catalog.takes_changes(&found.stored.owner.scope())?;
        Ok(found)
    }
}

impl Queries<'_> {
    /// What a person sees who opens the address of an authorization, and where they go on to. `cookie` gives the value of
    /// the cookie whose name ends with a text; `connect` is the nonce of the connect page that led here, if one did.
    ///
    /// # Errors
    /// [`FlowError::AuthorizationEnded`], or what the provider needs is not there any more.
    pub async fn start_authorization(
        self,
        nonce: &str,
        cookie: impl Fn(&str) -> Option<String>,
        connect: Option<&str>,
    ) -> Result<StartPage, FlowError> {
        let host = self.0;
        let hash = *TokenHash::of(nonce).as_bytes();
        let id = first_half(&hash);
        let found = host.0.store.reader().await?.authorization(&id).await?;
        let authorization = found.filter(|one| one.nonce == hash).ok_or(FlowError::AuthorizationEnded)?;
        let connect = connect.filter(|connect| {
            let own = *TokenHash::of(connect).as_bytes();
            authorization.session.as_ref().is_some_and(|(session, _)| *session == own)
        });
        let connection = host.authorized(&authorization)?;
        let catalog = host.catalog().clone();
        let maker = catalog.maker(&authorization.token)?;
        let group = catalog.group_by_id(&connection.stored.group).cloned().ok_or(FlowError::AuthorizationEnded)?;
        let method = connection.oauth().find(|(name, _)| **name == authorization.credential).map(|(_, method)| method);
        let method = method.ok_or(FlowError::AuthorizationEnded)?;
        let url = method.authorize_url.as_ref().ok_or(FlowError::AuthorizationEnded)?;
        let scope = connection.stored.owner.scope();
        let opened = host.oauth_client(&scope, &group.stored.id, &authorization.credential, method).await?;
        let (_, account) = host.opened(connection.clone()).await?;
        let target = host.method_url(&connection, &account, url)?;
        let suffix = cookie_suffix(&id);
        // A second tab goes on with the first one's, so that neither ends the other.
        let known = cookie(&suffix).and_then(|value| value.split('.').next().map(str::to_owned));
        let secret = known.filter(|value| proof::is_cookie(value)).map_or_else(proof::random, Ok)?;
        let challenge = proof::challenge(&hash, &secret);
        let public_url = host.public_url().ok_or(FlowError::PublicUrlMissing)?;
        let query = AuthorizeQuery {
            client_id: "",
            redirect_uri: &public_url.join(CALLBACK),
            scopes: &opened.scopes,
            state: &proof::state(&id, &hash, &secret),
            challenge: Some(&challenge),
        };
        let address = authorize_address(method, &target, &opened.client, &query)?;
        let value = connect.map_or_else(|| secret.clone(), |connect| format!("{secret}.{connect}"));
        let stored_scope = catalog.scopes().get(&scope).cloned();
        Ok(StartPage {
            group: group.stored.definition.name.clone(),
            scope: stored_scope.map(|stored| stored.name.clone()).unwrap_or_default(),
            tenant: connection.stored.owner.tenant().cloned(),
            requester: maker.stored.facts.name.clone(),
            provider: target.host().to_string(),
            address,
            cookie: (suffix, value),
        })
    }
}

pub(super) fn first_half(hash: &[u8; 32]) -> [u8; 16] {
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(own, byte)| *own = *byte);
    id
}

/// What the cookie of an authorization ends with: several can be under way in one browser.
pub(super) fn cookie_suffix(id: &[u8; 16]) -> String {
    id.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The end of the name of the cookie that an answer with this state must come with.
pub fn authorization_cookie(state: &str) -> Option<String> {
    proof::id_in(state).map(|id| cookie_suffix(&id))
}
