//! What a person asks of a group's databases: which tables there are, and what a statement takes and gives. Nothing here
//! changes anything: statements are described or run read-only.

mod tables;

use std::time::{Duration, Instant};

use arc_swap::Guard;
use lockgate_domain::connector::{DatabaseDefinition, DerivedSchemas, derived, unfit_parameter};
use lockgate_domain::database::Engine;
use lockgate_domain::{
    Caller, ConnectionChoice, Denied, GroupFacts, GroupReference, Scope, Unresolved, Violation, authorize,
};
use lockgate_egress::OutboundClient;
use lockgate_egress::database::{Describe, Described, StatementText};
use serde_json::Value;

use crate::call::calls::Calls;
use crate::call::resolve::unsaved::may_change;
use crate::clock::now;
use crate::{FlowError, Group};

pub use tables::{Table, TableColumn, TableFilter, TableKey, Tables};

/// What a server says of a statement, and the schemas that follow from it.
#[derive(Debug)]
pub struct DescribedStatement {
    /// The types of its parameters and its columns.
    pub described: Described,
    /// The schemas of a connector with this statement.
    pub schemas: DerivedSchemas,
}

impl Calls<'_> {
    /// Asks a server what the statement of a connector takes and gives. It is not run.
    ///
    /// # Errors
    /// [`FlowError::NotFound`], [`FlowError::ReadOnly`] for a group of another scope, [`FlowError::Denied`] as for a call,
    /// [`FlowError::Egress`], or [`FlowError::Definition`] for a statement whose columns can't be told apart.
    pub async fn describe_statement(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        choice: &ConnectionChoice,
        database: &DatabaseDefinition,
        by: &Caller,
    ) -> Result<DescribedStatement, FlowError> {
        let client = self.client(scope, reference, choice, by).await?;
        let described = client
            .send(Describe {
                database: database.destination.as_ref().map(ToString::to_string),
                statement: StatementText::Parsed(database.statement.clone()),
                read_only: database.read_only,
            })
            .await?;
        let columns: Vec<_> =
            described.columns.iter().map(|column| (column.name.clone(), column.type_name.clone())).collect();
        let schemas = derived(database, &described.parameters, &columns)
            .map_err(|detail| FlowError::Definition(vec![Violation::new("/database/statement", "columns", detail)]))?;
        Ok(DescribedStatement { described, schemas })
    }

    /// Fills in the schemas that the definition of a database connector leaves out.
    ///
    /// # Errors
    /// As of [`Self::describe_statement`].
    pub async fn complete_definition(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        choice: &ConnectionChoice,
        mut definition: Value,
        by: &Caller,
    ) -> Result<Value, FlowError> {
        let lacks = |key: &str| definition.get(key).is_none();
        if !(lacks("input_schema") || lacks("output_schema")) {
            return Ok(definition);
        }
        let Some(database) = DatabaseDefinition::of_definition(&definition) else { return Ok(definition) };
        let database = database.map_err(FlowError::Definition)?;
        let described = self.describe_statement(scope, reference, choice, &database, by).await;
        let schemas = described.map_err(|error| match error {
            FlowError::Denied(Denied::Connection(Unresolved::Required)) => {
                FlowError::Denied(Denied::Connection(Unresolved::RequiredForSchemas))
            }
            other => other,
        });
        let DescribedStatement { described, schemas } = schemas?;
        let unfit = unfit_parameter(&database, &described.parameters).filter(|_| lacks("input_schema"));
        if let Some(detail) = unfit {
            return Err(FlowError::Definition(vec![Violation::new("/database/statement", "parameters", detail)]));
        }
        if let Some(members) = definition.as_object_mut() {
            members.entry("input_schema").or_insert(schemas.input);
            members.entry("output_schema").or_insert(schemas.output);
        }
        Ok(definition)
    }

    /// The tables of a database, with columns and keys.
    ///
    /// # Errors
    /// As of [`Self::describe_statement`].
    pub async fn tables(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        choice: &ConnectionChoice,
        filter: &TableFilter,
        by: &Caller,
    ) -> Result<Tables, FlowError> {
        let (group, engine) = self.database_of(scope, reference, filter.destination.as_deref())?;
        let client = self.client_of(&group, scope, choice, by).await?;
        tables::read(&client, engine, filter).await
    }

    fn database_of(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        name: Option<&str>,
    ) -> Result<(std::sync::Arc<Group>, Engine), FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        let (_, engine) = group
            .egress
            .destinations
            .database(name)
            .map_err(|detail| FlowError::Definition(vec![Violation::new("/destinations", "database", detail)]))?;
        Ok((group, engine))
    }

    /// What may be sent in the name of a group by who may change it.
    async fn client(
        &self,
        scope: &Scope,
        reference: &GroupReference,
        choice: &ConnectionChoice,
        by: &Caller,
    ) -> Result<OutboundClient, FlowError> {
        let group = self.0.catalog().find_owned_group(scope, reference, None)?;
        // What servers have is asked by who can save connectors, which a token of some tenants can't.
        if !may_change(by, &group) {
            return Err(FlowError::Limited);
        }
        self.client_of(&group, scope, choice, by).await
    }

    pub(in crate::call) async fn client_of(
        &self,
        group: &Group,
        scope: &Scope,
        choice: &ConnectionChoice,
        by: &Caller,
    ) -> Result<OutboundClient, FlowError> {
        let host = self.0;
        let catalog = Guard::into_inner(host.catalog());
        let connections = catalog.connections(&group.stored.id);
        let installed =
            catalog.installation_in_force(scope, &group.stored.id).and_then(|installation| installation.enabled);
        let limited = by.restrictions.tenants.is_some();
        let facts = GroupFacts {
            id: group.stored.id,
            scope: *scope,
            enabled: group.stored.definition.enabled,
            installation_enabled: installed.unwrap_or(true),
            capabilities: &group.stored.definition.capabilities,
            scope_enabled: catalog.scopes().is_enabled(scope),
            tenants: catalog.scopes().tenants(scope),
            activation: group.egress.activation.is_some(),
            connections: connections.map_or(&[], |all| all.facts(scope, choice, limited)),
            now: now(),
        };
        let permit = authorize(by, facts, choice, None)?;
        let (key, parts) = ((group.stored.id, *scope), (&host.0.egress, &*catalog));
        let connection = permit.connection().and_then(|id| connections?.get(&id).cloned());
        let session = match connection {
            None => group.egress_sessions.of(key, parts, &group.egress, None)?,
            Some(connection) => {
                let (connection, account) = host.opened(connection).await?;
                connection.egress_sessions.of(key, parts, &connection.egress, Some(&account))?
            }
        };
        let deadline = Instant::now() + patience(group);
        Ok(OutboundClient::new(host.0.egress.clone(), permit, session, deadline, &group.limits))
    }
}

/// How long the answer of a group's server may take: as long as that to a call.
pub(in crate::call) fn patience(group: &Group) -> Duration {
    Duration::from_millis(group.limits.deadline_ms)
}
