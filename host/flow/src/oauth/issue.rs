//! Who gives the calls of a connection their tokens: the stored one while it is good, else a renewed one.

use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::auth::{Renewal, renewal};
use lockgate_domain::{Code, CredentialName, Permit};
use lockgate_egress::{
    Account, EgressError, Token, TokenFuture, TokenReason, TokenSet, TokenSource, TokenTerms, TokenWanted,
};
use lockgate_store::{StoredTokens, TokenFailure};

use crate::catalog::connections::place;
use crate::clock::now;
use crate::host::renewals::outcome;
use crate::{Connection, FlowError, Host};

/// Renewals that one request waits for: its own, and one that somebody else's failure makes necessary.
const ROUNDS: usize = 3;
/// While a new token is on its way, the old one is used for so long before anybody looks again.
const MEANWHILE: Duration = Duration::from_secs(2);

/// The tokens of one connection, for calls that were permitted to use it.
pub(crate) struct ConnectionTokens {
    pub(super) host: Host,
    pub(super) connection: Arc<Connection>,
    pub(super) account: Arc<Account>,
    pub(super) permit: Permit,
}

impl ConnectionTokens {
    pub(crate) fn new(host: Host, connection: Arc<Connection>, account: Arc<Account>, permit: Permit) -> Self {
        Self { host, connection, account, permit }
    }
}

impl TokenSource for ConnectionTokens {
    fn token<'a>(&'a self, wanted: TokenWanted<'a>) -> TokenFuture<'a> {
        Box::pin(async move {
            let rejected = match wanted.reason {
                TokenReason::First => None,
                TokenReason::Rejected(token) => Some(token.generation()),
            };
            self.issue(wanted.credential, rejected).await
        })
    }
}

impl ConnectionTokens {
    async fn issue(&self, credential: &CredentialName, rejected: Option<i64>) -> Result<Token, EgressError> {
        let fail = |error: FlowError| for_request(credential, &error);
        for _ in 0..ROUNDS {
            let stored = self.stored(credential).await.map_err(fail)?;
            let facts = stored.as_ref().map(|stored| stored.facts).unwrap_or_default();
            let failure = stored.as_ref().and_then(|stored| stored.failure.as_ref());
            if let Some(failure) = failure.filter(|_| stored.as_ref().is_some_and(|stored| stored.dead)) {
                return Err(told(credential, failure, None));
            }
            match (renewal(&facts, rejected, now()), &stored) {
                (Renewal::Use { for_ms }, Some(stored)) => {
                    return self.opened(stored, for_ms.map(millis)).map_err(fail);
                }
                (Renewal::Wait { for_ms, usable_ms: Some(usable_ms) }, Some(stored)) => {
                    return self.opened(stored, Some(millis(usable_ms.min(for_ms)))).map_err(fail);
                }
                (Renewal::Wait { for_ms, usable_ms: None }, _) => {
                    let unknown = TokenFailure { code: String::new(), text: "renewing it failed".to_owned(), since: 0 };
                    return Err(told(credential, failure.unwrap_or(&unknown), Some(millis(for_ms))));
                }
                (Renewal::Due { usable_ms: Some(usable_ms) }, Some(stored)) => {
                    // Nobody waits for a provider while there is a token.
                    drop(self.renew(credential, stored.generation));
                    return self.opened(stored, Some(millis(usable_ms).min(MEANWHILE))).map_err(fail);
                }
                (Renewal::Ended, Some(stored)) => {
                    let text = "the refresh token is over: a person must authorize the connection again";
                    let failure = failure_of(Code::GrantRefused, text);
                    self.end(credential, stored.generation, &failure).await.map_err(fail)?;
                    return Err(told(credential, &failure, None));
                }
                (Renewal::Use { .. } | Renewal::Wait { .. } | Renewal::Ended | Renewal::Due { .. }, _) => {
                    let generation = stored.as_ref().map_or(0, |stored| stored.generation);
                    outcome(self.renew(credential, generation)).await?;
                }
            }
        }
        let text = "tokens were renewed and refused again and again";
        Err(told(credential, &failure_of(Code::TokenUnavailable, text), Some(MEANWHILE)))
    }

    pub(super) async fn stored(&self, credential: &CredentialName) -> Result<Option<StoredTokens>, FlowError> {
        let all = self.host.0.store.tokens_of(&self.connection.stored.id).await?;
        Ok(all.into_iter().find(|one| one.credential == *credential))
    }

    /// What is sealed of stored tokens.
    pub(super) fn token_set(&self, stored: &StoredTokens) -> Result<Option<TokenSet>, FlowError> {
        let Some(sealed) = &stored.sealed else { return Ok(None) };
        let field = StoredTokens::field(&stored.credential);
        let opened = self.host.0.keys.vault().open(&place(&self.connection.stored, &field), sealed)?;
        Ok(Some(TokenSet::of(&opened)?))
    }

    fn opened(&self, stored: &StoredTokens, use_for: Option<Duration>) -> Result<Token, FlowError> {
        let missing = || FlowError::Egress(EgressError::Host("stored tokens have no value"));
        let set = self.token_set(stored)?.ok_or_else(missing)?;
        let age = millis(now().saturating_sub(stored.facts.issued_at));
        let terms = TokenTerms { use_for, age, generation: stored.generation };
        Ok(Token::kept(set.access_token, set.kept, &terms))
    }

    pub(super) async fn end(
        &self,
        credential: &CredentialName,
        generation: i64,
        failure: &TokenFailure,
    ) -> Result<(), FlowError> {
        let stored = &self.connection.stored;
        let mut unit = self.host.changes().begin_own(&stored.owner.scope()).await?;
        let ended = unit.end_grant((&stored.group, &stored.id), (credential, generation), failure).await;
        if unit.end(ended).await? {
            self.host.0.renewals.count_ended();
            tracing::warn!(connection = %stored.id, %credential, code = failure.code, "a person must authorize a connection again: {}", failure.text);
        }
        Ok(())
    }
}

pub(super) fn failure_of(code: Code, text: &str) -> TokenFailure {
    TokenFailure { code: code.to_string(), text: text.to_owned(), since: now() }
}

/// What a request is told of a failure that is noted.
pub(super) fn told(credential: &CredentialName, failure: &TokenFailure, wait: Option<Duration>) -> EgressError {
    let code = Code::of(&failure.code).unwrap_or(Code::TokenUnavailable);
    // A caller that waits changes nothing about these.
    let lasting = matches!(code, Code::OauthClientRefused | Code::OauthClientMissing | Code::TokenReplyInvalid);
    let wait = wait.filter(|_| !lasting);
    EgressError::Token { credential: credential.clone(), code, cause: failure.text.clone(), wait }
}

/// What a request is told of an error of the host's own.
pub(super) fn for_request(credential: &CredentialName, error: &FlowError) -> EgressError {
    if let FlowError::Egress(error) = error {
        return error.clone();
    }
    let problem = error.problem();
    tracing::error!(%credential, %error, "no token");
    let wait = matches!(problem.code, Code::StoreUnavailable).then_some(Duration::from_secs(1));
    EgressError::Token { credential: credential.clone(), code: problem.code, cause: problem.detail, wait }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}
