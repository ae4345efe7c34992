//! Access tokens, and who shows one.

use std::sync::Arc;

use lockgate_domain::{Caller, Scope};
use lockgate_vault::TokenHash;

use crate::FlowError;
use crate::catalog::tokens::Token;
use crate::clock::now;
use crate::query::Queries;

impl Queries<'_> {
    /// Who shows a token, and whether from the host's own machine. Counts as a request of it.
    ///
    /// # Errors
    /// [`FlowError::Token`], [`FlowError::LocalToken`], [`FlowError::TooManyRequests`].
    pub fn caller(self, hash: &TokenHash, is_local: bool) -> Result<Caller, FlowError> {
        let catalog = self.0.catalog();
        let token = catalog.tokens().by_hash(hash).ok_or(FlowError::Token("the token is not known"))?;
        self.check(token, is_local)?;
        Ok(token.stored.caller.clone())
    }

    /// Counts a request of a token that is shown, or whose session is.
    ///
    /// # Errors
    /// [`FlowError::Token`], [`FlowError::LocalToken`], [`FlowError::TooManyRequests`].
    pub(crate) fn check(self, token: &Token, is_local: bool) -> Result<(), FlowError> {
        if token.stored.local && !is_local && !self.0.0.settings.allow_remote_admin {
            return Err(FlowError::LocalToken);
        }
        token.check(now())
    }

    /// The tokens of a scope that exist for a caller, in the order of making.
    pub fn tokens(self, scope: &Scope, caller: &Caller) -> Vec<Arc<Token>> {
        let catalog = self.0.catalog();
        let own = catalog.tokens().iter().filter(|token| token.stored.caller.scope == *scope);
        let mut seen: Vec<_> =
            own.filter(|token| caller.restrictions.contains(&token.stored.caller.restrictions)).cloned().collect();
        seen.sort_unstable_by_key(|token| token.stored.caller.token);
        seen
    }

    /// The token that a caller showed.
    pub fn own_token(self, caller: &Caller) -> Option<Arc<Token>> {
        self.0.catalog().tokens().get(&caller.token).cloned()
    }

    /// A token of a scope.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn token(self, scope: &Scope, id: &str, caller: &Caller) -> Result<Arc<Token>, FlowError> {
        self.0.catalog().find_token(scope, id, None, caller)
    }
}
