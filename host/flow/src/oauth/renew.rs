//! One renewal: leased, fenced, and never sent twice where once is all that is allowed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::auth::{Grant, Oauth2, Renewal, TokenReply, TokenStep, cool_down_ms, renewal};
use lockgate_domain::{Code, CredentialName};
use lockgate_egress::{EgressError, Remedy, TokenAsked, TokenError, TokenSet};
use lockgate_store::{Lease, Leased, NewTokens, Renewed, Sealed, StoredTokens};
use tokio::sync::watch;

use super::exchange::granted;
use super::issue::{ConnectionTokens, failure_of, for_request, told};
use super::token_session::PATIENCE;
use crate::FlowError;
use crate::catalog::connections::place;
use crate::change::grants::Granted;
use crate::clock::now;

/// How often somebody looks whether the host that renews has done so.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often the holder of a lease says that it is still there: several times while one lasts.
const EXTEND_EVERY: Duration = Duration::from_secs(5);
/// How often a token that was given is tried to be kept, while the store does not answer, and how long apart.
const KEEPS: usize = 30;
const KEEP_APART: Duration = Duration::from_secs(1);

impl ConnectionTokens {
    /// Renews the tokens of a generation, or waits for who does. It is one piece of work for all that want it, and runs to
    /// its end.
    pub(super) fn renew(
        &self,
        credential: &CredentialName,
        generation: i64,
    ) -> watch::Receiver<Option<Result<(), EgressError>>> {
        let own = Self {
            host: self.host.clone(),
            connection: Arc::clone(&self.connection),
            account: Arc::clone(&self.account),
            permit: self.permit.clone(),
        };
        let key = (self.connection.stored.id, credential.clone());
        let name = credential.clone();
        self.host.0.renewals.join(key, move || async move {
            own.leased(&name, generation).await.map_err(|error| for_request(&name, &error))
        })
    }

