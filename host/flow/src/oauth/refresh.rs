//! A renewal that somebody asks for.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use lockgate_domain::{Caller, Code, ConnectionId, Denied, GroupReference, Scope, Unresolved};
use lockgate_store::StoredTokens;

use super::issue::{ConnectionTokens, failure_of, told};
use super::token_session::token_permit;
use crate::change::unit_of_work::Changes;
use crate::clock::now;
use crate::host::renewals::outcome;
use crate::query::Queries;
use crate::{Connection, FlowError};

/// Tokens that were issued so recently are not renewed again.
const YOUNG_MS: i64 = 30_000;

impl Changes<'_> {
    /// Renews the tokens of a connection now, whether or not they are due.
    ///
    /// # Errors
    /// [`FlowError::NothingToRefresh`], or a provider gives none.
    pub async fn refresh_connection(
        self,
        scope: &Scope,
        named: (&GroupReference, &str),
        by: &Caller,
    ) -> Result<(), FlowError> {
        let host = self.0;
        let catalog = host.catalog().clone();
        let (group, connection) = catalog.find_connection(scope, named, None, by)?;
        let credentials: Vec<_> = connection.oauth().map(|(name, _)| name.clone()).collect();
        if credentials.is_empty() {
            return Err(FlowError::NothingToRefresh(connection.stored.name.clone()));
        }
        // What became different may send the tokens elsewhere: an admin accepts it first.
        match connection.facts().usable(now()) {
            Ok(()) | Err(Unresolved::NeedsReauth(_)) => {}
            Err(state) => return Err(FlowError::Denied(Denied::Connection(state))),
        }
        let permit = token_permit(&catalog, &group, &connection, by)?;
        let (connection, account) = host.opened(connection).await?;
        let tokens = ConnectionTokens::new(host.clone(), connection, account, permit);
        for credential in &credentials {
            let before = tokens.stored(credential).await?;
            let generation = before.as_ref().map_or(0, |before| before.generation);
            let is_young = before.as_ref().is_some_and(|before| {
                before.sealed.is_some() && (0..YOUNG_MS).contains(&now().saturating_sub(before.facts.issued_at))
            });
            if is_young {
                continue;
            }
            outcome(tokens.renew(credential, generation)).await?;
            let after = tokens.stored(credential).await?;
            if let Some(after) = after.filter(|after| after.generation == generation) {
                let pause = after.facts.retry_at.saturating_sub(now());
                let wait = (!after.dead).then(|| Duration::from_millis(u64::try_from(pause).unwrap_or_default()));
                let unknown = failure_of(Code::TokenUnavailable, "the tokens were not renewed");
                return Err(told(credential, after.failure.as_ref().unwrap_or(&unknown), wait).into());
            }
        }
        Ok(())
    }
}

impl Queries<'_> {
    /// What is stored of the tokens of a connection, as far as it is no secret.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens_of(self, connection: &Connection) -> Result<Vec<StoredTokens>, FlowError> {
        if connection.oauth().next().is_none() {
            return Ok(Vec::new());
        }
        Ok(self.0.0.store.tokens_of(&connection.stored.id).await?)
    }

    /// The same of several connections; one that has none is not among them.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn tokens_of_each(
        self,
        connections: impl Iterator<Item = &Arc<Connection>>,
    ) -> Result<HashMap<ConnectionId, Vec<StoredTokens>>, FlowError> {
        let by_oauth = connections.filter(|connection| connection.oauth().next().is_some());
        let ids: Vec<ConnectionId> = by_oauth.map(|connection| connection.stored.id).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        Ok(self.0.0.store.tokens_of_each(&ids).await?)
    }
}
