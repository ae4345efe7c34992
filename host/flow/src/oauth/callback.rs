//! The answer of a provider (RFC 6749 section 4.1.2): whose it is, and what becomes of it.

use std::sync::Arc;

use lockgate_domain::CredentialName;
use lockgate_domain::auth::{KeptParameter, Oauth2, TokenReply, TokenStep, is_secret_name};
use lockgate_egress::{AnsweredCode, TokenAsked};
use lockgate_store::StoredAuthorization;
use lockgate_vault::Secret;

use super::authorize::cookie_suffix;
use super::exchange::granted;
use super::proof;
use super::token_session::token_permit;
use crate::change::connect_sessions::CALLBACK;
use crate::change::unit_of_work::Changes;
use crate::clock::now;
use crate::{Connection, FlowError};

/// The answer of a provider, as a browser brings it.
#[derive(Debug)]
pub struct Callback {
    /// The parameters of the address.
    pub parameters: Vec<(String, String)>,
}

/// An authorization that came to its end.
#[derive(Debug)]
pub struct CallbackDone {
    /// The name of the group.
    pub group: String,
    /// The nonce of the next authorization, where the connection has another credential that needs one.
    pub next: Option<String>,
    /// The nonce of the connect page that it belongs to, if there is more to do there.
    pub connect: Option<String>,
    /// Where the browser goes on to, if the connect page is done.
    pub return_url: Option<String>,
}

impl Callback {
    /// A parameter that is there once.
    fn one(&self, name: &str) -> Result<Option<&str>, FlowError> {
        let mut all = self.parameters.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        match (all.next(), all.next()) {
            (found, None) => Ok(found),
            (_, Some(_)) => Err(FlowError::AuthorizationFailed(format!("`{name}` is there more than once"))),
        }
    }
}

