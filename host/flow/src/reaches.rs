//! Where calls may go, made once for each version of a group and its connection in each scope that uses them.

use std::sync::Arc;

use arc_swap::ArcSwap;
use lockgate_domain::{EgressDefinition, GroupId, Scope};
use lockgate_egress::{Account, Reach};

use crate::{FlowError, Host};

/// The reaches of one group or connection.
#[derive(Debug, Default)]
pub(crate) struct Reaches(ArcSwap<Vec<(Scope, Arc<Reach>)>>);

impl Reaches {
    fn get(&self, scope: &Scope) -> Option<Arc<Reach>> {
        self.0.load().iter().find(|(own, _)| own == scope).map(|(_, reach)| Arc::clone(reach))
    }

    /// Keeps a reach, unless somebody was quicker: connections and tokens belong to one alone.
    fn keep(&self, scope: Scope, reach: Reach) -> Option<Arc<Reach>> {
        let reach = Arc::new(reach);
        self.0.rcu(|all| {
            let known = all.iter().any(|(own, _)| *own == scope);
            let new = (!known).then(|| (scope, Arc::clone(&reach)));
            all.iter().cloned().chain(new).collect::<Vec<_>>()
        });
        self.get(&scope)
    }
}

impl Host {
    /// What calls of a scope may reach with these values.
    pub(crate) fn reach(
        &self,
        reaches: &Reaches,
        (group, scope): (GroupId, Scope),
        definition: &Arc<EgressDefinition>,
        account: Option<&Arc<Account>>,
    ) -> Result<Arc<Reach>, FlowError> {
        if let Some(reach) = reaches.get(&scope) {
            return Ok(reach);
        }
        let reach = Reach::new(group, scope, Arc::clone(definition), account.cloned())?;
        let catalog = self.catalog();
        let slug = |scope: &Scope| catalog.scopes().get(scope).map(|stored| stored.slug.clone());
        let reach = match (slug(&Scope::Organization(scope.organization())), scope) {
            (Some(organization), Scope::Organization(_)) => reach.granted(self.0.egress.grants(&organization, None)),
            (Some(organization), Scope::Workspace(..)) => {
                reach.granted(self.0.egress.grants(&organization, slug(&scope).as_ref()))
            }
            (None, _) => reach,
        };
        reaches.keep(scope, reach).ok_or_else(|| FlowError::NotFound("the scope".to_owned()))
    }
}
