//! Where calls of a group or of a connection may go, made once for each version of it in each scope that uses it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use lockgate_domain::{EgressDefinition, GroupId, Scope};
use lockgate_egress::{Account, Egress, EgressSession, SessionState};

use crate::FlowError;
use crate::catalog::Catalog;

/// The sessions of one version of a group or connection, by scope.
#[derive(Debug, Default)]
pub(crate) struct EgressSessions {
    sessions: ArcSwap<Vec<(Scope, Arc<EgressSession>)>>,
    /// What those of the version before have left, until a call needs it.
    before: Mutex<Vec<(Scope, SessionState)>>,
}

impl EgressSessions {
    /// The sessions of the next version. They take over what is open, where it may serve that version too.
    pub(crate) fn following(&self) -> Self {
        let sessions = self.sessions.load();
        let own = sessions.iter().map(|(scope, session)| (*scope, session.state()));
        // It is forgotten when a session of that scope begins.
        let before = own.chain(self.left().iter().cloned()).collect();
        Self { sessions: ArcSwap::default(), before: Mutex::new(before) }
    }

    fn left(&self) -> MutexGuard<'_, Vec<(Scope, SessionState)>> {
        self.before.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, scope: &Scope) -> Option<Arc<EgressSession>> {
        self.sessions.load().iter().find(|(own, _)| own == scope).map(|(_, session)| Arc::clone(session))
    }

    /// Keeps a session, unless another call was quicker: pooled connections and tokens belong to one session alone.
    fn keep(&self, scope: Scope, session: EgressSession) -> Option<Arc<EgressSession>> {
        let session = Arc::new(session);
        self.sessions.rcu(|all| {
            let known = all.iter().any(|(own, _)| *own == scope);
            let new = (!known).then(|| (scope, Arc::clone(&session)));
            all.iter().cloned().chain(new).collect::<Vec<_>>()
        });
        self.left().retain(|(own, _)| *own != scope);
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
        let before = self.left().iter().find(|(own, _)| *own == scope).map(|(_, before)| before.clone());
        let session = before.iter().fold(session, EgressSession::resuming);
        self.keep(scope, session).ok_or_else(|| FlowError::NotFound("the scope".to_owned()))
    }
}
