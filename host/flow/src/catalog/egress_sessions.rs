//! Where calls of a group or of a connection may go, made once for each version of it in each scope that uses it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockgate_domain::{EgressDefinition, GroupId, Scope};
use lockgate_egress::{Account, Egress, EgressSession};

use crate::FlowError;
use crate::catalog::Catalog;

/// The sessions of one group or connection, by scope.
#[derive(Debug, Default)]
pub(crate) struct EgressSessions(ArcSwap<Vec<(Scope, Arc<EgressSession>)>>);

impl EgressSessions {
    fn get(&self, scope: &Scope) -> Option<Arc<EgressSession>> {
        self.0.load().iter().find(|(own, _)| own == scope).map(|(_, session)| Arc::clone(session))
    }

    /// Keeps a session, unless another call was quicker: pooled connections and tokens belong to one session alone.
    fn keep(&self, scope: Scope, session: EgressSession) -> Option<Arc<EgressSession>> {
        let session = Arc::new(session);
        self.0.rcu(|all| {
            let known = all.iter().any(|(own, _)| *own == scope);
            let new = (!known).then(|| (scope, Arc::clone(&session)));
            all.iter().cloned().chain(new).collect::<Vec<_>>()
        });
        self.get(&scope)
    }

    /// The session of a scope's calls with these values. The snapshot says how the scope is named where an operator
    /// grants private addresses.
    ///
    /// # Errors
    /// A value does not fit its destination.
    pub(crate) fn of(
        &self,
        (group, scope): (GroupId, Scope),
        (egress, catalog): (&Egress, &Catalog),
        definition: &Arc<EgressDefinition>,
        account: Option<&Arc<Account>>,
    ) -> Result<Arc<EgressSession>, FlowError> {
        if let Some(session) = self.get(&scope) {
            return Ok(session);
        }
        let session = EgressSession::new(group, scope, Arc::clone(definition), account.cloned())?;
        let slug = |scope: &Scope| catalog.scopes().get(scope).map(|stored| &stored.slug);
        let session = match (slug(&Scope::Organization(scope.organization())), scope) {
            (Some(organization), Scope::Organization(_)) => session.granted(egress.grants(organization, None)),
            (Some(organization), Scope::Workspace(..)) => session.granted(egress.grants(organization, slug(&scope))),
            (None, _) => session,
        };
        self.keep(scope, session).ok_or_else(|| FlowError::NotFound("the scope".to_owned()))
    }
}
