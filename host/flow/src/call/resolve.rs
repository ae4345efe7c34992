//! What a call needs of the catalog, found once. The call carries it to its end, so that it runs one version of
//! everything throughout.

pub(crate) mod unsaved;

use std::sync::Arc;

use arc_swap::Guard;
use lockgate_domain::{ConnectorVersion, GroupReference, Installation, Limits, Problem, Scope};

use crate::{Catalog, Connector, FlowError, Group, Host};

/// A connector that was found for a call, with the state of the catalog in which it was found.
#[derive(Debug, Clone)]
pub struct ResolvedCall {
    /// What the whole call reads. A change that comes later concerns later calls.
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) scope: Scope,
    pub(crate) group: Arc<Group>,
    pub(crate) connector: Arc<Connector>,
    /// What the scope and its organization set for the group, if anything.
    pub(crate) installation: Option<Arc<Installation>>,
    /// Those in force: of group, connector and installation.
    pub(crate) limits: Limits,
    /// Whether the call has to have a connection: if the group has an activation. An author may leave it out.
    pub(crate) needs_connection: bool,
    /// Whether it gets no connection, whatever it asks for: it leads elsewhere than the saved group.
    pub(crate) withheld: bool,
}

/// Finds the connector of a call.
pub(crate) async fn resolve(
    host: &Host,
    scope: &Scope,
    reference: &GroupReference,
    name: &str,
) -> Result<ResolvedCall, FlowError> {
    let catalog = Guard::into_inner(host.catalog());
    let group = catalog.find_group(scope, reference)?;
    let connector = match name.split_once('@') {
        None => group.connector(reference, name)?,
        Some((name, version)) => find_version(host, &group, reference, (name, version)).await?,
    };
    Ok(ResolvedCall::new(catalog, *scope, group, connector))
}

async fn find_version(
    host: &Host,
    group: &Group,
    reference: &GroupReference,
    (name, version): (&str, &str),
) -> Result<Arc<Connector>, FlowError> {
    let missing = || FlowError::NotFound(format!("connector `{name}@{version}` of group `{reference}`"));
    match version.parse::<ConnectorVersion>().map_err(|_| missing())? {
        ConnectorVersion::Number(number) => {
            let current = group.connector(reference, name)?;
            host.0.earlier.find(&host.0.store, group, &current, number).await
        }
        ConnectorVersion::Digest(digest) => group.function(name, &digest).ok_or_else(missing),
    }
}

impl ResolvedCall {
    /// A call of a connector in a scope, with what the scope sets for the group.
    pub(crate) fn new(catalog: Arc<Catalog>, scope: Scope, group: Arc<Group>, connector: Arc<Connector>) -> Self {
        let installation = catalog.installation_in_force(&scope, &group.stored.id).cloned();
        let limits = installation
            .as_ref()
            .map_or(connector.limits, |installation| installation.limits.installed(connector.limits, &connector.name));
        let limits = group.ceilings.hold(limits);
        let needs_connection = group.egress.activation.is_some();
        Self { catalog, scope, group, connector, installation, limits, needs_connection, withheld: false }
    }

    /// The limits in force for the call: of the group, the connector and the scope's installation.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The problem of an input with so many bytes or more.
    pub fn input_too_large(&self, found: usize) -> Problem {
        self.problem(&FlowError::input_too_large(found, &self.limits))
    }

    /// What the caller sees of an error. A limit that the installation sets is raised there, and one at the host's ceiling in
    /// the host's configuration; one that the caller set with a header is the caller's.
    pub(crate) fn problem(&self, error: &FlowError) -> Problem {
        let mut problem = error.problem();
        if let Some(limit) = problem.limit.as_mut().filter(|_| !matches!(error, FlowError::WaitEnded(_))) {
            let of_group = limit.setting.clone();
            let installation = self.installation.as_ref();
            if installation.is_some_and(|one| one.limits.sets(&limit.name, &self.connector.name)) {
                limit.setting = format!("limits.{} of the installation", limit.name);
            }
            self.group.ceilings.name(limit);
            // The text names the setting too.
            problem.detail = problem.detail.replace(&of_group, &limit.setting);
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::{Ceilings, ConnectorDefinition, GroupId, OrganizationId};
    use lockgate_store::{StoredGroup, StoredInstallation};
    use serde_json::{Value, json};

    use super::*;
    use crate::catalog::definition::unsaved;

    /// A call of a connector whose group allows 100 bytes of input, where the scope sets this.
    fn call(installation: Option<Value>) -> ResolvedCall {
        let (id, scope) = (GroupId::new(), Scope::Organization(OrganizationId::new()));
        let written = json!({"slug": "g", "name": "G", "resource_type": "EXTERNAL", "limits": {"input_bytes": 100}});
        let definition = serde_json::from_value(written).unwrap();
        let stored = StoredGroup { id, scope, definition, version: 1, created_at: 0, updated_at: 0, descriptors: None };
        let written = json!({"name": "c", "type": "http", "input_schema": true, "output_schema": true,
                             "http": {"method": "GET", "url": "https://a.example/"}});
        let connector = ConnectorDefinition::read(&written, "").unwrap();
        let group = Group::new(stored, Vec::new(), vec![unsaved(id, connector)], None, &Ceilings::default());
        let mut catalog = Catalog::default();
        if let Some(definition) = installation {
            let definition = serde_json::from_value(definition).unwrap();
            catalog.put_installation(StoredInstallation { definition, ..StoredInstallation::new(scope, id) });
        }
        let connector = group.connectors.values().next().unwrap();
        ResolvedCall::new(Arc::new(catalog), scope, Arc::clone(&group), Arc::clone(connector))
    }

    #[test]
    fn an_installation_changes_limits_and_is_named_for_those_that_it_sets() {
        for (installation, value, owner) in [
            (None, 100, "group"),
            (Some(json!({"limits": {"cpu_ms": 5}})), 100, "group"),
            (Some(json!({"limits": {"input_bytes": 7}})), 7, "installation"),
            (Some(json!({"limits": {"connectors": {"c": {"input_bytes": 8}}}})), 8, "installation"),
            (Some(json!({"limits": {"connectors": {"d": {"input_bytes": 8}}}})), 100, "group"),
        ] {
            let call = call(installation);
            assert_eq!(call.limits().input_bytes, value);
            let limit = call.input_too_large(1000).limit.unwrap();
            assert_eq!((limit.value, limit.setting), (value, format!("limits.input_bytes of the {owner}")));
        }
    }
}
