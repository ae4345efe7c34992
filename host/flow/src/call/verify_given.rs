//! Whether values work that somebody has just given: asked before they are kept, so that a page never says that all is well
//! about a key with a missing letter.

use std::sync::Arc;
use std::time::Instant;

use lockgate_domain::auth::Method;
use lockgate_domain::{
    Caller, ConnectionChoice, ConnectionFacts, ConnectionState, GroupFacts, Owner, Violation, authorize,
};
use lockgate_egress::{EgressError, OutboundClient, Tried, Verified};
use lockgate_store::{SessionStep, StoredSession};
use serde_json::Value;

use crate::call::calls::Calls;
use crate::call::verify::PATIENCE;
use crate::catalog::egress_sessions::EgressSessions;
use crate::clock::now;
use crate::given_values::LocalValues;
use crate::{Catalog, CredentialsGiven, FlowError, Group};

impl Calls<'_> {
    /// Asks as the group of a step says whether a connection works, with the values that were given for it, in the name of
    /// whoever made the session: by its request, else by a login at each of its databases. A group without either takes
    /// them as they are.
    ///
    /// # Errors
    /// [`FlowError::Values`]: the upstream refuses them, or could not be asked.
    pub(crate) async fn verify_given(
        &self,
        session: &StoredSession,
        step: &SessionStep,
        given: &CredentialsGiven,
        by: &Caller,
    ) -> Result<(), FlowError> {
        let catalog = arc_swap::Guard::into_inner(self.0.catalog());
        let group = catalog.find_session_group(session, step)?;
        let Some(activation) = group.egress.activation.as_ref().filter(|_| group.egress.is_verifiable()) else {
            return Ok(());
        };
        // A provider says itself whether it gives a token.
        let chosen = activation.credentials.iter().filter_map(|(name, credential)| {
            let method = given.credentials.get(name).and_then(|given| given.method.as_ref());
            credential.methods.get(method.unwrap_or(&credential.default))
        });
        if chosen.into_iter().any(|method| matches!(method, Method::Oauth2(_))) {
            return Ok(());
        }
        let wrong = |detail: String| Err(FlowError::Values(vec![Violation::new("", "verify", detail)]));
        let name = &group.stored.definition.name;
        let not_asked = |error: EgressError| {
            tracing::warn!(%error, group = %step.reference, "values of a connect page could not be verified");
            wrong(format!("{name} could not be asked whether these values work: try again later"))
        };
        match self.ask((&catalog, &group), session, step, given, by).await {
            Ok(Verified::Yes | Verified::NotDeclared) => Ok(()),
            Ok(Verified::No { status }) => wrong(format!("{name} does not accept these values (status {status})")),
            Ok(Verified::Tried(tried)) => match tried.into_iter().find_map(refused_login) {
                None => Ok(()),
                Some(error @ (EgressError::Login { .. } | EgressError::Refused { .. })) => {
                    let code = error.problem().code;
                    wrong(format!("{name} does not accept these values ({})", code.as_str()))
                }
                Some(error) => not_asked(error),
            },
            // What breaks a rule is told when the values are kept, each at its field.
            Err(FlowError::Values(_)) => Ok(()),
            Err(FlowError::Egress(error)) => not_asked(error),
            Err(error) => Err(error),
        }
    }

    async fn ask(
        &self,
        (catalog, group): (&Catalog, &Group),
        session: &StoredSession,
        step: &SessionStep,
        given: &CredentialsGiven,
        by: &Caller,
    ) -> Result<Verified, FlowError> {
        let owner = match &session.tenant {
            None => Owner::Scope(session.scope),
            Some(tenant) => Owner::Tenant(session.scope, tenant.clone()),
        };
        let set = self.0.queries().session_values(session, step);
        let Some(connection) = local(given, set).connection(&group.egress, &owner)? else {
            return Ok(Verified::NotDeclared);
        };
        let account = Arc::new(connection.account);
        let choice = match session.tenant.clone() {
            None => ConnectionChoice::Fixed(account.id.to_string()),
            Some(tenant) => ConnectionChoice::Dynamic { tenant, name: Some(step.name.clone()) },
        };
        let facts = [ConnectionFacts {
            id: account.id,
            name: step.name.clone(),
            owner,
            state: ConnectionState::Active,
            default: false,
            ends_at: None,
        }];
        let facts = GroupFacts {
            id: group.stored.id,
            scope: session.scope,
            enabled: true,
            installation_enabled: true,
            capabilities: &group.stored.definition.capabilities,
            scope_enabled: catalog.scopes().is_enabled(&session.scope),
            tenants: catalog.scopes().tenants(&session.scope),
            activation: true,
            connections: &facts,
            now: now(),
        };
        let permit = authorize(by, facts, &choice, None)?;
        let (key, parts) = ((group.stored.id, session.scope), (&self.0.0.egress, catalog));
        let own = EgressSessions::default().of(key, parts, &group.egress, Some(&account))?;
        let deadline = Instant::now() + PATIENCE;
        let client = OutboundClient::new(self.0.0.egress.clone(), permit, own, deadline, &group.limits);
        Ok(client.verify().await?)
    }
}

/// Why a database did not let somebody in. That a gRPC server can be reached or not says nothing about values.
fn refused_login(tried: Tried) -> Option<EgressError> {
    let is_database = tried.scheme.engine().is_some();
    tried.outcome.err().filter(|_| is_database)
}

/// The given values, over those that the scope sets for everybody.
fn local(given: &CredentialsGiven, set: impl IntoIterator<Item = (lockgate_domain::FieldName, String)>) -> LocalValues {
    let mut values = LocalValues { fields: given.fields.clone(), ..LocalValues::default() };
    for (name, value) in set {
        values.fields.entry(name.to_string()).or_insert(Value::String(value));
    }
    for (name, one) in &given.credentials {
        values.credentials.insert(name.clone(), one.values.clone());
        values.methods.extend(one.method.clone().map(|method| (name.clone(), method)));
    }
    values
}
