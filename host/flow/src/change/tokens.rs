//! Changes of access tokens.

use std::sync::Arc;

use lockgate_domain::{Caller, Role, Scope, TokenId, TokenRestrictions, Violation};
use lockgate_store::{StoredToken, TokenFacts};
use lockgate_vault::AccessToken;

use crate::catalog::tokens::Token;
use crate::change::scopes::check_name;
use crate::change::unit_of_work::{Changes, UnitOfWork, bounded};
use crate::{Catalog, FlowError};

/// Requests a second of a token that sets no other rate: far above a person or a service, below what fills a host.
pub(crate) const DEFAULT_RATE: u32 = 500;
/// What may come at once: two seconds of the rate.
pub(crate) const DEFAULT_BURST: u32 = 1000;
/// The most that can be set of either.
const RATE_MAX: u32 = 1_000_000;

/// A token that is to be made.
#[derive(Debug)]
pub struct NewToken {
    /// What it allows.
    pub role: Role,
    /// What it is limited to.
    pub restrictions: TokenRestrictions,
    /// What can be changed of it later.
    pub facts: TokenFacts,
    /// Whether it works from the host's own machine only.
    pub local: bool,
}

impl Changes<'_> {
    /// [`UnitOfWork::create_token`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn create_token(
        self,
        scope: Scope,
        new: NewToken,
        by: &Caller,
    ) -> Result<(Arc<Token>, AccessToken), FlowError> {
        // Also here, so that a request that is refused takes no lock.
        may_create(self.0.catalog().tokens().facts(by), by, &scope, &new)?;
        let mut unit = self.begin(by).await?;
        let made = bounded(unit.create_token(scope, new)).await;
        unit.end(made).await
    }

    /// [`UnitOfWork::update_token`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn update_token(
        self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        change: impl FnOnce(&mut TokenFacts),
        by: &Caller,
    ) -> Result<Arc<Token>, FlowError> {
        let mut unit = self.begin(by).await?;
        let changed = bounded(unit.update_token(scope, id, expected, change)).await;
        unit.end(changed).await
    }

    /// [`UnitOfWork::revoke_token`] by itself.
    ///
    /// # Errors
    /// As for that step, or the store does not answer.
    pub async fn revoke_token(
        self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let mut unit = self.begin(by).await?;
        let revoked = bounded(unit.revoke_token(scope, id, expected)).await;
        unit.end(revoked).await
    }
}

