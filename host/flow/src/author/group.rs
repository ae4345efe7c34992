//! A group without a host: its file, values for its credentials from the author's environment, and a way out of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgate_domain::auth::{Activation, Fields, Values, check};
use lockgate_domain::{
    Caller, Capability, ConnectionChoice, ConnectionFacts, ConnectionId, ConnectionState, ConnectorDefinition,
    ConnectorName, CredentialName, FieldName, GroupDefinition, GroupFacts, GroupId, Limits, LimitsPatch, MethodName,
    OrganizationId, Owner, Permit, Role, Scope, Tenants, TokenId, Usage, Violation, authorize,
};
use lockgate_egress::{Account, CredentialValues, Egress, EgressSession, ExchangeRecorder, OutboundClient};
use lockgate_engine::Engine;
use lockgate_vault::Secret;
use serde_json::{Map, Value};

use crate::FlowError;
use crate::author::plugin::LocalRun;
use crate::call::run::http::HttpCall;
use crate::call::validation::Checking;
use crate::catalog::manifest::compile;
use crate::change::connectors::checked_list;
use crate::change::groups;

/// What the author gives beside the file.
#[derive(Debug, Default)]
pub struct LocalValues {
    /// Of the activation's own fields.
    pub fields: Map<String, Value>,
    /// Of the fields of each credential's method.
    pub credentials: BTreeMap<CredentialName, Map<String, Value>>,
    /// The method of a credential, if not its default.
    pub methods: BTreeMap<CredentialName, MethodName>,
}

/// A group of a file. The author is the admin of a scope of their own, which holds it alone.
#[derive(Debug)]
pub struct LocalGroup {
    definition: GroupDefinition,
    connectors: Vec<ConnectorDefinition>,
    /// Over those of the file.
    limits: LimitsPatch,
    /// What its plugins read: its own, under the visible values.
    settings: Arc<Map<String, Value>>,
    caller: Caller,
    id: GroupId,
    egress: Egress,
    egress_session: Arc<EgressSession>,
    /// None when the author gave no value: what needs a credential says so.
    connection: Option<ConnectionFacts>,
    exchanges: Arc<ExchangeRecorder>,
}

/// The name of the one connection.
const CONNECTION: &str = "local";

impl LocalGroup {
    /// Reads a group.
    ///
    /// # Errors
    /// [`FlowError::Definition`], [`FlowError::Values`].
    pub fn new(written: Value, limits: LimitsPatch, values: &LocalValues, egress: Egress) -> Result<Self, FlowError> {
        let mut definition: GroupDefinition = serde_json::from_value(written)
            .map_err(|error| FlowError::Definition(vec![Violation::new("", "shape", error.to_string())]))?;
        groups::check(&definition)?;
        let listed = definition.connectors.take().unwrap_or_default();
        let connectors = checked_list(&listed).map_err(FlowError::Definition)?;
        let way = Arc::new(definition.egress().map_err(FlowError::Definition)?);
        let scope = Scope::Organization(OrganizationId::new());
        let (id, owner) = (GroupId::new(), Owner::Scope(scope));
        let account = match &way.activation {
            Some(activation) => account(activation, values, owner.clone())?,
            None => nothing_to_give(values)?,
        };
        let mut settings = definition.settings.clone();
        if let (Some(activation), Some(_)) = (&way.activation, &account) {
            settings.extend(shown(activation, values));
        }
        let settings = Arc::new(settings);
        let connection = account.as_ref().map(|account| ConnectionFacts {
            id: account.id,
            name: CONNECTION.to_owned(),
            owner,
            state: ConnectionState::Active,
            default: true,
            ends_at: None,
        });
        let organization = CONNECTION.parse().map_err(|_| FlowError::NotFound("the scope".to_owned()))?;
        let session =
            EgressSession::new(id, scope, way, account.map(Arc::new))?.granted(egress.grants(&organization, None));
        let caller = Caller { token: TokenId::new(), scope, role: Role::Admin, restrictions: Default::default() };
        let (egress_session, exchanges) = (Arc::new(session), Arc::default());
        Ok(Self { definition, connectors, limits, settings, caller, id, egress, egress_session, connection, exchanges })
    }

    /// Its connectors without code.
    pub fn connectors(&self) -> &[ConnectorDefinition] {
        &self.connectors
    }

    /// What its plugins may use.
    pub fn capabilities(&self) -> &BTreeSet<Capability> {
        &self.definition.capabilities
    }

    pub(crate) fn settings(&self) -> Arc<Map<String, Value>> {
        Arc::clone(&self.settings)
    }

    pub(crate) fn limits(&self, connector: &ConnectorName, own: &LimitsPatch) -> Limits {
        self.limits.installed(Limits::of_definition(&self.definition.limits, connector, own), connector)
    }

    pub(crate) fn permit(&self) -> Result<Permit, FlowError> {
        let connections: Vec<_> = self.connection.iter().cloned().collect();
        let choice = match &self.connection {
            Some(connection) => ConnectionChoice::Fixed(connection.name.clone()),
            None => ConnectionChoice::None,
        };
        let facts = GroupFacts {
            id: self.id,
            scope: self.caller.scope,
            enabled: self.definition.enabled,
            capabilities: &self.definition.capabilities,
            scope_enabled: true,
            tenants: Tenants::ANY,
            activation: self.connection.is_some(),
            connections: &connections,
            now: crate::clock::now(),
        };
        Ok(authorize(&self.caller, facts, &choice, None)?)
    }

