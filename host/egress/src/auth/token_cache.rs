//! The tokens of one session. They live and die with the values that they were got with.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lockgate_domain::CredentialName;
use zeroize::Zeroizing;

use super::{Bound, Credentials, Token, TokenReason, TokenSource, TokenWanted};
use crate::EgressError;
use crate::scrub::Scrubber;

/// A refused token renews it at most so often,
const RENEWED_APART: Duration = Duration::from_secs(60);
/// and not so soon after it was given: then it is not the token that the upstream refuses.
const YOUNG: Duration = Duration::from_secs(30);

/// Former tokens of a credential that answers are cleaned of too: many providers take one until its own end, also after
/// they gave another.
const FORMER_MAX: usize = 8;

/// The tokens in use, by credential.
#[derive(Default)]
pub(crate) struct TokenCache {
    entries: Mutex<HashMap<CredentialName, Arc<Entry>>>,
    masked: Mutex<Masked>,
}

/// What answers are cleaned of: any of them can hold any token of the connection, whichever credential its request had.
#[derive(Default)]
struct Masked {
    /// What the last tokens of each credential made of its secrets.
    tokens: HashMap<CredentialName, VecDeque<Vec<Zeroizing<Vec<u8>>>>>,
    scrubber: Option<Arc<Scrubber>>,
}

/// A token in use.
pub(crate) struct CachedToken {
    token: Token,
}

#[derive(Default)]
struct Entry {
    state: Mutex<State>,
    /// Locked by the one request that asks for a token, while others wait for what it gets.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    token: Option<Arc<CachedToken>>,
    /// The last token that was refused and thrown away, until there is another one, and when that was.
    refused: Option<Arc<CachedToken>>,
    refused_at: Option<Instant>,
}

impl CachedToken {
    pub(crate) fn token(&self) -> &Token {
        &self.token
    }
}

impl TokenCache {
    /// The token of a credential, from the source if there is none that is good.
    pub(crate) async fn token(
        &self,
        credentials: &Credentials,
        bound: Bound<'_>,
        source: &dyn TokenSource,
    ) -> Result<Arc<CachedToken>, EgressError> {
        let entry = self.entry(bound.name);
        if let Some(token) = entry.good() {
            return Ok(token);
        }
        let _asking = entry.asking.lock().await;
        // Another request may have got one meanwhile.
        if let Some(token) = entry.good() {
            return Ok(token);
        }
        let refused = entry.locked().refused.clone();
        let reason = refused.as_ref().map_or(TokenReason::First, |refused| TokenReason::Rejected(&refused.token));
        let token = source.token(TokenWanted { credential: bound.name, reason }).await?;
        self.mask(credentials, bound, &token);
        let token = Arc::new(CachedToken { token });
        let mut state = entry.locked();
        (state.token, state.refused) = (Some(Arc::clone(&token)), None);
        Ok(token)
    }

    /// The upstream refused a token. Says whether another one is worth a try.
    pub(crate) fn refused(&self, credential: &CredentialName, token: &Arc<CachedToken>) -> bool {
        let entry = self.entry(credential);
        let mut state = entry.locked();
        match &state.token {
            // Another request was refused too and has a new one.
            Some(current) if !Arc::ptr_eq(current, token) => return true,
            Some(_) | None => {}
        }
        let now = Instant::now();
        let young = now.duration_since(token.token.given) < YOUNG;
        if young || state.refused_at.is_some_and(|at| now.duration_since(at) < RENEWED_APART) {
            return false;
        }
        state.refused_at = Some(now);
        state.refused = state.token.take();
        true
    }

    /// Cleans of every secret of the connection, and of its tokens as far as they are known.
    pub(crate) fn scrubber(&self, credentials: &Credentials) -> Arc<Scrubber> {
        let masked = self.masked.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(masked.scrubber.as_ref().unwrap_or(credentials.scrubber()))
    }