impl Changes<'_> {
    /// Completes the authorization that an answer belongs to, if it came to the browser that began it. `cookie` gives the
    /// value of the cookie whose name ends with a text.
    ///
    /// # Errors
    /// The answer is nobody's, a refusal, or the provider gives no tokens for it.
    pub async fn complete_authorization(
        self,
        callback: &Callback,
        cookie: impl Fn(&str) -> Option<String>,
    ) -> Result<CallbackDone, FlowError> {
        let host = self.0;
        let state = callback.one("state")?.ok_or(FlowError::AuthorizationEnded)?;
        let id = proof::id_in(state).ok_or(FlowError::AuthorizationEnded)?;
        let found = host.0.store.reader().await?.authorization(&id).await?;
        let begun = found.ok_or(FlowError::AuthorizationEnded)?;
        // Before it is taken: whoever has a state and not the browser ends nothing.
        let value = cookie(&cookie_suffix(&id)).ok_or(FlowError::AuthorizationForeign)?;
        let (secret, connect) = value.split_once('.').map_or((value.as_str(), None), |(own, rest)| (own, Some(rest)));
        if !proof::is_cookie(secret) || proof::state(&id, &begun.nonce, secret) != state {
            return Err(FlowError::AuthorizationForeign);
        }
        // From here on it is over, whatever comes of it.
        let authorization = host.0.store.take_authorization(&id).await?.ok_or(FlowError::AuthorizationEnded)?;
        let connection = host.authorized(&authorization)?;
        let method = connection.oauth().find(|(name, _)| **name == authorization.credential).map(|(_, method)| method);
        let method = method.ok_or(FlowError::AuthorizationEnded)?;
        let reply = self.exchange(callback, &authorization, &connection, method, secret).await?;
        self.keep(&authorization, &connection, reply, connect.map(str::to_owned)).await
    }

    /// Trades the code of a callback for tokens.
    async fn exchange(
        self,
        callback: &Callback,
        authorization: &StoredAuthorization,
        connection: &Arc<Connection>,
        method: &Oauth2,
        cookie: &str,
    ) -> Result<TokenReply, FlowError> {
        let host = self.0;
        let (connection, account) = host.opened(Arc::clone(connection)).await?;
        // First of all whether the answer is of the provider that was asked.
        let authorize_url = method.authorize_url.as_ref().ok_or(FlowError::AuthorizationEnded)?;
        let asked_at = host.method_url(&connection, &account, authorize_url)?.host().to_string();
        let tokens_at = host.method_url(&connection, &account, &method.token_url)?.host().to_string();
        method.check_issuer(callback.one("iss")?, [&asked_at, &tokens_at])?;
        match callback.one("error")? {
            None => {}
            Some("access_denied") => return Err(FlowError::AuthorizationDenied),
            // Any other text is anybody's, or what the provider was sent.
            Some(error) => {
                let word = method.reply.known_error(error).unwrap_or("an unknown one");
                return Err(FlowError::AuthorizationFailed(word.to_owned()));
            }
        }
        let code = callback.one(method.callback_code())?.filter(|code| !code.is_empty());
        let missing = || FlowError::AuthorizationFailed(format!("there is no `{}`", method.callback_code()));
        let code = Secret::from(code.ok_or_else(missing)?.to_owned());
        let (kept, secrets) = (kept(callback, method)?, secrets(callback));
        let verifier = proof::verifier(&authorization.nonce, cookie);
        let catalog = host.catalog().clone();
        let maker = catalog.maker(&authorization.token)?;
        let group = catalog.group_by_id(&connection.stored.group).cloned().ok_or(FlowError::AuthorizationEnded)?;
        let scope = connection.stored.owner.scope();
        let opened = host.oauth_client(&scope, &group.stored.id, &authorization.credential, method).await?;
        let permit = token_permit(&catalog, &group, &connection, &maker.stored.caller)?;
        let client = host.token_client(&connection, &account, &permit)?;
        let redirect_uri = host.public_url().ok_or(FlowError::PublicUrlMissing)?.join(CALLBACK);
        let asked = TokenAsked {
            credential: &authorization.credential,
            step: TokenStep::Code { redirect_uri: &redirect_uri },
            client: &opened.client,
            scopes: &opened.scopes,
            code: Some(AnsweredCode { code: &code, verifier: &verifier, secrets: &secrets, kept: &kept }),
            refresh_token: None,
            access_token: None,
        };
        let reply = client.request_token(asked).await;
        reply.map_err(|error| FlowError::Egress(error.for_request(&authorization.credential, None)))
    }

    /// Keeps the tokens, and says where the person goes on to.
    async fn keep(
        self,
        authorization: &StoredAuthorization,
        connection: &Connection,
        reply: TokenReply,
        connect: Option<String>,
    ) -> Result<CallbackDone, FlowError> {
        let host = self.0;
        let stored = &connection.stored;
        let tokens = host.0.store.tokens_of(&stored.id).await?;
        let has_tokens = |name: &CredentialName| {
            *name == authorization.credential
                || tokens.iter().any(|own| own.credential == *name && own.sealed.is_some())
        };
        let awaits_more = connection.oauth().any(|(name, method)| method.needs_person() && !has_tokens(name));
        let mut granted = granted(&authorization.credential, &connection.egress, reply, None, now())?;
        granted.awaits_more = awaits_more;
        granted.session = authorization.session;
        let session = match &authorization.session {
            Some((nonce, _)) => host.0.store.reader().await?.session(nonce).await?,
            None => None,
        };
        let caller = host.catalog().maker(&authorization.token)?.stored.caller.clone();
        let mut unit = self.begin(&caller).await?;
        let kept = unit.keep_grant((&stored.group, &stored.id), granted).await;
        unit.end(kept).await?;
        let next = match awaits_more {
            true => Some(host.begin_authorization(connection, authorization.session, authorization.token).await?.nonce),
            false => None,
        };
        let own = authorization.session.as_ref().map(|(_, index)| *index);
        let is_done = session.as_ref().is_some_and(|session| {
            session.steps.iter().enumerate().all(|(index, step)| step.done || Some(index) == own)
        });
        let catalog = host.catalog().clone();
        let group = catalog.group_by_id(&stored.group).map(|group| group.stored.definition.name.clone());
        Ok(CallbackDone {
            group: group.unwrap_or_default(),
            next,
            return_url: session.and_then(|session| session.return_url).filter(|_| is_done),
            connect: connect.filter(|_| !is_done || awaits_more),
        })
    }
}

/// Values of the callback that are kept.
fn kept(callback: &Callback, method: &Oauth2) -> Result<Vec<KeptParameter>, FlowError> {
    let mut found = Vec::new();
    for (name, from) in &method.keep.callback {
        let Some(value) = callback.one(&from.from)? else { continue };
        let not_of_the_form = || {
            let cause = format!("the value of `{}` is not of the form that is kept", from.from);
            FlowError::AuthorizationFailed(cause)
        };
        found.push(KeptParameter::of(name, from, value).ok_or_else(not_of_the_form)?);
    }
    Ok(found)
}

/// Parameters that are secret by their names: a provider may bring a token with the code.
fn secrets(callback: &Callback) -> Vec<Secret> {
    let named = callback.parameters.iter().filter(|(name, value)| is_secret_name(name) && !value.is_empty());
    named.map(|(_, value)| Secret::from(value.clone())).collect()
}
