//! Where calls may go, made once for each version of a group and its connection in each scope that uses them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockgate_domain::{EgressDefinition, GroupId, Scope};
use lockgate_egress::{Account, EgressSession};

use crate::{FlowError, Host};

/// The egress_sessions of one group or connection.
#[derive(Debug, Default)]
pub(crate) struct EgressSessions(ArcSwap<Vec<(Scope, Arc<EgressSession>)>>);

impl EgressSessions {
    fn get(&self, scope: &Scope) -> Option<Arc<EgressSession>> {
        self.0.load().iter().find(|(own, _)| own == scope).map(|(_, session)| Arc::clone(session))
    }

    /// Keeps a session, unless somebody was quicker: connections and tokens belong to one alone.
    fn keep(&self, scope: Scope, session: EgressSession) -> Option<Arc<EgressSession>> {
        let session = Arc::new(session);
        self.0.rcu(|all| {
            let known = all.iter().any(|(own, _)| *own == scope);
            let new = (!known).then(|| (scope, Arc::clone(&session)));
            all.iter().cloned().chain(new).collect::<Vec<_>>()
        });
        self.get(&scope)
    }
}

impl Host {
    /// What calls of a scope may reach with these values.
    pub(crate) fn egress_session(
        &self,
        egress_sessions: &EgressSessions,
        (group, scope): (GroupId, Scope),
        definition: &Arc<EgressDefinition>,
        account: Option<&Arc<Account>>,
    ) -> Result<Arc<EgressSession>, FlowError> {
        if let Some(session) = egress_sessions.get(&scope) {
            return Ok(session);
        }
        let session = EgressSession::new(group, scope, Arc::clone(definition), account.cloned())?;
        let catalog = self.catalog();
        let slug = |scope: &Scope| catalog.scopes().get(scope).map(|stored| stored.slug.clone());
        let session = match (slug(&Scope::Organization(scope.organization())), scope) {
            (Some(organization), Scope::Organization(_)) => session.granted(self.0.egress.grants(&organization, None)),
            (Some(organization), Scope::Workspace(..)) => {
                session.granted(self.0.egress.grants(&organization, slug(&scope).as_ref()))
            }
            (None, _) => session,
        };
        egress_sessions.keep(scope, session).ok_or_else(|| FlowError::NotFound("the scope".to_owned()))
    }
}
