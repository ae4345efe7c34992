//! Sessions in which a person gives the values of connections.

use std::collections::BTreeMap;
use std::sync::Arc;

use lockgate_domain::FieldName;
use lockgate_store::{SessionStep, StoredSession};
use lockgate_vault::TokenHash;

use crate::query::Queries;
use crate::{FlowError, Group};

impl Queries<'_> {
    /// The session of a nonce.
    ///
    /// # Errors
    /// [`FlowError::NotFound`]: there is none, or it has ended.
    pub async fn session(self, nonce: &str) -> Result<StoredSession, FlowError> {
        let found = self.0.0.store.reader().await?.session(TokenHash::of(nonce).as_bytes()).await?;
        self.0.catalog().find_session(found)
    }

    /// The group of a step, if it is still the one that was meant.
    ///
    /// # Errors
    /// [`FlowError::NotFound`].
    pub fn session_group(self, session: &StoredSession, step: &SessionStep) -> Result<Arc<Group>, FlowError> {
        self.0.catalog().find_session_group(session, step)
    }

    /// What the scope of a session sets for everybody in a step's group: nobody is asked for that.
    pub fn session_values(self, session: &StoredSession, step: &SessionStep) -> BTreeMap<FieldName, String> {
        self.0.catalog().installed(&session.scope, &step.group).values.clone()
    }
}