    /// Takes the lease, or waits until somebody else's has an outcome.
    async fn leased(&self, credential: &CredentialName, generation: i64) -> Result<(), FlowError> {
        let method = self.method(credential)?;
        let id = &self.connection.stored.id;
        let repeatable = method.is_repeatable(&step(method));
        let end = Instant::now() + PATIENCE;
        loop {
            let holder = &self.host.0.renewals.holder;
            match self.host.0.store.lease_tokens(id, credential, holder, repeatable).await? {
                Leased::Given(lease) => return self.with_lease(credential, method, generation, lease).await,
                Leased::Interrupted { generation } => {
                    let text = "the host that renewed the tokens ended before the provider's answer was kept: the refresh \
                                token may be used up, so a person must authorize the connection again";
                    let failure = failure_of(Code::TokenOutcomeUnknown, text);
                    self.end(credential, generation, &failure).await?;
                    return Err(FlowError::Egress(told(credential, &failure, None)));
                }
                Leased::Held => {}
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let stored = self.stored(credential).await?;
            let changed = |stored: &StoredTokens| stored.generation != generation || stored.dead;
            if stored.as_ref().is_some_and(changed) {
                return Ok(());
            }
            if Instant::now() >= end {
                let failure = failure_of(Code::TokenUnavailable, "another host renews the tokens, and has not ended");
                return Err(FlowError::Egress(told(credential, &failure, Some(EXTEND_EVERY))));
            }
        }
    }

    async fn with_lease(
        &self,
        credential: &CredentialName,
        method: &Oauth2,
        wanted: i64,
        lease: Lease,
    ) -> Result<(), FlowError> {
        let (store, id) = (&self.host.0.store, &self.connection.stored.id);
        // Read again under the lease: who had it before may have renewed, or failed a moment ago.
        let stored = self.stored(credential).await?;
        let facts = stored.as_ref().map(|stored| stored.facts).unwrap_or_default();
        let is_pausing = matches!(renewal(&facts, Some(wanted), now()), Renewal::Wait { .. });
        if lease.generation != wanted || is_pausing || stored.as_ref().is_some_and(|stored| stored.dead) {
            store.release_lease(id, credential, &lease, None).await?;
            return Ok(());
        }
        let failures = stored.as_ref().map_or(0, |stored| stored.failures);
        match self.request(credential, method, stored.as_ref(), &lease).await {
            Ok((reply, before)) => self.keep(credential, reply, before, &lease).await,
            // Who has it now renews, or has done so.
            Err(RenewalError::LeaseLost) => Ok(()),
            Err(RenewalError::Host(error)) => {
                // Nothing was sent.
                store.release_lease(id, credential, &lease, None).await?;
                Err(error)
            }
            Err(RenewalError::Provider(error, sent)) => self.failed(credential, &error, sent, (&lease, failures)).await,
        }
    }

    /// Asks the provider. A note that what is good for one use was sent is durable before it is.
    async fn request(
        &self,
        credential: &CredentialName,
        method: &Oauth2,
        stored: Option<&StoredTokens>,
        lease: &Lease,
    ) -> Result<(TokenReply, Option<TokenSet>), RenewalError> {
        let connection = &self.connection.stored;
        let scope = connection.owner.scope();
        let opened = self.host.oauth_client(&scope, &connection.group, credential, method).await?;
        let before = stored.map(|stored| self.token_set(stored)).transpose()?.flatten();
        let has_refresh = before.as_ref().is_some_and(|before| before.refresh_token.is_some());
        let step = step(method);
        if matches!(step, TokenStep::Refresh) && !has_refresh && method.grant != Grant::RefreshToken {
            let error = TokenError {
                code: Code::GrantRefused,
                cause:
                    "the token is over and the provider gave no refresh token: a person must authorize the connection \
                        again"
                        .to_owned(),
                remedy: Remedy::Authorize,
                retry_after_s: None,
                may_be_spent: false,
            };
            return Err(RenewalError::Provider(error, false));
        }
        let client = self.host.token_client(&self.connection, &self.account, &self.permit)?;
        let once = !method.is_repeatable(&step);
        if once && !self.host.0.store.extend_lease(&connection.id, credential, lease, true).await? {
            return Err(RenewalError::LeaseLost);
        }
        let asked = TokenAsked {
            credential,
            step,
            client: &opened.client,
            scopes: &opened.scopes,
            code: None,
            refresh_token: before.as_ref().and_then(|before| before.refresh_token.as_ref()),
            access_token: before.as_ref().map(|before| &before.access_token),
        };
        let reply = self.while_leased(credential, lease, client.request_token(asked)).await;
        match reply {
            Ok(reply) => Ok((reply, before)),
            Err(error) => Err(RenewalError::Provider(error, once)),
        }
    }

    /// Waits for a provider, and says meanwhile that the holder of the lease is still there.
    async fn while_leased<T>(&self, credential: &CredentialName, lease: &Lease, answer: impl Future<Output = T>) -> T {
        let mut answer = std::pin::pin!(answer);
        loop {
            match tokio::time::timeout(EXTEND_EVERY, &mut answer).await {
                Ok(answer) => return answer,
                Err(_) => {
                    let id = &self.connection.stored.id;
                    // A lease that is lost is noticed when the answer is to be kept.
                    if let Err(error) = self.host.0.store.extend_lease(id, credential, lease, false).await {
                        tracing::warn!(%error, connection = %id, "the lease of a renewal was not extended");
                    }
                }
            }
        }
    }

    /// Keeps what the provider gave, if nobody has other tokens by now.
    async fn keep(
        &self,
        credential: &CredentialName,
        reply: TokenReply,
        before: Option<TokenSet>,
        lease: &Lease,
    ) -> Result<(), FlowError> {
        let granted = granted(credential, &self.connection.egress, reply, before, now())?;
        let mut tries = 0;
        let kept = loop {
            match self.keep_once(&granted, lease).await {
                Ok(kept) => break kept,
                // The provider has spent the former refresh token: without this answer a person would have to act.
                Err(error) if tries < KEEPS => {
                    tracing::error!(%error, connection = %self.connection.stored.id, "renewed tokens are not kept yet");
                    tries += 1;
                    tokio::time::sleep(KEEP_APART).await;
                }
                Err(error) => return Err(error),
            }
        };
        let revived = match kept {
            Renewed::Kept { revived } => revived,
            Renewed::TooLate => {
                tracing::info!(connection = %self.connection.stored.id, "renewed tokens came too late: there are others");
                return Ok(());
            }
        };
        self.host.0.renewals.count_issued();
        if let Err(error) = self.follow(granted, revived).await {
            // The token is good all the same.
            tracing::warn!(%error, connection = %self.connection.stored.id, "what came with renewed tokens is not taken over");
        }
        Ok(())
    }

    async fn keep_once(&self, granted: &Granted, lease: &Lease) -> Result<Renewed, FlowError> {
        let stored = &self.connection.stored;
        let field = StoredTokens::field(&granted.credential);
        let vault = self.host.0.keys.vault();
        let sealed = Sealed { sealed: vault.seal(&place(stored, &field), &granted.tokens)?, field };
        let new = NewTokens {
            sealed,
            vault: &vault,
            issued_at: granted.issued_at,
            lifetime_ms: granted.lifetime_ms,
            refresh_ends_at: granted.refresh_ends_at,
        };
        Ok(self.host.0.store.renew_tokens(&stored.id, &granted.credential, lease, &new).await?)
    }

    /// What else changes with tokens: values that fill other fields, and a note that a person must act. Both are rare, and
    /// change the connection. Whether there is such a note the store says: another host may have made it a moment ago.
    async fn follow(&self, granted: Granted, revived: bool) -> Result<(), FlowError> {
        let catalog = self.host.catalog().clone();
        let stored = &self.connection.stored;
        let current = catalog.connections(&stored.group).and_then(|all| all.get(&stored.id));
        let visible = |name: &lockgate_domain::FieldName| {
            current.and_then(|current| current.stored.visible.get(&format!("fields/{name}")))
        };
        let moved = granted.fields.iter().any(|(name, value)| visible(name) != Some(value));
        let revived = revived || current.is_some_and(|current| current.stored.needs_reauth);
        if !moved && !revived {
            return Ok(());
        }
        let mut unit = self.host.changes().begin_own(&stored.owner.scope()).await?;
        let place = (&stored.group, &stored.id);
        let followed = match moved {
            true => unit.keep_fields(place, &granted.fields).await,
            false => unit.revive_grant(place.0, place.1).await,
        };
        unit.end(followed).await
    }

    async fn failed(
        &self,
        credential: &CredentialName,
        error: &TokenError,
        sent: bool,
        (lease, failures): (&Lease, u32),
    ) -> Result<(), FlowError> {
        let (store, id) = (&self.host.0.store, &self.connection.stored.id);
        let unknown = sent && error.may_be_spent;
        let mut failure = failure_of(error.code, &error.cause);
        if unknown {
            let text = format!(
                "{}; nobody knows whether the provider used the refresh token up, so a person must authorize the \
                 connection again",
                error.cause
            );
            failure = failure_of(Code::TokenOutcomeUnknown, &text);
        }
        if unknown || error.remedy == Remedy::Authorize {
            // Somebody else may have renewed them: then it is the former refresh token that is refused.
            let again = self.stored(credential).await?;
            if again.is_some_and(|again| again.generation != lease.generation) {
                return Ok(());
            }
            self.end(credential, lease.generation, &failure).await?;
            store.release_lease(id, credential, lease, None).await?;
            return Err(FlowError::Egress(told(credential, &failure, None)));
        }
        self.host.0.renewals.count_failed();
        let pause = cool_down_ms(failures.saturating_add(1), error.retry_after_s);
        let retry_at = now().saturating_add(pause);
        store.release_lease(id, credential, lease, Some((&failure, retry_at))).await?;
        tracing::warn!(connection = %id, %credential, code = failure.code, "tokens were not renewed: {}", failure.text);
        let wait = Duration::from_millis(u64::try_from(pause).unwrap_or_default());
        Err(FlowError::Egress(told(credential, &failure, Some(wait))))
    }

    pub(super) fn method(&self, credential: &CredentialName) -> Result<&Oauth2, FlowError> {
        let found = self.connection.oauth().find(|(name, _)| *name == credential);
        let missing = || FlowError::NothingToRefresh(self.connection.stored.name.clone());
        found.map(|(_, method)| method).ok_or_else(missing)
    }
}

/// By what a token is renewed: by a refresh token, or by the grant itself where that needs nobody.
fn step(method: &Oauth2) -> TokenStep<'static> {
    match method.grant {
        Grant::AuthorizationCode | Grant::RefreshToken => TokenStep::Refresh,
        Grant::ClientCredentials => TokenStep::ClientCredentials,
        Grant::JwtBearer => TokenStep::JwtBearer,
    }
}

/// Why a request gave no token.
enum RenewalError {
    /// Nothing was sent.
    Host(FlowError),
    /// Nothing was sent, since somebody else has the lease by now.
    LeaseLost,
    /// The provider gave none; whether what is good for one use was sent.
    Provider(TokenError, bool),
}

impl From<FlowError> for RenewalError {
    fn from(error: FlowError) -> Self {
        Self::Host(error)
    }
}

impl From<lockgate_store::StoreError> for RenewalError {
    fn from(error: lockgate_store::StoreError) -> Self {
        Self::Host(error.into())
    }
}