    /// From now on answers are cleaned of this token too. It takes the place of the oldest.
    fn mask(&self, credentials: &Credentials, bound: Bound<'_>, token: &Token) {
        let secrets = credentials.secrets_with(bound, token);
        let mut masked = self.masked.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = masked.tokens.entry(bound.name.clone()).or_default();
        tokens.push_back(secrets);
        if tokens.len() > 1 + FORMER_MAX {
            tokens.pop_front();
        }
        let all: Vec<_> = masked.tokens.values().flatten().flatten().cloned().collect();
        masked.scrubber = Some(Arc::new(Scrubber::new(&all)));
    }

    fn entry(&self, credential: &CredentialName) -> Arc<Entry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.get(credential) {
            Some(entry) => Arc::clone(entry),
            None => Arc::clone(entries.entry(credential.clone()).or_default()),
        }
    }
}

impl Entry {
    fn good(&self) -> Option<Arc<CachedToken>> {
        self.locked().token.clone().filter(|token| token.token.is_good())
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenCache(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use lockgate_domain::destination::Target;
    use lockgate_domain::{ConnectionId, EgressDefinition, OrganizationId, Owner, ResourceType, Scope};
    use serde_json::json;

    use super::super::TokenFuture;
    use super::*;
    use crate::{Account, CredentialValues};

    /// Gives tokens that are old enough to be renewed, and keeps why it was asked.
    #[derive(Default)]
    struct Source(Mutex<Vec<bool>>);

    impl TokenSource for Source {
        fn token<'a>(&'a self, wanted: TokenWanted<'a>) -> TokenFuture<'a> {
            self.0.lock().unwrap().push(matches!(wanted.reason, TokenReason::Rejected(_)));
            let mut token = Token::new(format!("token-{}", self.0.lock().unwrap().len()).into(), None);
            token.given -= YOUNG + Duration::from_secs(1);
            Box::pin(async move { Ok(token) })
        }
    }

    fn credentials() -> (EgressDefinition, Credentials) {
        let activation = json!({"credentials": {"main": {"methods": {"it": {"type": "bearer"}}}}});
        let destinations = json!([{"url": "https://a.example"}]);
        let external = ResourceType::External;
        let definition = EgressDefinition::read(external, None, Some(&activation), Some(&destinations), None).unwrap();
        let held = CredentialValues { method: "it".parse().unwrap(), values: BTreeMap::new() };
        let account = Account {
            id: ConnectionId::new(),
            version: 1,
            owner: Owner::Scope(Scope::Organization(OrganizationId::new())),
            fields: BTreeMap::new(),
            credentials: [("main".parse().unwrap(), held)].into(),
        };
        (definition.clone(), Credentials::new(Arc::new(definition), Some(Arc::new(account))))
    }

    #[tokio::test]
    async fn a_refused_token_is_renewed_once_a_minute_and_the_source_is_told() {
        let ((definition, credentials), cache, source) = (credentials(), TokenCache::default(), Source::default());
        let target = Target::parse("https://a.example/").unwrap();
        let destination = definition.destinations.matches(&target, "GET").unwrap();
        let bound = credentials.bound(destination, &target.origin()).unwrap().unwrap();
        let first = cache.token(&credentials, bound, &source).await.unwrap();
        assert!(Arc::ptr_eq(&first, &cache.token(&credentials, bound, &source).await.unwrap()));
        assert!(cache.refused(bound.name, &first));
        let second = cache.token(&credentials, bound, &source).await.unwrap();
        assert!(!Arc::ptr_eq(&first, &second));
        // Who was refused with the first one has another to try, and asks nobody.
        assert!(cache.refused(bound.name, &first));
        assert!(!cache.refused(bound.name, &second));
        assert!(Arc::ptr_eq(&second, &cache.token(&credentials, bound, &source).await.unwrap()));
        assert_eq!(*source.0.lock().unwrap(), [false, true]);
        // Any answer can hold either.
        let shown = cache.scrubber(&credentials).clean(b"token-1 token-2 token-3");
        assert_eq!(shown, b"******* ******* token-3");
    }
}
