//! Descriptors that a server told.

use lockgate_domain::{Digest, GroupReference, Protos, Scope};
use lockgate_store::NewDescriptors;

use crate::FlowError;
use crate::change::unit_of_work::UnitOfWork;

impl UnitOfWork {
    /// Replaces the descriptors of a group by those that its server told for this source.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`], [`FlowError::Changed`] if the group has another source by now.
    pub(crate) async fn refresh_descriptors(
        &mut self,
        scope: &Scope,
        reference: &GroupReference,
        source: Digest,
        bytes: &[u8],
    ) -> Result<(), FlowError> {
        let group = self.catalog().find_owned_group(scope, reference, None)?;
        if group.stored.definition.protos.as_ref().map(Protos::digest) != Some(source) {
            return Err(FlowError::Changed);
        }
        let by = self.by();
        self.write().refresh_descriptors(&group.stored, NewDescriptors { source, bytes }, by).await?;
        self.written().await
    }
}
