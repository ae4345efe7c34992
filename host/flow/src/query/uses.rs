//! What the code of a group may call.

use lockgate_domain::{Caller, GroupReference, Scope};

use crate::FlowError;
use crate::catalog::uses::FoundUse;
use crate::query::Queries;

impl Queries<'_> {
    /// The entries of a group's `uses`, as calls in a scope meet them, with how the scope names each target that exists for
    /// the caller.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn uses(
        self,
        scope: &Scope,
        reference: &GroupReference,
        caller: &Caller,
    ) -> Result<Vec<(FoundUse, Option<GroupReference>)>, FlowError> {
        let catalog = self.0.catalog();
        let group = catalog.find_group(scope, reference)?;
        let named = |found: FoundUse| {
            let own = found.target.as_ref().and_then(|target| catalog.reference_in(scope, target));
            let own = own.filter(|own| caller.reaches(scope, own));
            (found, own)
        };
        Ok(catalog.uses(scope, &group).map(named).collect())
    }
}