/// A token that is limited to what does not exist could do nothing, and would reach a group that is made later.
fn groups_exist(catalog: &Catalog, scope: &Scope, restrictions: &TokenRestrictions) -> Result<(), FlowError> {
    let named = restrictions.groups.iter().flat_map(|groups| groups.iter()).enumerate();
    let missing = named.filter(|(_, reference)| catalog.group(scope, reference).is_none());
    let found: Vec<_> = missing
        .map(|(index, reference)| {
            Violation::new(format!("/groups/{index}"), "unknown", format!("group `{reference}` does not exist"))
        })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

impl UnitOfWork {
    /// Makes a token in a scope. Nobody gives away more than they have.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Role`], [`FlowError::Limited`], [`FlowError::Beyond`].
    pub async fn create_token(&mut self, scope: Scope, new: NewToken) -> Result<(Arc<Token>, AccessToken), FlowError> {
        may_create(self.catalog().tokens().facts(&self.caller), &self.caller, &scope, &new)?;
        groups_exist(self.catalog(), &scope, &new.restrictions)?;
        let text = AccessToken::generate()?;
        let caller = Caller { token: TokenId::new(), scope, role: new.role, restrictions: new.restrictions };
        let id = caller.token.to_string();
        let stored = StoredToken::new(caller, new.facts, text.hash());
        let by = self.by();
        self.write().create_token(&stored, by).await?;
        self.written().await?;
        Ok((self.catalog().find_token(&scope, &id, None, &self.caller)?, text))
    }

    /// Changes a token. `change` gets what is in force.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`], [`FlowError::Definition`], [`FlowError::Beyond`].
    pub async fn update_token(
        &mut self,
        scope: &Scope,
        id: &str,
        expected: Option<i64>,
        change: impl FnOnce(&mut TokenFacts),
    ) -> Result<Arc<Token>, FlowError> {
        let mut stored = self.catalog().find_token(scope, id, expected, &self.caller)?.stored.clone();
        let before = stored.facts.clone();
        change(&mut stored.facts);
        check(&stored.facts)?;
        may_give(self.catalog().tokens().facts(&self.caller), Some(&before), &stored.facts)?;
        let by = self.by();
        self.write().update_token(&stored, by).await?;
        self.written().await?;
        self.catalog().find_token(scope, id, None, &self.caller)
    }

    /// Deletes a token: from now on it is not valid.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::Changed`].
    pub async fn revoke_token(&mut self, scope: &Scope, id: &str, expected: Option<i64>) -> Result<(), FlowError> {
        let token = self.catalog().find_token(scope, id, expected, &self.caller)?;
        let by = self.by();
        self.write().delete_token(&token.stored, by).await?;
        self.written().await
    }
}

/// A token gives nothing that its maker does not have. `own` are the facts of the giver's token, if it is one of this
/// store.
fn may_create(own: Option<&TokenFacts>, giver: &Caller, scope: &Scope, new: &NewToken) -> Result<(), FlowError> {
    check(&new.facts)?;
    may_give(own, None, &new.facts)?;
    if new.role > giver.role {
        return Err(FlowError::Role { what: "making a token of that role", needs: new.role, has: giver.role });
    }
    if !giver.restrictions.contains(&new.restrictions) || !giver.scope.contains(scope) {
        return Err(FlowError::Limited);
    }
    Ok(())
}

/// The name of a rate, its default, and where it is.
type Rate = (&'static str, u32, fn(&TokenFacts) -> i64);

/// Whether the holder of a token may give these facts to one that had others. What stays as it was, somebody else gave.
fn may_give(own: Option<&TokenFacts>, before: Option<&TokenFacts>, facts: &TokenFacts) -> Result<(), FlowError> {
    let Some(own) = own else { return Ok(()) };
    let end = |facts: &TokenFacts| facts.expires_at.unwrap_or(i64::MAX);
    let grows = |value: fn(&TokenFacts) -> i64| before.is_none_or(|before| value(facts) > value(before));
    if end(facts) > end(own) && before.is_none_or(|before| end(facts) > end(before)) {
        let text = "the token that was shown ends sooner, so expected an end (`expires_at`) that is not after its own";
        return Err(FlowError::Beyond(text.to_owned()));
    }
    // A rate below the default limits its holder. Others may set any, or nobody could raise the first admin's.
    let rates: [Rate; 2] = [
        ("`requests_per_second`", DEFAULT_RATE, |facts| facts.requests_per_second.into()),
        ("`burst`", DEFAULT_BURST, |facts| facts.burst.into()),
    ];
    let beyond = |(_, default, rate): &Rate| rate(own) < i64::from(*default) && rate(facts) > rate(own) && grows(*rate);
    match rates.into_iter().find(beyond) {
        Some((what, _, rate)) => {
            let (has, given) = (rate(own), rate(facts));
            Err(FlowError::Beyond(format!("{what} of the token that was shown is {has}, and {given} is more")))
        }
        None => Ok(()),
    }
}

fn check(facts: &TokenFacts) -> Result<(), FlowError> {
    check_name(&facts.name)?;
    let mut found = Vec::new();
    for (pointer, value) in [("/requests_per_second", facts.requests_per_second), ("/burst", facts.burst)] {
        if !(1..=RATE_MAX).contains(&value) {
            let detail = format!("{value} is out of range: expected 1 to {RATE_MAX}");
            found.push(Violation::new(pointer, "range", detail));
        }
    }
    if found.is_empty() { Ok(()) } else { Err(FlowError::Definition(found)) }
}

impl NewToken {
    /// A token without limits and with the default rate.
    pub fn named(name: String, role: Role) -> Self {
        let facts = TokenFacts {
            name,
            enabled: true,
            expires_at: None,
            requests_per_second: DEFAULT_RATE,
            burst: DEFAULT_BURST,
        };
        Self { role, restrictions: TokenRestrictions::default(), facts, local: false }
    }

    /// The same with the end and the rate of the token by which it is made, where these are less.
    #[must_use]
    pub fn within(mut self, own: Option<&TokenFacts>) -> Self {
        if let Some(own) = own {
            let facts = &mut self.facts;
            facts.expires_at = facts.expires_at.into_iter().chain(own.expires_at).min();
            facts.requests_per_second = facts.requests_per_second.min(own.requests_per_second);
            facts.burst = facts.burst.min(own.burst);
        }
        self
    }
}
