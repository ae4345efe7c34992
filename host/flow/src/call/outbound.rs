//! What a call may send, and the settings that its guest reads: both depend on the connection that it was permitted.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::Permit;
use lockgate_egress::OutboundClient;
use serde_json::{Map, Value};

use crate::FlowError;
use crate::call::environment::Environment;
use crate::call::resolve::ResolvedCall;

/// What the values of a connection decide.
pub(crate) struct Outbound {
    /// What the guest reads: the group's settings, under the visible values of the connection.
    pub(crate) settings: Arc<Map<String, Value>>,
    pub(crate) client: OutboundClient,
}

impl Outbound {
    /// Opens the connection of a call, if it has one, and its egress session.
    ///
    /// # Errors
    /// The values can't be opened, or one does not fit its destination.
    pub(crate) async fn open(
        environment: &impl Environment,
        resolved: &ResolvedCall,
        permit: &Permit,
        deadline: Instant,
    ) -> Result<Self, FlowError> {
        let group = &resolved.group;
        let (key, parts) = ((group.stored.id, permit.scope()), (environment.egress(), &*resolved.catalog));
        let mut issuer = None;
        let (settings, session) = match resolved.connection(permit) {
            None => (Arc::clone(&group.settings), group.egress_sessions.of(key, parts, &group.egress, None)?),
            Some(connection) => {
                let (connection, account) = environment.open(Arc::clone(connection)).await?;
                let session = connection.egress_sessions.of(key, parts, &connection.egress, Some(&account))?;
                issuer = environment.issuer(&connection, &account, permit);
                (connection.settings(&group.settings), session)
            }
        };
        let egress = environment.egress().clone();
        let client = OutboundClient::new(egress, permit.clone(), session, deadline, &resolved.limits);
        let client = issuer.into_iter().fold(client, OutboundClient::issued_by);
        Ok(Self { settings, client })
    }
}