    pub(crate) fn outlet(&self, permit: Permit, deadline: Instant, limits: &Limits) -> OutboundClient {
        let outlet =
            OutboundClient::new(self.egress.clone(), permit, Arc::clone(&self.egress_session), deadline, limits);
        outlet.recording(Arc::clone(&self.exchanges))
    }

    /// What was sent by the calls so far.
    pub(crate) fn exchanges(&self) -> Vec<lockgate_egress::RecordedExchange> {
        self.exchanges.take().0
    }

    /// Runs one of its connectors without code.
    ///
    /// # Errors
    /// [`FlowError::NotFound`] when there is no such connector; what else goes wrong is the result of the run.
    pub async fn run(&self, engine: &Engine, connector: &str, input: String) -> Result<LocalRun, FlowError> {
        let named = self.connectors.iter().find(|own| own.name.as_str() == connector);
        let definition = named.ok_or_else(|| {
            let names = self.connectors.iter().map(|own| own.name.as_str()).collect::<Vec<_>>().join(", ");
            FlowError::NotFound(format!("connector `{connector}` (the file has without code: {names})"))
        })?;
        let limits = self.limits(&definition.name, &definition.limits);
        let mut usage = Usage::default();
        let result = self.call(engine, definition, input, &limits, &mut usage).await;
        Ok(LocalRun { result, usage, logs: Vec::new(), exchanges: self.exchanges() })
    }

    async fn call(
        &self,
        engine: &Engine,
        definition: &ConnectorDefinition,
        input: String,
        limits: &Limits,
        usage: &mut Usage,
    ) -> Result<String, FlowError> {
        if input.len() as u64 > limits.input_bytes {
            return Err(FlowError::input_too_large(input.len(), limits));
        }
        let schemas = compile(&definition.name, &definition.input_schema, &definition.output_schema, &mut 0)?;
        let mut checking = Checking::new(engine, self.id, limits);
        let input = checking.input(&schemas.input, input).await?;
        let deadline = Instant::now() + Duration::from_millis(limits.deadline_ms);
        let outlet = self.outlet(self.permit()?, deadline, limits);
        let call = HttpCall { engine, group: self.id, outlet: &outlet, limits, deadline };
        let output = call.run(definition, &input, usage).await;
        usage.cpu_us += checking.cpu_us();
        checking.output(&schemas.output, output?).await
    }
}

/// The values of the activation, if any are given.
fn account(activation: &Activation, given: &LocalValues, owner: Owner) -> Result<Option<Account>, FlowError> {
    let mut found = Vec::new();
    for name in given.credentials.keys().chain(given.methods.keys()) {
        if !activation.credentials.contains_key(name) {
            found.push(Violation::new(format!("/{name}"), "unknown", "the group's activation has no such credential"));
        }
    }
    if given.fields.is_empty() && given.credentials.is_empty() && found.is_empty() {
        return Ok(None);
    }
    let fields = accepted(&activation.fields, &given.fields, "", &mut found);
    let mut credentials = BTreeMap::new();
    for (name, credential) in &activation.credentials {
        let chosen = given.methods.get(name).unwrap_or(&credential.default);
        let Some(method) = credential.methods.get(chosen) else {
            found.push(Violation::new(format!("/{name}"), "unknown", format!("it has no method `{chosen}`")));
            continue;
        };
        let nothing = Map::new();
        let values = given.credentials.get(name).unwrap_or(&nothing);
        let values = accepted(method.fields(), values, &format!("/{name}"), &mut found);
        credentials.insert(name.clone(), CredentialValues { method: chosen.clone(), values });
    }
    if found.is_empty() {
        Ok(Some(Account { id: ConnectionId::new(), version: 1, owner, fields, credentials }))
    } else {
        Err(FlowError::Values(found))
    }
}

/// The visible values with their defaults, as a connection of a host shows them.
fn shown(activation: &Activation, given: &LocalValues) -> Map<String, Value> {
    let mut shown = Map::new();
    let mut put = |fields: &Fields, values: Option<&Map<String, Value>>| {
        for (name, field) in fields.iter().filter(|(_, field)| field.visible) {
            let own = values.and_then(|values| values.get(name.as_str())).cloned();
            let value = own.or_else(|| field.default.clone().map(Value::String));
            shown.extend(value.map(|value| (name.to_string(), value)));
        }
    };
    for (name, credential) in &activation.credentials {
        let chosen = given.methods.get(name).unwrap_or(&credential.default);
        if let Some(method) = credential.methods.get(chosen) {
            put(method.fields(), given.credentials.get(name));
        }
    }
    put(&activation.fields, Some(&given.fields));
    shown
}

fn nothing_to_give(given: &LocalValues) -> Result<Option<Account>, FlowError> {
    if given.fields.is_empty() && given.credentials.is_empty() {
        return Ok(None);
    }
    let detail = "the group has no `activation`, so it takes no values";
    Err(FlowError::Values(vec![Violation::new("", "unknown", detail)]))
}

/// Values with the defaults of those that are not given.
fn accepted(
    fields: &Fields,
    given: &Map<String, Value>,
    pointer: &str,
    found: &mut Vec<Violation>,
) -> BTreeMap<FieldName, Secret> {
    let values = check(fields, given, pointer).unwrap_or_else(|violations| {
        found.extend(violations);
        Values::new()
    });
    let mut secrets: BTreeMap<_, _> =
        values.into_iter().map(|(name, value)| (name, Secret::from(value.into_bytes()))).collect();
    for (name, field) in fields {
        if let (false, Some(default)) = (secrets.contains_key(name), &field.default) {
            secrets.insert(name.clone(), Secret::from(default.clone()));
        }
    }
    secrets
}
